"""Options: dataclasses are the one source for `--help`, for config files, for the manifest and for what is refused.

A config file is YAML. Its keys are the options of one stage, or it has a section for each (`sft:`, `reward:`, `ppo:`) with
shared keys above them; `--config smoke` names a preset of this package. What is typed on the command line wins.
"""

import dataclasses
import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer

from instructwild.errors import ConfigError, InputError

PRESETS = Path(__file__).parent / "configs"
SECTIONS = ("sft", "reward", "dpo", "ppo")
COLUMNS = "map"
"""The key of a config file that names columns, as `--map` does."""


def option(default: Any, help: str, *, least: float | None = None, most: float | None = None) -> Any:
    """A field of an options class: its default, its one line of help, and the range it must lie in."""
    return field(default=default, metadata={"help": help, "least": least, "most": most})


@dataclass(frozen=True)
class TrainOptions:
    """What every training stage can be told. Names are TRL's and transformers' where they have one."""

    model: str = option("", "model to start from: a stage folder, a model folder, a Hub id, smollm2 or tiny")
    max_length: int = option(1024, "longest prompt and answer in tokens; longer rows are dropped and counted", least=8)
    num_train_epochs: float = option(1.0, "passes over the training rows", least=0)
    max_steps: int = option(-1, "updates in all; -1 lets num_train_epochs decide")
    per_device_train_batch_size: int = option(4, "rows (for rewards: prompts) a device takes at a time", least=1)
    gradient_accumulation_steps: int = option(1, "batches added up before one update", least=1)
    learning_rate: float = option(1e-4, "peak learning rate of AdamW", least=0)
    lr_scheduler_type: str = option("cosine", "how the learning rate falls: constant, linear or cosine")
    warmup_steps: float = option(0.03, "updates over which the learning rate rises; below 1 a share of all updates", least=0)
    weight_decay: float = option(0.0, "AdamW's weight decay", least=0)
    max_grad_norm: float = option(1.0, "longest gradient; longer ones are scaled down", least=0)
    use_peft: bool = option(True, "train LoRA adapters; false trains all weights")
    lora_r: int = option(16, "rank of the LoRA adapters", least=1)
    lora_alpha: float = option(32.0, "LoRA is scaled by lora_alpha / lora_r; far below 1 little is learned", least=0)
    lora_dropout: float = option(0.0, "dropout before the LoRA adapters", least=0, most=1)
    lora_target_modules: str = option("all-linear", "which layers get adapters: all-linear, or names parted by commas")
    dtype: Literal["auto", "float32", "bfloat16"] = option(
        "auto", "weights in memory; auto: what the machine is quick in; full training float32")
    gradient_checkpointing: bool = option(False, "compute activations twice instead of keeping them")
    held_out: float = option(0.1, "share of prompts held out of training to measure on, in each language", least=0, most=0.5)
    held_out_rows: int = option(200, "most held-out rows a language that are measured on", least=1)
    eval_steps: int = option(0, "measure held-out loss every so many updates as well; 0 only before and after", least=0)
    save_steps: int = option(50, "keep a checkpoint every so many updates, to resume from", least=1)
    logging_steps: int = option(1, "updates between two points of the curves", least=1)
    chat_template: str = option("", "Jinja file with a chat template to use instead of the model's own")
    reasoning: Literal["auto", "train", "mask", "drop"] = option(
        "auto", "thoughts of an answer: train on them, mask them, or drop them; auto: as the template does at use")
    report_to: Literal["none", "tensorboard", "trackio"] = option("none", "also log to, offline")
    trust_remote_code: bool = option(False, "run Python code that comes with the model: only for models you trust")
    seed: int = option(0, "of everything random")


@dataclass(frozen=True)
class SftOptions(TrainOptions):
    """Supervised fine-tuning."""

    packing: bool = option(False, "fill sequences of max_length with several rows each, none of which sees another")
    samples: int = option(4, "held-out prompts answered before and after, shown in the report", least=0)
    sample_tokens: int = option(64, "most tokens of such an answer", least=1)


@dataclass(frozen=True)
class RewardOptions(TrainOptions):
    """The reward model."""

    center_rewards_coefficient: float = option(0.01, "weight of the squared mean score: keeps rewards near 0", least=0)
    annotator_weights: str = option("", "how much annotators count: name=weight,…; model: and scripted: name kinds")
    likelihood_baseline: bool = option(True, "also judge held-out pairs by likelihood under the model before training")


