"""Options: dataclasses are the one source for `--help`, for config files, for the manifest and for what is refused.

A config file is YAML. Its keys are the options of one stage, or it has a section for each (`sft:`, `reward:`, `ppo:`) with
shared keys above them; `--config smoke` names a preset of this package. What is typed on the command line wins.
"""

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_origin

from instructwild.errors import ConfigError, InputError
from instructwild_trainer.command_options import BATCHES, DATA, LORA, MEASURING, MEMORY, OPTIMIZER, OUTPUT, option

PRESETS = Path(__file__).parent / "configs"
SECTIONS = ("sft", "reward", "dpo", "kto", "ppo")
COLUMNS = "map"
"""The key of a config file that names columns, as `--map` does."""


@dataclass(frozen=True)
class SharedOptions:
    """What every training command takes. Names are TRL's and transformers' where they have one."""

    model: str = option("", "model to start from: a stage folder, a model folder, a Hub id, smollm2 or tiny", panel=DATA)
    chat_template: str = option("", "Jinja file with a chat template to use instead of the model's own", panel=DATA)
    reasoning: Literal["auto", "train", "mask", "drop"] = option(
        "auto", "thoughts of an answer: train on them, mask them, or drop them; auto: as the template does at use",
        panel=DATA)
    trust_remote_code: bool = option(False, "run Python code that comes with the model: only for models you trust",
                                     panel=DATA)
    seed: int = option(0, "random seed", panel=DATA)

    max_length: int = option(1024, "max tokens of prompt and answer; longer rows are dropped and counted",
                             panel=BATCHES, least=8)
    num_train_epochs: float = option(1.0, "passes over the training rows", panel=BATCHES, least=0)
    max_steps: int = option(-1, "number of updates; -1: as many as num_train_epochs makes", panel=BATCHES, least=-1)
    per_device_train_batch_size: int = option(
        4, "rows (for rewards and DPO: prompts, pairs) in one forward pass of a device", panel=BATCHES, least=1)

    learning_rate: float = option(1e-4, "peak learning rate of AdamW", panel=OPTIMIZER, least=0)
    weight_decay: float = option(0.0, "AdamW's weight decay", panel=OPTIMIZER, least=0)
    max_grad_norm: float = option(1.0, "max gradient norm; larger gradients are scaled down", panel=OPTIMIZER, least=0)

    use_peft: bool = option(True, "train LoRA adapters, or all weights", panel=LORA)
    lora_r: int = option(16, "rank of the LoRA adapters", panel=LORA, least=1)
    lora_alpha: float = option(32.0, "LoRA is scaled by lora_alpha / lora_r; far below 1 little is learned",
                               panel=LORA, least=0)
    lora_target_modules: str = option("all-linear", "layers that get adapters: all-linear, or comma-separated names",
                                      panel=LORA)

    dtype: Literal["auto", "float32", "bfloat16"] = option(
        "auto", "dtype of weights; auto: the one this machine computes in; full training float32", panel=MEMORY)
    base_bits: Literal["16", "4"] = option(
        "16", "bits of the frozen base under adapters; 4: QLoRA, NF4 by torchao; 16: as dtype says", panel=MEMORY)
    gradient_checkpointing: bool = option(False, "recompute activations in the backward pass instead of keeping them",
                                          panel=MEMORY)

    held_out: float = option(0.1, "share of prompts held out of training to measure on, in each language", panel=MEASURING,
                             least=0, most=0.5)
    held_out_rows: int = option(200, "max held-out rows a language that are measured on", panel=MEASURING, least=1)

    save_steps: int = option(50, "updates between two checkpoints, from which an interrupted run goes on",
                             panel=OUTPUT, least=1)
    report_to: Literal["none", "tensorboard", "trackio"] = option("none", "also log to, offline", panel=OUTPUT)


