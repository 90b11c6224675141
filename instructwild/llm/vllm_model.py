"""A model folder that vLLM answers for in this process: the same requests and replies as `LocalModel`."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from instructwild.errors import ModelError
from instructwild.llm.generation.vllm_decoder import VLLMDecoder
from instructwild.llm.local import LocalModel, Row
from instructwild.llm.model_files import ADAPTER_CONFIG, read_json
from instructwild.llm.models import base_of, is_adapter, resolve


class VLLMModel(LocalModel):
    """A model in vLLM; an adapter goes by request onto its base, which is not merged.

    Args:
        path: a folder, an adapter folder, or any name that `resolve` knows.
        batch: how many requests are answered at once.
        chat_template: for a model that has none of its own.

    Raises:
        MissingExtraError: vLLM is not installed.
        ModelError: the folder is no causal language model with a tokenizer, or vLLM cannot load it.
    """

    def __init__(self, path: str | Path, *, batch: int = 32, chat_template: str = "") -> None:
        from transformers import AutoConfig, GenerationConfig

        known = LocalModel.without_weights(path, batch, chat_template)
        self.path, base, rank = known.path, known.path, 0
        self.adapter: Path | None = None
        if is_adapter(self.path):
            base = resolve(base_of(self.path))
            self.adapter, rank = self.path, rank_of(read_json(self.path / ADAPTER_CONFIG))
        try:
            config = AutoConfig.from_pretrained(base, trust_remote_code=False)
            generation = GenerationConfig.from_pretrained(base) if (base / "generation_config.json").is_file() \
                else GenerationConfig.from_model_config(config)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"cannot be read ({str(error).splitlines()[0][:300]})", where=str(base),
                             remedy="check that the folder holds a whole causal language model") from error
        self._take(SimpleNamespace(config=config, generation_config=generation), known.tokenizer, batch)
        self._vllm = VLLMDecoder(base, context=self.context, slots=batch, rank=rank)

    def _write(self, rows: Sequence[Row]) -> None:
        self._vllm.decode(rows, self.ends, stops=[row.request.sampling.stop for row in rows], adapter=self.adapter)

    def close(self) -> None:
        """Let go of the card's memory."""
        self._vllm.close()


def rank_of(adapter: dict) -> int:  # type: ignore[type-arg]
    """The largest rank in an adapter's configuration."""
    return max([int(adapter.get("r") or 8), *map(int, (adapter.get("rank_pattern") or {}).values())])
