"""A pool that grows: which examples are shown, which candidates are taken, and when it is enough.

Requests are built and replies judged in the order of the requests, so that the result does not depend on timing. Request i
sees what came of the requests before i - window.
"""

import random
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from instructwild.expand.parse import Candidate, candidates
from instructwild.expand.template import Template
from instructwild.llm.request import Reply, Request
from instructwild.schema import Dropped, Instruction, MadeBy, Reason, content_id

STEP = "expand"
PRIOR_YIELD = 0.75
"""Accepted rows for each one asked for, assumed before anything is known."""
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
ENOUGH_MADE = 10
"""The model's own rows are shown as examples once there are so many, as in Self-Instruct."""


@dataclass(frozen=True)
class Asked:
    """What a request was for."""

    language: str
    number: int
    first: int
    parents: tuple[str, ...]


@dataclass
class Progress:
    """How far one language has come."""

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
        targets: rows wanted of each language.
        templates: how to ask in each language.
        model: the name noted in new rows.
        seed: decides which examples are drawn.
        patience: requests in a row without a new row after which a language is given up.
        threshold: F above which a candidate is a near-duplicate.
    """

    seeds: Mapping[str, Sequence[Instruction]]
    targets: Mapping[str, int]
    templates: Mapping[str, Template]
    model: str
    seed: int = 0
    patience: int = 40
    threshold: str = "7/10"
    kept: list[Instruction] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    given_up: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from instructwild.clean.near import Index

        self.progress = {language: Progress(target) for language, target in self.targets.items()}
        self._index = Index(self.threshold)
        self._names: list[str] = []
        self._ids: set[str] = set()
        self._flying: deque[Asked] = deque()
        self._lately: dict[str, Counter[str]] = {language: Counter() for language in self.targets}
        self._made: dict[str, list[Instruction]] = {language: [] for language in self.targets}
        for rows in self.seeds.values():
            for row in rows:
                self._ids.add(row.id)
                self._names.append(row.id)
                self._index.add(_said(row))

    def ask(self) -> Request | None:
        """The next request, or None while those on their way promise enough, and once all is done."""
        open_ones = [(language, progress) for language, progress in self.progress.items() if self._wants(language)]
        if not open_ones:
            return None
        language, progress = min(open_ones, key=lambda pair: (pair[1].asked / max(1, pair[1].target), pair[0]))
        request, asked = self._request(language, progress.asked)
        progress.asked += 1
        progress.flying += 1
        self._flying.append(asked)
        return request

    def _wants(self, language: str) -> bool:
        progress, template = self.progress[language], self.templates[language]
        if language in self.given_up or not progress.missing:
            return False
        return progress.flying * progress.expected(template.count) < progress.missing

    def _request(self, language: str, number: int) -> tuple[Request, Asked]:
        template = self.templates[language]
        dice = random.Random(f"{self.seed} {language} {number}")
        made = self._made[language]
        from_made = min(template.made, len(made)) if len(made) >= ENOUGH_MADE else 0
        people = [row for row in self.seeds[language] if len(_said(row)) <= template.longest] or list(self.seeds[language])
        shown = dice.sample(people, min(len(people), template.examples + template.made - from_made))
        shown += dice.sample(made, from_made)
        dice.shuffle(shown)
        request = template.request(dice.getrandbits(48), examples=[_line(row, template) for row in shown], type=None)
        return request, Asked(language, number, len(shown) + 1, tuple(row.id for row in shown))

    def accept(self, request: Request, reply: Reply) -> int:
        """Judge the reply to the oldest request on its way; returns how many rows it brought."""
        asked = self._flying.popleft()
        progress, template = self.progress[asked.language], self.templates[asked.language]
        progress.flying -= 1
        progress.answered += 1
        found = candidates(reply, template, asked.first)
        languages = _languages([candidate.text for candidate in found])
        taken = 0
        for candidate, language in zip(found, languages, strict=True):
            share = reply.usd / len(found)
            sampling = {**request.sampling.plain(), "seed": request.seed}
            made_by = MadeBy(model=self.model, template=template.name, template_hash=template.digest, sampling=sampling,
                             request_id=reply.request_id, usd=share)
            taken += self._judge(candidate, language, asked, made_by)
        progress.barren = 0 if taken else progress.barren + 1
        if taken:
            self._lately[asked.language].clear()
        if progress.barren >= self.patience:
            self.given_up.setdefault(asked.language, Counter(self._lately[asked.language]))
        return taken

    def _judge(self, candidate: Candidate, found: str, asked: Asked, made_by: MadeBy) -> bool:
        name = content_id([(message.role, message.content) for message in candidate.messages])
        reason, evidence = candidate.reason, candidate.evidence
        if reason is None and not speaks(found, asked.language, candidate.text):
            reason, evidence = Reason.WRONG_LANGUAGE, found
        if reason is None and name in self._ids:
            reason, evidence = Reason.EXACT_DUPLICATE, name
        if reason is None and not self.progress[asked.language].missing:
            reason, evidence = Reason.SURPLUS, f"{self.targets[asked.language]} rows wanted"
        if reason is None:
            match = self._index.find(candidate.text)
            if match is not None:
                reason = Reason.NEAR_DUPLICATE
                self._drop(name, candidate, reason, {"of": self._names[match.index], **match.evidence()}, asked, made_by)
                return False
        if reason is not None:
            self._drop(name, candidate, reason, evidence, asked, made_by)
            return False
        row = Instruction(messages=candidate.messages, language=found if found != "und" else asked.language,
                          parents=asked.parents, made_by=made_by)
        self._index.add(candidate.text)
        self._names.append(row.id)
        self._ids.add(row.id)
        self._made[asked.language].append(row)
        self.kept.append(row)
        self.progress[asked.language].taken += 1
        return True

    def _drop(self, name: str, candidate: Candidate, reason: Reason, evidence: object, asked: Asked,
              made_by: MadeBy) -> None:
        self._lately[asked.language][reason.value] += 1
        row = {"messages": [message.model_dump() for message in candidate.messages], "language": asked.language,
               "parents": list(asked.parents), "made_by": made_by.model_dump()}
        self.dropped.append(Dropped(id=name, step=STEP, reason=reason, evidence=evidence, row=row))

    @property
    def done(self) -> bool:
        """Whether every language has its rows or was given up."""
        return all(not progress.missing or language in self.given_up for language, progress in self.progress.items())


def speaks(found: str, wanted: str, text: str) -> bool:
    """Whether a detected language is the wanted one; text too short or too formal to tell is given the benefit."""
    if found == "und":
        return wanted != "zh" or HAN.search(text) is not None
    return found.split("-")[0] == wanted


def _languages(texts: Sequence[str]) -> list[str]:
    import polars as pl

    from instructwild.clean.language import languages

    return list(languages(pl.Series(texts, dtype=pl.String)))


def _said(row: Instruction) -> str:
    return "\n".join(message.content for message in row.prompt if message.role != "assistant")


def _line(row: Instruction, template: Template) -> str:
    """A row as one line of a numbered list."""
    text = " ".join(_said(row).split())
    return text if len(text) <= template.longest else text[: template.longest].rsplit(" ", 1)[0] + " …"