@dataclass(frozen=True)
class DpoOptions(TrainOptions):
    """Direct preference optimisation."""

    learning_rate: float = option(2e-5, "peak learning rate of AdamW", least=0)
    beta: float = option(0.1, "weight of the distance to the model before training; smaller moves further away", least=0)
    loss_type: Literal["sigmoid", "ipo", "hinge"] = option("sigmoid", "loss of a pair: DPO's own, IPO or SLiC's hinge")
    annotator_weights: str = option("", "how much annotators count: name=weight,…; model: and scripted: name kinds")


Options = TypeVar("Options")
_Given = Mapping[str, Any]


def load(kind: type[Options], stage: str, config: str | Path | None = None, given: _Given | None = None,
         inherited: _Given | None = None) -> Options:
    """The options of a stage: defaults, then what it inherits, then the config file, then what was typed.

    Args:
        kind: the dataclass of options.
        stage: the section of a config file that is meant, one of `SECTIONS`.
        config: a preset's name or a YAML file.
        given: values typed on the command line; None and absent are the same.
        inherited: values of the stage that this one builds on.

    Raises:
        InputError: the file cannot be read.
        ConfigError: a key is unknown, or a value is not of its kind or outside its range.
    """
    values = {key: value for key, value in (inherited or {}).items() if key in _fields(kind)}
    if config is not None:
        section = {key: value for key, value in _section(_yaml(config), stage, str(config)).items() if key != COLUMNS}
        values |= _checked_keys(kind, section, str(config))
    values |= _checked_keys(kind, {key: value for key, value in (given or {}).items() if value is not None}, "command line")
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


def command(kind: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a Typer function the options of `kind`: they arrive as one dict, its parameter `given`, of what was typed."""
    def wrap(function: Callable[..., None]) -> Callable[..., None]:
        own = [parameter for parameter in inspect.signature(function).parameters.values() if parameter.name != "given"]
        names = {parameter.name for parameter in own}
        added = [_parameter(item) for item in dataclasses.fields(kind) if item.name not in names]

        def called(**values: Any) -> None:
            typed = {parameter.name: values.pop(parameter.name) for parameter in added}
            function(**values, given={key: value for key, value in typed.items() if value is not None})

        called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        called.__name__, called.__doc__ = function.__name__, function.__doc__
        called.__annotations__ = {}
        return called
    return wrap


def spelled(name: str) -> str:
    """An option's name as `--help` writes it: TRL's spelling, with underscores, works as well."""
    return name.replace("_", "-")


def plain(options: Any) -> dict[str, Any]:
    """The options as the manifest keeps them."""
    return dataclasses.asdict(options)


def _fields(kind: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    return {item.name: item for item in dataclasses.fields(kind)}


def _parameter(item: "dataclasses.Field[Any]") -> inspect.Parameter:
    kind = item.type
    choices = "|".join(map(str, get_args(kind))) if get_origin(kind) is Literal else ""
    metavar = choices or {bool: "true|false", int: "INTEGER", float: "NUMBER"}.get(kind, "TEXT")  # type: ignore[call-overload]
    default = str(item.default).lower() if kind is bool else str(item.default)
    text = item.metadata["help"] + (f" (default {default})" if default else "")
    given = typer.Option(f"--{item.name.replace('_', '-')}", help=text, metavar=metavar, show_default=False)
    return inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, default=None,
                             annotation=Annotated[str | None, given])


def _value(item: "dataclasses.Field[Any]", value: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        found = TypeAdapter(item.type).validate_python(str(value) if item.type is str else value)
    except ValidationError as error:
        raise ConfigError(f"{item.name}: {error.errors()[0]['msg'].lower()}, found {value!r}", where="options",
                          remedy=item.metadata["help"]) from None
    least, most = item.metadata["least"], item.metadata["most"]
    if isinstance(found, int | float) and not isinstance(found, bool) and not (
            (least is None or found >= least) and (most is None or found <= most)):
        bounds = " and ".join([f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None))
        raise ConfigError(f"{item.name}: must be {bounds}, found {found}", where="options", remedy=item.metadata["help"])
    return found


def _checked_keys(kind: type[Any], values: _Given, where: str) -> dict[str, Any]:
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
        raise ConfigError(f"{stage}: should hold options, found {section!r}", where=where, remedy="indent them below it")
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
        raise InputError(f"is not YAML: {' '.join(str(error).split())}", where=str(config), remedy="mend it there") from None
    if not isinstance(values, dict):
        raise ConfigError("holds no options", where=str(config), remedy="write one `key: value` a line")
    return values
