"""One export: find the model, calibrate, write, and let the gate judge."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from instructwild import stage
from instructwild.errors import InputError, ModelError
from instructwild.llm.model_files import ADAPTER_CONFIG
from instructwild.llm.models import is_adapter
from instructwild.llm.quantized import quantization_of
from instructwild.read.instructions import ReadRows, read
from instructwild.schema import Dropped
from instructwild.stage.atomic import atomic_path, new_folder, write_atomic
from instructwild.text.quantity import quantity
from instructwild_trainer.adapter import (
    ADAPTER,
    BASE,
    Source,
    base_folder,
    load_chat,
    load_policy,
    save_policy,
    source_of,
)
from instructwild_trainer.data import Conversation, conversations, split
from instructwild_trainer.export.calibration import Calibration, choose
from instructwild_trainer.export.gate import GateVerdict
from instructwild_trainer.export.gguf.readback import notes_of
from instructwild_trainer.export.gguf.stage import GgufExport, write
from instructwild_trainer.export.gguf.stage import judge as judge_gguf
from instructwild_trainer.export.gguf.writer import check_writable
from instructwild_trainer.export.gptq import group_size_for, quantize
from instructwild_trainer.export.questions import own_questions
from instructwild_trainer.export.reward import export_reward
from instructwild_trainer.export.size import ModelShape, shape_of
from instructwild_trainer.export.tune import tune
from instructwild_trainer.reward.head import stored_head
from instructwild_trainer.templates import Chat

Format = Literal["merged", "gptq", "gguf", "reward"]
HELD_OUT_TOKENS = 10_240
"""The gate measures on held-out rows of each language up to so many tokens: enough for perplexity to stand still."""
HELD_OUT_TOKENS_GGUF = 4_096
"""Of a GGUF file, whose gate runs token by token in another program: its bounds are on the ratio of two perplexities on the
same rows, which so many tokens tell to about 2% at 4 bits and better above."""


@dataclass(frozen=True)
class ExportPlan:
    """An export, understood: what is written from what, and what the gate will measure on.

    `held_out` says whether `held` are rows that were held out; else they are the gate's own questions.
    """

    source: Source
    chat: Chat
    format: Format
    table: ReadRows
    rows: list[Conversation]
    dropped: list[Dropped]
    held: dict[str, list[list[int]]]
    held_out: bool = True
    calibration: Calibration | None = None
    grid: tuple[int, int] | None = None
    shape: ModelShape | None = None
    quant: str = ""
    packer: str = ""

    @property
    def text(self) -> dict[str, Any]:
        """The named text that the gate measures on."""
        return {"from": [Path(record.path).name for record in self.table.inputs] if self.held_out else [],
                "rows": {name: len(rows) for name, rows in self.held.items()},
                "tokens": {name: sum(map(len, rows)) for name, rows in self.held.items()}}

    @property
    def unquantized(self) -> list[str]:
        """The layers that the group does not divide and that therefore stay at full precision."""
        return self.shape.unquantized(*self.grid) if self.shape and self.grid else []

    def lines(self) -> list[str]:
        """For people, before anything is done."""
        shape = self.shape or shape_of(base_folder(self.source.folder))
        lines = [f"model: {self.source.label} ({self.source.sha256[:12]}), "
                 f"{(shape.weights + shape.outside) / 1e6:,.1f} million parameters"]
        if self.grid and self.calibration:
            packed = shape.packed(*self.grid)
            lines += [f"calibrating on {self.calibration}",
                      f"{self.grid[0]} bits in groups of {self.grid[1]}: {shape.stored(*self.grid) / 1e6:,.0f} MB, of them "
                      f"{packed / 1e6:,.0f} MB linear weights, {packed / 2 / shape.weights:.3f} of their 16-bit size; and "
                      f"{shape.cached(1024) / 1e6:,.0f} MB of cache for every 1,024 tokens while it writes"]
        if self.quant:
            lines += [f"GGUF {self.quant}, packed by {self.packer}, read back by "
                      f"{'llama.cpp' if find_spec('llama_cpp') else 'transformers (llama-cpp-python is not installed)'}",
                      f"columns weighted by their importance on {self.calibration}" if self.calibration else
                      "columns are not weighted: --calibration gives rows to measure their importance on"]
        if self.unquantized:
            share = 1 - shape.quantized(*self.grid) / shape.weights if self.grid else 0.0
            lines += [f"not quantized, because no group divides them: {', '.join(self.unquantized)} "
                      f"({share:.1%} of the linear weights)"]
        measured = "; ".join(f"{name} {quantity(self.text['rows'][name], 'row')}, {quantity(count, 'token')}"
                             for name, count in self.text["tokens"].items())
        if not measured:
            return [*lines, "the gate has no held-out rows to measure perplexity on: give more rows with --calibration"]
        return [*lines, f"the gate measures on held-out rows: {measured}" if self.held_out else
                f"no rows are held out (--calibration gives some), so the gate measures on its own questions: {measured}"]


def plan_export(model: str, format: Format, calibration: Sequence[str], *, bits: int, group_size: int, samples: int,
                max_length: int, held_out: float, languages: Sequence[str], encoding: str | None = None,
                columns: Mapping[str, str] | None = None, quant: str = "q4_k_m") -> ExportPlan:
    """Find the model and the rows; everything that can be wrong about them is said here. See `export` for arguments.

    Raises:
        ModelError: the model cannot be exported so: it is quantized, a reward model, or in another architecture.
        InputError: the rows cannot be used.
    """
    source = source_of(model)
    _refuse_quantized(source)
    if stored_head(source.folder) is not None:
        raise ModelError(f"is a reward model: exported as {format} it would lose its score head", where=source.label,
                         remedy="export it with --format reward")
    if format == "gptq" and not calibration:
        raise InputError("GPTQ needs rows to calibrate with", where="--calibration",
                         remedy="give the answered rows that the model was trained on, a stage folder or a file")
    chat = load_chat(source)
    table = read(calibration, encoding, columns)
    rows, dropped = conversations(table.frame, chat, max_length)
    if calibration and not rows:
        raise InputError(f"none of {quantity(table.frame.height + len(table.malformed), 'row')} has an answer and fits into "
                         f"{quantity(max_length, 'token')}", where="--calibration",
                         remedy="give answered rows, or raise --max-length")
    train, held = _split(rows, held_out, HELD_OUT_TOKENS_GGUF if format == "gguf" else HELD_OUT_TOKENS)
    if format == "merged":
        return ExportPlan(source, chat, format, table, rows, dropped, held or own_questions(chat), held_out=bool(held))
    if format == "gguf":
        packer = check_writable(base_folder(source.folder), quant)
        fitted = choose(train, samples, languages or _trained_languages(source)) if rows else None
        return ExportPlan(source, chat, format, table, rows, dropped, held or own_questions(chat), held_out=bool(held),
                          calibration=fitted, quant=quant.lower(), packer=packer)
    shape = shape_of(base_folder(source.folder))
    grid = bits, group_size_for(shape, group_size, bits)
    fitted = choose(train, samples, languages or _trained_languages(source))
    return ExportPlan(source, chat, format, table, rows, dropped, held, calibration=fitted, grid=grid, shape=shape)


def _split(rows: Sequence[Conversation], share: float, most: int,
           ) -> tuple[Sequence[Conversation], dict[str, list[list[int]]]]:
    """Rows to calibrate with, and held-out rows by language as token ids, at most so many of them."""
    if not rows:
        return [], {}
    parts = split(rows, share, key=lambda row: row.key, language=lambda row: row.language)
    ids = {language: [example.input_ids for row in kept for example in row.examples]
           for language, kept in parts.held_out.items()}
    return parts.train, {language: _first_tokens(examples, most) for language, examples in ids.items()}


def export(model: str, out: Path, *, format: Format, calibration: Sequence[str] = (), bits: int = 4, group_size: int = 128,
           symmetric: bool = True, samples: int = 96, fit_scales: int = 48, max_length: int = 512, held_out: float = 0.1,
           languages: Sequence[str] = (), encoding: str | None = None, columns: Mapping[str, str] | None = None,
           quant: str = "q4_k_m", force: bool = False) -> stage.Run:
    """Write a merged model, a 4-bit model or a reward model and let the gate compare it with its source.

    Args:
        model: a stage folder, a model or adapter folder, a Hub id, `smollm2` or `tiny`.
        format: `merged`, `gptq`, `gguf`, or `reward` for a sequence classifier that plain transformers loads.
        calibration: stage folders or files with answered rows; a share of their prompts is held out for the gate. A merged
            export without rows is measured on the gate's own questions.
        bits, group_size: of the 4-bit grid; the group is halved until it divides the model's widths.
        symmetric: a grid around zero, which every kernel knows; else each group has a zero point of its own.
        samples: at most this many rows to calibrate with, the languages in turn.
        fit_scales: steps of fitting the scales of all layers together after GPTQ; 0 for none.
        max_length: the longest row in tokens.
        held_out: the share of prompts that the gate measures on, the same prompts as in training.
        languages: those that calibration rows must cover; by default the ones the model was trained on, where it tells.
        encoding: of calibration files that are not UTF-8.
        columns: NAME -> COLUMN of plain files, as `--map` names them.
        quant: of a GGUF file; see `gguf.mixture.MIXTURES`.

    Raises:
        ModelError, InputError: the model or the rows cannot be used.
    """
    if format == "reward":
        return export_reward(model, out, calibration=calibration, max_length=max_length, encoding=encoding, columns=columns,
                             force=force)
    plan = plan_export(model, format, calibration, bits=bits, group_size=group_size, samples=samples,
                       max_length=max_length, held_out=held_out, languages=languages, encoding=encoding, columns=columns,
                       quant=quant)
    config = {"model": plan.source.label, "format": format, "held_out": held_out, "max_length": max_length}
    if format == "gptq":
        config |= {"bits": bits, "group_size": group_size, "symmetric": symmetric, "samples": samples,
                   "fit_scales": fit_scales}
    if format == "gguf":
        config |= {"quant": plan.quant, "samples": samples}
    with stage.start(out, "export", config=config, inputs=[plan.source.record, *plan.table.inputs], force=force) as run:
        if run.finished is None:
            _work(run, plan)
    return run


def _work(run: stage.Run, plan: ExportPlan) -> None:
    from instructwild.console.terminal import console
    from instructwild_trainer.export.gate import judge
    from instructwild_trainer.export.page import page_of, table_of

    for line in plan.lines():
        console.print(line, highlight=False, markup=False)
    merged = _merged(run, plan)
    extra: dict[str, Any] = {}
    with run.atomic("model") as folder:
        if plan.format == "gguf":
            verdict, extra = _gguf(run, plan, merged, folder)
        elif plan.grid and plan.calibration:
            shutil.copytree(_quantized(run, plan, merged, plan.calibration), folder)
        else:
            shutil.copytree(merged, folder, ignore=shutil.ignore_patterns(ADAPTER))
            _keep_adapter(folder, run.folder / "model", plan.source.folder)
        if plan.format != "gguf":
            _complete(folder, merged, plan.chat)
            verdict = judge(merged, folder, plan.held, run.scratch / "gate", grid=plan.grid, stops=plan.chat.stop_ids,
                            template=str(plan.chat.tokenizer.chat_template))
    console.print(table_of(verdict, plan.text))
    metrics = {**verdict.metrics(), **extra, "text": plan.text, "group_size": plan.grid[1] if plan.grid else None,
               "unquantized": plan.unquantized,
               "calibration": {"rows": fitted.rows, "tokens": fitted.tokens} if (fitted := plan.calibration) else None,
               "base": {"name": plan.source.label, "sha256": plan.source.sha256}}
    lost = [*plan.table.malformed, *plan.dropped]
    run.finish(rows=stage.Rows(**{"in": len(plan.rows) + len(lost), "kept": len(plan.rows), "dropped": len(lost)}),
               dropped=lost, report=page_of(run, plan.source.label, verdict, plan.text), metrics=metrics,
               gate="passed" if verdict.passed else "failed")


def _gguf(run: stage.Run, plan: ExportPlan, merged: Path, folder: Path) -> tuple[GateVerdict, dict[str, Any]]:
    """Write the GGUF folder and judge it; what only this format has is returned as metrics."""
    complete = run.scratch / "complete"
    if not complete.is_dir():
        with new_folder(complete) as temporary:
            shutil.copytree(merged, temporary, ignore=shutil.ignore_patterns(ADAPTER), dirs_exist_ok=True)
            _complete(temporary, merged, plan.chat)
    work = GgufExport(plan.source, complete, plan.chat, plan.quant, plan.calibration.ids if plan.calibration else (),
                      plan.table.inputs)
    written = write(work, folder, run.scratch / "gguf")
    verdict, result = judge_gguf(work, folder, plan.held, run.scratch / "gate")
    if result:
        written |= {"runtime": result.runtime, "kl": result.divergence,
                    "same_beginnings": {language: {"same": same, "of": of} for language, (same, of) in
                                        result.beginnings.items()}}
        verdict.notes = notes_of(result)
    return verdict, written


def _quantized(run: stage.Run, plan: ExportPlan, merged: Path, fitted: Calibration) -> Path:
    """The 4-bit folder in the scratch folder, where an interrupted export finds it again."""
    assert plan.grid is not None
    assert plan.shape is not None
    bits, group = plan.grid
    folder, steps = run.scratch / "quantized", run.config["fit_scales"]
    quantize(merged, folder, fitted.ids, bits=bits, group=group, symmetric=run.config["symmetric"],
             shape=plan.shape, scratch=run.scratch / "gptq")
    if not steps:
        return folder
    tune(merged, folder, run.scratch / "fitted", fitted.ids, steps, bits=bits, scratch=run.scratch / "scales")
    return run.scratch / "fitted"


def _refuse_quantized(source: Source) -> None:
    """A 4-bit model is neither quantized again nor merged into: the weights that were rounded away are gone."""
    for folder in dict.fromkeys((source.folder, base_folder(source.folder))):
        config = quantization_of(folder)
        if config:
            kind = f"{config.get('quant_method', 'gptq')}, {config.get('bits', '?')} bits"
            own = folder == source.folder
            raise ModelError(f"is quantized already ({kind})" if own else f"is an adapter on a quantized base ({kind})",
                             where=source.label, remedy="export the full-precision model that it was made from" if own
                             else "put the full-precision base where base.json says: adapters are merged before quantizing")


def _trained_languages(source: Source) -> list[str]:
    """The languages that a model was trained on, as its manifest tells."""
    loss = (source.manifest.metrics if source.manifest else {}).get("held_out_loss")
    return sorted({*loss.get("after", {})} - {"und"}) if isinstance(loss, dict) else []


def _first_tokens(rows: Sequence[list[int]], tokens: int) -> list[list[int]]:
    """The first rows that hold so many tokens together, one at least."""
    kept: list[list[int]] = []
    for row in rows:
        if kept and sum(map(len, kept)) + len(row) > tokens:
            break
        kept.append(row)
    return kept


def _merged(run: stage.Run, plan: ExportPlan) -> Path:
    """The model as one complete folder: where it lies, or merged at full precision into the scratch folder."""
    if not is_adapter(plan.source.folder):
        return plan.source.folder
    folder = run.scratch / "merged"
    if not folder.is_dir():
        model, _ = load_policy(plan.source, dtype="float32")
        with atomic_path(folder) as temporary:
            save_policy(model, plan.chat, temporary, plan.source)
    return folder


def _keep_adapter(folder: Path, final: Path, source: Path) -> None:
    """The adapters that were merged go along; `base.json` names their base by a path, which starts at the new folder."""
    adapter = source if is_adapter(source) else source / ADAPTER
    if not (adapter / ADAPTER_CONFIG).is_file():
        return
    shutil.copytree(adapter, folder / ADAPTER, dirs_exist_ok=True,
                    ignore=lambda _, names: [name for name in names if not name.startswith("adapter_") and name != BASE])
    file = folder / ADAPTER / BASE
    noted = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    base = (adapter / noted["path"]).resolve() if noted.get("path") else None
    if base is not None and base.is_dir():
        noted["path"] = os.path.relpath(base, (final / ADAPTER).resolve())
        write_atomic(file, json.dumps(noted, ensure_ascii=False, indent=2) + "\n")


def _complete(folder: Path, source: Path, chat: Chat) -> None:
    """Chat template, stop tokens and generation settings travel with the weights."""
    chat.tokenizer.save_pretrained(folder)
    settings: dict[str, Any] = {}
    if (source / "generation_config.json").is_file():
        settings = json.loads((source / "generation_config.json").read_text(encoding="utf-8"))
    own = settings.get("eos_token_id")
    stops = [*chat.stop_ids, *(own if isinstance(own, list) else [own])]
    settings |= {"eos_token_id": sorted({stop for stop in stops if stop is not None}),
                 "pad_token_id": chat.tokenizer.pad_token_id}
    write_atomic(folder / "generation_config.json", json.dumps(settings, indent=2) + "\n")
