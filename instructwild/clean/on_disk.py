"""`clean` with the rows on disk: memory holds some chunks of them, and of each row some hundred bytes, never all rows.

Rows are read, judged and written chunk by chunk. Steps that compare rows decide by what they need of each: `exact` by a hash
of its prompt (rows of equal hashes are then compared whole, some at a time), `near` by keys of what it asks for. A model as
judge is shown one row after another. What was decided is applied to the chunks in one more pass. The rows and drops are
those of cleaning in memory, byte by byte.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from instructwild.clean.chunks import CHUNK, StepResult, dropped_rows, merged, result_of, runs, steps_on
from instructwild.clean.drawn import DRAWN, DrawnRows, copied
from instructwild.clean.exact import Twins, conflict_notes, joined, keyed, twins_among
from instructwild.clean.judge_step import Judge
from instructwild.clean.judging import RowJudgements
from instructwild.clean.near_step import Near, NearTexts
from instructwild.clean.page import Totals
from instructwild.clean.rows import AT, closed, opened, request_texts, whole_prompts
from instructwild.clean.spill import ByChunk, SpilledChunks, SpilledParts
from instructwild.clean.step import DROPS, Step, drops
from instructwild.clean.workers import Workers
from instructwild.console.terminal import progress
from instructwild.read.instructions import RowReader
from instructwild.schema.verdict import Reason
from instructwild.stage.frames import DROPPED, INSTRUCTION, dropped_frame
from instructwild.stage.pieces import Pieces

TWINS_AT_ONCE = 200_000
"""Rows of equal hashes that are compared at once."""
class ChunkResult(NamedTuple):
    """What steps made of a chunk, and what the next comparing step needs of its rows."""

    results: list[StepResult]
    prepared: pl.DataFrame | None


class CleanedOnDisk:
    """The rows that stay and the rows that left, on disk.

    Attributes:
        notes: what each step counted, by its name.
        before, after: some rows at even distances (all, where there are few), as they came and as they stay.
        totals: counts of all rows.
    """

    def __init__(self, reader: RowReader, steps: Sequence[Step], folder: Path, workers: Workers,
                 mask: Callable[[pl.DataFrame], pl.DataFrame] | None = None) -> None:
        """Clean all rows of the reader.

        Args:
            reader: of the inputs.
            steps: in the order they run.
            folder: for the rows meanwhile; what is in it goes.
            workers: processes to use.
            mask: what is done to dropped rows before they are written.
        """
        shutil.rmtree(folder, ignore_errors=True)
        self._folder, self._workers, self._mask = folder, workers, mask or (lambda rows: rows)
        self.notes: dict[str, dict[str, Any]] = {}
        self._lost = [SpilledChunks(folder / "unread")]
        self._before, self._after = DrawnRows(), DrawnRows()
        self._prepared: list[NDArray[np.uint64]] = []
        self._texts: NearTexts | None = None
        self._rows = SpilledChunks(folder / "none")
        listed = [[], *runs(steps)] if not steps or steps[0].name in OF_ALL_ROWS else [*runs(steps)]
        with progress() as shown:
            for number, several in enumerate(listed):
                names = ", ".join(step.name for step in several) or "reading"
                task = shown.add_task(f"{names} (pass {number + 1} of {len(listed)}): rows",
                                      total=self._rows.height if number else None, note="")
                following = next((steps[0].name for steps in listed[number + 1:number + 2]), "")
                self._pass(number, several, following, self._read(reader) if not number else None,
                           partial(shown.advance, task))
                shown.update(task, total=shown.tasks[task].completed)
        self._finish()

    @property
    def kept(self) -> Pieces:
        """The rows that stay."""
        return Pieces(INSTRUCTION, self._rows.height, lambda: map(closed, self._rows.frames()))

    @property
    def dropped(self) -> Pieces:
        """The rows that left, in the order of steps."""
        return Pieces(DROPPED, sum(part.height for part in self._lost), lambda: map(self._mask, self._all_lost()))

    @property
    def before(self) -> pl.DataFrame:
        """Some of the rows as they came."""
        return self._before.rows()

    @property
    def after(self) -> pl.DataFrame:
        """Some of the rows that stay."""
        return self._after.rows()

    def some_dropped(self) -> pl.DataFrame:
        """Some of the rows that left, at even distances."""
        every, begin, frames = -(-self.dropped.height // DRAWN) or 1, 0, [pl.DataFrame(schema=DROPPED)]
        for rows in self.dropped.frames():
            frames.append(copied(rows.gather_every(every, -begin % every)) if every > 1 else rows)
            begin += rows.height
        return pl.concat(frames)

    def _read(self, reader: RowReader) -> Iterator[pl.DataFrame]:
        """The chunks as they come in."""
        at = 0
        for frame, bad in reader.pieces():
            self._lost[0].write(dropped_frame(bad))
            for part in frame.iter_slices(CHUNK):
                rows = opened(part).with_columns(pl.col(AT) + at)
                at += rows.height
                self._before.add(rows)
                yield rows
        reader.check_columns()

    def _pass(self, number: int, steps: Sequence[Step], following: str, source: Iterator[pl.DataFrame] | None,
              advance: Callable[[int], None]) -> None:
        """Judge all chunks by some steps, and prepare the next comparing one; `advance` is told how many rows are done."""
        began, name = time.monotonic(), steps[0].name if steps else ""
        chunks = source or self._rows.frames(delete=True)
        task: Callable[[Any], ChunkResult] = partial(_judged, steps, following)
        items: Iterable[Any] = chunks
        extra: dict[str, Any] = {}
        if name == "exact":
            lost, stays, extra = self._twins()
            items = zip(chunks, lost, stays, strict=False)
            task = partial(_applied, name, following)
        elif name == "near":
            near_lost, extra = self._near(steps[0])
            items = zip(chunks, near_lost, strict=False)
            task = partial(_applied, name, following)
        elif isinstance(judge := steps[0] if steps else None, Judge):
            judged, extra = judge.judgements(self._rows.frames, self._rows.height)
            items = zip(chunks, map(judged.part, [0, *self._rows.ends], self._rows.ends), strict=False)
            task = partial(_judged_by_model, judge, following)
        decided, texts = time.monotonic() - began, self._texts
        self._texts = NearTexts(self._folder / f"texts-{number}") if following == "near" else None
        self._prepared = []
        rows, gone = SpilledChunks(self._folder / f"rows-{number}"), [SpilledChunks(self._folder / f"lost-{number}-{at}")
                                                                     for at in range(len(steps))]
        notes: list[list[dict[str, Any]]] = [[] for _ in steps]
        for result in self._workers.map(task, items):
            for step, left, noted in zip(result.results, gone, notes, strict=False):
                left.write(step.dropped)
                noted.append(step.note)
            kept = result.results[-1].rows
            rows.write(kept)
            advance(kept.height + sum(step.dropped.height for step in result.results))
            if kept.height and result.prepared is not None:
                self._keep(result.prepared)
            if not following:
                self._after.add(kept)
        if texts is not None:
            texts.close()
        self._rows.delete()
        self._rows = rows
        self._lost += gone
        empty = {"in": 0, "dropped": 0, "seconds": 0.0}
        for step, noted in zip(steps, notes, strict=True):
            note = merged(noted) if noted else empty
            self.notes[step.name] = {**note, "seconds": round(note["seconds"] + (decided if extra else 0), 3), **extra}

    def _keep(self, prepared: pl.DataFrame) -> None:
        if self._texts is not None:
            self._texts.add(prepared)
        else:
            self._prepared.append(prepared["hash"].to_numpy())

    def _twins(self) -> tuple[Iterator[pl.DataFrame | None], Iterator[pl.DataFrame | None], dict[str, Any]]:
        """For each chunk the rows that `exact` drops and what the others take over, and what it counted."""
        hashes = np.concatenate([np.zeros(0, np.uint64), *self._prepared])
        several = _repeated(hashes)
        count = max(1, -(-int(several.sum()) // TWINS_AT_ONCE))
        buckets = SpilledParts(self._folder / "twins")
        begin = 0
        for rows in self._rows.frames() if several.any() else ():
            hit = several[begin:begin + rows.height]
            if hit.any():
                part = keyed(rows.filter(pl.Series(hit)))
                buckets.add(part, hashes[begin:begin + rows.height][hit] % np.uint64(count))
            begin += rows.height
        lost, stays = ByChunk(self._folder / "twins-lost", self._rows), ByChunk(self._folder / "twins-stay", self._rows)
        conflicts: list[Twins] = []
        for bucket in range(count):
            if (part := buckets.read(bucket)) is not None:
                twins = twins_among(part.sort(AT))
                lost.add(twins.lost)
                stays.add(twins.stays)
                conflicts.append(twins._replace(lost=twins.lost.clear(), stays=twins.stays.clear()))
        return lost.of_chunks(), stays.of_chunks(), conflict_notes(conflicts)

    def _near(self, step: Step) -> tuple[Iterator[pl.DataFrame | None], dict[str, Any]]:
        """For each chunk the rows that `near` drops, and what it counted."""
        assert isinstance(step, Near)
        assert self._texts is not None
        texts, ends = self._texts, self._rows.ends
        merged_rows, notes = step.merged(texts.texts, self._folder)
        at, ids = np.concatenate([np.zeros(0, np.uint32), *texts.at]), texts.ids
        rows, twins, f = (np.asarray(column) for column in (merged_rows.rows, merged_rows.twins, merged_rows.f))

        def of_chunks() -> Iterator[pl.DataFrame | None]:
            for begin, end in zip([0, *ends], ends, strict=False):
                low, high = np.searchsorted(rows, [begin, end])
                hit = rows[low:high]
                kept_rows, back = np.unique(twins[low:high], return_inverse=True)
                names = pl.Series("twin", ids.gather(kept_rows), dtype=pl.String)[back] if len(hit) else pl.Series(
                    "twin", [], dtype=pl.String)
                lost = pl.DataFrame({AT: pl.Series(at[hit], dtype=pl.UInt32), "twin": names,
                                     "f": pl.Series(np.round(f[low:high], 4), dtype=pl.Float64)})
                yield drops(lost, Reason.NEAR_DUPLICATE, twin=pl.col("twin"), f=pl.col("f")) if lost.height else None
        return of_chunks(), notes

    def _all_lost(self) -> Iterator[pl.DataFrame]:
        for part in self._lost:
            yield from part.frames()

    def _finish(self) -> None:
        flagged, languages, reasons = 0, set[str](), Counter[str]()
        for rows in self._rows.frames():
            flagged += int((rows["labels"].struct.field("flags").list.len() > 0).sum())
            languages.update(rows["language"].unique().to_list())
        for part in self._all_lost():
            reasons.update(dict(part["reason"].value_counts().iter_rows()))
        self.totals = Totals(self._rows.height, self.dropped.height, flagged, len(languages), dict(reasons.most_common()),
                             self._before.every)


OF_ALL_ROWS = ("exact", "near", "judge")
"""Steps that decide once all rows are there."""


def _judged(steps: Sequence[Step], following: str, rows: pl.DataFrame) -> ChunkResult:
    results = steps_on(steps, rows) if steps else [StepResult(rows, pl.DataFrame(schema=DROPPED), {})]
    return ChunkResult(results, _prepared(results[-1].rows, following))


def _judged_by_model(judge: Judge, following: str, item: tuple[pl.DataFrame, RowJudgements]) -> ChunkResult:
    """A chunk with what a model said of its rows."""
    began = time.monotonic()
    result = result_of(judge.name, judge.marked(*item), began)
    return ChunkResult([result], _prepared(result.rows, following))


def _applied(name: str, following: str, item: tuple[pl.DataFrame, *tuple[pl.DataFrame | None, ...]]) -> ChunkResult:
    """A chunk without the rows that a comparing step drops; those that stay take over what their twins have."""
    began = time.monotonic()
    rows, lost, *stays = item
    if stays and stays[0] is not None:
        rows = joined(rows, stays[0])
    gone = lost if lost is not None else pl.DataFrame(schema=DROPS)
    kept = rows.join(gone.select(AT), on=AT, how="anti", maintain_order="left") if gone.height else rows
    note = {"in": rows.height, "dropped": gone.height, "seconds": round(time.monotonic() - began, 3)}
    return ChunkResult([StepResult(kept, dropped_rows(rows, gone, name), note)], _prepared(kept, following))


def _prepared(rows: pl.DataFrame, following: str) -> pl.DataFrame | None:
    """What the next comparing step needs of each row."""
    if following == "exact":
        return whole_prompts(rows).hash().to_frame("hash")
    if following == "near":
        return rows.select(AT, "id").with_columns(request_texts(rows).alias("text"))
    return None


def _repeated(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values occur more than once."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    equal = ordered[1:] == ordered[:-1]
    several = np.zeros(len(hashes), np.bool_)
    several[order[1:][equal]] = several[order[:-1][equal]] = True
    return several
