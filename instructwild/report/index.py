"""One page over a chain of stages: the flow, what each stage made, and the answers of its models side by side."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from markupsafe import Markup

from instructwild.errors import InputError
from instructwild.report.blocks import Sample, Samples, Stats
from instructwild.report.counts import duration, money
from instructwild.report.page import Page
from instructwild.report.template import render
from instructwild.text.quantity import agreeing, quantity

if TYPE_CHECKING:
    from instructwild.stage import Manifest

Answers = Sequence[tuple[str, Mapping[str, str]]]
"""Questions, each with the answers of several models by what the models are called."""

PUBLISHED = ("lineage.json", "README.md")
"""What tells a folder that was made to be published: its manifests in one file, and its card."""
State = Literal["finished", "gate failed", "under way", "to do", "unreadable"]


@dataclass(frozen=True)
class StageLine:
    """One stage of the chain as the page shows it."""

    name: str
    about: str
    state: State
    href: str | None
    manifest: "Manifest | None"

    @property
    def done(self) -> bool:
        """Whether the stage came to its end."""
        return self.state in ("finished", "gate failed")

    @property
    def reads(self) -> str:
        """What there is to read."""
        return "Read the card" if (self.href or "").endswith(PUBLISHED[1]) else "Read the report"

    @property
    def look(self) -> str:
        """The name of the state's style."""
        return {"finished": "good", "gate failed": "bad", "unreadable": "bad", "under way": "wait"}.get(self.state, "todo")

    @property
    def facts(self) -> list[tuple[str, Any]]:
        """What the finished stage did, label by label."""
        if self.manifest is None:
            return []
        rows = self.manifest.rows
        facts: list[tuple[str, Any]] = [("rows in", rows.in_), ("kept", rows.kept), ("dropped", rows.dropped),
                                        ("time", duration(self.manifest.seconds)),
                                        ("memory", f"{self.manifest.peak_memory_mb:,} MiB")]
        if self.manifest.usd:
            facts.append(("cost", money(self.manifest.usd)))
        if self.manifest.gate:
            facts.append(("gate", self.manifest.gate))
        return facts


@dataclass(frozen=True)
class Flow:
    """The stages as boxes and arrows that wrap on a phone."""

    lines: Sequence[StageLine]

    def html(self) -> Markup:
        """An ordered list that looks like a picture."""
        return render("flow.html.j2", lines=self.lines)


@dataclass(frozen=True)
class Stages:
    """What each stage did, one card each."""

    lines: Sequence[StageLine]

    def html(self) -> Markup:
        """A card with a heading, a sentence, the figures and the link for each stage."""
        return render("stages.html.j2", lines=self.lines)


def chain_page(title: str, stages: Sequence[tuple[str, str, str | Path]], answers: Answers | None = None,
               relative_to: str | Path | None = None) -> str:
    """The page of a chain, also of one that is still at work.

    Args:
        title: of the chain.
        stages: (name, one sentence, stage folder), in order; a folder may be unfinished or not there yet.
        answers: questions and what several models answered, for the section at the end.
        relative_to: the folder that the page will lie in, so that its links are relative; by default the folder that all
            stage folders lie in.
    """
    base = Path(relative_to) if relative_to is not None else _common([Path(folder) for _, _, folder in stages])
    lines = [_line(name, about, Path(folder), base) for name, about, folder in stages]
    done = [line.manifest for line in lines if line.manifest is not None]
    page = Page(title=title, lead=_lead(lines))
    page.add("", Flow(lines))
    if done:
        page.add("", Stats(_totals(done, sum(line.done for line in lines))))
    page.add("Stages", Stages(lines))
    if answers:
        page.add("Answers side by side", Samples([Sample(question, replies=tuple(answer.items()))
                                                  for question, answer in answers]))
    return page.html()


def _totals(done: Sequence["Manifest"], finished: int) -> list[tuple[Any, ...]]:
    items: list[tuple[Any, ...]] = [("stages finished", finished),
                                    ("time", duration(sum(manifest.seconds for manifest in done))),
                                    ("most memory", f"{max(manifest.peak_memory_mb for manifest in done):,} MiB")]
    tokens = sum(manifest.tokens.prompt + manifest.tokens.completion for manifest in done)
    if tokens:
        items.append(("tokens", tokens))
    return [*items, ("cost", money(sum(manifest.usd for manifest in done)))]


def _lead(lines: Sequence[StageLine]) -> str:
    finished = sum(line.done for line in lines)
    failed = [line.name for line in lines if line.state == "gate failed"]
    if failed:
        return f"The gate of {', '.join(failed)} failed: read that report first."
    at_work = next((line.name for line in lines if line.state == "under way"), None)
    if finished == len(lines):
        return f"{'' if finished == 1 else 'All '}{quantity(finished, 'stage is', 'stages are')} finished."
    under_way = f"; {at_work} is under way." if at_work else "."
    return f"{finished} of {quantity(len(lines), 'stage')} {agreeing(finished, 'is', 'are')} finished{under_way}"


def _line(name: str, about: str, folder: Path, base: Path) -> StageLine:
    from instructwild.stage import is_stage
    from instructwild.stage.folder import REPORT, SCRATCH
    from instructwild.stage.manifest import read_manifest

    report = folder / REPORT
    href = quote(Path(os.path.relpath(report, base)).as_posix()) if report.exists() else None
    card = folder / PUBLISHED[1]
    if (folder / PUBLISHED[0]).is_file() and card.is_file():
        return StageLine(name, about, "finished", quote(Path(os.path.relpath(card, base)).as_posix()), None)
    if not is_stage(folder):
        return StageLine(name, about, "under way" if (folder / SCRATCH).exists() else "to do", None, None)
    try:
        manifest = read_manifest(folder)
    except InputError:
        return StageLine(name, about, "unreadable", href, None)
    return StageLine(name, about, "gate failed" if manifest.gate == "failed" else "finished", href, manifest)


def _common(folders: Sequence[Path]) -> Path:
    parents = [str(folder.resolve().parent) for folder in folders]
    return Path(os.path.commonpath(parents)) if parents else Path()