@dataclass(frozen=True)
class TrainOptions(SharedOptions):
    """What training from rows takes: SFT, the reward model and DPO."""

    add_eos: bool = option(False, "end answers with the tokenizer's end token where the chat template writes no stop token "
                                  "after them; the changed template is saved with the model", panel=DATA)
    gradient_accumulation_steps: int = option(1, "batches added up before one update", panel=BATCHES, least=1)
    global_batch_size: int = option(
        0, "rows of one update over all processes, from which gradient accumulation follows; a run then goes on with "
        "another number of processes; 0: whatever the other two give", panel=BATCHES, least=0)
    lr_scheduler_type: Literal["constant", "constant_with_warmup", "linear", "cosine", "inverse_sqrt"] = option(
        "cosine", "schedule of the learning rate", panel=OPTIMIZER)
    warmup_steps: float = option(0.03, "updates over which the learning rate rises; below 1 a share of all updates",
                                 panel=OPTIMIZER, least=0)
    lora_dropout: float = option(0.0, "dropout before the LoRA adapters", panel=LORA, least=0, most=1)
    eval_steps: int = option(0, "measure held-out loss every so many updates as well; 0 only before and after",
                             panel=MEASURING, least=0)
    logging_steps: int = option(1, "updates between two points of the curves", panel=OUTPUT, least=1)


@dataclass(frozen=True)
class SftOptions(TrainOptions):
    """Supervised fine-tuning."""

    packing: bool = option(False, "fill sequences of max_length with several rows each, none of which sees another",
                           panel=BATCHES)
    samples: int = option(4, "held-out prompts answered before and after, shown in the report", panel=MEASURING, least=0)
    sample_tokens: int = option(64, "max tokens of such an answer", panel=MEASURING, least=1)


@dataclass(frozen=True)
class RankingOptions(TrainOptions):
    """What training from rankings takes: the reward model, DPO and KTO."""

    annotator_weights: str = option("", "how much annotators count: name=weight,…; model: and scripted: name kinds",
                                    panel=DATA)


@dataclass(frozen=True)
class RewardOptions(RankingOptions):
    """The reward model."""

    center_rewards_coefficient: float = option(0.01, "weight of the squared mean score: keeps rewards near 0",
                                               panel=OPTIMIZER, least=0)
    likelihood_baseline: bool = option(True, "also judge held-out pairs by likelihood under the model before training",
                                       panel=MEASURING)


@dataclass(frozen=True)
class PreferenceOptions(RankingOptions):
    """What training a policy from rankings takes: DPO and KTO."""

    learning_rate: float = option(2e-5, "peak learning rate of AdamW", panel=OPTIMIZER, least=0)
    beta: float = option(0.1, "weight of the distance to the model before training; smaller moves further away",
                         panel=OPTIMIZER, least=0)


@dataclass(frozen=True)
class DpoOptions(PreferenceOptions):
    """Direct preference optimisation."""

    loss_type: Literal["sigmoid", "ipo", "hinge"] = option("sigmoid", "loss of a pair: DPO's own, IPO or SLiC's hinge",
                                                           panel=OPTIMIZER)


@dataclass(frozen=True)
class KtoOptions(PreferenceOptions):
    """Kahneman-Tversky optimisation."""

    loss_type: Literal["kto", "apo_zero_unpaired"] = option("kto", "loss of an answer: KTO's own, or APO-zero's",
                                                            panel=OPTIMIZER)
    desirable_weight: float = option(1.0, "weight of desirable answers, to even out unequal numbers", panel=OPTIMIZER,
                                     least=0)
    undesirable_weight: float = option(1.0, "weight of undesirable answers", panel=OPTIMIZER, least=0)


Options = TypeVar("Options")
_Values = Mapping[str, Any]


