"""`instructwild train sft`: supervised fine-tuning with TRL's SFTTrainer on answers only, measured before and after."""

import dataclasses
import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.errors import InputError, ModelError
from instructwild.report.command import DryRun, Encoding, Force, Json, Out, announce
from instructwild_trainer.config import SftOptions, TrainOptions, command, load, plain

if TYPE_CHECKING:
    from instructwild.stage import Run, Stage
    from instructwild_trainer.adapter import Source
    from instructwild_trainer.data import Conversation, Split
    from instructwild_trainer.templates import Chat

Config = Annotated[str | None, typer.Option("--config", help="A preset (smoke, demo, …) or YAML file; what is typed wins.")]
NOT_OF_THE_RESULT = ("model", "report_to", "trust_remote_code", "save_steps", "chat_template")


@command(SftOptions)
def sft(data: Annotated[list[str], typer.Argument(help="Stage folders or files with answered prompts.")], out: Out,
        config: Config = None, force: Force = False, dry_run: DryRun = False, as_json: Json = False,
        encoding: Encoding = None, *, given: dict[str, Any]) -> None:
    """Teach a model to answer: cross-entropy on the answers, stop token included, of every conversation."""
    from instructwild_trainer.adapter import source_of

    first = load(SftOptions, "sft", config, given)
    source = source_of(first.model)
    options = load(SftOptions, "sft", config, given, source.inherited)
    stage = fine_tune(data, out, options, source, force=force, dry_run=dry_run, encoding=encoding)
    if stage is not None:
        announce(stage, as_json)


def fine_tune(data: Sequence[str | Path], out: Path, options: SftOptions, source: "Source | None" = None, *,
              force: bool = False, dry_run: bool = False, encoding: str | None = None) -> "Stage | None":
    """Fine-tune and write a stage whose `model/` is complete; None after a dry run, and in all processes but the first.

    Raises:
        InputError: there is nothing to train on, or to measure.
        ModelError: the model or its template is unfit, or the run cannot fit into memory.
    """
    from instructwild import stage
    from instructwild_trainer.adapter import load_chat, source_of
    from instructwild_trainer.data import conversations, split
    from instructwild_trainer.fit import calm, check_scale
    from instructwild_trainer.processes import started
    from instructwild_trainer.templates import check_masks, show

    source = source or source_of(options.model)
    check_scale(options)
    table = stage.read(data, encoding)
    with calm(), started(out, "sft", settled(options), [*table.inputs, source.record], force) as run:
        if run.finished is not None:
            return run.finished
        chat = load_chat(source, options.chat_template, trust_remote_code=options.trust_remote_code)
        options = fitting(options, source, chat)
        rows, dropped = conversations(table.frame, chat, options.max_length)
        parts = split(rows, options.held_out, key=lambda row: row.key, language=lambda row: row.language,
                      most=options.held_out_rows)
        check_masks(row.encoded for row in parts.train)
        introduce(source, chat, options, len(parts.train), {name: len(held) for name, held in parts.held_out.items()},
                  len(dropped) + len(table.malformed))
        show(chat, min((row.encoded for row in parts.train[:50]), key=lambda row: len(row.input_ids)))
        if dry_run:
            return None
        return _trained(run, options, source, chat, parts, [*table.malformed, *dropped])


def settled(options: TrainOptions) -> dict[str, Any]:
    """The options that determine the result, as the manifest keeps them."""
    kept = {key: value for key, value in plain(options).items() if key not in NOT_OF_THE_RESULT}
    if options.chat_template:
        try:
            kept["chat_template"] = hashlib.sha256(Path(options.chat_template).read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", where=options.chat_template,
                             remedy="check the path") from None
    return kept


def fitting(options: Any, source: "Source", chat: "Chat", sequences: int | None = None) -> Any:
    """The options with max_length held to the model's context, once it is known that the run fits into memory.

    Args:
        options: what was asked for.
        source: the model.
        chat: its tokenizer.
        sequences: sequences in one forward pass, where that is not the batch size.

    Raises:
        ModelError: it does not fit.
    """
    from instructwild.report.terminal import console
    from instructwild_trainer.adapter import ADAPTER_CONFIG, base_of
    from instructwild_trainer.memory import available, check_fits, dtype_of, need_of, shape_of
    from instructwild_trainer.processes import parts

    folder = base_of(source.folder) if (source.folder / ADAPTER_CONFIG).is_file() else source.folder
    shape = shape_of(folder, options, trust_remote_code=options.trust_remote_code)
    if len(chat.tokenizer) > shape.vocabulary:
        raise ModelError(f"its tokenizer has {len(chat.tokenizer)} tokens and its embedding {shape.vocabulary}",
                         where=source.label, remedy="use the tokenizer that belongs to the model")
    if shape.context and options.max_length > shape.context:
        console.print(f"max_length {options.max_length} is more than the model's context: {shape.context} is used",
                      highlight=False)
        options = dataclasses.replace(options, max_length=shape.context)
    need = need_of(shape, options, dtype_of(options), sequences, parts())
    free, device = available()
    console.print(f"memory: about {need} of {free / 2**30:.1f} GiB free on {device}" if free else f"memory: about {need}",
                  highlight=False)
    check_fits(need, options, free, device)
    return options


