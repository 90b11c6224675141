"""Edits that people make in `instructwild view`: how `clean --edits FILE` applies them.

An edit finds its row wherever the row bears its ids, before or after any step, since a step may mend or mask the text that
they follow from.
Texts are mended as soon as the row is met, so that later steps judge what a person wrote; rows are dropped and labelled
last, so that a row dropped by hand still absorbs its near-duplicates. A restored row stays whatever a step says, and is
fetched from the dropped rows of the input stages where the inputs do not hold it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from instructwild.clean.edit_file import Edit, EditedLabels, read_edits
from instructwild.clean.rows import AT, flagged, rewritten
from instructwild.clean.step import Step, Verdicts, drops
from instructwild.schema.columns import instruction_from_columns
from instructwild.schema.verdict import Reason
from instructwild.stage import FileRecord, input_record, is_stage, load
from instructwild.stage.frames import INSTRUCTION, instruction_frame
from instructwild.text.quantity import quantity

FLAGS: dict[str, str] = {"restore": "edited_restored", "text": "edited_text", "labels": "edited_labels"}
"""What an edited row is flagged with."""
SHOWN = 5


@dataclass
class HandEdits:
    """Edits at work in one run of `clean`.

    Attributes:
        edits: what to do.
        record: the edits file by content, as the manifest names its inputs; None without one.
        restored: dropped rows of the input stages that edits bring back, in the columns of an instruction.
    """

    name: ClassVar[str] = "edits"

    edits: Sequence[Edit] = ()
    record: FileRecord | None = None
    restored: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=INSTRUCTION))
    _rows: dict[int, set[int]] = field(default_factory=dict)
    """By the number of an edit, the `at` of its rows."""
    _done: set[tuple[int, int]] = field(default_factory=set)
    _misfits: set[int] = field(default_factory=set)
    _overruled: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of_file(cls, path: str | Path | None, inputs: Iterable[str | Path], frame: pl.DataFrame) -> "HandEdits":
        """The edits of a file, ready for the rows of `inputs`, which are `frame`; none without a file.

        Raises:
            InputError: the file cannot be read, or a line is no edit.
        """
        if path is None:
            return cls()
        edits = read_edits(path)
        return cls(edits, input_record(path), _brought_back(edits, inputs, frame))

    @property
    def steps(self) -> list["HandEdits"]:
        """The last step of a run with edits; none without."""
        return [self] if self.edits else []

    @property
    def inputs(self) -> list[FileRecord]:
        """The edits file as an input of the stage."""
        return [self.record] if self.record else []

    @property
    def config(self) -> dict[str, Any]:
        """How many edits of each kind there are, for the manifest."""
        return {"edits": dict(Counter(edit.edit for edit in self.edits))} if self.record else {}

    def before(self, rows: pl.DataFrame, ran: Sequence[Step] = ()) -> pl.DataFrame:
        """The rows before a step: those that edits name are remembered, and their texts mended.

        Args:
            rows: as `clean.rows.opened` gives them.
            ran: the steps that ran already; a text mended after personal data was masked is masked as well.
        """
        if not self.edits:
            return rows
        contents: dict[int, Sequence[str | None]] = {}
        for number, at, turns in self._matches(rows):
            self._rows.setdefault(number, set()).add(at)
            edit = self.edits[number]
            if edit.contents is None or (number, at) in self._done:
                continue
            if len(edit.contents) != turns:
                self._misfits.add(number)
                continue
            self._done.add((number, at))
            contents[at] = edit.contents
        if not contents:
            return rows
        mended = rewritten(rows, contents)
        for step in ran:
            if step.name == "pii":
                masked = step.verdicts(mended.filter(pl.col(AT).is_in(list(contents)))).rows
                mended = mended.update(masked.select(mended.columns), on=AT, maintain_order="left")
        return mended

    def spared(self, lost: pl.DataFrame, step: str) -> pl.DataFrame:
        """What a step drops, without the rows that a person restored."""
        kept = {at for number, edit in enumerate(self.edits) if edit.edit == "restore" for at in self._rows.get(number, ())}
        if not kept or lost.is_empty():
            return lost
        left = lost.filter(~pl.col(AT).is_in(list(kept)))
        if left.height < lost.height:
            self._overruled[step] += lost.height - left.height
        return left

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """The last step: labels are set, edited rows are flagged, and what a person dropped leaves."""
        rows = self._labelled(self.before(rows))
        gone = {at: number for number, edit in enumerate(self.edits) if edit.edit == "drop"
                for at in self._rows.get(number, ())}
        leaving = rows.filter(pl.col(AT).is_in(list(gone))).select(AT)
        why = [self.edits[gone[at]] for at in leaving[AT]]
        lost = leaving.with_columns(pl.Series(name, [getattr(edit, field) for edit in why], dtype=pl.String)
                                    for name, field in (("note", "note"), ("seen_in", "stage"), ("edited", "at")))
        return Verdicts(rows, drops(lost, Reason.EDITED, note=pl.col("note"), seen_in=pl.col("seen_in"),
                                    edited=pl.col("edited")), self._notes())

    def _matches(self, rows: pl.DataFrame) -> list[tuple[int, int, int]]:
        """(number of an edit, `at` of a row that bears its ids, turns of the row)."""
        named = pl.DataFrame([(edit.id, edit.response_id) for edit in self.edits], orient="row",
                             schema={"id": pl.String, "response_id": pl.String}).with_row_index("number")
        return named.join(rows.select("id", "response_id", AT, turns=pl.col("messages").list.len()), nulls_equal=True,
                          on=["id", "response_id"], how="inner").select("number", AT, "turns").rows()

    def _labelled(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with edited labels set and every edited row flagged."""
        changes = {at: edit.labels for number, edit in enumerate(self.edits) if edit.labels is not None
                   for at in self._rows.get(number, ())}
        for at in changes.keys() & set(rows[AT]):
            rows = _with_labels(rows, at, changes[at])
        marks = {flag: {at for number, edit in enumerate(self.edits) if edit.edit == action
                        and (action != "text" or number not in self._misfits) for at in self._rows.get(number, ())}
                 for action, flag in FLAGS.items()}
        hits = rows.select(AT).with_columns(pl.col(AT).is_in(list(ats)).alias(flag) for flag, ats in marks.items())
        return flagged(rows, hits)

    def _notes(self) -> dict[str, Any]:
        unmatched = [edit.id for number, edit in enumerate(self.edits) if not self._rows.get(number)]
        misfits = [self.edits[number].id for number in sorted(self._misfits)]
        return {"applied": len(self.edits) - len(unmatched) - len(misfits), "unmatched": len(unmatched),
                "misfits": len(misfits), "overruled": dict(self._overruled), "unapplied": [*unmatched, *misfits][:SHOWN]}


