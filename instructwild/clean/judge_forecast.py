"""What judging rows will take: requests, tokens, money and time, told before anything is sent."""

import math
from dataclasses import dataclass
from typing import Any

from instructwild.clean.judging import Rows, requests_about
from instructwild.llm.name import ModelName
from instructwild.llm.open import Limits, window_of
from instructwild.llm.price import Price
from instructwild.llm.request import Request
from instructwild.text.quantity import quantity

EXPECTED_TOKENS, EXPECTED_THOUGHTS = 160, 1_000
"""What a reply in the requested form takes, about, and thoughts before it where thinking is on."""
LETTERS_PER_TOKEN = 4
SECONDS_PER_REPLY = 5
"""What a forecast assumes of an endpoint."""


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
        return (f"judge {self.model}: {quantity(self.requests, 'row')}, {quantity(self.requests, 'request')}, about "
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
    received = count * (EXPECTED_TOKENS + (EXPECTED_THOUGHTS if thinking else 0))
    known = price is not None
    return JudgeForecast(name.label, count, sent, received, price.of(sent, received) if price is not None else None,
                         most if known else None, _time(name, limits, count, sent + received), tuple(samples))


def tokens_of(request: Request) -> int:
    """About how many tokens a request has: one for four letters, or for one Chinese character."""
    text = request.prompt_text
    wide = len(text.encode()) - len(text)
    return (len(text) - wide // 2) // LETTERS_PER_TOKEN + wide // 2


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
