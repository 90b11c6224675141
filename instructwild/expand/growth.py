"""A pool that grows: which examples are shown, which candidates are taken, and when it is enough.

Requests are built and replies judged in the order of the requests, so that the result does not depend on timing. Request i
sees what came of the requests before i - window.
"""

import random
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from instructwild.expand.parse import Candidate, candidates
from instructwild.expand.template import Kind, Template
from instructwild.llm.request import Reply, Request
from instructwild.schema import Dropped, Instruction, Labels, MadeBy, Message, Reason, content_id, prompt_text
from instructwild.text.scripts import ANY_HAN

STEP = "expand"
PRIOR_YIELD = 0.75
"""Accepted rows for each one asked for, assumed before anything is known."""
HAN = re.compile(ANY_HAN)
ENOUGH_MADE = 10
"""The model's own rows are shown as examples once there are so many, as in Self-Instruct."""
ENOUGH_ALIKE = 5
"""Examples are chosen among seeds of the wanted kind where there are so many."""


class Cell(NamedTuple):
    """What rows are counted by: a language, and a kind of instruction where one is asked for by name."""

    language: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.language}/{self.kind}" if self.kind else self.language


@dataclass(frozen=True)
class Goal:
    """How many rows a cell wants, and how they are asked for."""

    target: int
    template: Template
    kind: Kind | None = None


@dataclass(frozen=True)
class Asked:
    """What a request was for."""

    cell: Cell
    first: int
    parents: tuple[str, ...]


@dataclass
class Progress:
    """How far one cell has come."""

    target: int
    asked: int = 0
    flying: int = 0
    answered: int = 0
    taken: int = 0
    barren: int = 0
    """Requests in a row that brought nothing."""

    @property
    def missing(self) -> int:
        """Rows still wanted."""
        return max(0, self.target - self.taken)

    def expected(self, count: int) -> float:
        """Rows that one request brings, by what requests have brought so far."""
        return (self.taken + PRIOR_YIELD * count * 2) / (self.answered + 2)


