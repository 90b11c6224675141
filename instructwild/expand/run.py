"""The stage: seeds in, machine-made instructions out."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from instructwild import stage
from instructwild.errors import ConfigError, InputError
from instructwild.expand.growth import Growth
from instructwild.expand.template import template
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits, ModelName, Session, check, open_model, understand
from instructwild.schema import Instruction
from instructwild.stage.frames import instruction_frame, instructions

SMALL_BYTES = 2_500_000_000
"""Smaller weights, about a billion parameters, belong to models that continue a list rather than follow an order."""
SHARED_LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Plan:
    """What is wanted: how many rows of which languages, asked for how.

    Args:
        target: rows in all, split evenly over the languages.
        style: `base`, `chat`, or `auto` to choose by the model.
        template: the name of a shipped template or a file of the user's own, instead of the one of the style.
        patience: requests in a row without a new row after which a language is given up.
    """

    target: int
    languages: tuple[str, ...] = SHARED_LANGUAGES
    style: str = "auto"
    template: str = ""
    seed: int = 0
    patience: int = 40
    threshold: str = "7/10"
    changes: dict[str, Any] = field(default_factory=dict)

    def targets(self) -> dict[str, int]:
        """Rows wanted of each language; the first ones get what does not divide."""
        each, more = divmod(self.target, len(self.languages))
        return {language: each + (place < more) for place, language in enumerate(self.languages)}


def style_for(name: ModelName) -> str:
    """The template style that suits a model: a small one continues a list, a chat model is asked."""
    if name.place != "local":
        return "chat"
    from instructwild.llm.models import resolve
    from instructwild.llm.open import has_chat_template

    folder = resolve(name.name)
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return "chat" if has_chat_template(name.name) and size > SMALL_BYTES else "base"


def read_seeds(sources: Sequence[str | Path], languages: Sequence[str], encoding: str | None = None,
               ) -> tuple[dict[str, list[Instruction]], stage.Table]:
    """The seeds of each language, in input order.

    Raises:
        InputError: a wanted language has no seed.
    """
    table = stage.read(sources, encoding)
    rows = list(instructions(table.frame))
    found: dict[str, list[Instruction]] = {language: [] for language in languages}
    for row, language in zip(rows, _languages_of(rows), strict=True):
        if language in found:
            found[language].append(row)
    for language, seeds in found.items():
        if not seeds:
            raise InputError(f"hold no seed in {language} among {len(rows):,} rows", where=", ".join(map(str, sources)),
                             remedy="give seeds of that language, or leave it out of --languages")
    return found, table


def _languages_of(rows: Sequence[Instruction]) -> list[str]:
    """The two-letter language of each row, detected where the row does not say."""
    from instructwild.clean.language import languages

    texts = ["\n".join(message.content for message in row.prompt) for row in rows]
    detected = languages(pl.Series(texts, dtype=pl.String)) if rows else []
    return [(row.language if row.language != "und" else tag).split("-")[0] for row, tag in zip(rows, detected, strict=True)]


def expand(sources: Sequence[str | Path], out: str | Path, model: str, plan: Plan, *, limits: Limits | None = None,
           cache: Path | None = None, encoding: str | None = None, force: bool = False) -> stage.Stage:
    """Make new instructions from seeds.

    Args:
        sources: stage folders or plain files with seeds.
        out: the stage folder to write: the machine-made rows, and every candidate that was not taken.
        model: see `instructwild.llm.open.understand`.
        plan: what is wanted.
        limits: what may be spent and how fast.
        cache: a file of calls that several runs share.

    Raises:
        InputError, ConfigError, ModelError, EndpointError: see there.
        OutputError: the folder holds another run.
    """
    limits = limits or Limits()
    name = understand(model)
    check(name, limits)
    seeds, table = read_seeds(sources, plan.languages, encoding)
    style = style_for(name) if plan.style == "auto" else plan.style
    if style not in ("base", "chat"):
        raise ConfigError(f"there is no style {style!r}", where="--style", remedy="base, chat or auto")
    templates = {language: template(language, plan.template or style) for language in plan.languages}
    growth = Growth(seeds, plan.targets(), templates, name.label, plan.seed, plan.patience, plan.threshold)
    config = {"model": name.label, "targets": plan.targets(), "seed": plan.seed, "patience": plan.patience,
              "templates": {t.name: t.digest for t in templates.values()}, "threshold": plan.threshold,
              "window": limits.window, "budget": limits.budget}
    with stage.start(out, "expand", config=config, inputs=table.inputs, force=force) as run:
        if run.finished:
            return run.finished
        ledger = Ledger(cache or run.scratch / "calls.sqlite", run_name(run.scratch))
        session = open_model(model, limits, ledger)
        asyncio.run(grow(session, growth))
        return _finish(run, growth, session, seeds)


def run_name(scratch: Path) -> str:
    """The name under which this run pays, kept until the stage is finished."""
    file = scratch / "run"
    if not file.exists():
        file.write_text(uuid.uuid4().hex, encoding="utf-8")
    return file.read_text(encoding="utf-8")


async def grow(session: Session, growth: Growth) -> None:
    """Ask until every language has its rows, is given up, or the budget is spent."""
    from instructwild.report.terminal import console, progress

    told: set[str] = set()
    with progress() as shown:
        tasks = {language: shown.add_task(f"expand {language}", total=target, note="")
                 for language, target in growth.targets.items()}
        async with session:
            async for request, reply in session.stream(growth.ask):
                growth.accept(request, reply)
                for language, state in growth.progress.items():
                    shown.update(tasks[language], completed=state.taken, note=_note(session))
                for language in growth.given_up.keys() - told:
                    told.add(language)
                    console.print(given_up(growth, language))


def _note(session: Session) -> str:
    usage = session.usage
    money = f", US$ {usage.usd:.4f}" if usage.usd else ""
    return f"{usage.requests:,} requests, {usage.completion_tokens:,} tokens{money}"


def given_up(growth: Growth, language: str) -> str:
    """Why a language was given up, in words a person can act on."""
    progress = growth.progress[language]
    reasons = growth.given_up[language]
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(3)) or "no candidate"
    advice = ""
    if {reason for reason, _ in reasons.most_common(1)} & {"wrong_language", "bad_format", "empty"}:
        advice = (" This model does not write that language well enough; take another, such as Qwen/Qwen3-0.6B, which knows "
                  "English and Chinese.")
    return (f"[bold yellow]{language}[/]: given up at {progress.taken:,} of {progress.target:,} rows: the last "
            f"{growth.patience} requests brought none ({why}).{advice}")


def _finish(run: stage.Run, growth: Growth, session: Session, seeds: dict[str, list[Instruction]]) -> stage.Stage:
    from instructwild.expand.page import page
    from instructwild.report.terminal import console

    if session.stopped is not None:
        console.print(f"[bold yellow]--budget[/] {session.stopped.what}: stopped with what is there.")
    frame = instruction_frame(growth.kept)
    usage = session.usage
    metrics = {
        "requests": usage.requests, "failed_requests": usage.failed, "cached_requests": usage.cached,
        "taken": {language: progress.taken for language, progress in growth.progress.items()},
        "targets": dict(growth.targets), "given_up": {name: dict(reasons) for name, reasons in growth.given_up.items()},
        "stopped": "budget" if session.stopped else None, "possibly_charged": session.ledger.spent().possible,
    }
    return run.finish(data=frame, dropped=growth.dropped, usd=round(usage.usd, 6), metrics=metrics,
                      tokens=stage.Tokens(prompt=usage.prompt_tokens, completion=usage.completion_tokens),
                      report=page(growth, seeds, metrics, usage.usd))
