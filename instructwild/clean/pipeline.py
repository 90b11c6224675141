"""Rows in, a stage folder out: the steps in order, every dropped row with its step, reason and evidence."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.clean.chunks import StepResult, dropped_rows, in_chunks, judged_by, runs, worth_chunks
from instructwild.clean.edits import HandEdits, unapplied
from instructwild.clean.rows import closed, opened
from instructwild.clean.step import Step
from instructwild.clean.workers import Workers
from instructwild.console.terminal import console, progress
from instructwild.errors import ConfigError
from instructwild.read import Table, read
from instructwild.schema.columns import compact
from instructwild.stage import Run, Stage, start
from instructwild.stage.frames import dropped_frame
from instructwild.stage.remote import is_url, public, uploading

STEPS = {
    "repair": "instructwild.clean.repair:Repair",
    "language": "instructwild.clean.language:Language",
    "rules": "instructwild.clean.rules:Rules",
    "own_rules": "instructwild.clean.own_rules:OwnRules",
    "pii": "instructwild.clean.pii:Pii",
    "contamination": "instructwild.clean.contamination:Contamination",
    "exact": "instructwild.clean.exact:Exact",
    "near": "instructwild.clean.resemblance:Near",
}
"""Every step, in the order that makes sense of them: mend, judge each row by itself, then compare rows."""

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
          shards: int | None = None) -> Stage:
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
        workers: processes to use, 0 for one a core. The result is the same bytes.
        shards: write the rows in so many files; `data.parquet` is a folder then.

    Raises:
        InputError: an input or option cannot be read or understood.
        OutputError: `out` cannot be written, or belongs to another run.
    """
    if is_url(out):
        with uploading(str(out)) as folder:
            stage = clean(inputs, folder, steps, columns=columns, encoding=encoding, force=force, keep_raw=keep_raw,
                          edits=edits, workers=workers, shards=shards)
        return replace(stage, url=public(str(out)))
    chosen = [made(step) if isinstance(step, str) else step for step in steps]
    inputs = list(inputs)
    table = read(inputs, encoding, columns, marked_bad=True)
    by_hand = HandEdits.of_file(edits, inputs, table.frame)
    config = {"steps": [{"step": step.name, **_options(step)} for step in chosen], "keep_raw": keep_raw,
              **({"map": dict(columns)} if columns else {}), **by_hand.config, **({"shards": shards} if shards else {})}
    with start(out, "clean", config=config, inputs=[*table.inputs, *by_hand.inputs], force=force,
               shards=shards) as run:
        if run.finished:
            return run.finished
        with Workers(workers) as pool:
            return _run(run, table, [_with_workers(step, pool) for step in chosen], keep_raw, by_hand, pool)


def _with_workers(step: Step, workers: Workers) -> Step:
    """The step, one that compares rows with the processes it may use."""
    return replace(step, workers=workers) if step.name == "near" else step  # type: ignore[type-var]


def _options(step: Step) -> dict[str, Any]:
    """The options that determine a step's result."""
    options = asdict(step)  # type: ignore[call-overload]
    return {field.name: options[field.name] for field in fields(step)  # type: ignore[arg-type]
            if field.metadata.get("config", True)}


def _run(run: Run, table: Table, steps: Sequence[Step], keep_raw: bool, by_hand: HandEdits,
         workers: Workers) -> Stage:
    from instructwild.clean.near import compile_ahead
    from instructwild.clean.page import page
    from instructwild.clean.pii import masked

    if any(step.name == "near" and getattr(step, "plain", False) for step in steps):
        compile_ahead(table.frame.height)
    before = rows = opened(pl.concat([table.frame, by_hand.restored]) if by_hand.restored.height else table.frame)
    steps = [*steps, *by_hand.steps]
    lost, notes = [dropped_frame(table.malformed)], {}
    with progress() as shown:
        task = shown.add_task("clean", total=len(steps), note="")
        for listed in runs(steps):
            shown.update(task, description=" ".join(step.name for step in listed))
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
    dropped = pl.concat(lost)
    if message := unapplied(notes.get(HandEdits.name)):
        console.print(message, markup=False, highlight=False, soft_wrap=True)
    if "pii" in notes and not keep_raw:
        dropped, notes = _masked(dropped), _each_text(notes, masked)
    return run.finish(data=closed(rows), dropped=dropped, report=page(before, rows, dropped, notes),
                      metrics={"steps": {name: _figures(note) for name, note in notes.items()},
                               **({"unread": table.unread} if table.unread else {})})


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
    from instructwild.clean.pii import HINT, masked

    def mask(stored: str) -> str:
        return compact(_each_text(json.loads(stored), masked))

    hinted = dropped.select("evidence", "row", pl.col("evidence", "row").str.contains(HINT).name.suffix("_hint"))
    return dropped.with_columns(pl.Series(name, [mask(stored) if hint else stored for stored, hint in
                                                 hinted.select(name, f"{name}_hint").iter_rows()], dtype=pl.String)
                                for name in ("evidence", "row"))


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [_each_text(item, change) for item in value]
    return {key: _each_text(item, change) for key, item in value.items()} if isinstance(value, dict) else value