@dataclass
class Growth:
    """The pool, its seeds included.

    Args:
        seeds: rows that people wrote, by language.
        goals: what is wanted of each cell.
        model: the name noted in new rows.
        seed: decides which examples are drawn.
        patience: requests in a row without a new row after which a cell is given up.
        threshold: F above which a candidate is a near-duplicate.
    """

    seeds: Mapping[str, Sequence[Instruction]]
    goals: Mapping[Cell, Goal]
    model: str
    seed: int = 0
    patience: int = 40
    threshold: str = "7/10"
    kept: list[Instruction] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    given_up: dict[Cell, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from instructwild.clean.near import RequestIndex

        self.progress = {cell: Progress(goal.target) for cell, goal in self.goals.items() if goal.target}
        self._index = RequestIndex(self.threshold)
        self._names: list[str] = []
        self._ids: set[str] = set()
        self._flying: deque[Asked] = deque()
        self._shown: dict[Cell, Sequence[Instruction]] = {}
        self._lately: dict[Cell, Counter[str]] = {cell: Counter() for cell in self.goals}
        self._made: dict[str, list[Instruction]] = {language: [] for language in self.seeds}
        for rows in self.seeds.values():
            for row in rows:
                self._ids.add(row.id)
                self._names.append(row.id)
                self._index.add(_request_text(row.messages))

    def ask(self) -> Request | None:
        """The next request, or None while those on their way promise enough, and once all is done."""
        wanting = [cell for cell in self.progress if self._wants(cell)]
        if not wanting:
            return None
        cell = min(wanting, key=lambda one: (self.progress[one].asked / self.progress[one].target, one))
        request, asked = self._request(cell)
        self.progress[cell].asked += 1
        self.progress[cell].flying += 1
        self._flying.append(asked)
        return request

    def _wants(self, cell: Cell) -> bool:
        progress = self.progress[cell]
        if cell in self.given_up or not progress.missing:
            return False
        return progress.flying * progress.expected(self.goals[cell].template.count) < progress.missing

    def _request(self, cell: Cell) -> tuple[Request, Asked]:
        goal = self.goals[cell]
        template = goal.template
        dice = random.Random(f"{self.seed} {cell} {self.progress[cell].asked}")
        made = self._made[cell.language]
        from_made = min(template.made, len(made)) if len(made) >= ENOUGH_MADE else 0
        people = self._people(cell)
        shown = dice.sample(people, min(len(people), template.examples + template.made - from_made))
        shown += dice.sample(made, from_made)
        dice.shuffle(shown)
        first = len(shown) + 1
        request = template.request(dice.getrandbits(48), examples=[_line(row, template) for row in shown], first=first,
                                   kind=goal.kind.asks if goal.kind else "")
        return request, Asked(cell, first, tuple(row.id for row in shown))

    def _people(self, cell: Cell) -> Sequence[Instruction]:
        """The seeds that may be shown: of the wanted kind where enough are labelled so, and not too long."""
        if cell not in self._shown:
            self._shown[cell] = self._fitting(cell)
        return self._shown[cell]

    def _fitting(self, cell: Cell) -> Sequence[Instruction]:
        goal, seeds = self.goals[cell], self.seeds[cell.language]
        fitting = [row for row in seeds if len(prompt_text(row.messages)) <= goal.template.longest] or seeds
        alike = [row for row in fitting if goal.kind and row.labels.type == goal.kind.label]
        return alike if len(alike) >= ENOUGH_ALIKE else fitting

    @property
    def expecting(self) -> Cell:
        """What the oldest request on its way is for."""
        return self._flying[0].cell

    def accept(self, request: Request, reply: Reply) -> int:
        """Judge the reply to the oldest request on its way; returns how many rows it brought."""
        asked = self._flying.popleft()
        progress, template = self.progress[asked.cell], self.goals[asked.cell].template
        progress.flying -= 1
        progress.answered += 1
        found = candidates(reply, template, asked.first)
        made_by = MadeBy(model=self.model, template=template.name, template_hash=template.digest,
                         sampling={**request.sampling.plain(), "seed": request.seed}, request_id=reply.request_id,
                         usd=reply.usd / len(found))
        languages = _languages([candidate.text for candidate in found])
        taken = sum(self._judge(candidate, language, asked, made_by)
                    for candidate, language in zip(found, languages, strict=True))
        progress.barren = 0 if taken else progress.barren + 1
        if taken:
            self._lately[asked.cell].clear()
        if progress.barren >= self.patience:
            self.given_up.setdefault(asked.cell, Counter(self._lately[asked.cell]))
        return taken

    def _judge(self, candidate: Candidate, language: str, asked: Asked, made_by: MadeBy) -> bool:
        name = content_id([(message.role, message.content) for message in candidate.messages])
        reason, evidence = self._verdict(name, candidate, language, asked.cell)
        if reason is not None:
            self._lately[asked.cell][reason.value] += 1
            row = {"messages": [message.model_dump() for message in candidate.messages], "language": asked.cell.language,
                   "parents": list(asked.parents), "made_by": made_by.model_dump()}
            self.dropped.append(Dropped(id=name, step=STEP, reason=reason, evidence=evidence, row=row))
            return False
        kind = self.goals[asked.cell].kind
        row = Instruction(messages=candidate.messages, language=asked.cell.language if language == "und" else language,
                          parents=asked.parents, made_by=made_by, labels=Labels(type=kind.label if kind else None))
        self._index.keep(_request_text(candidate.messages))
        self._names.append(row.id)
        self._ids.add(row.id)
        self._made[asked.cell.language].append(row)
        self.kept.append(row)
        self.progress[asked.cell].taken += 1
        return True

    def _verdict(self, name: str, candidate: Candidate, language: str, cell: Cell) -> tuple[Reason | None, object]:
        if candidate.reason is not None:
            return candidate.reason, candidate.evidence
        if not speaks(language, cell.language, candidate.text):
            return Reason.WRONG_LANGUAGE, language
        if name in self._ids:
            return Reason.EXACT_DUPLICATE, {"twin": name}
        if not self.progress[cell].missing:
            return Reason.SURPLUS, f"{self.progress[cell].target} rows wanted"
        match = self._index.find(_request_text(candidate.messages))
        if match is not None:
            return Reason.NEAR_DUPLICATE, {"twin": self._names[match.index], **match.evidence()}
        return None, None


def speaks(found: str, wanted: str, text: str) -> bool:
    """Whether a detected language is the wanted one; text too short or too formal to tell is given the benefit."""
    if found == "und":
        return wanted != "zh" or HAN.search(text) is not None
    return found.split("-")[0] == wanted


def _request_text(messages: Sequence[Message]) -> str:
    from instructwild.clean.near import request_text

    return request_text([(message.role, message.content) for message in messages])


def _languages(texts: Sequence[str]) -> list[str]:
    import polars as pl

    from instructwild.text.language import languages

    return list(languages(pl.Series(texts, dtype=pl.String)))


def _line(row: Instruction, template: Template) -> str:
    """A row as one line of a numbered list."""
    text = " ".join(prompt_text(row.messages).split())
    return text if len(text) <= template.longest else text[: template.longest].rsplit(" ", 1)[0] + " …"
