"""Steps that judge each row by itself, run over chunks of the rows: in any number of processes, with the same result."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import polars as pl

from instructwild.clean.step import Step, Verdicts
from instructwild.clean.workers import Workers
from instructwild.stage.frames import DROPPED, INSTRUCTION

ROW_WISE = ("repair", "language", "rules", "pii", "contamination")
"""Steps whose verdict on a row depends on that row alone. The user's own rules may compare rows: they see all at once."""
CHUNK = 25_000
"""Rows of a chunk: rules compile their patterns anew for each, which over chunks of 10,000 took half of their time."""
SAMPLES = 5
"""Samples of each kind that are kept for the report, as `repair` keeps them of all rows."""


@dataclass(frozen=True)
class StepResult:
    """What a step made of some rows.

    Attributes:
        rows: those that stay.
        dropped: those that left, in the columns of `dropped.parquet`.
        note: what the step counted, with `in`, `dropped` and `seconds`.
    """

    rows: pl.DataFrame
    dropped: pl.DataFrame
    note: dict[str, Any]


def runs(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps in their order, those that follow each other and judge each row by itself together."""
    for row_wise, listed in groupby(steps, key=lambda step: step.name in ROW_WISE):
        several = list(listed)
        yield from [several] if row_wise else ([step] for step in several)


def worth_chunks(steps: Sequence[Step], rows: pl.DataFrame, workers: Workers) -> bool:
    """Whether these steps can be run over chunks, and there is work for more than one process."""
    return (workers.count > 1 or workers.elsewhere) and rows.height > CHUNK and all(step.name in ROW_WISE for step in steps)


def in_chunks(steps: Sequence[Step], rows: pl.DataFrame, workers: Workers) -> list[StepResult]:
    """The results of row-wise steps over chunks of the rows, as if each had seen all; only the last one has the rows."""
    chunks = (rows[begin:begin + CHUNK] for begin in range(0, rows.height, CHUNK))
    results = list(workers.map(partial(steps_on, steps), chunks))
    kept = pl.concat([result[-1].rows for result in results], rechunk=True)
    return [StepResult(kept, pl.concat([result[number].dropped for result in results]),
                       merged([result[number].note for result in results])) for number in range(len(steps))]


def steps_on(steps: Sequence[Step], rows: pl.DataFrame) -> list[StepResult]:
    """The results of row-wise steps over one chunk; only the last one has the rows."""
    results = []
    for step in steps:
        results.append(judged_by(step, rows))
        rows = results[-1].rows
    return [StepResult(rows if result is results[-1] else rows.clear(), result.dropped, result.note) for result in results]


def judged_by(step: Step, rows: pl.DataFrame) -> StepResult:
    """The result of one step."""
    began = time.monotonic()
    return result_of(step.name, step.verdicts(rows), began)


def result_of(step: str, judged: Verdicts, began: float) -> StepResult:
    """What verdicts make of their rows.

    Args:
        step: the name of the step that decided.
        judged: what it decided.
        began: when, by the monotonic clock.
    """
    kept = judged.rows
    if not judged.drops.is_empty():
        kept = kept.join(judged.drops.select("at"), on="at", how="anti", maintain_order="left")
    return StepResult(kept, dropped_rows(judged.rows, judged.drops, step),
                      {"in": judged.rows.height, "dropped": judged.drops.height,
                       "seconds": round(time.monotonic() - began, 3), **judged.notes})


def dropped_rows(rows: pl.DataFrame, drops: pl.DataFrame, step: str) -> pl.DataFrame:
    """The dropped rows as `dropped.parquet` holds them."""
    whole = pl.struct(INSTRUCTION.names()).struct.json_encode()
    return (drops.join(rows, on="at", maintain_order="left")
            .select("id", pl.lit(step).alias("step"), "reason", "evidence", whole.alias("row")).cast(DROPPED))


def merged(notes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a step counted in all chunks together; seconds are those of all processes."""
    return {name: _merged(name, [note[name] for note in notes]) for name in notes[0]} if notes else {}


def _merged(name: str, values: Sequence[Any]) -> Any:
    if name == "targets":                                # of an evaluation set: each chunk met the same
        return values[0]
    if isinstance(values[0], int | float):
        return round(sum(values), 3)
    if name == "samples":
        kinds = dict.fromkeys(kind for value in values for kind in value)
        return {kind: [pair for value in values for pair in value.get(kind, ())][:SAMPLES] for kind in kinds}
    counts: Counter[str] = Counter()
    for value in values:
        counts.update(value)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