def unapplied(notes: Mapping[str, Any] | None) -> str:
    """A sentence on the edits that changed nothing; empty where all were applied, or there were none."""
    if not notes or not (notes["unmatched"] or notes["misfits"]):
        return ""
    return (f"{quantity(notes['unmatched'], 'edit names a row that is', 'edits name rows that are')} not in the inputs, "
            f"{quantity(notes['misfits'], 'has', 'have')} another number of turns than their row: nothing was done about "
            f"them ({', '.join(notes['unapplied'])}{', …' if notes['unmatched'] + notes['misfits'] > SHOWN else ''})")


def _with_labels(rows: pl.DataFrame, at: int, labels: EditedLabels | None) -> pl.DataFrame:
    """The rows with the labels of one of them set."""
    new = labels.model_dump(exclude_unset=True) if labels else {}
    here, fields = pl.col(AT) == at, {}
    for name, dtype in (("type", pl.String), ("risk", pl.List(pl.String)), ("flags", pl.List(pl.String))):
        if name in new:
            value = list(new[name]) if name != "type" else new[name]
            fields[name] = pl.when(here).then(pl.lit(value, dtype=dtype)).otherwise(pl.col("labels").struct.field(name))
    if fields:
        rows = rows.with_columns(pl.col("labels").struct.with_fields(**fields))
    if "language" in new:
        rows = rows.with_columns(language=pl.when(here).then(pl.lit(new["language"])).otherwise(pl.col("language")))
    return rows


def _brought_back(edits: Sequence[Edit], inputs: Iterable[str | Path], frame: pl.DataFrame) -> pl.DataFrame:
    """The rows to restore that the inputs do not hold, from the dropped rows of the input stages."""
    missing = {(edit.id, edit.response_id) for edit in edits if edit.edit == "restore"}
    missing -= set(frame.filter(pl.col("id").is_in([id_ for id_, _ in missing])).select("id", "response_id").rows())
    rows = []
    for source in inputs if missing else ():
        if not is_stage(source):
            continue
        dropped = load(source).dropped()
        for text in dropped.filter(pl.col("id").is_in([id_ for id_, _ in missing]))["row"]:
            try:
                row = instruction_from_columns(json.loads(text))
            except (ValueError, TypeError):
                continue
            if (row.id, row.response_id) in missing:
                missing.discard((row.id, row.response_id))
                rows.append(row)
    return instruction_frame(rows)