def introduce(source: "Source", chat: "Chat", options: TrainOptions, train: int, held_out: Mapping[str, int], dropped: int,
              unit: str = "rows") -> None:
    """Say what is trained on what, before anything begins."""
    from instructwild.report.terminal import console
    from instructwild_trainer.memory import batch_arithmetic, dtype_of
    from instructwild_trainer.processes import count

    how = f"LoRA r {options.lora_r}, alpha {options.lora_alpha:g}" if options.use_peft else "all weights"
    console.print(f"model: {source.label} ({source.sha256[:12]}), {how}, {dtype_of(options)}", highlight=False)
    if source.inherited:
        told = ", ".join(f"{key} {value}" for key, value in source.inherited.items() if getattr(options, key) == value)
        console.print(f"inherited from that {source.manifest.stage if source.manifest else ''} stage: model, tokenizer, "
                      f"template, {told}", highlight=False)
    if chat.note:
        console.print(f"note: {chat.note}", highlight=False)
    held = ", ".join(f"{count} {name}" for name, count in held_out.items()) or "none"
    console.print(f"{unit}: {train:,} to train on, held out {held}, {dropped:,} dropped", highlight=False)
    console.print(batch_arithmetic(options, train, unit, count()), highlight=False)


def _trained(run: "Run", options: SftOptions, source: "Source", chat: "Chat", parts: "Split[Conversation]",
             dropped: list[Any]) -> "Stage | None":
    from instructwild.report.terminal import console, progress
    from instructwild.stage import Rows
    from instructwild_trainer.adapter import load_policy, save_policy, weights_sha256
    from instructwild_trainer.answers import answers
    from instructwild_trainer.fit import curves, once, train, whole
    from instructwild_trainer.likelihood import held_out_loss
    from instructwild_trainer.memory import as_torch, dtype_of
    from instructwild_trainer.processes import device, is_first
    from instructwild_trainer.sft_page import page

    held = {name: [row.encoded for row in rows] for name, rows in parts.held_out.items()}
    asked = _asked(parts, options.samples)

    def measured(model: Any, when: str) -> dict[str, Any]:
        with progress() as shown:
            task = shown.add_task(f"held-out loss {when}", total=parts.measured, note="")
            loss = held_out_loss(model, held, chat.tokenizer.pad_token_id, lambda rows: shown.update(task, advance=rows))
        return {"loss": loss, "answers": answers(model, chat, [row.prompt for row in asked], options.sample_tokens)}

    model, _ = load_policy(source, dtype=as_torch(dtype_of(options)), trust_remote_code=options.trust_remote_code)
    model = model.to(device())
    before = once(run, "before", lambda: measured(model, "before")) if is_first() else None
    trainer = _trainer(model, options, run, chat, parts, held)
    began = time.monotonic()
    history = train(trainer, run, "fine-tuning")
    seconds = time.monotonic() - began
    model = whole(trainer, run, lambda folder: load_policy(folder, dtype=as_torch(dtype_of(options)))[0].to(device()))
    if before is None:
        return None
    after = measured(model, "after")
    trained = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    with run.aside("model") as folder:
        save_policy(model, chat, folder, source, final=run.folder / "model")
        if weights_sha256(folder) == source.sha256:
            raise ModelError("training left every weight as it was", where="train sft",
                             remedy="raise --learning-rate or --num-train-epochs, or take --dtype float32")
    tokens = sum(row.encoded.trained for row in parts.train)
    metrics = {
        "base": {"name": source.label, "sha256": source.sha256}, "inherited": source.inherited,
        "trained_parameters": trained,
        "train_rows": len(parts.train), "held_out_rows": {name: len(rows) for name, rows in parts.held_out.items()},
        "answer_tokens": tokens, "updates": trainer.state.global_step, "training_seconds": round(seconds, 1),
        "held_out_loss": {"before": before["loss"], "after": after["loss"]},
        "curves": curves(history),
        "last_train_loss": next((point["loss"] for point in reversed(history) if "loss" in point), None),
    }
    for name, loss in after["loss"].items():
        console.print(f"held-out loss {name}: {before['loss'][name]:.4f} before, {loss:.4f} after", highlight=False)
    counts = Rows(**{"in": parts.rows + len(dropped), "kept": parts.rows, "dropped": len(dropped)})
    return run.finish(rows=counts, dropped=dropped, metrics=metrics,
                      report=page(metrics, history, asked, before["answers"], after["answers"], chat, parts.train[0]))


def _trainer(model: Any, options: SftOptions, run: "Run", chat: "Chat", parts: "Split[Conversation]",
             held: dict[str, list[Any]]) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from instructwild_trainer.fit import arguments, lora

    def dataset(rows: Sequence[Any]) -> Dataset:
        return Dataset.from_list([{"input_ids": row.input_ids, "labels": row.labels} for row in rows])

    packed: dict[str, Any] = {"packing": True, "eval_packing": False} if options.packing else {}
    if options.packing and not _attends_to_parts(model):
        # Packed sequences are joined into one; without a kernel for parts its attention grows with the square of all of it.
        packed |= {"per_device_train_batch_size": 1, "gradient_accumulation_steps":
                   options.per_device_train_batch_size * options.gradient_accumulation_steps}
    return SFTTrainer(
        model=model, args=SFTConfig(**arguments(options, run, **packed)), processing_class=chat.tokenizer,
        train_dataset=dataset([row.encoded for row in parts.train]),
        eval_dataset={name: dataset(rows) for name, rows in held.items()} if options.eval_steps and held else None,
        peft_config=lora(options, "CAUSAL_LM"))


def _attends_to_parts(model: Any) -> bool:
    return "flash" in str(model.config._attn_implementation)


def _asked(parts: "Split[Conversation]", most: int) -> list["Conversation"]:
    """Held-out rows to be answered for people to read, taken from the languages in turn."""
    by_language = [list(rows) for rows in parts.held_out.values()]
    turns = max(map(len, by_language), default=0)
    return [rows[i] for i in range(turns) for rows in by_language if i < len(rows)][:most]
