"""`instructwild train sft`: supervised fine-tuning with TRL's SFTTrainer on answers only, measured before and after."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.text.quantity import quantity
from instructwild_trainer.begin import check_memory, print_plan, require_rows, resolved_config, verb
from instructwild_trainer.config import SftOptions

if TYPE_CHECKING:
    from instructwild.stage import Run, Stage
    from instructwild_trainer.adapter import Source
    from instructwild_trainer.data import Conversation, Split
    from instructwild_trainer.preview import Preview
    from instructwild_trainer.templates import Chat, Encoded


def fine_tune(data: Sequence[str | Path], out: Path, options: SftOptions, source: "Source | None" = None, *,
              force: bool = False, dry_run: bool = False, encoding: str | None = None,
              columns: "Mapping[str, str] | None" = None,
              on_preview: "Callable[[Preview], None] | None" = None) -> "Stage | None":
    """Fine-tune and write a stage whose `model/` is complete; None after a dry run, and in all processes but the first.

    Raises:
        InputError: there is nothing to train on, or to measure.
        ModelError: the model or its template is unfit, or the run cannot fit into memory.
    """
    from instructwild.console.terminal import console
    from instructwild.read.instructions import read
    from instructwild_trainer.adapter import load_chat, source_of
    from instructwild_trainer.data import conversations, split, unwritten_thoughts
    from instructwild_trainer.fit import check_scale, silence_libraries
    from instructwild_trainer.global_batch import accumulated
    from instructwild_trainer.packing import sequences
    from instructwild_trainer.preview import preview
    from instructwild_trainer.processes import count, started
    from instructwild_trainer.templates import check_masks, show

    source = source or source_of(options.model)
    check_scale(options)
    options = accumulated(options, count())
    table = read(data, encoding, columns)
    with silence_libraries(), started(out, "sft", resolved_config(options), [*table.inputs, source.record], force) as run:
        if run.finished is not None:
            return run.finished
        chat = load_chat(source, options.chat_template, reasoning=options.reasoning, add_eos=options.add_eos,
                         trust_remote_code=options.trust_remote_code)
        options = check_memory(options, source, chat)
        rows, dropped = conversations(table.frame, chat, options.max_length)
        require_rows(rows, [*table.malformed, *dropped])
        parts = split(rows, options.held_out, key=lambda row: row.key, language=lambda row: row.language,
                      most=options.held_out_rows)
        examples = _examples(parts.train)
        check_masks(examples)
        print_plan(source, chat, options, len(parts.train), {name: len(held) for name, held in parts.held_out.items()},
                   len(dropped) + len(table.malformed), examples=len(examples),
                   packed=sequences(examples, options.max_length) if options.packing else 0)
        if lost := unwritten_thoughts(rows, chat):
            console.print(f"note: thoughts of {quantity(lost, 'row')} are not trained on: the chat template leaves them out",
                          highlight=False)
        show(chat, min(examples[:50], key=lambda row: len(row.input_ids)))
        if dry_run:
            if on_preview is not None:
                on_preview(preview(chat, len(rows), [*table.malformed, *dropped], _examples(rows)))
            return None
        return _trained(run, options, source, chat, parts, [*table.malformed, *dropped])


def _trained(run: "Run", options: SftOptions, source: "Source", chat: "Chat", parts: "Split[Conversation]",
             dropped: list[Any]) -> "Stage | None":
    from instructwild.console.terminal import console, progress
    from instructwild.stage import Rows
    from instructwild_trainer.adapter import load_gathered, load_policy, save_policy, weights_sha256
    from instructwild_trainer.answers import answers
    from instructwild_trainer.fit import curves, full_model, once, train
    from instructwild_trainer.likelihood import held_out_loss
    from instructwild_trainer.memory import as_torch, passes, weights_dtype
    from instructwild_trainer.packing import attend_by_document, check_apart
    from instructwild_trainer.placement import placed
    from instructwild_trainer.processes import device, is_first
    from instructwild_trainer.quantized_base import quantize_base
    from instructwild_trainer.sft_page import page
    from instructwild_trainer.unchanged import untrained

    held = {name: _examples(rows) for name, rows in parts.held_out.items()}
    sampled = _sampled(parts, options.samples)
    prompts = [chat.prompt_ids(row.prompt, row.tools) for row in sampled]

    def measured(model: Any, when: str) -> dict[str, Any]:
        with placed(model), passes(options):
            with progress() as shown:
                task = shown.add_task(f"held-out loss {when}", total=parts.measured, note="")
                loss = held_out_loss(model, held, chat.tokenizer.pad_token_id, lambda rows: shown.update(task, advance=rows))
            return {"loss": loss, "answers": answers(model, chat, prompts, options.sample_tokens)}

    model, _ = load_policy(source, dtype=as_torch(weights_dtype(options)), trust_remote_code=options.trust_remote_code)
    model = quantize_base(model, options, device())
    if options.packing:
        attend_by_document(model)
        with placed(model):
            check_apart(model, source.label)
    before = once(run, "before", lambda: measured(model, "before")) if is_first() else None
    trainer = _trainer(model, options, run, chat, parts, held)
    began = time.monotonic()
    history = train(trainer, run, "fine-tuning")
    seconds = time.monotonic() - began
    dtype = as_torch(weights_dtype(options))
    model = full_model(trainer, run, lambda folder: load_gathered(folder, source, dtype))
    if before is None:
        return None
    after = measured(model, "after")
    trained = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    with run.atomic("model") as folder:
        save_policy(model, chat, folder, source, final=run.folder / "model")
        if weights_sha256(folder) == source.sha256:
            raise untrained(trainer, "train sft")
    examples = _examples(parts.train)
    tokens = sum(row.trained for row in examples)
    metrics = {
        "base": {"name": source.label, "sha256": source.sha256}, "inherited": source.inherited,
        "trained_parameters": trained,
        "train_rows": len(parts.train), "train_examples": len(examples),
        "held_out_rows": {name: len(rows) for name, rows in parts.held_out.items()},
        "answer_tokens": tokens, "updates": trainer.state.global_step, "training_seconds": round(seconds, 1),
        "held_out_loss": {"before": before["loss"], "after": after["loss"]},
        "curves": curves(history),
        "last_train_loss": next((point["loss"] for point in reversed(history) if "loss" in point), None),
    }
    for name, loss in after["loss"].items():
        console.print(f"held-out loss {name}: {before['loss'][name]:.4f} before, {loss:.4f} after", highlight=False)
    counts = Rows(**{"in": parts.rows + len(dropped), "kept": parts.rows, "dropped": len(dropped)})
    return run.finish(rows=counts, dropped=dropped, metrics=metrics,
                      report=page(metrics, history, sampled, before["answers"], after["answers"], chat, parts.train[0]))


def _trainer(model: Any, options: SftOptions, run: "Run", chat: "Chat", parts: "Split[Conversation]",
             held: dict[str, list[Any]]) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from instructwild_trainer.experts import balance_arguments
    from instructwild_trainer.fit import arguments, fuse_layers, lora
    from instructwild_trainer.global_batch import fill_updates
    from instructwild_trainer.lora import follow_base

    fuse_layers(model)

    def dataset(rows: Sequence[Any]) -> Dataset:
        return Dataset.from_list([{"input_ids": row.input_ids, "labels": row.labels} for row in rows])

    packed: dict[str, Any] = {"packing": True, "eval_packing": False} if options.packing else {}
    trainer = SFTTrainer(
        model=model, args=SFTConfig(**arguments(options, run, **packed, **balance_arguments(model))),
        processing_class=chat.tokenizer,
        train_dataset=dataset(_examples(parts.train)),
        eval_dataset={name: dataset(rows) for name, rows in held.items()} if options.eval_steps and held else None,
        peft_config=lora(options, model, "CAUSAL_LM"))
    follow_base(trainer.model)
    fill_updates(trainer, options)
    return trainer


def _examples(rows: "Sequence[Conversation]") -> "list[Encoded]":
    return [example for row in rows for example in row.examples]


def _sampled(parts: "Split[Conversation]", most: int) -> list["Conversation"]:
    """Held-out rows to be answered for people to read, taken from the languages in turn."""
    by_language = [list(rows) for rows in parts.held_out.values()]
    turns = max(map(len, by_language), default=0)
    return [rows[i] for i in range(turns) for rows in by_language if i < len(rows)][:most]


sft = verb("sft", SftOptions, fine_tune, takes="Stage folders or files with answered prompts.",
           summary="Teach a model to answer: cross-entropy on the answers, stop token included, of every conversation.")
