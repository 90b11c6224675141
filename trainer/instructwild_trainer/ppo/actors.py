"""The four models of PPO on one frozen base: policy, value and reward are LoRA adapters, the reference is none of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from instructwild.errors import ModelError
from instructwild.llm.generation.forward import Forward
from instructwild_trainer.lora import follow_base, plain_layers
from instructwild_trainer.packing import as_mask, attend_by_document, attends_to_all, why_not_apart
from instructwild_trainer.ppo.attention import patch_attention
from instructwild_trainer.ppo.depth import can_be_cut, depth, lower, upper
from instructwild_trainer.ppo.experience import Experience
from instructwild_trainer.ppo.flat import FlatRows
from instructwild_trainer.ppo.tokens import token_entropy, token_logprobs

if TYPE_CHECKING:
    from transformers import PreTrainedModel

POLICY, VALUE, REWARD, REFERENCE = "default", "value", "reward", "reference"
"""Roles. The policy's adapter has PEFT's default name, so that it is saved where PEFT looks for it."""


@dataclass(frozen=True)
class Predicted:
    """What a model says about each response token, from the position that predicts it."""

    logits: Tensor
    """[B, T, V]; of rows behind one another [1, K, V]."""
    hidden: Tensor
    """[B, T, H] or [1, K, H], what the output layer was given."""
    flat: FlatRows | None = None
    """How rows stand behind one another, where they do."""

    def logprobs(self, response: Tensor, temperature: float) -> Tensor:
        """[B, T] fp32 of the tokens [B, T] of responses."""
        if self.flat is None:
            return token_logprobs(self.logits, response, temperature)
        return self.flat.padded_response(token_logprobs(self.logits, self.flat.response(response), temperature))

    def entropy(self, temperature: float) -> Tensor:
        """[B, T] fp32."""
        entropy = token_entropy(self.logits, temperature)
        return entropy if self.flat is None else self.flat.padded_response(entropy)


class Actors:
    """The models of one run.

    Args:
        base: the SFT model, frozen from here on.
        policy: the LoRA configuration of the policy and of a fresh value model.
        reward: the folder of a reward model's adapter trained on the same base; None where functions score.
        value_from_reward: start the value model as a copy of the reward model.
        shared_trunk: no value adapter; a head on the policy's last layer instead.
        value_layers: share of the layers, counted from the last, in which the value adapter is trained.
    """

    def __init__(self, base: "PreTrainedModel", policy: Any, reward: Path | None = None, *, value_from_reward: bool = True,
                 shared_trunk: bool = False, value_layers: float = 0.5) -> None:
        from peft import get_peft_model

        base.requires_grad_(False)
        patch_attention(base)
        plain_layers(policy)
        self.base = base
        self.shared_trunk = shared_trunk
        self.peft = get_peft_model(base, policy, adapter_name=POLICY)
        self.heads = nn.ModuleDict()
        if reward is not None:
            self.heads[REWARD] = self._load_reward(reward)
        copied = reward is not None and value_from_reward and not shared_trunk
        if not shared_trunk:
            self.peft.add_adapter(VALUE, self.peft.peft_config[REWARD] if copied else policy)
        self.heads[VALUE] = value_head(base)
        if copied:
            self._copy_adapter(REWARD, VALUE)
            self.heads[VALUE].load_state_dict(self.heads[REWARD].state_dict())
        for head in self.heads.values():
            head.to(base.device)
        follow_base(base)
        self.base.eval()
        self._role = ""
        layers = base.config.get_text_config().num_hidden_layers
        self._value_from = layers - round(layers * value_layers)
        self._cut = not shared_trunk and can_be_cut(base.base_model, self._value_from)
        self._trainable = {name: parameter for name, parameter in self.base.named_parameters()
                           if f".{POLICY}." in name or (f".{VALUE}." in name and depth(name) >= self._value_from)}

    @property
    def device(self) -> torch.device:
        """Where the models are."""
        return self.base.device

    flat = False
    """Whether rows of a pass stand behind one another, without padding; see `read_flat`."""
    in_parts = False
    """Whether each process holds a part of the weights, and every pass is made by all of them together."""

    def read_flat(self) -> bool:
        """Read the rows of a pass behind one another from now on, where the models keep them apart; whether they do."""
        models = {id(model): model for model in map(self.set_adapter, (*self.learners, REFERENCE))}.values()
        self.flat = not self.in_parts and all([attend_by_document(model) and not why_not_apart(model) for model in models])
        return self.flat

    def _rows(self, batch: Experience) -> tuple[dict[str, Any], FlatRows | None]:
        """Rows as a trunk takes them: padded, or behind one another."""
        ids, mask, positions = batch.sequence
        if not self.flat:
            return {"input_ids": ids, "attention_mask": mask, "position_ids": positions}, None
        flat = batch.flat
        bounds = as_mask(flat.bounds) if attends_to_all(self.base) else None
        return {"input_ids": flat.sequence(ids), "attention_mask": bounds, "position_ids": flat.positions}, flat

    def policy_parameters(self) -> dict[str, nn.Parameter]:
        """What the policy's optimiser moves, by name."""
        return {name: p for name, p in self._trainable.items() if f".{POLICY}." in name}

    def value_parameters(self) -> dict[str, nn.Parameter]:
        """What the value model's optimiser moves, by name: its adapter and head."""
        own = {name: p for name, p in self._trainable.items() if f".{VALUE}." in name}
        return own | {f"value_head.{name}": p for name, p in self.heads[VALUE].named_parameters()}

    def parameters(self) -> dict[str, nn.Parameter]:
        """Everything that is trained, by name."""
        return self.policy_parameters() | self.value_parameters()

    def after_step(self) -> None:
        """Called when the optimiser has moved the parameters, or they were read from a checkpoint."""

    def _layers(self) -> list[tuple[str, Any]]:
        from peft.tuners.tuners_utils import BaseTunerLayer

        return [(name, module) for name, module in self.base.named_modules() if isinstance(module, BaseTunerLayer)]

    @property
    def exact(self) -> bool:
        """Whether a token at a time gives what the whole pass gives, up to rounding that does not matter."""
        return self.base.dtype == torch.float32

    @contextmanager
    def gradient_checkpointing(self, on: bool) -> Iterator[None]:
        """Keep no activations inside layers while the block runs; dropout stays off, unlike in `model.train()`."""
        from transformers.modeling_layers import GradientCheckpointingLayer

        models = {id(model): model for model in (self.set_adapter(role) for role in self.learners)}.values() if on else ()
        layers = [m for model in models for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]
        for model in models:
            model.activation_checkpointing_enable({"use_reentrant": False})
        for layer in layers:
            layer.training = True
        try:
            yield
        finally:
            for layer in layers:
                layer.training = False

    @contextmanager
    def summon_full_parameters(self) -> Iterator[None]:
        """The policy is whole in this process while the block runs: passes inside wait for no other process."""
        yield

    @property
    def learners(self) -> tuple[str, ...]:
        """The roles that have a trunk to train."""
        return (POLICY,) if self.shared_trunk else (POLICY, VALUE)

    def next_token(self, role: str) -> Forward:
        """The pass that generation makes, adapters on: logits, and the last layer's output that gave them.

        Args:
            role: POLICY or REFERENCE.
        """
        model = self.set_adapter(role)

        def forward(ids: Tensor, mask: Tensor | None, positions: Tensor, cache: Any, keep: Tensor | None,
                    ) -> tuple[Tensor, Tensor]:
            with _output_input(model) as seen:
                logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, cache=cache, use_cache=True,
                               logits_to_keep=0 if keep is None else keep).logits
            return logits, seen[0]

        return forward

    def set_adapter(self, role: str) -> "PreTrainedModel":
        """The language model, in one of the roles until another is called for."""
        if role != self._role:
            for name, module in self._layers():
                module.enable_adapters(role != REFERENCE)
                if role != REFERENCE:
                    held = role == REWARD or (role == VALUE and depth(name) < self._value_from)
                    module.set_adapter(role, inference_mode=held)
            self._role = role
        return self.base

    def predict(self, role: str, batch: Experience) -> Predicted:
        """Logits for each response token, and for no other position.

        Args:
            role: POLICY or REFERENCE.
            batch: [B, P] prompts and [B, T] responses.
        """
        rows, flat = self._rows(batch)
        model, end = self.set_adapter(role), rows["input_ids"].shape[1] - 1
        keep = flat.predicting if flat else columns(end - batch.response.shape[1], end, batch.response.device)
        with _output_input(model) as seen:
            logits = model(**rows, use_cache=False, logits_to_keep=keep).logits
        return Predicted(logits, seen[0], flat)

    def values(self, batch: Experience, predicted: Predicted | None = None) -> Tensor:
        """[B, T] fp32: the value before each response token.

        Args:
            batch: prompts and responses.
            predicted: the policy's own pass, which spares another where the trunk is shared.
        """
        rows, flat = self._rows(batch)
        if self.shared_trunk:
            hidden = (predicted or self.predict(POLICY, batch)).hidden
        else:
            if batch.lower is None:
                out = self._trunk(VALUE, rows)
            else:
                del rows["input_ids"]
                out = upper(self.set_adapter(VALUE).base_model, self._value_from,
                            flat.sequence(batch.lower) if flat else batch.lower, **rows)
            hidden = out.index_select(1, flat.predicting) if flat else out[:, -batch.response.shape[1] - 1:-1]
        values: Tensor = self.heads[VALUE](hidden.float()).squeeze(-1)
        return flat.padded_response(values) if flat else values

    @torch.no_grad()
    def lower(self, batch: Experience) -> Tensor | None:
        """[B, P + T, H] what the value model's first trained layer is given, which training does not change; None where the
        value model has no such layer, or cannot be cut there.
        """
        if not self._cut:
            return None
        rows, flat = self._rows(batch)
        below = lower(self.set_adapter(VALUE).base_model, self._value_from, **rows)
        return flat.padded_sequence(below) if flat else below

    @torch.no_grad()
    def scores(self, batch: Experience) -> Tensor:
        """[B] fp32: the reward model's score, read at the last response token."""
        rows, flat = self._rows(batch)
        hidden = self._trunk(REWARD, rows)
        ends = hidden[0, flat.last] if flat else hidden[
            torch.arange(len(batch), device=hidden.device), batch.prompt.shape[1] + batch.lengths - 1]
        return self.heads[REWARD](ends.float()).squeeze(-1)

    def _trunk(self, role: str, rows: dict[str, Any]) -> Tensor:
        out: Tensor = self.set_adapter(role).base_model(**rows, use_cache=False).last_hidden_state
        return out

    def unwrap(self) -> Any:
        """The policy under PEFT without the other adapters, ready to be merged and saved; nothing else works afterwards."""
        for name in [name for name in self.peft.peft_config if name != POLICY]:
            self.peft.delete_adapter(name)
        self.peft.base_model.enable_adapter_layers()
        self.peft.set_adapter(POLICY)
        return self.peft

    def _load_reward(self, folder: Path) -> nn.Module:
        from peft import PeftConfig, set_peft_model_state_dict
        from safetensors.torch import load_file

        config = PeftConfig.from_pretrained(str(folder))
        config.task_type, config.modules_to_save, config.inference_mode = None, None, False
        config.base_model_name_or_path = self.base.name_or_path
        plain_layers(config)
        self.peft.add_adapter(REWARD, config)
        weights = load_file(folder / "adapter_model.safetensors")
        scores = [name for name in weights if name.endswith("score.weight")]
        if len(scores) != 1:
            raise ModelError("its reward head is not saved with it", where=str(folder),
                             remedy="train it again with modules_to_save=['score'], as `instructwild train reward` does")
        head = value_head(self.base)
        head.weight.data.copy_(weights.pop(scores[0]))
        result = set_peft_model_state_dict(self.peft, weights, adapter_name=REWARD)
        missing = [name for name in result.missing_keys if f".{REWARD}." in name]
        if result.unexpected_keys or missing:
            raise ModelError(f"does not fit this base model ({(result.unexpected_keys or missing)[0]})", where=str(folder),
                             remedy="train the reward model on the SFT stage that --model names")
        return head.requires_grad_(False)

    def _copy_adapter(self, source: str, target: str) -> None:
        parameters = dict(self.base.named_parameters())
        for name, parameter in parameters.items():
            if f".{source}." in name and ".lora_" in name:
                parameters[name.replace(f".{source}.", f".{target}.")].data.copy_(parameter.data)


@contextmanager
def _output_input(model: "PreTrainedModel") -> Iterator[list[Tensor]]:
    """What the output layer is given while the block runs."""
    seen: list[Tensor] = []
    hook = model.get_output_embeddings().register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    try:
        yield seen
    finally:
        hook.remove()


def value_head(base: "PreTrainedModel") -> nn.Linear:
    """A linear head in fp32 that gives 0 to everything."""
    head = nn.Linear(base.config.get_text_config().hidden_size, 1, bias=False, dtype=torch.float32)
    nn.init.zeros_(head.weight)
    return head


def columns(start: int, end: int, device: torch.device) -> Tensor:
    """Columns start to end − 1 of a sequence, as `logits_to_keep` takes them.

    As a number it would cut a slice out of [B, S, H], and a product with what is not contiguous copies the whole output
    layer once a row.
    """
    return torch.arange(start, end, device=device)
