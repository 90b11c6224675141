"""How a training verb begins: its options, from the preset to what is typed; whether it fits; what is said before a step."""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.console.options import Columns, DryRun, Encoding, Force, Json, Out, announce
from instructwild.errors import ConfigError, InputError, ModelError
from instructwild.read.names import parse_map
from instructwild.schema import Dropped, Reason
from instructwild.text.quantity import quantity
from instructwild_trainer.command_options import command
from instructwild_trainer.config import SharedOptions, TrainOptions, columns_in, load, plain
from instructwild_trainer.processes import is_first

if TYPE_CHECKING:
    from instructwild_trainer.adapter import Source
    from instructwild_trainer.preview import Preview
    from instructwild_trainer.templates import Chat

Config = Annotated[str | None, typer.Option(
    "--config", help="A preset (smoke, demo, …) or YAML file; options on the command line override it.")]
Gpus = Annotated[int | None, typer.Option(
    "--gpus", min=1, show_default=False, help="With --dry-run: print the peak memory of each of so many GPUs, for the model "
    "and for 1B to 70B, and what to launch; reads no data and loads nothing.")]
GpuMemory = Annotated[float | None, typer.Option("--gpu-memory", min=1, show_default=False,
                                                 help="GiB of one GPU for --gpus; 80 where left out.")]
NOT_OF_THE_RESULT = ("model", "report_to", "trust_remote_code", "save_steps", "chat_template")


def verb(stage: str, kind: type[TrainOptions], work: Callable[..., Any], *, takes: str,
         summary: str) -> Callable[..., None]:
    """The command of a training stage: every option of `kind`, and what all of them share.

    Args:
        stage: its name, and its section in a config file.
        kind: its options.
        work: called as `work(data, out, options, source, force=, dry_run=, encoding=, columns=, on_preview=)`; gives back
            the finished stage, or None where there is none to announce; `on_preview` is given the preview of a dry run.
        takes: what its argument is, for `--help`.
        summary: what it does, for `--help`.
    """
    def called(data: Annotated[list[str], typer.Argument(help=takes, show_default=False)], out: Out,
               config: Config = None, force: Force = False, dry_run: DryRun = False, as_json: Json = False,
               columns: Columns = None, encoding: Encoding = None, gpus: Gpus = None, gpu_memory: GpuMemory = None, *,
               typed: dict[str, Any]) -> None:
        from instructwild_trainer.adapter import source_of

        if gpus or gpu_memory:
            plan_devices(stage, load(kind, stage, config, typed), gpus or 1, gpu_memory or 80.0, dry_run, as_json)
            return
        source = source_of(load(kind, stage, config, typed).model)
        options = load(kind, stage, config, typed, source.inherited)
        previews: list[Preview] = []
        made = work(data, out, options, source, force=force, dry_run=dry_run, encoding=encoding,
                    columns=parse_map(columns) if columns else columns_in(config, stage),
                    on_preview=previews.append if as_json else None)
        if made is not None:
            announce(made, as_json)
        for shown in previews if is_first() else ():
            print(shown.to_json())

    called.__name__, called.__doc__ = stage, summary
    return command(kind)(called)


def plan_devices(verb: str, options: TrainOptions, gpus: int, gib: float, dry_run: bool, as_json: bool) -> None:
    """Print what a run takes on GPUs that need not be there; JSON on stdout where it is asked for.

    Raises:
        ConfigError: it is no dry run.
    """
    from instructwild_trainer.adapter import base_folder, source_of
    from instructwild_trainer.devices import device_plans, known_shapes, print_device_plans
    from instructwild_trainer.global_batch import accumulated
    from instructwild_trainer.memory import shape_of

    if not dry_run:
        raise ConfigError("only plans", where="--gpus", remedy="add --dry-run; accelerate launch says on how many to run")
    shapes = {}
    if options.model:
        source = source_of(options.model)
        folder = base_folder(source.folder)
        shapes[source.label] = shape_of(folder, options, trust_remote_code=options.trust_remote_code)
    options = accumulated(options, gpus)
    sequences = 2 * options.per_device_train_batch_size if verb == "dpo" else None
    plans = device_plans(shapes | known_shapes(options.lora_r), options, gpus, gib, sequences)
    print_device_plans(plans, verb, gpus, gib)
    if as_json:
        print(json.dumps({"gpus": gpus, "gpu_memory_gib": gib, "models": [
            {"model": plan.model, "take": plan.take.name if plan.take else None,
             "peak_gib": {name: round(need.total / 2**30, 2) for name, need in plan.peaks.items()},
             "host_gib": {name: round(held / 2**30, 2) for name, held in plan.host.items()}} for plan in plans]}))


def resolved_config(options: SharedOptions) -> dict[str, Any]:
    """The options that determine the result, as the manifest keeps them."""
    from instructwild_trainer.global_batch import FOLLOW

    left_out = (*NOT_OF_THE_RESULT, *(FOLLOW if getattr(options, "global_batch_size", 0) else ()))
    kept = {key: value for key, value in plain(options).items() if key not in left_out}
    if options.chat_template:
        try:
            kept["chat_template"] = hashlib.sha256(Path(options.chat_template).read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", where=options.chat_template,
                             remedy="check the path") from None
    return kept


