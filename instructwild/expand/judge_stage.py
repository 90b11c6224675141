"""Candidates that are there already, ranked by models: `respond CANDIDATES --judge M` without `--model`."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from instructwild import stage
from instructwild.errors import ConfigError
from instructwild.expand.judges import described, judged, judges_of
from instructwild.expand.respond import STEP, finish
from instructwild.expand.run import run_name
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits
from instructwild.schema import RankingRow
from instructwild.stage.frames import is_ranking, rankings


def candidate_rows(source: str | Path) -> tuple[list[RankingRow], list[stage.FileRecord]]:
    """The rows of a stage that holds candidates, and the stage as an input.

    Raises:
        ConfigError: it is no such stage.
    """
    frame = stage.load(source).frame() if Path(source).is_dir() and stage.is_stage(source) else None
    if frame is None or not is_ranking(frame):
        raise ConfigError("holds no candidates, and no model was named to make some", where=str(source),
                          remedy="give --model, or the folder of a respond or annotate stage")
    return list(rankings(frame)), [stage.input_record(source)]


def judge_candidates(sources: Sequence[str | Path], out: str | Path, given: Sequence[str], *, limits: Limits | None = None,
                     cache: Path | None = None, seed: int = 0, force: bool = False) -> stage.Stage:
    """Have candidates that are there ranked by models; rankings that are there stay.

    Args:
        sources: stages with candidates.
        out: the stage folder to write.
        given: the judges.

    Raises:
        ConfigError, InputError, ModelError, EndpointError: see there.
    """
    limits = limits or Limits()
    judges = judges_of(given, limits)
    found = [candidate_rows(source) for source in sources]
    inputs = [*(record for _, records in found for record in records), *(record for one in judges for record in one.inputs)]
    config = {"judges": described(judges), "seed": seed, "budget": limits.budget}
    with stage.start(out, STEP, config=config, inputs=inputs, force=force) as run:
        if run.finished:
            return run.finished
        with closing(Ledger(cache or run.scratch / "calls.sqlite", run_name(run.scratch))) as ledger:
            rows, verdicts = judged([row for rows, _ in found for row in rows], judges, limits, ledger, seed)
        return finish(run, rows, [], [], verdicts, k=2)
