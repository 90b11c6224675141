"""Rows in, a stage folder out: the steps in order, every dropped row with its step, reason and evidence."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.clean.chunks import StepResult, dropped_rows, in_chunks, judged_by, runs, worth_chunks
from instructwild.clean.edits import HandEdits, unapplied
from instructwild.clean.judge_run import models_of, paid, save_judgements, started
from instructwild.clean.ray_workers import Engine, workers_of
from instructwild.clean.rows import closed, opened
from instructwild.clean.step import Step
from instructwild.clean.workers import Workers
from instructwild.console.terminal import console, progress
from instructwild.errors import ConfigError
from instructwild.read.instructions import ReadRows, RowReader, read
from instructwild.schema.columns import compact
from instructwild.stage import Run, Stage, input_record, is_stage
from instructwild.stage.content import size_of
from instructwild.stage.folder import DATA
from instructwild.stage.frames import dropped_frame
from instructwild.stage.remote import local_copy
from instructwild.text.quantity import quantity

STEPS = {
    "repair": "instructwild.clean.repair:Repair",
    "language": "instructwild.clean.language:Language",
    "rules": "instructwild.clean.rules:Rules",
    "own_rules": "instructwild.clean.own_rules:OwnRules",
    "pii": "instructwild.clean.pii:Pii",
    "contamination": "instructwild.clean.contamination:Contamination",
    "exact": "instructwild.clean.exact:Exact",
    "near": "instructwild.clean.near_step:Near",
    "judge": "instructwild.clean.judge_step:Judge",
}
"""Every step, in the order that makes sense of them: mend, judge each row by itself, compare rows, and have a model read
those that are left, for each is paid for."""

LARGE_INPUTS = 2**30
"""Bytes of inputs from which on rows are kept on disk while they are cleaned, unless it is said otherwise."""
DEFAULT = ("repair", "language", "rules", "exact", "near")


def made(name: str, **options: Any) -> Step:
    """The step of that name with these options.

    Raises:
        ConfigError: there is no such step, or it has no such option.
    """
    if name not in STEPS:
        raise ConfigError(f"unknown step {name!r}", where="steps", remedy=f"one of: {', '.join(STEPS)}")
    module, _, kind = STEPS[name].partition(":")
    try:
        return getattr(import_module(module), kind)(**options)
    except TypeError as error:
        raise ConfigError(str(error).partition(" ")[2], where=f"step {name}",
                          remedy="check the options of this step") from None


def clean(inputs: Iterable[str | Path], out: str | Path, steps: Sequence[str | Step] = DEFAULT, *,
          columns: Mapping[str, str] | None = None, encoding: str | None = None, force: bool = False,
          keep_raw: bool = False, edits: str | Path | None = None, workers: int = 1,
          shards: int | None = None, on_disk: bool | None = None, engine: Engine = "local") -> Stage:
    """Clean the rows of `inputs` into the stage folder `out`.

    Args:
        inputs: stage folders, plain files and URLs of either, read in this order.
        out: the folder to write, or the URL of one.
        steps: names or configured steps, in the order they run.
        columns: NAME -> COLUMN of plain files, as `--map` names them.
        encoding: of text inputs that are not UTF-8.
        force: replace what another run left in `out`.
        keep_raw: write dropped rows as they were even where a step masks personal data.
        edits: a file of edits that people made in `instructwild view`.
        workers: processes to use, 0 for one per core. The output is identical.
        shards: write the rows in so many files; `data.parquet` is a folder then.
        on_disk: keep the rows on disk while they are cleaned, in bounded memory; None where the size of the inputs decides.
            The output is identical.
        engine: whose processes do the work: of this program, or of Ray. The output is identical.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: an input or option cannot be read or understood.
        OutputError: `out` cannot be written, or belongs to another run.
    """
    chosen = [made(step) if isinstance(step, str) else step for step in steps]
    inputs = list(inputs)
    settings = {"steps": [{"step": step.name, **_options(step)} for step in chosen], "keep_raw": keep_raw,
                **({"map": dict(columns)} if columns else {})}
    if rows_on_disk(on_disk, inputs, chosen, edits):
        with started(out, chosen, config=settings, inputs=list(map(input_record, inputs)), force=force,
                     shards=shards) as run:
            if run.finished:
                return run.finished
            with workers_of(engine, workers) as pool:
                return _run_on_disk(run, RowReader(inputs, encoding, columns, marked_bad=True),
                                    [with_means(step, pool, run.scratch) for step in chosen], keep_raw, pool)
    table = read(inputs, encoding, columns, marked_bad=True)
    by_hand = HandEdits.of_file(edits, inputs, table.frame)
    config = settings | by_hand.config
    with started(out, chosen, config=config, inputs=[*table.inputs, *by_hand.inputs], force=force,
                 shards=shards) as run:
        if run.finished:
            return run.finished
        with workers_of(engine, workers) as pool:
            return _run(run, table, [with_means(step, pool, run.scratch) for step in chosen], keep_raw, by_hand, pool)


def rows_on_disk(requested: bool | None, inputs: Sequence[str | Path], steps: Sequence[Step],
                 edits: str | Path | None) -> bool:
    """Whether to keep the rows on disk meanwhile.

    Raises:
        ConfigError: it was asked for, and cannot be.
    """
    if requested is False:
        return False
    hindrance = ("edits are applied to all rows at once" if edits is not None else
                 "rules of polars expressions may compare all rows" if any(
                     step.name == "own_rules" and not getattr(step, "row_wise", False) for step in steps) else
                 "an embedding model compares all rows at once" if any(
                     getattr(step, "embedding", False) for step in steps) else
                 "standard input and Hub datasets are read once" if not all(
                     Path(local_copy(source)).exists() for source in inputs) else "")
    if hindrance and requested:
        raise ConfigError(f"rows cannot be on disk here: {hindrance}", where="--on-disk", remedy="leave out --on-disk")
    return not hindrance and (bool(requested) or sum(map(_size_in_memory, inputs)) >= LARGE_INPUTS)


def _size_in_memory(source: str | Path) -> int:
    """About how many bytes the rows of an input take, by its size; packed ones take about four times as many."""
    path = Path(local_copy(source))
    path = path / DATA if is_stage(path) else path
    packed = any(file.suffix in (".parquet", ".gz", ".zst", ".xlsx") for file in (path, *path.rglob("*")))
    return size_of(path) * (4 if packed else 1) if path.exists() else 0


def _run_on_disk(run: Run, reader: RowReader, steps: Sequence[Step], keep_raw: bool, workers: Workers) -> Stage:
    from instructwild.clean.on_disk import CleanedOnDisk
    from instructwild.clean.page import page

    masked = any(step.name == "pii" for step in steps) and not keep_raw
    folder = run.scratch / "rows"
    try:
        cleaned = CleanedOnDisk(reader, steps, folder, workers, _masked if masked else None)
        save_judgements(run, cleaned.notes, masked)
        return run.finish(data=cleaned.kept, dropped=cleaned.dropped, inputs=[*reader.inputs, *models_of(steps)],
                          report=page(cleaned.before, cleaned.after, cleaned.some_dropped(), cleaned.notes, cleaned.totals),
                          metrics={"steps": {name: _figures(note) for name, note in cleaned.notes.items()},
                                   **({"unread": reader.unread} if reader.unread else {})}, **paid(cleaned.notes))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def with_means(step: Step, workers: Workers, scratch: Path | None = None) -> Step:
    """The step with what it works with: processes, for one that compares rows, or a folder, for one that sends requests."""
    if step.name == "near":
        return replace(step, workers=workers)  # type: ignore[type-var]
    prepare = getattr(step, "for_run", None)
    return prepare(scratch) if prepare is not None and scratch is not None else step


def _options(step: Step) -> dict[str, Any]:
    """The options that determine a step's result."""
    if (config := getattr(step, "config", None)) is not None:
        return dict(config)
    options = asdict(step)  # type: ignore[call-overload]
    return {field.name: options[field.name] for field in fields(step)  # type: ignore[arg-type]
            if field.metadata.get("config", True)}


