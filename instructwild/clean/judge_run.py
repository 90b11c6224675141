"""What a run of `clean` with a model as judge does beside its steps; nothing of models is loaded without one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.clean.step import Step
from instructwild.stage import FileRecord, Run, Tokens, start
from instructwild.stage.folder import JUDGEMENTS, SCRATCH


@contextmanager
def started(out: str | Path, steps: Sequence[Step], *, config: dict[str, Any], inputs: Sequence[FileRecord], force: bool,
            shards: int | None) -> Iterator[Run]:
    """The run of these steps, whose inputs are the models that stages made too. Provider batches of a run that it replaces,
    which nobody waits for any more, are named.
    """
    if not any(step.name == "judge" for step in steps):
        with start(out, "clean", config=config, inputs=inputs, force=force, shards=shards) as run:
            yield run
        return
    from instructwild.llm.batches.record import batches_in, name_abandoned
    from instructwild.llm.ledger import CALLS

    before = batches_in(Path(out) / SCRATCH / CALLS)
    with start(out, "clean", config=config, inputs=[*inputs, *models_of(steps)], force=force, shards=shards) as run:
        if not run.finished:
            name_abandoned(before, run.scratch / CALLS)
        yield run


def models_of(steps: Sequence[Step]) -> list[FileRecord]:
    """The models among the inputs of a run: those that a stage made."""
    return [record for step in steps if step.name == "judge" for record in getattr(step, "inputs", ())]


def paid(notes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What models were sent and paid, for the manifest."""
    note = notes.get("judge", {})
    if "usd" not in note:
        return {}
    return {"usd": note["usd"], "tokens": Tokens(prompt=note["prompt_tokens"], completion=note["completion_tokens"])}


def save_judgements(run: Run, notes: Mapping[str, Any], mask: bool) -> None:
    """Keep what a model said of each row beside the rows, masked where they are."""
    if "judge" not in notes:
        return
    from instructwild.clean.judge_step import readings_in
    from instructwild.clean.pii import masked

    readings = readings_in(run.scratch)
    run.save(JUDGEMENTS, readings.with_columns(pl.col("said").map_elements(masked, pl.String)) if mask else readings)
