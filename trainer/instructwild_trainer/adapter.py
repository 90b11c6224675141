"""Models between stages: what `model/` holds, where a base is found again, loading, merging and saving.

- A train stage that makes a policy (sft, ppo) writes `model/`, always a complete model that anything can load: weights
  merged at full precision as safetensors, tokenizer, chat template. Where LoRA adapters were trained they are kept in
  `model/adapter/`, with `base.json` beside them.
- A reward stage writes `model/`, a PEFT adapter folder with its score head in `modules_to_save`, plus tokenizer and
  `base.json`; its base is the model it was started from, so that PPO holds one copy of the weights for policy, value and
  reward. Fully trained, it is a complete sequence classification model instead.
- `base.json` names the base three ways: the name it was given by, the path from the adapter's folder to it, and the sha256
  of its weights. A base that is found again must have that hash. `adapter_config.json` names it as PEFT finds it from any
  working folder: by its Hub id or its absolute path.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild import stage
from instructwild.errors import ModelError
from instructwild.llm.model_files import read_json
from instructwild.llm.models import BASE, is_adapter, resolve
from instructwild.llm.models import base_of as base_named_by
from instructwild.llm.quiet import quiet
from instructwild.stage.folder import weights_sha256
from instructwild_trainer.answer_text import Reasoning
from instructwild_trainer.quantized_base import has_quantized_base
from instructwild_trainer.templates import Chat, ready

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ADAPTER = "adapter"


@dataclass(frozen=True)
class Source:
    """A model that a stage starts from."""

    name: str
    folder: Path
    sha256: str
    manifest: stage.Manifest | None = None

    @property
    def record(self) -> stage.FileRecord:
        """How a manifest names the model among its inputs."""
        return stage.FileRecord(path=os.path.relpath(self.name) if Path(self.name).exists() else self.name,
                                sha256=self.sha256)

    @property
    def label(self) -> str:
        """A name to show and to publish: without the folders of this machine."""
        return Path(self.name).name if Path(self.name).exists() else self.name

    @property
    def inherited(self) -> dict[str, Any]:
        """The options that the next stage takes over unless told otherwise."""
        kept = ("max_length", "dtype", "held_out", "seed", "reasoning")
        return {key: self.manifest.config[key] for key in kept if key in self.manifest.config} if self.manifest else {}


def source_of(name: str | Path) -> Source:
    """Find a model by name: a stage folder, a model or adapter folder, a Hub id, `smollm2` or `tiny`.

    Raises:
        ModelError: it is no model, or can be found nowhere.
        GateError: it was made by a stage whose gate failed.
    """
    if not str(name):
        raise ModelError("no model was named", where="--model", remedy="give a stage folder, a model folder, a Hub id, "
                         "smollm2 or tiny")
    path = Path(name)
    made = stage.load(path) if path.is_dir() and stage.is_stage(path) else None
    folder = resolve(made.model if made else name)
    return Source(str(name), folder, weights_sha256(folder), made.manifest if made else None)


def load_chat(source: Source | str | Path, template: str | Path = "", *, reasoning: Reasoning = "auto",
              add_eos: bool = False, trust_remote_code: bool = False) -> Chat:
    """The tokenizer of a model, fit for training.

    Args:
        source: the model.
        template: a Jinja file to use instead of its own template.
        reasoning: see `Chat`.
        add_eos: see `templates.ready`.
        trust_remote_code: whether code that comes with the model may run.

    Raises:
        ModelError: see `templates.ready`.
    """
    from transformers import AutoTokenizer

    start = source if isinstance(source, Source) else source_of(source)
    folder = start.folder
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")) and is_adapter(folder):
        folder = base_of(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"its tokenizer cannot be loaded ({_first_line(error)})", where=start.label,
                         remedy="check that the folder holds tokenizer.json") from None
    return ready(tokenizer, template, reasoning, add_eos=add_eos)


def load_policy(model: Source | str | Path, *, dtype: "str | torch.dtype" = "auto",
                trust_remote_code: bool = False) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """A causal language model and its tokenizer; an adapter is put onto its base and merged.

    Args:
        model: a stage folder, a model or adapter folder, a Hub id, `smollm2` or `tiny`.
        dtype: of the weights; "auto" is the one they are stored in.

    Raises:
        ModelError: it is no causal language model, or the base of an adapter cannot be found or is another one.
    """
    start = model if isinstance(model, Source) else source_of(model)
    tokenizer = load_chat(start, trust_remote_code=trust_remote_code).tokenizer
    base = base_folder(start.folder)
    loaded = _causal(base, dtype, trust_remote_code)
    if base != start.folder:
        from peft import PeftModel

        with quiet():
            loaded = merge(PeftModel.from_pretrained(loaded, str(start.folder)))
    return loaded, tokenizer


def load_gathered(folder: Path, source: Source, dtype: "str | torch.dtype") -> Any:
    """A trained model from the files that its shards were gathered into, adapters still apart from their base.

    Args:
        folder: a model folder, or one of adapters alone.
        source: what the run was started from.
        dtype: of the weights.
    """
    if not is_adapter(folder):
        return load_policy(folder, dtype=dtype)[0]
    from peft import PeftModel

    base, _ = load_policy(source, dtype=dtype)
    with quiet():
        return PeftModel.from_pretrained(base, str(folder))


def load_reward(model: Source | str | Path, *, dtype: "str | torch.dtype" = "auto", trainable: bool = False,
                trust_remote_code: bool = False) -> "tuple[Any, PreTrainedTokenizerBase]":
    """A reward model and its tokenizer: called on right-padded ids and their mask, its `.logits` are scores [B, 1] in fp32.

    Args:
        model: a reward stage, or the model folder of one.
        dtype: of the weights below the head, which is fp32.
        trainable: whether its adapter may be trained on.

    Raises:
        ModelError: it is no reward model, its score head is missing, or its base cannot be found or is another one.
    """
    from instructwild_trainer.reward.head import reward_model, stored_head

    start = model if isinstance(model, Source) else source_of(model)
    chat = load_chat(start, trust_remote_code=trust_remote_code)
    head = stored_head(start.folder)
    if head is None:
        raise ModelError("has no score head, so it is no reward model", where=start.label,
                         remedy="give the folder of a `train reward` stage")
    base = base_folder(start.folder)
    loaded: Any = reward_model(base, chat.tokenizer, dtype=dtype, trust_remote_code=trust_remote_code, head=head)
    if base != start.folder:
        from peft import PeftModel

        with quiet():
            loaded = PeftModel.from_pretrained(loaded, str(start.folder), is_trainable=trainable)
    return loaded.eval(), chat.tokenizer


def base_of(folder: Path) -> Path:
    """The folder of the model that an adapter was trained on.

    Raises:
        ModelError: it can be found nowhere, or its weights are others.
    """
    record, named = read_json(folder / BASE), base_named_by(folder)
    name = record.get("name") or str(named)
    try:
        base = resolve(named)
    except ModelError as error:
        raise ModelError(f"is an adapter on {name!r}, and that model is not to be found ({error.what})", where=str(folder),
                         remedy="put the base model where base.json says, or give the merged model") from None
    if record.get("sha256") not in (None, weights_sha256(base)):
        raise ModelError(f"is an adapter on another model than {name!r} as it is now: the weights differ", where=str(folder),
                         remedy="give the base it was trained on, or train it again")
    return base


def base_folder(folder: Path) -> Path:
    """The folder of the complete model: that of an adapter's base, or the folder itself."""
    return base_of(folder) if is_adapter(folder) else folder