def _run(run: Run, table: ReadRows, steps: Sequence[Step], keep_raw: bool, by_hand: HandEdits,
         workers: Workers) -> Stage:
    from instructwild.clean.near import compile_ahead
    from instructwild.clean.page import page

    if any(step.name == "near" and getattr(step, "plain", False) for step in steps):
        compile_ahead(table.frame.height)
    before = opened(pl.concat([table.frame, by_hand.restored]) if by_hand.restored.height else table.frame)
    rows, lost, notes = cleaned_rows(before, [*steps, *by_hand.steps], by_hand, workers)
    dropped = pl.concat([dropped_frame(table.malformed), *lost])
    if message := unapplied(notes.get(HandEdits.name)):
        console.print(message, markup=False, highlight=False, soft_wrap=True)
    mask = "pii" in notes and not keep_raw
    if mask:
        from instructwild.clean.pii import masked

        dropped, notes = _masked(dropped), _each_text(notes, masked)
    save_judgements(run, notes, mask)
    return run.finish(data=closed(rows), dropped=dropped, report=page(before, rows, dropped, notes),
                      metrics={"steps": {name: _figures(note) for name, note in notes.items()},
                               **({"unread": table.unread} if table.unread else {})}, **paid(notes))


def cleaned_rows(rows: pl.DataFrame, steps: Sequence[Step], by_hand: HandEdits,
                 workers: Workers) -> tuple[pl.DataFrame, list[pl.DataFrame], dict[str, Any]]:
    """The rows that stay, those that left by step, and what each step counted.

    Args:
        rows: as `opened` gives them.
        steps: in the order they run, the one that applies edits among them.
        by_hand: edits that people made.
        workers: processes to use.
    """
    lost, notes = [], {}
    with progress() as shown:
        task = shown.add_task("clean", total=len(steps), note="")
        for listed in runs(steps):
            shown.update(task, description=" ".join(step.name for step in listed), note=f"{quantity(rows.height, 'row')}")
            if not by_hand.edits and worth_chunks(listed, rows, workers):      # edits are of all rows at once
                results = in_chunks(listed, rows, workers)
            else:
                results = []
                for step in listed:
                    results.append(_judged(step, results[-1].rows if results else rows, by_hand, steps))
            rows = results[-1].rows
            lost += [result.dropped for result in results]
            notes |= {step.name: result.note for step, result in zip(listed, results, strict=True)}
            shown.advance(task, len(listed))
    return rows, lost, notes


