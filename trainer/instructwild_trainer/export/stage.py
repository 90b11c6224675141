"""One export: find the model, calibrate, write, and let the gate judge."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from instructwild import stage
from instructwild.errors import InputError
from instructwild.llm.quiet import quiet
from instructwild_trainer.adapter import Source, load_chat, load_policy, source_of
from instructwild_trainer.data import Conversation, conversations, split
from instructwild_trainer.templates import Chat

Format = Literal["merged", "gptq"]
TEMPLATE_FILES = ("chat_template.jinja", "generation_config.json")


def export(model: str, out: Path, *, format: Format, calibration: Sequence[str] = (), bits: int = 4, group_size: int = 128,
           samples: int = 128, max_length: int = 512, held_out: float = 0.1, force: bool = False) -> stage.Run:
    """Write a merged or a 4-bit model folder and let the gate judge it.

    Args:
        model: a stage folder, a model or adapter folder, a Hub id, `smollm2` or `tiny`.
        calibration: stage folders or files with answered rows; a share of their prompts is held out for the gate.
        bits, group_size: of the 4-bit grid; the group is halved until it divides the model's widths.
        samples: at most this many rows to calibrate with, both languages in turn.
        max_length: the longest row in tokens.
        held_out: the share of prompts that the gate measures on, the same prompts as in training.

    Raises:
        ModelError, InputError: the model or the rows cannot be used.
    """
    found = source_of(model)
    table = stage.read(calibration)
    config = {"model": found.label, "format": format, "held_out": held_out, "max_length": max_length}
    if format == "gptq":
        if not calibration:
            raise InputError("GPTQ needs rows to calibrate with", where="--calibration",
                             remedy="give the answered rows that the model was trained on, a stage folder or a file")
        config |= {"bits": bits, "group_size": group_size, "samples": samples}
    with stage.start(out, "export", config=config, inputs=[found.record, *table.inputs], force=force) as run:
        if run.finished is None:
            _work(run, found, table, config)
    return run


def _work(run: stage.Run, found: Source, table: stage.Table, config: dict[str, Any]) -> None:
    from instructwild.report.terminal import console
    from instructwild_trainer.export.gate import judge
    from instructwild_trainer.export.gptq import group_size_for, quantize
    from instructwild_trainer.export.page import page_of

    chat = load_chat(found)
    rows, dropped = conversations(table.frame, chat, config["max_length"])
    parts = split(rows, config["held_out"], key=lambda row: row.key, language=lambda row: row.language) if rows else None
    merged = _merged(run, found)
    bits = group = None
    with run.aside("model") as folder:
        if config["format"] == "merged":
            shutil.copytree(merged, folder, ignore=shutil.ignore_patterns("adapter"))
        else:
            if parts is None:
                raise InputError("no row has an answer short enough to calibrate with", where="--calibration",
                                 remedy="give answered rows, or raise --max-length")
            architecture = load_config(merged)
            bits, group = config["bits"], group_size_for(architecture, config["group_size"])
            ids = [row.encoded.input_ids for row in in_turn(parts.train, config["samples"])]
            console.print(f"calibrating on {len(ids)} chat-templated rows, {bits} bits in groups of {group}")
            quantize(merged, folder, ids, bits=bits, group=group, scratch=run.scratch / "gptq")
            _complete(folder, merged, chat)
        console.print("loading what was written and comparing it with its source")
        held = {language: [row.encoded.input_ids for row in kept]
                for language, kept in (parts.held_out.items() if parts else ())}
        verdict = judge(merged, folder, held, bits=bits, group=group)
    metrics = {**verdict.metrics(), "group_size": group, "base": {"name": found.label, "sha256": found.sha256}}
    page = page_of(run, found.label, verdict)
    lost = [*table.malformed, *dropped]
    run.finish(rows=stage.Rows(**{"in": len(rows) + len(lost), "kept": len(rows), "dropped": len(lost)}), dropped=lost,
               report=page, metrics=metrics, gate="passed" if verdict.passed else "failed")


def _merged(run: stage.Run, found: Source) -> Path:
    """The model as one complete folder: where it lies, or merged into the scratch folder."""
    if (found.folder / "config.json").is_file() and not (found.folder / "adapter_config.json").is_file():
        return found.folder
    folder = run.scratch / "merged"
    model, tokenizer = load_policy(found, dtype="float32")
    with quiet():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _complete(folder: Path, source: Path, chat: Chat) -> None:
    """Chat template, stop tokens and generation settings travel with the weights."""
    chat.tokenizer.save_pretrained(folder)
    for name in TEMPLATE_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def load_config(folder: Path) -> dict[str, Any]:
    """The model's own config file."""
    return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))


def in_turn(rows: Sequence[Conversation], most: int) -> list[Conversation]:
    """At most `most` rows, the longest first, the languages in turn, so that a grid fits all of them."""
    by_language: dict[str, list[Conversation]] = {}
    for row in sorted(rows, key=lambda row: (-len(row.encoded.input_ids), row.id)):
        by_language.setdefault(row.language, []).append(row)
    ranked = sorted(((place, language, row) for language, found in by_language.items() for place, row in enumerate(found)),
                    key=lambda item: item[:2])
    return [row for _, _, row in ranked[:most]]
