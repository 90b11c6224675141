"""Rollouts by vLLM: the policy's adapter goes by request onto the base that vLLM holds; its log-probabilities come back.

What PPO learns from is computed by the policy itself. Where the two engines differ, tokens are weighted, see
`advantages.truncated_weights`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild.errors import ConfigError
from instructwild.llm.generation.rows import DecodedRow
from instructwild.llm.generation.vllm_decoder import VLLMDecoder, need_vllm
from instructwild.text.quantity import quantity
from instructwild_trainer.ppo.actors import POLICY, Actors
from instructwild_trainer.ppo.config import PPOOptions

if TYPE_CHECKING:
    from instructwild_trainer.adapter import Source

ADAPTER = "rollout_adapter"
"""Folder within a run's scratch folder that holds the policy's adapter as it was at the last rollout."""


class VLLMRollouts:
    """The decoder of a run's rollouts; vLLM starts with the first of them, when the models have their memory.

    Args:
        folder: of the base, whole.
        options: of the run.
        scratch: of the run, where the policy's adapter is written before each rollout.
    """

    def __init__(self, folder: Path, options: PPOOptions, scratch: Path) -> None:
        self.folder, self.options, self.scratch = folder, options, scratch
        self._decoder: VLLMDecoder | None = None

    def decode(self, actors: Actors, rows: Sequence[DecodedRow], stop_ids: Sequence[int], update: int) -> list[list[float]]:
        """Every row to its end by the policy as it is.

        Args:
            actors: the models.
            rows: prompts with their settings.
            stop_ids: tokens that end a response.
            update: updates done, which number the adapter.

        Returns:
            For each row the log-probability of each of its tokens as vLLM knows them.
        """
        o = self.options
        if self._decoder is None:
            self._decoder = VLLMDecoder(self.folder, context=o.max_length, slots=o.rollout_batch_size, rank=o.lora_r,
                                        dtype=str(actors.base.dtype).removeprefix("torch."),
                                        sleeps=actors.device.type == "cuda")
        folder = self.scratch / ADAPTER
        actors.peft.save_pretrained(str(folder), selected_adapters=[POLICY], save_embedding_layers=False)
        with self._decoder.awake():
            return self._decoder.decode(rows, stop_ids, adapter=folder, number=update + 1)


def check_vllm(base: "Source", o: PPOOptions, world: int) -> None:
    """Whether vLLM can write the rollouts of a run that names it.

    Raises:
        MissingExtraError: vLLM is not installed.
        ConfigError: it cannot.
    """
    from instructwild.llm.models import is_adapter

    if o.engine != "vllm":
        return
    need_vllm()
    unfit = {
        "trains all weights, and vLLM takes adapters": (not o.use_peft, "train adapters: --use-peft"),
        "is one of TRL's algorithms, which write by themselves": (o.algorithm != "ppo", "leave out --algorithm"),
        f"runs in {quantity(world, 'process')}": (world > 1, "start one process"),
        "holds the base in 4 bits, and vLLM would hold another": (o.base_bits != "16", "leave out --base-bits"),
        "starts from an adapter that is not merged": (
            is_adapter(base.folder), f"instructwild export {base.label} --format merged --out MERGED, then "
            "--model MERGED")}
    for problem, (holds, remedy) in unfit.items():
        if holds:
            raise ConfigError(f"this run {problem}", where="--engine vllm", remedy=f"{remedy}; or leave --engine out")
