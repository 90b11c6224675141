"""Rows in, a stage folder out: the steps in order, every dropped row with its step, reason and evidence."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.clean.rows import closed, opened
from instructwild.clean.step import Step
from instructwild.errors import ConfigError
from instructwild.report.terminal import progress
from instructwild.schema.verdict import Dropped
from instructwild.stage import Run, Stage, read, start
from instructwild.stage.frames import DROPPED, INSTRUCTION, dropped_frame

STEPS = {
    "repair": "instructwild.clean.repair:Repair",
    "language": "instructwild.clean.language:Language",
    "rules": "instructwild.clean.rules:Rules",
    "exact": "instructwild.clean.exact:Exact",
    "near": "instructwild.clean.resemblance:Near",
}
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
          encoding: str | None = None, force: bool = False) -> Stage:
    """Clean the rows of `inputs` into the stage folder `out`.

    Args:
        inputs: stage folders and plain files, read in this order.
        out: the folder to write.
        steps: names or configured steps, in the order they run.
        encoding: of text inputs that are not UTF-8.
        force: replace what another run left in `out`.

    Raises:
        InputError: an input or option cannot be read or understood.
        OutputError: `out` cannot be written, or belongs to another run.
    """
    chosen = [made(step) if isinstance(step, str) else step for step in steps]
    table = read(inputs, encoding)
    config = {"steps": [{"step": step.name, **asdict(step)} for step in chosen]}
    with start(out, "clean", config=config, inputs=table.inputs, force=force) as run:
        return run.finished or _run(run, table.frame, table.malformed, chosen)


def _run(run: Run, frame: pl.DataFrame, malformed: list[Dropped], steps: Sequence[Step]) -> Stage:
    from instructwild.clean.page import page

    before = rows = opened(frame)
    lost, notes = [dropped_frame(malformed)], {}
    with progress() as shown:
        task = shown.add_task("clean", total=len(steps), note="")
        for step in steps:
            shown.update(task, description=step.name)
            judged = step.verdicts(rows)
            rows = judged.rows.join(judged.drops.select("at"), on="at", how="anti", maintain_order="left")
            lost.append(_dropped(judged.rows, judged.drops, step.name))
            notes[step.name] = {"in": judged.rows.height, "dropped": judged.drops.height, **judged.notes}
            shown.advance(task)
    dropped = pl.concat(lost)
    return run.finish(data=closed(rows), dropped=dropped, report=page(before, rows, dropped, notes),
                      metrics={"steps": notes})


def _dropped(rows: pl.DataFrame, drops: pl.DataFrame, step: str) -> pl.DataFrame:
    """The dropped rows as `dropped.parquet` holds them."""
    whole = pl.struct(INSTRUCTION.names()).struct.json_encode()
    return (drops.join(rows, on="at", maintain_order="left")
            .select("id", pl.lit(step).alias("step"), "reason", "evidence", whole.alias("row")).cast(DROPPED))
