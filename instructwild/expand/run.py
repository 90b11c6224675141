"""The stage: seeds in, machine-made instructions out."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from instructwild import stage
from instructwild.errors import InputError
from instructwild.expand.diversity import SAMPLE, diversity
from instructwild.expand.plan import ExpandPlan, described
from instructwild.expand.pool import Bucket, Pool
from instructwild.llm.batches.record import batches_in, name_abandoned
from instructwild.llm.charges import charges
from instructwild.llm.ledger import CALLS, Ledger, run_name
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, check, check_endpoints, open_model
from instructwild.llm.session import Session
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.llm.style import style_for
from instructwild.read.instructions import ReadRows, read
from instructwild.schema import Instruction, prompt_text
from instructwild.stage.folder import SCRATCH
from instructwild.stage.frames import instruction_frame, instructions
from instructwild.text.quantity import quantity

THOUGHTS = "thoughts.parquet"


def read_seeds(sources: Sequence[str | Path], languages: Sequence[str], encoding: str | None = None,
               columns: Mapping[str, str] | None = None) -> tuple[dict[str, list[Instruction]], ReadRows]:
    """The seeds of each language, in input order.

    Raises:
        InputError: one of the languages has no seed.
    """
    table = read(sources, encoding, columns)
    rows = list(instructions(table.frame))
    seeds_of: dict[str, list[Instruction]] = {language: [] for language in languages}
    for row, language in zip(rows, _languages_of(rows), strict=True):
        if language in seeds_of:
            seeds_of[language].append(row)
    for language, seeds in seeds_of.items():
        if not seeds:
            raise InputError(f"no seed in {language} among {quantity(len(rows), 'row')}", where=", ".join(map(str, sources)),
                             remedy=table.unread[0] if table.unread else
                             "give seeds of that language, or leave it out of --languages")
    return seeds_of, table


def _languages_of(rows: Sequence[Instruction]) -> list[str]:
    """The two-letter language of each row, detected where the row does not say."""
    from instructwild.text.language import languages

    texts = ["\n".join(message.content for message in row.prompt) for row in rows]
    detected = languages(pl.Series(texts, dtype=pl.String)) if rows else []
    return [(row.language if row.language != "und" else tag).split("-")[0] for row, tag in zip(rows, detected, strict=True)]


def expand(sources: Sequence[str | Path], out: str | Path, model: str, plan: ExpandPlan, *, limits: Limits | None = None,
           cache: Path | None = None, columns: Mapping[str, str] | None = None, encoding: str | None = None,
           force: bool = False, shards: int | None = None) -> stage.Stage:
    """Make new instructions from seeds.

    Args:
        sources: stage folders or plain files with seeds.
        out: the stage folder to write: the machine-made rows, and every candidate that was not taken.
        model: see `instructwild.llm.name.understand`.
        plan: what to make.
        limits: what may be spent and how fast.
        cache: a file of calls that several runs share.
        columns: NAME -> COLUMN of plain files, as `--map` names them.
        shards: write the rows in so many files; `data.parquet` is a folder then.

    Raises:
        InputError: a source cannot be read, or has no seed of a language.
        ConfigError: the plan, the limits or a template do not fit.
        ModelError, EndpointError: the model cannot be loaded or does not answer.
        OutputError: the folder holds another run.
    """
    limits = limits or Limits()
    name, = models_asked([model])
    check(name, limits)
    check_endpoints([name], limits)
    pool, table = planned(sources, model, plan, encoding, columns=columns)
    config = {"model": name.label, "goals": described(pool.goals), "seed": plan.seed, "max_empty_requests": plan.max_empty,
              "threshold": plan.threshold, "concurrency": limits.concurrency, "budget": limits.budget,
              **({"plain": True} if plan.plain else {}), **thinking_config(plan.thinking, plan.keep_thoughts)}
    before = batches_in(Path(out) / SCRATCH / CALLS)
    with stage.start(out, "expand", config=config, inputs=[*table.inputs, *model_inputs([model])], force=force,
                     shards=shards) as run:
        if run.finished:
            return run.finished
        name_abandoned(before, run.scratch / CALLS)
        with closing(Ledger(cache or run.scratch / CALLS, run_name(run.scratch))) as ledger:
            session = open_model(name, limits, ledger)
            asyncio.run(grow(session, pool))
            return _finish(run, pool, session)


def planned(sources: Sequence[str | Path], model: str, plan: ExpandPlan, encoding: str | None = None,
            columns: Mapping[str, str] | None = None) -> tuple[Pool, ReadRows]:
    """The pool before any request, and what was read.

    Raises:
        InputError: a source cannot be read, or has no seed of a language.
        ConfigError, ModelError: the plan or the model does not fit.
    """
    name = understand(model)
    goals = plan.goals(style_for(name) if plan.prompt_style == "auto" else plan.prompt_style)
    seeds, table = read_seeds(sources, plan.languages, encoding, columns)
    return Pool(seeds, goals, name.label, plan), table


def thinking_config(thinking: bool | None, keep_thoughts: bool) -> dict[str, object]:
    """What a manifest says of thoughts."""
    return {"thinking": "model" if thinking is None else "on" if thinking else "off",
            "thoughts": "keep" if keep_thoughts else "drop"}


async def grow(session: Session, pool: Pool) -> None:
    """Send requests until every language has its rows, is given up, or the budget is spent."""
    from instructwild.console.terminal import console, progress

    announced: set[Bucket] = set()
    with progress() as shown:
        tasks = {bucket: shown.add_task(f"expand {bucket}", total=state.target, note="")
                 for bucket, state in pool.progress.items()}
        async with session:
            async for request, reply in session.stream(pool.next_request):
                pool.accept(request, reply)
                for bucket, state in pool.progress.items():
                    shown.update(tasks[bucket], completed=state.taken, note=_note(session))
                for bucket in pool.given_up.keys() - announced:
                    announced.add(bucket)
                    console.print(given_up(pool, bucket))


def _note(session: Session) -> str:
    usage = session.usage
    money = f", US$ {usage.usd:.4f}" if usage.usd else ""
    return f"{quantity(usage.requests, 'request')}, {quantity(usage.completion_tokens, 'token')}{money}"


def given_up(pool: Pool, bucket: Bucket) -> str:
    """Why a language or kind was given up, in words a person can act on."""
    progress = pool.progress[bucket]
    reasons = pool.given_up[bucket]
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(3)) or "no candidate"
    advice = ""
    if {reason for reason, _ in reasons.most_common(1)} & {"wrong_language", "bad_format", "empty"}:
        advice = (" This model does not write that language well enough; take another, such as Qwen/Qwen3-0.6B, which knows "
                  "English and Chinese.")
    return (f"[bold yellow]{bucket}[/]: given up at {progress.taken:,} of {quantity(progress.target, 'row')}: the last "
            f"{quantity(pool.rules.max_empty, 'request')} brought none ({why}).{advice}")


def _finish(run: stage.Run, pool: Pool, session: Session) -> stage.Stage:
    from instructwild.console.terminal import console
    from instructwild.expand.page import page

    if session.stopped is not None:
        console.print(f"[bold yellow]--budget[/] {session.stopped.what}: stopped with what is there.")
    frame = instruction_frame(pool.kept)
    usage, cost = session.usage, charges([session], session.ledger)
    metrics = {
        "requests": usage.requests, "failed_requests": usage.failed, "cached_requests": usage.cached,
        "taken": {str(bucket): progress.taken for bucket, progress in pool.progress.items()},
        "target": {str(bucket): progress.target for bucket, progress in pool.progress.items()},
        "given_up": {str(bucket): dict(reasons) for bucket, reasons in pool.given_up.items()},
        "diversity": measured(pool), "stopped": "budget" if session.stopped else None,
        **cost.metrics(),
    }
    if pool.rules.keep_thoughts:
        run.save(THOUGHTS, pl.DataFrame(
            pool.thoughts, schema={"request_id": pl.String, "thoughts": pl.String}, orient="row"))
    return run.finish(data=frame, dropped=pool.dropped, usd=cost.rounded, metrics=metrics, tokens=cost.tokens,
                      report=page(pool, metrics, cost.usd))


def measured(pool: Pool) -> dict[str, dict[str, float | None]]:
    """Diversity of the seeds and of the new rows of each language, looked at in equal numbers."""
    measures = {}
    for language, people in pool.seeds.items():
        texts = [prompt_text(row.messages) for row in people]
        made = [prompt_text(row.messages) for row in pool.kept if row.language.split("-")[0] == language]
        size = min(len(texts), len(made), SAMPLE)
        if size:
            measures[f"seeds {language}"] = diversity(texts, size=size).plain()
            measures[f"new {language}"] = diversity(made, texts, size=size).plain()
    return measures