def load(kind: type[Options], stage: str, config: str | Path | None = None, typed: _Values | None = None,
         inherited: _Values | None = None) -> Options:
    """The options of a stage: defaults, then what it inherits, then the config file, then what was typed.

    Args:
        kind: the dataclass of options.
        stage: the section of a config file that is meant, one of `SECTIONS`.
        config: a preset's name or a YAML file.
        typed: values typed on the command line; None and absent are the same.
        inherited: values of the stage that this one builds on.

    Raises:
        InputError: the file cannot be read.
        ConfigError: a key is unknown, or a value is not of its kind or outside its range.
    """
    values = {key: value for key, value in (inherited or {}).items() if key in _fields(kind)}
    if config is not None:
        section = {key: value for key, value in _section(_yaml(config), stage, str(config)).items() if key != COLUMNS}
        values |= _checked_keys(kind, section, str(config))
    values |= _checked_keys(kind, {key: value for key, value in (typed or {}).items() if value is not None}, "command line")
    return kind(**{key: _value(_fields(kind)[key], value) for key, value in values.items()})


def columns_in(config: str | Path | None, stage: str) -> dict[str, str]:
    """NAME -> COLUMN of plain files, as the `map` of a config file names them: {prompt: question}, or a list of NAME=COLUMN.

    Raises:
        InputError: the file cannot be read.
        ConfigError: it is neither, or a NAME is unknown.
    """
    from instructwild.read.names import parse_map

    pairs = _section(_yaml(config), stage, str(config)).get(COLUMNS) if config is not None else None
    if isinstance(pairs, Mapping):
        pairs = [f"{name}={column}" for name, column in pairs.items()]
    if pairs is not None and not (isinstance(pairs, list) and all(isinstance(pair, str) for pair in pairs)):
        raise ConfigError(f"{COLUMNS}: should name columns, found {pairs!r}", where=str(config),
                          remedy=f"write {COLUMNS}: {{NAME: COLUMN}}")
    return parse_map(pairs or ())


def plain(options: Any) -> dict[str, Any]:
    """The options as the manifest keeps them."""
    return dataclasses.asdict(options)


def _fields(kind: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    return {item.name: item for item in dataclasses.fields(kind)}


def _value(item: "dataclasses.Field[Any]", value: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    if get_origin(item.type) is Literal and isinstance(value, int):
        value = str(value)      # YAML takes a choice such as 4 for a number
    try:
        checked = TypeAdapter(item.type).validate_python(str(value) if item.type is str else value)
    except ValidationError as error:
        raise ConfigError(f"{item.name}: {error.errors()[0]['msg'].lower()}, not {value!r}", where="options",
                          remedy=item.metadata["help"]) from None
    least, most = item.metadata["least"], item.metadata["most"]
    if isinstance(checked, int | float) and not isinstance(checked, bool) and not (
            (least is None or checked >= least) and (most is None or checked <= most)):
        bounds = " and ".join([f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None))
        raise ConfigError(f"{item.name}: must be {bounds}, not {checked}", where="options", remedy=item.metadata["help"])
    return checked


def _checked_keys(kind: type[Any], values: _Values, where: str) -> dict[str, Any]:
    known, checked = list(_fields(kind)), {}
    for key, value in values.items():
        name = str(key).replace("-", "_")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigError(f"{key}: unknown option", where=where,
                              remedy=f"did you mean {near[0]}?" if near else f"known options: {', '.join(known)}")
        checked[name] = value
    return checked


def _section(values: dict[str, Any], stage: str, where: str) -> dict[str, Any]:
    shared = {key: value for key, value in values.items() if key not in SECTIONS}
    section = values.get(stage) or {}
    if not isinstance(section, dict):
        raise ConfigError(f"{stage}: should hold options, not {section!r}", where=where, remedy="indent them below it")
    return {**shared, **section}


def _yaml(config: str | Path) -> dict[str, Any]:
    import yaml

    path = PRESETS / f"{config}.yaml" if (PRESETS / f"{config}.yaml").is_file() else Path(config)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        presets = ", ".join(sorted(file.stem for file in PRESETS.glob("*.yaml")))
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or error})", where=str(config),
                         remedy=f"check the path, or name a preset: {presets}") from None
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {' '.join(str(error).split())}", where=str(config),
                         remedy="correct it there") from None
    if not isinstance(values, dict):
        raise ConfigError("holds no options", where=str(config), remedy="write one `key: value` a line")
    return values
