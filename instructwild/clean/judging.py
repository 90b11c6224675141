"""What a model says of rows: each is shown once, and once more where the reply cannot be read.

Replies are kept in a ledger as they come, so that an interrupted run pays for none twice. A row of which the model said
nothing that can be read is not judged, and stays.
"""

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import polars as pl

from instructwild.clean.judge_words import KEEP, read_verdict, request_about
from instructwild.llm.name import ModelName
from instructwild.llm.open import Limits, window_of
from instructwild.llm.price import Price
from instructwild.llm.request import Reply, Request
from instructwild.llm.session import Session
from instructwild.text.quantity import quantity

READINGS = 2
NOT_JUDGED = "not_judged"
"""In place of a verdict."""
UNREADABLE, BUDGET = "unreadable", "budget"
"""Why a row was not judged, beside `failed` and `refused`."""
COLUMNS = pl.Schema({"id": pl.String, "annotator": pl.String, "reading": pl.Int64, "verdict": pl.String, "said": pl.String,
                     "words": pl.String, "request_id": pl.String, "usd": pl.Float64})
"""Of `judgements.parquet`."""
EXPECTED_TOKENS = 160
"""What a reply in the requested form takes, about."""
BYTES_PER_TOKEN = 4
SECONDS_PER_REPLY = 5
"""What a plan assumes of an endpoint."""

Rows = Callable[[], Iterable[pl.DataFrame]]
"""Gives rows in their order, from the first one each time it is called."""


@dataclass
class RowJudgements:
    """What a model said of rows, by their number.

    Attributes:
        verdicts: of each row `keep`, a defect, or `not_judged`.
        texts: what it said of those with a defect.
        problems: why a row was not judged.
    """

    verdicts: list[str] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)

    @property
    def unreadable(self) -> list[int]:
        """Rows whose reply could not be read and may be requested once more."""
        return [number for number, why in self.problems.items() if why == UNREADABLE]

    def take(self, number: int, reply: Reply) -> str:
        """Note the reply about a row; returns its verdict."""
        answered = reply.finish not in ("failed", "refused")
        verdict = read_verdict(reply.text) if reply.finish == "stop" else None
        if number == len(self.verdicts):
            self.verdicts.append(NOT_JUDGED)
        if verdict is not None:
            self.verdicts[number] = verdict
            self.problems.pop(number, None)
            if verdict != KEEP:
                self.texts[number] = reply.text
        elif number not in self.problems or answered:
            thoughts = "thoughts" if reply.thoughts_cut_off else UNREADABLE
            self.problems[number] = thoughts if answered else BUDGET if reply.problem == "budget" else reply.finish
        return self.verdicts[number]

    def fill(self, count: int) -> None:
        """Rows that were not reached, because the budget ended, were not judged."""
        self.problems.update(dict.fromkeys(range(len(self.verdicts), count), BUDGET))
        self.verdicts += [NOT_JUDGED] * (count - len(self.verdicts))

    def counts(self) -> dict[str, Any]:
        """For the manifest and the report."""
        named = Counter(verdict for verdict in self.verdicts if verdict not in (KEEP, NOT_JUDGED))
        return {"judged": len(self.verdicts) - len(self.problems), "not_judged": dict(Counter(self.problems.values())),
                "named": dict(named.most_common())}


OnReading = Callable[[Mapping[str, Any], int, str, Reply], object]
"""Called with a row, the reading, its verdict and the reply."""


