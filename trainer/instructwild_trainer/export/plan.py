"""What an export writes from what, and what its gate will measure on, before anything is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from instructwild.errors import InputError, ModelError
from instructwild.llm.quantized import quantization_of
from instructwild.read.instructions import ReadRows, read
from instructwild.schema import Dropped
from instructwild.text.quantity import quantity
from instructwild_trainer.adapter import (
    Source,
    base_folder,
    load_chat,
    source_of,
)
from instructwild_trainer.data import Conversation, conversations, split
from instructwild_trainer.export.auto_round import ITERATIONS, check_widths, need_auto_round
from instructwild_trainer.export.calibration import Calibration, choose
from instructwild_trainer.export.gguf.writer import check_writable
from instructwild_trainer.export.gptq import group_size_for
from instructwild_trainer.export.questions import own_questions
from instructwild_trainer.export.size import ModelShape, shape_of
from instructwild_trainer.export.tune import TOKENS
from instructwild_trainer.reward.head import stored_head
from instructwild_trainer.templates import Chat

Format = Literal["merged", "gptq", "gguf", "reward"]
Method = Literal["gptq", "auto-round"]
"""What chooses the codes of 4 bits."""
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
    fit_scales: int = 0
    method: Method = "gptq"
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
            if self.method == "auto-round":
                lines += [f"the codes of each block are learned in {quantity(ITERATIONS, 'step')} by auto-round: on a CPU "
                          "that takes some twenty times as long as GPTQ"]
            if self.fit_scales:
                share = self.fit_scales * TOKENS / sum(map(len, self.calibration.ids))
                lines += [f"then fitting all scales in {quantity(self.fit_scales, 'step')} of {TOKENS} tokens, "
                          f"{share:.0%} of what the calibration rows hold"]
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
                columns: Mapping[str, str] | None = None, quant: str = "q4_k_m", fit_scales: int = 0,
                method: Method = "gptq") -> ExportPlan:
    """Find the model and the rows; everything that can be wrong about them is said here. See `export` for arguments.

    Raises:
        ModelError: the model cannot be exported so: it is quantized, a reward model, or in another architecture.
        InputError: the rows cannot be used.
        MissingExtraError: auto-round is named and not installed.
    """
    if format == "gptq" and method == "auto-round":
        need_auto_round()
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
    if method == "auto-round":
        check_widths(shape, grid[1], source.label)
    fitted = choose(train, samples, languages or _trained_languages(source))
    return ExportPlan(source, chat, format, table, rows, dropped, held, calibration=fitted, grid=grid, shape=shape,
                      fit_scales=fit_scales, method=method)


def _split(rows: Sequence[Conversation], share: float, most: int,
           ) -> tuple[Sequence[Conversation], dict[str, list[list[int]]]]:
    """Rows to calibrate with, and held-out rows by language as token ids, at most so many of them."""
    if not rows:
        return [], {}
    parts = split(rows, share, key=lambda row: row.key, language=lambda row: row.language)
    ids = {language: [example.input_ids for row in kept for example in row.examples]
           for language, kept in parts.held_out.items()}
    return parts.train, {language: _first_tokens(examples, most) for language, examples in ids.items()}


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
