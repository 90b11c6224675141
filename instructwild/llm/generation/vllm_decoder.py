"""vLLM in place of our own decoder, where it is installed: the same rows, adapters by request, log-probabilities returned.

Written against the interface of vLLM's `LLM` and tested against a stand-in of it: vLLM itself was not run.
"""

import gc
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from instructwild.errors import MissingExtraError, ModelError
from instructwild.llm.generation.rows import DecodedRow

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The `max_lora_rank` that vLLM knows; an adapter of another rank is loaded under the next larger."""
SHARE = 0.9
"""Of the memory that is free when vLLM starts, what it may take."""


def need_vllm() -> None:
    """Raise where vLLM is not installed.

    Raises:
        MissingExtraError: it is not.
    """
    if find_spec("vllm") is None:
        raise MissingExtraError("vLLM is not installed", where="--engine vllm",
                                remedy="pip install vllm (it needs a GPU it knows), or leave --engine out")


class VLLMDecoder:
    """A model folder in vLLM, with or without adapters.

    Random numbers are vLLM's own, from each row's seed: other tokens than our decoder draws, and the same ones again only as
    far as vLLM promises.

    Args:
        folder: of a whole model.
        context: most tokens of prompt and answer together.
        slots: most rows at once.
        dtype: what it computes in; `auto` is what the folder says.
        rank: of the largest adapter that will be named; 0 for none.
        sleeps: give the card's memory back between calls, weights to the host: it then wakes within `awake` only.

    Raises:
        MissingExtraError: vLLM is not installed.
        ModelError: vLLM cannot load the model; the message is its own.
    """

    def __init__(self, folder: Path, *, context: int, slots: int, dtype: str = "auto", rank: int = 0,
                 sleeps: bool = False) -> None:
        need_vllm()
        from vllm import LLM

        self.folder, self.sleeps = folder, sleeps
        if rank > RANKS[-1]:
            raise ModelError(f"vLLM takes adapters of rank {RANKS[-1]} at most, and this one has {rank}", where=str(folder),
                             remedy="leave --engine out, or merge the adapter: instructwild export --format merged")
        adapters = {"enable_lora": True, "max_loras": 1, "max_lora_rank": next(n for n in RANKS if n >= rank)} \
            if rank else {}
        try:
            self._llm: Any = LLM(
                model=str(folder), dtype=dtype, max_model_len=context, max_num_seqs=slots, trust_remote_code=False, seed=0,
                gpu_memory_utilization=_share(), enable_sleep_mode=sleeps,
                logprobs_mode="processed_logprobs",     # those of the distribution that a token was drawn from
                generation_config="vllm", **adapters)   # settings come with each row, none from the folder
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"vLLM cannot load it ({(str(error).splitlines() or [''])[0][:300]})", where=str(folder),
                             remedy="leave --engine out: our own decoder reads what transformers reads") from error
        if sleeps:
            self._llm.sleep(level=1)

    @contextmanager
    def awake(self) -> Iterator[None]:
        """The model is on the card while the block runs."""
        if self.sleeps:
            self._llm.wake_up()
        try:
            yield
        finally:
            if self.sleeps:
                self._llm.sleep(level=1)

    def decode(self, rows: Sequence[DecodedRow], ends: Collection[int], *, stops: Sequence[Sequence[str]] = (),
               adapter: Path | None = None, number: int = 1) -> list[list[float]]:
        """Every row to its end; `generated` and `finish` are set.

        Args:
            rows: with their prompts and settings.
            ends: tokens that end a row, themselves part of it.
            stops: for each row the texts that end it; none where it is empty.
            adapter: the folder of a LoRA adapter to put on the model.
            number: of the adapter, from 1: another number is another adapter, though the folder be the same.

        Returns:
            For each row the log-probability of each of its tokens under what it was drawn from.
        """
        from vllm import SamplingParams
        from vllm.lora.request import LoRARequest

        end_tokens = sorted(token for token in ends if token >= 0)
        texts = list(stops) or [()] * len(rows)
        settings = [SamplingParams(temperature=row.temperature, top_p=row.top_p, repetition_penalty=row.repetition_penalty,
                                   max_tokens=row.max_tokens, seed=row.seed, stop_token_ids=end_tokens, ignore_eos=True,
                                   stop=list(text) or None, detokenize=bool(text), logprobs=0)
                    for row, text in zip(rows, texts, strict=True)]
        request = LoRARequest(f"adapter-{number}", number, str(adapter)) if adapter is not None else None
        outputs = self._llm.generate([{"prompt_token_ids": list(row.prompt)} for row in rows], settings, use_tqdm=False,
                                     lora_request=request)
        result = []
        for row, output in zip(rows, outputs, strict=True):
            answer = output.outputs[0]
            for token in answer.token_ids:
                row.append(int(token), ends)
            if row.finish is None or answer.finish_reason == "stop":
                row.finish = "stop" if answer.finish_reason == "stop" else "length"
            result.append([float(entry[token].logprob)
                           for token, entry in zip(answer.token_ids, answer.logprobs, strict=True)])
        return result

    def close(self) -> None:
        """Let go of the model; vLLM ends its processes with the object."""
        del self._llm
        gc.collect()


def _share() -> float:
    """Of the card's whole memory, nine tenths of what is free of it now."""
    import torch

    if not torch.cuda.is_available():
        return SHARE
    free, total = torch.cuda.mem_get_info()
    return SHARE * free / total