def merge(model: Any) -> "PreTrainedModel":
    """The plain model with its LoRA adapters added into the weights, which must not be quantized.

    Raises:
        ModelError: the weights are quantized: merging into them would lose the adapter.
    """
    if not hasattr(model, "merge_and_unload"):
        return model
    if getattr(model.config, "quantization_config", None) is not None:
        raise ModelError("its weights are quantized, and adapters cannot be merged into those", where="merge",
                         remedy="load the base at full precision, merge, then quantize")
    merged: PreTrainedModel = model.merge_and_unload(safe_merge=True)
    return merged


def save_policy(model: Any, chat: Chat, folder: Path, base: Source, *, final: Path | None = None) -> None:
    """Write a complete model in its base's stored dtype, and the adapters that made it where there are some.

    Adapters are merged in the dtype that was trained in; the sum is rounded once, when it is written.

    Args:
        model: a causal language model, under PEFT or not; under PEFT it is merged and must not be used afterwards.
        folder: where to write, an empty or missing folder.
        final: the folder's later name, when it is renamed afterwards: paths to the base start there.
    """
    from instructwild.llm.generation.forward import without_router_logits

    folder.mkdir(parents=True, exist_ok=True)
    if hasattr(model, "merge_and_unload"):
        save_adapter(model, folder / ADAPTER, base, final=(final or folder) / ADAPTER)
        model = _merged_at_full_precision(base, folder / ADAPTER) if has_quantized_base(model) else merge(model)
    model = without_router_logits(model.to(stored_dtype(base.folder)))
    model.generation_config.update(eos_token_id=list(chat.stop_ids), pad_token_id=chat.tokenizer.pad_token_id)
    model.config.pad_token_id = chat.tokenizer.pad_token_id
    with quiet():
        model.save_pretrained(folder)
    chat.tokenizer.save_pretrained(folder)


