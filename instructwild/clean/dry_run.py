"""What `clean` would keep and what judging that would take: nothing is sent, and no stage is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from instructwild.clean.edits import HandEdits
from instructwild.clean.judge_forecast import JudgeForecast, forecast
from instructwild.clean.judge_step import Judge
from instructwild.clean.judging import Rows
from instructwild.clean.pipeline import cleaned_rows, made, rows_on_disk, with_means
from instructwild.clean.ray_workers import Engine, workers_of
from instructwild.clean.rows import opened
from instructwild.clean.step import Step
from instructwild.clean.workers import Workers
from instructwild.llm.open import price_of
from instructwild.read.instructions import RowReader, read
from instructwild.text.quantity import quantity


@dataclass(frozen=True)
class CleanForecast:
    """What the steps before the judge made of the rows, and what the judge will take.

    Args:
        rows: rows in.
        kept: rows that stay, of which the judge is shown each.
        dropped: rows that leave, by step.
        judge: None without a model.
    """

    rows: int
    kept: int
    dropped: Mapping[str, int]
    judge: JudgeForecast | None = None

    def show(self, as_json: bool) -> None:
        """Print it on stdout."""
        if as_json:
            print(json.dumps(asdict(self), ensure_ascii=False, indent=2))
            return
        for number, sample in enumerate(self.judge.samples if self.judge else (), start=1):
            print(f"--- request {number}: {json.dumps(sample['sampling'], ensure_ascii=False)}")
            print(sample["messages"][0]["content"])
        left = ", ".join(f"{step} {count:,}" for step, count in self.dropped.items() if count)
        print(f"--- {quantity(self.rows, 'row')} in, {self.kept:,} kept" + (f" (dropped: {left})" if left else ""))
        if self.judge is not None:
            print(self.judge)
        print("Nothing was sent, and nothing written.")


def dry_run(inputs: Sequence[str | Path], steps: Sequence[str | Step], *, columns: Mapping[str, str] | None = None,
            encoding: str | None = None, edits: str | Path | None = None, workers: int = 1, on_disk: bool | None = None,
            engine: Engine = "local") -> CleanForecast:
    """Run the steps before the judge, and count what it would be sent.

    Args:
        inputs, steps, columns, encoding, edits, workers, on_disk, engine: as of `pipeline.clean`.

    Raises:
        ConfigError, InputError: as of `pipeline.clean`.
    """
    chosen = [made(step) if isinstance(step, str) else step for step in steps]
    judge = next((step for step in chosen if isinstance(step, Judge)), None)
    before = chosen[:chosen.index(judge)] if judge is not None else chosen
    with workers_of(engine, workers) as pool:
        running = [with_means(step, pool) for step in before]
        if rows_on_disk(on_disk, inputs, chosen, edits):
            return _on_disk(RowReader(inputs, encoding, columns, marked_bad=True), running, judge, pool)
        table = read(inputs, encoding, columns, marked_bad=True)
        by_hand = HandEdits.of_file(edits, inputs, table.frame)
        frame = pl.concat([table.frame, by_hand.restored]) if by_hand.restored.height else table.frame
        last = by_hand.steps if judge is None else []
        kept, _, notes = cleaned_rows(opened(frame), [*running, *last], by_hand, pool)
    return _forecast(judge, lambda: [kept], kept.height, len(table.malformed), notes)


def _on_disk(reader: RowReader, steps: Sequence[Step], judge: Judge | None, pool: Workers) -> CleanForecast:
    from instructwild.clean.on_disk import CleanedOnDisk

    with TemporaryDirectory() as folder:
        cleaned = CleanedOnDisk(reader, steps, Path(folder) / "rows", pool)
        unread = cleaned.dropped.height - sum(note["dropped"] for note in cleaned.notes.values())
        return _forecast(judge, cleaned.kept.frames, cleaned.kept.height, unread, cleaned.notes)


def _forecast(judge: Judge | None, rows: Rows, kept: int, unread: int, notes: Mapping[str, Any]) -> CleanForecast:
    dropped = {**({"read": unread} if unread else {}), **{name: note["dropped"] for name, note in notes.items()}}
    judged = None if judge is None else forecast(judge.model_name, rows, price_of(judge.model_name, judge.limits),
                                                 judge.limits, judge.thinking)
    return CleanForecast(kept + sum(dropped.values()), kept, dropped, judged)
