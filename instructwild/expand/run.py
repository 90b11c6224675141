"""The stage: seeds in, machine-made instructions out."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from instructwild import stage
from instructwild.errors import InputError
from instructwild.expand.diversity import SAMPLE, diversity
from instructwild.expand.growth import Cell, Growth
from instructwild.expand.plan import Plan, described
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, check, open_model
from instructwild.llm.session import Session
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.llm.style import style_for
from instructwild.read import Table, read
from instructwild.schema import Instruction, prompt_text
from instructwild.stage.frames import instruction_frame, instructions


def read_seeds(sources: Sequence[str | Path], languages: Sequence[str], encoding: str | None = None,
               columns: Mapping[str, str] | None = None) -> tuple[dict[str, list[Instruction]], Table]:
    """The seeds of each language, in input order.

    Raises:
        InputError: a wanted language has no seed.
    """
    table = read(sources, encoding, columns)
    rows = list(instructions(table.frame))
    found: dict[str, list[Instruction]] = {language: [] for language in languages}
    for row, language in zip(rows, _languages_of(rows), strict=True):
        if language in found:
            found[language].append(row)
    for language, seeds in found.items():
        if not seeds:
            raise InputError(f"no seed in {language} among {len(rows):,} rows", where=", ".join(map(str, sources)),
                             remedy=table.unread[0] if table.unread else
                             "give seeds of that language, or leave it out of --languages")
    return found, table


def _languages_of(rows: Sequence[Instruction]) -> list[str]:
    """The two-letter language of each row, detected where the row does not say."""
    from instructwild.text.language import languages

    texts = ["\n".join(message.content for message in row.prompt) for row in rows]
    detected = languages(pl.Series(texts, dtype=pl.String)) if rows else []
    return [(row.language if row.language != "und" else tag).split("-")[0] for row, tag in zip(rows, detected, strict=True)]


def expand(sources: Sequence[str | Path], out: str | Path, model: str, plan: Plan, *, limits: Limits | None = None,
           cache: Path | None = None, columns: Mapping[str, str] | None = None, encoding: str | None = None,
           force: bool = False) -> stage.Stage:
    """Make new instructions from seeds.

    Args:
        sources: stage folders or plain files with seeds.
        out: the stage folder to write: the machine-made rows, and every candidate that was not taken.
        model: see `instructwild.llm.name.understand`.
        plan: what is wanted.
        limits: what may be spent and how fast.
        cache: a file of calls that several runs share.
        columns: NAME -> COLUMN of plain files, as `--map` names them.

    Raises:
        InputError, ConfigError, ModelError, EndpointError: see there.
        OutputError: the folder holds another run.
    """
    limits = limits or Limits()
    name, = models_asked([model])
    check(name, limits)
    growth, table = planned(sources, model, plan, encoding, columns=columns)
    config = {"model": name.label, "goals": described(growth.goals), "seed": plan.seed, "patience": plan.patience,
              "threshold": plan.threshold, "window": limits.window, "budget": limits.budget}
    with stage.start(out, "expand", config=config, inputs=[*table.inputs, *model_inputs([model])], force=force) as run:
        if run.finished:
            return run.finished
        with closing(Ledger(cache or run.scratch / "calls.sqlite", run_name(run.scratch))) as ledger:
            session = open_model(name, limits, ledger)
            asyncio.run(grow(session, growth))
            return _finish(run, growth, session)


def planned(sources: Sequence[str | Path], model: str, plan: Plan, encoding: str | None = None,
            columns: Mapping[str, str] | None = None) -> tuple[Growth, Table]:
    """The pool before anything is asked, and what was read.

    Raises:
        InputError, ConfigError, ModelError: see there.
    """
    name = understand(model)
    goals = plan.goals(style_for(name) if plan.style == "auto" else plan.style)
    seeds, table = read_seeds(sources, plan.languages, encoding, columns)
    return Growth(seeds, goals, name.label, plan.seed, plan.patience, plan.threshold), table


def run_name(scratch: Path) -> str:
    """The name under which this run pays, kept until the stage is finished."""
    file = scratch / "run"
    if not file.exists():
        aside = file.with_suffix(".aside")
        aside.write_text(uuid.uuid4().hex, encoding="utf-8")
        aside.replace(file)
    return file.read_text(encoding="utf-8")


async def grow(session: Session, growth: Growth) -> None:
    """Ask until every language has its rows, is given up, or the budget is spent."""
    from instructwild.console.terminal import console, progress

    told: set[Cell] = set()
    with progress() as shown:
        tasks = {cell: shown.add_task(f"expand {cell}", total=state.target, note="")
                 for cell, state in growth.progress.items()}
        async with session:
            async for request, reply in session.stream(growth.ask):
                growth.accept(request, reply)
                for cell, state in growth.progress.items():
                    shown.update(tasks[cell], completed=state.taken, note=_note(session))
                for cell in growth.given_up.keys() - told:
                    told.add(cell)
                    console.print(given_up(growth, cell))


def _note(session: Session) -> str:
    usage = session.usage
    money = f", US$ {usage.usd:.4f}" if usage.usd else ""
    return f"{usage.requests:,} requests, {usage.completion_tokens:,} tokens{money}"


def given_up(growth: Growth, cell: Cell) -> str:
    """Why a language or kind was given up, in words a person can act on."""
    progress = growth.progress[cell]
    reasons = growth.given_up[cell]
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(3)) or "no candidate"
    advice = ""
    if {reason for reason, _ in reasons.most_common(1)} & {"wrong_language", "bad_format", "empty"}:
        advice = (" This model does not write that language well enough; take another, such as Qwen/Qwen3-0.6B, which knows "
                  "English and Chinese.")
    return (f"[bold yellow]{cell}[/]: given up at {progress.taken:,} of {progress.target:,} rows: the last "
            f"{growth.patience} requests brought none ({why}).{advice}")


def _finish(run: stage.Run, growth: Growth, session: Session) -> stage.Stage:
    from instructwild.console.terminal import console
    from instructwild.expand.page import page

    if session.stopped is not None:
        console.print(f"[bold yellow]--budget[/] {session.stopped.what}: stopped with what is there.")
    frame = instruction_frame(growth.kept)
    usage = session.usage
    metrics = {
        "requests": usage.requests, "failed_requests": usage.failed, "cached_requests": usage.cached,
        "taken": {str(cell): progress.taken for cell, progress in growth.progress.items()},
        "wanted": {str(cell): progress.target for cell, progress in growth.progress.items()},
        "given_up": {str(cell): dict(reasons) for cell, reasons in growth.given_up.items()},
        "diversity": measured(growth), "stopped": "budget" if session.stopped else None,
        "possibly_charged": session.ledger.spent().possible,
    }
    return run.finish(data=frame, dropped=growth.dropped, usd=round(usage.usd, 6), metrics=metrics,
                      tokens=stage.Tokens(prompt=usage.prompt_tokens, completion=usage.completion_tokens),
                      report=page(growth, metrics, usage.usd))


def measured(growth: Growth) -> dict[str, dict[str, float | None]]:
    """Diversity of the seeds and of the new rows of each language, looked at in equal numbers."""
    found = {}
    for language, people in growth.seeds.items():
        texts = [prompt_text(row.messages) for row in people]
        made = [prompt_text(row.messages) for row in growth.kept if row.language.split("-")[0] == language]
        size = min(len(texts), len(made), SAMPLE)
        if size:
            found[f"seeds {language}"] = diversity(texts, size=size).plain()
            found[f"new {language}"] = diversity(made, texts, size=size).plain()
    return found
