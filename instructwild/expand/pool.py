"""The self-instruct pool: which examples are shown, which proposals are taken, and when it is enough.

Requests are built and replies judged in the order of the requests, so that the result does not depend on timing. Request i
sees what came of the requests before i - window.
"""

import random
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from instructwild.expand.parse import Proposal, proposals
from instructwild.expand.template import InstructionKind, Template
from instructwild.llm.request import Reply, Request
from instructwild.schema import Dropped, Instruction, Labels, MadeBy, Message, Reason, content_id, prompt_text
from instructwild.text.quantity import quantity
from instructwild.text.scripts import ANY_HAN

STEP = "expand"
PRIOR_YIELD = 0.75
"""Accepted rows for each requested one, assumed before anything is known."""
HAN = re.compile(ANY_HAN)
ENOUGH_MADE = 10
"""The model's own rows are shown as examples once there are so many, as in Self-Instruct."""
ENOUGH_OF_KIND = 5
"""Examples are chosen among seeds of the same kind where there are so many."""


class Bucket(NamedTuple):
    """What rows are counted by: a language, and a kind of instruction where a quota names one."""

    language: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.language}/{self.kind}" if self.kind else self.language


@dataclass(frozen=True)
class Goal:
    """How many rows a bucket shall have, and how they are requested."""

    target: int
    template: Template
    kind: InstructionKind | None = None


@dataclass(frozen=True)
class PendingRequest:
    """What a request was for."""

    bucket: Bucket
    first: int
    parents: tuple[str, ...]


@dataclass
class BucketProgress:
    """How far one bucket has come."""

    target: int
    requested: int = 0
    in_flight: int = 0
    answered: int = 0
    taken: int = 0
    empty_streak: int = 0
    """Requests in a row that brought no row."""

    @property
    def missing(self) -> int:
        """Rows still missing."""
        return max(0, self.target - self.taken)

    def expected(self, count: int) -> float:
        """Rows that one request brings, by what requests have brought so far."""
        return (self.taken + PRIOR_YIELD * count * 2) / (self.answered + 2)


@dataclass(frozen=True, kw_only=True)
class PoolRules:
    """How a pool draws examples and takes rows in.

    Args:
        seed: decides which examples are drawn.
        max_empty: requests in a row without a new row after which a bucket is given up.
        threshold: F above which a proposal is a near-duplicate of a row of the pool.
        plain: drop every row that resembles an earlier one, even if it asks for something else (Self-Instruct's rule).
        thinking: whether the model shall think before it writes; None leaves it to the model.
        keep_thoughts: collect what it thought, which `expand` writes into `thoughts.parquet`.
    """

    seed: int = 0
    max_empty: int = 40
    threshold: str = "7/10"
    plain: bool = False
    thinking: bool | None = None
    keep_thoughts: bool = False