def _figures(note: dict[str, Any]) -> dict[str, Any]:
    """What a step counted, without the texts that only the report shows."""
    return {name: value for name, value in note.items() if isinstance(value, int | float | str)
            or (isinstance(value, dict) and all(isinstance(count, int | float) for count in value.values()))}


def _judged(step: Step, rows: pl.DataFrame, by_hand: HandEdits, steps: Sequence[Step]) -> StepResult:
    """The result of one step over all rows, between the edits that people made."""
    if not by_hand.edits:
        return judged_by(step, rows)
    began = time.monotonic()
    ran = next(number for number, other in enumerate(steps) if other is step)
    judged = step.verdicts(by_hand.before(rows, steps[:ran]))
    drops = by_hand.spared(judged.drops, step.name)
    return StepResult(judged.rows.join(drops.select("at"), on="at", how="anti", maintain_order="left"),
                      dropped_rows(judged.rows, drops, step.name),
                      {"in": judged.rows.height, "dropped": drops.height, "seconds": round(time.monotonic() - began, 3),
                       **judged.notes})


def _masked(dropped: pl.DataFrame) -> pl.DataFrame:
    """Dropped rows without personal data in their evidence and row."""
    from instructwild.clean.pii import masked
    from instructwild.privacy.hint import hinted

    def mask(stored: str) -> str:
        return compact(_each_text(json.loads(stored), masked))

    hints = (hinted(pl.col(name)).alias(f"{name}_hint") for name in ("evidence", "row"))
    suspect = dropped.select("evidence", "row", *hints)
    return dropped.with_columns(pl.Series(name, [mask(stored) if hint else stored for stored, hint in
                                                 suspect.select(name, f"{name}_hint").iter_rows()], dtype=pl.String)
                                for name in ("evidence", "row"))


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [_each_text(item, change) for item in value]
    return {key: _each_text(item, change) for key, item in value.items()} if isinstance(value, dict) else value