def check_memory(options: Any, source: "Source", chat: "Chat", sequences: int | None = None,
                 frozen: int = 0) -> Any:
    """The options with max_length held to the model's context, once it is known that the run fits into memory.

    Args:
        options: what was asked for.
        source: the model.
        chat: its tokenizer.
        sequences: sequences in one forward pass, where that is not the batch size.
        frozen: models of the same size held beside it, such as a reference.

    Raises:
        ModelError: it does not fit, or the model is one that nothing can be built on.
    """
    from instructwild.console.terminal import console
    from instructwild_trainer.adapter import base_folder
    from instructwild_trainer.memory import (
        available,
        check_fits,
        computes_in_bfloat16,
        dtype_of,
        need_of,
        shape_of,
        weights_dtype,
    )
    from instructwild_trainer.processes import shard_count
    from instructwild_trainer.reward.head import stored_head

    if stored_head(source.folder) is not None:
        raise ModelError("is a reward model: it scores answers and writes none", where=source.label,
                         remedy="start from the model that it was trained on")
    folder = base_folder(source.folder)
    shape = shape_of(folder, options, trust_remote_code=options.trust_remote_code)
    if len(chat.tokenizer) > shape.vocabulary:
        raise ModelError(f"its tokenizer has {quantity(len(chat.tokenizer), 'token')} and its embedding {shape.vocabulary}",
                         where=source.label, remedy="use the tokenizer that belongs to the model")
    if shape.context and options.max_length > shape.context:
        console.print(f"max_length {options.max_length} is more than the model's context: {shape.context} is used",
                      highlight=False)
        options = dataclasses.replace(options, max_length=shape.context)
    computed = "bfloat16" if computes_in_bfloat16(options) else dtype_of(options)
    need = need_of(shape, options, computed, sequences, shard_count())
    size = 2 if weights_dtype(options) == "bfloat16" else 4
    need = dataclasses.replace(need, weights=need.weights + frozen * shape.parameters * size)
    free, device = available()
    console.print(f"memory: about {need} of {free / 2**30:.1f} GiB free on {device}" if free else f"memory: about {need}",
                  highlight=False)
    check_fits(need, options, free, device)
    return options


def print_plan(source: "Source", chat: "Chat", options: TrainOptions, train: int, held_out: Mapping[str, int], dropped: int,
               unit: str = "rows", examples: int = 0, packed: int = 0) -> None:
    """Say what is trained on what, before anything begins.

    Args:
        source: the model.
        chat: its tokenizer.
        options: of the run.
        train: how many rows are trained on.
        held_out: how many are held out, by language.
        dropped: how many left.
        unit: what a row is called.
        examples: into how many examples the rows were made, where that is another number.
        packed: into how many sequences those were packed; 0 where they are not.
    """
    from instructwild.console.terminal import console
    from instructwild_trainer.memory import batch_arithmetic, computes_in_bfloat16, weights_dtype
    from instructwild_trainer.processes import count

    dtype = f"{weights_dtype(options)}, passes in bfloat16" if computes_in_bfloat16(options) else weights_dtype(options)
    how = f"LoRA r {options.lora_r}, alpha {options.lora_alpha:g}" if options.use_peft else "all weights"
    console.print(f"model: {source.label} ({source.sha256[:12]}), {how}, {dtype}", highlight=False)
    if source.inherited:
        kept = ", ".join(f"{key} {value}" for key, value in source.inherited.items() if getattr(options, key, None) == value)
        console.print(f"inherited from that {source.manifest.stage if source.manifest else ''} stage: model, tokenizer, "
                      f"template, {kept}", highlight=False)
    if chat.note:
        console.print(f"note: {chat.note}", highlight=False)
    held = ", ".join(f"{count} {name}" for name, count in held_out.items()) or "none"
    console.print(f"{unit}: {train:,} to train on, held out {held}, {dropped:,} dropped", highlight=False)
    if examples not in (0, train):
        console.print(f"{train:,} {unit} make {quantity(examples, 'example')}, one for each answer: the template writes "
                      "earlier turns otherwise than they were when they were answered", highlight=False)
        train, unit = examples, "examples"
    loaded = (packed, "packed sequences") if packed else (train, unit)
    console.print(batch_arithmetic(options, *loaded, count()), highlight=False)


REMEDIES = {
    Reason.TOO_LONG: "raise --max-length", Reason.NO_ANSWER: "have them answered: instructwild respond",
    Reason.TOO_FEW_CANDIDATES: "give every prompt at least two candidates: instructwild respond -k 4",
    Reason.NOT_RANKED: "have the candidates ranked: instructwild annotate",
    Reason.NO_PREFERENCE: "give rankings in which some candidate is better than another",
    Reason.BAD_FORMAT: "give another template with --chat-template FILE",
}


def require_rows(rows: Sequence[Any], dropped: Sequence[Dropped]) -> None:
    """Refuse a run that no row is left for, and say why each left.

    Raises:
        InputError: there is none.
    """
    if rows:
        return
    reasons = Counter(lost.reason for lost in dropped).most_common()
    why = ", ".join(f"{count:,} {reason}" for reason, count in reasons) or "there are none"
    raise InputError(f"none is left to train on: {why}", where="training rows",
                     remedy=REMEDIES.get(reasons[0][0] if reasons else None, "check the files"))