def _merged_at_full_precision(base: Source, adapter: Path) -> "PreTrainedModel":
    """The base as it is stored, on the host, with the adapters that were trained on it in 4 bits added in fp32."""
    from peft import PeftModel

    loaded, _ = load_policy(base, dtype="float32")
    with quiet():
        return merge(PeftModel.from_pretrained(loaded, str(adapter)))


def stored_dtype(folder: Path) -> "torch.dtype":
    """The dtype that a model folder holds its weights in; of an adapter folder, its base's."""
    import torch
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(base_folder(folder), trust_remote_code=False)
    return config.dtype or torch.float32


def save_adapter(model: Any, folder: Path, base: Source, *, final: Path | None = None) -> None:
    """Write adapter weights and where their base is found again; see `save_policy`."""
    folder.mkdir(parents=True, exist_ok=True)
    near = os.path.relpath(base.folder.resolve(), (final or folder).resolve())
    local = Path(base.name).exists()
    resolvable = _name_for_peft(base)
    for config in model.peft_config.values():
        config.base_model_name_or_path = resolvable
    with quiet():
        model.save_pretrained(folder, save_embedding_layers=False)
    card = folder / "README.md"  # PEFT's, which names this machine's folders
    card.unlink(missing_ok=True)
    record = {"name": base.label, "path": near if local else None, "sha256": base.sha256}
    (folder / BASE).write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _name_for_peft(base: Source) -> str:
    """What PEFT finds the base by from any working folder: a Hub id, else the absolute path (docs/decisions/0029).

    PEFT resolves a relative path against the working folder. `publish` replaces a path, which names this machine's folders.
    """
    hub = not Path(base.name).exists() and base.name.count("/") == 1
    return base.name if hub else str(base.folder.resolve())


def _causal(folder: Path, dtype: "str | torch.dtype", trust_remote_code: bool) -> "PreTrainedModel":
    from transformers import AutoModelForCausalLM

    from instructwild.llm.generation.forward import without_router_logits

    try:
        with quiet():
            loaded: PreTrainedModel = without_router_logits(AutoModelForCausalLM.from_pretrained(
                folder, dtype=dtype, trust_remote_code=trust_remote_code, use_safetensors=True))
            return loaded
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"cannot be loaded as a causal language model ({_first_line(error)})", where=folder.name,
                         remedy="check that the folder is whole and that its architecture writes text") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