async def judge_rows(session: Session, rows: Rows, *, thinking: bool | None = None,
                     on_reading: OnReading = lambda row, reading, verdict, reply: None) -> RowJudgements:
    """Have a model judge each row.

    Args:
        session: the model, open; it is closed at the end.
        rows: columns `id`, `messages`, `language` and `tools`.
        thinking: whether the model thinks before it answers; None leaves it to the model.
        on_reading: called with every reply.
    """
    made = RowJudgements()
    async with session:
        for reading in range(READINGS):
            among = None if not reading else set(made.unreadable)
            remaining = requests_about(rows, reading, thinking, among)
            in_flight: deque[tuple[int, Mapping[str, Any]]] = deque()

            def next_request(remaining: Any = remaining, in_flight: Any = in_flight) -> Request | None:
                number, row, request = next(remaining, (0, None, None))
                if request is not None:
                    in_flight.append((number, row))
                return request      # type: ignore[no-any-return]

            async for _, reply in session.stream(next_request):
                number, row = in_flight.popleft()
                on_reading(row, reading, made.take(number, reply), reply)
            if session.stopped is not None or not made.unreadable:
                break
    return made


def plain_rows(frames: Iterable[pl.DataFrame]) -> Iterator[dict[str, Any]]:
    """The rows with what a request is made of."""
    return chain.from_iterable(frame.select("id", "messages", "language", "tools").iter_rows(named=True) for frame in frames)


def requests_about(rows: Rows, reading: int = 0, thinking: bool | None = None, among: set[int] | None = None,
                   ) -> Iterator[tuple[int, Mapping[str, Any], Request]]:
    """The number of each row, the row and the request about it, one after another; `among` are the numbers of some rows."""
    return ((number, row, request_about(row, reading, thinking)) for number, row in enumerate(plain_rows(rows()))
            if among is None or number in among)


@dataclass(frozen=True)
class JudgeForecast:
    """What judging rows is expected to take.

    Args:
        model: its name.
        requests: one for each row.
        prompt_tokens, completion_tokens: expected.
        usd, usd_at_most: what they cost, and the most they can cost; None where no price is known.
        time: in words.
        samples: two requests as they would be sent.
    """

    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    usd_at_most: float | None
    time: str
    samples: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        """One sentence."""
        cost = "price unknown: give --price" if self.usd is None else (
            f"US$ {self.usd:.4f}, at most {self.usd_at_most:.4f}" if self.usd_at_most else "free of charge")
        return (f"{self.model} judges {quantity(self.requests, 'row')}: {quantity(self.requests, 'request')}, about "
                f"{quantity(self.prompt_tokens, 'token')} sent and {self.completion_tokens:,} received, {cost}; {self.time}")


def forecast(name: ModelName, rows: Rows, price: Price | None, limits: Limits,
             thinking: bool | None = None) -> JudgeForecast:
    """What judging these rows will take; nothing is sent."""
    count, sent, most, samples = 0, 0, 0.0, []
    for number, _, request in requests_about(rows, thinking=thinking):
        count += 1
        sent += tokens_of(request)
        most += price.at_most(request) if price is not None else 0.0
        if number < 2:
            samples.append(request.plain())
    received = count * EXPECTED_TOKENS
    known = price is not None
    return JudgeForecast(name.label, count, sent, received, price.of(sent, received) if price is not None else None,
                         most if known else None, _time(name, limits, count, sent + received), tuple(samples))


def tokens_of(request: Request) -> int:
    """About how many tokens a request has: one for four bytes in English, for three, a character, in Chinese."""
    text = request.prompt_text
    wide = len(text.encode()) - len(text)
    return (len(text) - wide // 2) // BYTES_PER_TOKEN + wide // 2


def _time(name: ModelName, limits: Limits, requests: int, tokens: int) -> str:
    """How long it takes, in words, as far as the limits tell."""
    if name.location != "endpoint":
        return "the progress line tells the time that is left once a batch is answered"
    if limits.provider_batch:
        return "the provider answers a batch within a day"
    servers = len(limits.endpoints) or 1
    least = max(requests / limits.rpm if limits.rpm else 0.0, tokens / limits.tpm if limits.tpm else 0.0) / servers
    expected = max(least, requests * SECONDS_PER_REPLY / window_of(name, limits) / servers / 60)
    return f"about {quantity(max(1, math.ceil(expected)), 'minute')} where a reply takes {SECONDS_PER_REPLY} seconds"
