"""What a model says of rows: each is shown once, and once more where the reply cannot be read.

Replies are kept in a ledger as they come, so that an interrupted run pays for none twice. A row of which the model said
nothing that can be read is not judged, and stays.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import polars as pl

from instructwild.clean.judge_words import DEFECTS, KEEP, NOT_JUDGED, read_verdict, request_about
from instructwild.llm.request import Reply, Request
from instructwild.llm.session import Session

READINGS = 2
UNREADABLE, BUDGET = "unreadable", "budget"
"""Why a row was not judged, beside `failed` and `refused`."""
COLUMNS = pl.Schema({"id": pl.String, "annotator": pl.String, "reading": pl.Int64, "verdict": pl.String, "said": pl.String,
                     "words": pl.String, "request_id": pl.String, "usd": pl.Float64})
"""Of `judgements.parquet`."""
Rows = Callable[[], Iterable[pl.DataFrame]]
"""Gives rows in their order, from the first one each time it is called."""


@dataclass
class RowJudgements:
    """What a model said of rows, by their number.

    Attributes:
        verdicts: of each row `keep`, a defect, or `not_judged`.
        languages: of each row that was shown.
        texts: what it said of those with a defect.
        problems: why a row was not judged.
        first_problem: of the first request that failed, in the words of what failed.
    """

    verdicts: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    first_problem: str = ""

    @property
    def unreadable(self) -> list[int]:
        """Rows whose reply could not be read and may be requested once more."""
        return [number for number, why in self.problems.items() if why == UNREADABLE]

    def take(self, number: int, language: str, reply: Reply) -> str:
        """Note the reply about a row; returns its verdict."""
        answered = reply.finish not in ("failed", "refused")
        verdict = read_verdict(reply.text) if reply.finish == "stop" else None
        if number == len(self.verdicts):
            self.verdicts.append(NOT_JUDGED)
            self.languages.append(language)
        if verdict is not None:
            self.verdicts[number] = verdict
            self.problems.pop(number, None)
            if verdict != KEEP:
                self.texts[number] = reply.text
        elif number not in self.problems or answered:
            thoughts = "thoughts" if reply.thoughts_cut_off else UNREADABLE
            self.problems[number] = thoughts if answered else BUDGET if reply.problem == "budget" else reply.finish
            if self.problems[number] == "failed":
                self.first_problem = self.first_problem or reply.problem or ""
        return self.verdicts[number]

    def fill(self, count: int) -> None:
        """Rows that were not reached, because the budget ended, were not judged."""
        self.problems.update(dict.fromkeys(range(len(self.verdicts), count), BUDGET))
        self.verdicts += [NOT_JUDGED] * (count - len(self.verdicts))

    def part(self, begin: int, end: int) -> "RowJudgements":
        """What was said of some rows, as if there were no others."""
        return RowJudgements(self.verdicts[begin:end], self.languages[begin:end],
                             {number - begin: self.texts[number] for number in range(begin, end) if number in self.texts})

    def counts(self) -> dict[str, Any]:
        """For the manifest and the report."""
        named = Counter(verdict for verdict in self.verdicts if verdict in DEFECTS)
        languages = Counter((language.partition("-")[0], verdict)
                            for language, verdict in zip(self.languages, self.verdicts, strict=False))
        return {"judged": len(self.verdicts) - len(self.problems), "named": dict(named.most_common()),
                "not_judged": dict(Counter(self.problems.values()).most_common()),
                "by_language": {language: {verdict: count for (other, verdict), count in languages.items()
                                           if other == language} for language, _ in languages}}


OnReading = Callable[[str, str, int, str, Reply], object]
"""Called with a row's id and language, the reading, its verdict and the reply."""


async def judge_rows(session: Session, rows: Rows, *, thinking: bool | None = None,
                     on_reading: OnReading = lambda *_: None) -> RowJudgements:
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
            in_flight: deque[tuple[int, str, str]] = deque()

            def next_request(remaining: Any = remaining, in_flight: Any = in_flight) -> Request | None:
                number, row, request = next(remaining, (0, None, None))
                if request is not None:
                    in_flight.append((number, row["id"], row["language"]))
                return request

            async for _, reply in session.stream(next_request):
                number, name, language = in_flight.popleft()
                on_reading(name, language, reading, made.take(number, language, reply), reply)
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
