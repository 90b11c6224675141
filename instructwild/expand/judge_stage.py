"""Candidates that are there already, ranked by models: `respond CANDIDATES --judge M` without `--model`."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from instructwild import stage
from instructwild.errors import ConfigError
from instructwild.expand.answered_rows import STEP
from instructwild.expand.judges import described, judged, judges_of
from instructwild.expand.respond import finish
from instructwild.llm.charges import charges
from instructwild.llm.ledger import CALLS, Ledger, run_name
from instructwild.llm.open import Limits, check_endpoints
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


def judge_candidates(sources: Sequence[str | Path], out: str | Path, names: Sequence[str], *, limits: Limits | None = None,
                     cache: Path | None = None, seed: int = 0, force: bool = False,
                     shards: int | None = None) -> stage.Stage:
    """Have candidates that are there ranked by models; rankings that are there stay.

    Args:
        sources: stages with candidates.
        out: the stage folder to write.
        names: the judges.
        shards: write the rows in so many files; `data.parquet` is a folder then.

    Raises:
        ConfigError, InputError: a source holds no candidates, or a judge may not be used under the limits.
        ModelError, EndpointError: a judge cannot be loaded or does not answer.
    """
    limits = limits or Limits()
    judges = judges_of(names, limits)
    check_endpoints((judge.model for judge in judges if judge.folder is None), limits)
    read = [candidate_rows(source) for source in sources]
    inputs = [*(record for _, records in read for record in records),
              *(record for judge in judges for record in judge.inputs)]
    config = {"judges": described(judges), "seed": seed, "budget": limits.budget}
    with stage.start(out, STEP, config=config, inputs=inputs, force=force, shards=shards) as run:
        if run.finished:
            return run.finished
        with closing(Ledger(cache or run.scratch / CALLS, run_name(run.scratch))) as ledger:
            rows, verdicts = judged([row for rows, _ in read for row in rows], judges, limits, ledger, seed)
            cost = charges((verdict.session for verdict in verdicts), ledger)
        return finish(run, rows, [], [], verdicts, cost, k=2)