@dataclass
class Pool:
    """The pool, its seeds included.

    Args:
        seeds: rows that people wrote, by language.
        goals: the goal of each bucket.
        model: the name noted in new rows.
        rules: how it draws examples and takes rows in.
        thoughts: what the model thought, as request id and text, where the rules keep it.
    """

    seeds: Mapping[str, Sequence[Instruction]]
    goals: Mapping[Bucket, Goal]
    model: str
    rules: PoolRules = field(default_factory=PoolRules)
    thoughts: list[tuple[str | None, str]] = field(default_factory=list)
    kept: list[Instruction] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    given_up: dict[Bucket, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from instructwild.clean.near import Index, RequestIndex

        self.progress = {bucket: BucketProgress(goal.target) for bucket, goal in self.goals.items() if goal.target}
        self._index: Index | RequestIndex = (Index if self.rules.plain else RequestIndex)(self.rules.threshold)
        self._names: list[str] = []
        self._ids: set[str] = set()
        self._pending: deque[PendingRequest] = deque()
        self._shown: dict[Bucket, Sequence[Instruction]] = {}
        self._lately: dict[Bucket, Counter[str]] = {bucket: Counter() for bucket in self.goals}
        self._made: dict[str, list[Instruction]] = {language: [] for language in self.seeds}
        for rows in self.seeds.values():
            for row in rows:
                self._ids.add(row.id)
                self._names.append(row.id)
                self._index.add(_request_text(row.messages))

    def next_request(self) -> Request | None:
        """The next request, or None while those in flight promise enough, and once all is done."""
        open_buckets = [bucket for bucket in self.progress if self._needs_more(bucket)]
        if not open_buckets:
            return None
        bucket = min(open_buckets, key=lambda each: (self.progress[each].requested / self.progress[each].target, each))
        request, pending = self._request(bucket)
        self.progress[bucket].requested += 1
        self.progress[bucket].in_flight += 1
        self._pending.append(pending)
        return request

    def _needs_more(self, bucket: Bucket) -> bool:
        progress = self.progress[bucket]
        if bucket in self.given_up or not progress.missing:
            return False
        return progress.in_flight * progress.expected(self.goals[bucket].template.count) < progress.missing

    def _request(self, bucket: Bucket) -> tuple[Request, PendingRequest]:
        goal = self.goals[bucket]
        template = goal.template
        rng = random.Random(f"{self.rules.seed} {bucket} {self.progress[bucket].requested}")
        made = self._made[bucket.language]
        from_made = min(template.made, len(made)) if len(made) >= ENOUGH_MADE else 0
        people = self._people(bucket)
        shown = rng.sample(people, min(len(people), template.examples + template.made - from_made))
        shown += rng.sample(made, from_made)
        rng.shuffle(shown)
        first = len(shown) + 1
        request = template.request(rng.getrandbits(48), examples=[_line(row, template) for row in shown], first=first,
                                   kind=goal.kind.asks if goal.kind else "")
        if self.rules.thinking is not None:
            request = replace(request, sampling=replace(request.sampling, thinking=self.rules.thinking))
        return request, PendingRequest(bucket, first, tuple(row.id for row in shown))

    def _people(self, bucket: Bucket) -> Sequence[Instruction]:
        """The seeds that may be shown: of the same kind where enough are labelled so, and not too long."""
        if bucket not in self._shown:
            self._shown[bucket] = self._short_seeds(bucket)
        return self._shown[bucket]

    def _short_seeds(self, bucket: Bucket) -> Sequence[Instruction]:
        goal, seeds = self.goals[bucket], self.seeds[bucket.language]
        short_enough = [row for row in seeds if len(prompt_text(row.messages)) <= goal.template.longest] or seeds
        of_kind = [row for row in short_enough if goal.kind and row.labels.type == goal.kind.label]
        return of_kind if len(of_kind) >= ENOUGH_OF_KIND else short_enough

    @property
    def expecting(self) -> Bucket:
        """The bucket of the oldest request in flight."""
        return self._pending[0].bucket

    def accept(self, request: Request, reply: Reply) -> int:
        """Judge the reply to the oldest request in flight; returns how many rows it brought."""
        pending = self._pending.popleft()
        progress, template = self.progress[pending.bucket], self.goals[pending.bucket].template
        progress.in_flight -= 1
        progress.answered += 1
        if self.rules.keep_thoughts and reply.reasoning:
            self.thoughts.append((reply.request_id, reply.reasoning))
        proposed = proposals(reply, template, pending.first)
        made_by = MadeBy(model=self.model, template=template.name, template_hash=template.digest,
                         sampling={**request.sampling.plain(), "seed": request.seed}, request_id=reply.request_id,
                         usd=reply.usd / len(proposed))
        languages = _languages([proposal.text for proposal in proposed])
        taken = sum(self._judge(proposal, language, pending, made_by)
                    for proposal, language in zip(proposed, languages, strict=True))
        progress.empty_streak = 0 if taken else progress.empty_streak + 1
        if taken:
            self._lately[pending.bucket].clear()
        if progress.empty_streak >= self.rules.max_empty:
            self.given_up.setdefault(pending.bucket, Counter(self._lately[pending.bucket]))
        return taken

    def _judge(self, proposal: Proposal, language: str, pending: PendingRequest, made_by: MadeBy) -> bool:
        name = content_id([message.turn for message in proposal.messages])
        reason, evidence = self._verdict(name, proposal, language, pending.bucket)
        if reason is not None:
            self._lately[pending.bucket][reason.value] += 1
            row = {"messages": [message.model_dump() for message in proposal.messages], "language": pending.bucket.language,
                   "parents": list(pending.parents), "made_by": made_by.model_dump()}
            self.dropped.append(Dropped(id=name, step=STEP, reason=reason, evidence=evidence, row=row))
            return False
        kind = self.goals[pending.bucket].kind
        row = Instruction(messages=proposal.messages, language=pending.bucket.language if language == "und" else language,
                          parents=pending.parents, made_by=made_by, labels=Labels(type=kind.label if kind else None))
        self._index.keep(_request_text(proposal.messages))
        self._names.append(row.id)
        self._ids.add(row.id)
        self._made[pending.bucket.language].append(row)
        self.kept.append(row)
        self.progress[pending.bucket].taken += 1
        return True

    def _verdict(self, name: str, proposal: Proposal, language: str, bucket: Bucket) -> tuple[Reason | None, object]:
        if proposal.reason is not None:
            return proposal.reason, proposal.evidence
        if not speaks(language, bucket.language, proposal.text):
            return Reason.WRONG_LANGUAGE, language
        if name in self._ids:
            return Reason.EXACT_DUPLICATE, {"twin": name}
        if not self.progress[bucket].missing:
            return Reason.SURPLUS, f"{quantity(self.progress[bucket].target, 'row was', 'rows were')} requested"
        match = self._index.find(_request_text(proposal.messages))
        if match is not None:
            return Reason.NEAR_DUPLICATE, {"twin": self._names[match.index], **match.evidence()}
        return None, None


def speaks(detected: str, language: str, text: str) -> bool:
    """Whether the detected language is the language to write; text too short or too formal to tell passes."""
    if detected == "und":
        return language != "zh" or HAN.search(text) is not None
    return detected.split("-")[0] == language


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
