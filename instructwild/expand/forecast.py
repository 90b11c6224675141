"""What a run will cost, found by rehearsing a part of it with the scripted model: the same code, and nothing is sent."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from instructwild.expand.judges import JudgeName, requests_of
from instructwild.expand.pool import Goal, Pool
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import fill, open_prompts
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits, open_model
from instructwild.llm.price import Price
from instructwild.llm.request import Reply, Request
from instructwild.llm.scripted import tokens_of
from instructwild.schema import Instruction, RankingRow, Reason
from instructwild.text.quantity import quantity

REHEARSED = 2_000
"""Rows that are rehearsed at most; a larger run is scaled up from them."""
REHEARSAL = ("answers as long, and as often unusable, as those of the scripted model in a rehearsal of {rehearsed:,} rows. "
             "Real models differ; a small run first tells by how much.")
LONGEST = "a judge uses all the tokens that it is allowed, and each reading can be understood at once."


@dataclass(frozen=True)
class Forecast:
    """What a run is expected to send and receive.

    Args:
        model: its name.
        rows: rows that the run is to keep.
        requests, prompt_tokens, completion_tokens, usd: what that takes.
        priced: whether the price is known; `usd` is 0 where it is not.
        samples: two requests as they would be sent.
        rehearsed: rows that the rehearsal made.
        assumed: what the figures rest on.
        judges: what ranking the answers takes, one forecast for each judge.
    """

    model: str
    rows: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float
    priced: bool
    samples: tuple[dict[str, Any], ...]
    rehearsed: int
    assumed: str = REHEARSAL
    judges: "tuple[Forecast, ...]" = ()

    def plain(self) -> dict[str, Any]:
        """As JSON values, the price of a kept row included."""
        return {**asdict(self), "usd_per_row": self.usd / self.rows if self.rows else 0.0}

    def show(self, as_json: bool) -> None:
        """Print the forecast on stdout."""
        if as_json:
            print(json.dumps(self.plain(), ensure_ascii=False, indent=2))
            return
        for number, sample in enumerate(self.samples, start=1):
            prompt = sample.get("text") or "\n".join(f"[{m['role']}] {m['content']}" for m in sample["messages"])
            print(f"--- request {number} of about {self.requests:,}: {json.dumps(sample['sampling'], ensure_ascii=False)}")
            print(prompt)
        each = self.usd / self.rows if self.rows else 0.0
        cost = f"US$ {self.usd:.4f}, {each:.6f} for each row kept" if self.priced else "price not known: give --price"
        print(f"--- {self.model}: {quantity(self.rows, 'row')} in about {quantity(self.requests, 'request')}, "
              f"{quantity(self.prompt_tokens, 'token')} sent, {self.completion_tokens:,} received: {cost}")
        print(f"Nothing was sent. Assumed: {self.assumed.format(rehearsed=self.rehearsed)}")
        for judge in self.judges:
            judge.show(as_json=False)


@dataclass
class BucketTally:
    """What one bucket took in the rehearsal, and how many rows it brought, those beyond its target included."""

    requests: int = 0
    rows: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


def forecast_expand(pool: Pool, model: str, price: Price | None, window: int) -> Forecast:
    """What growing this pool will take.

    Args:
        pool: the pool before any request.
        model: the model's name.
        price: its price, None where it is not known.
        window: requests in flight.
    """
    target = sum(goal.target for goal in pool.goals.values())
    scale = min(1.0, REHEARSED / target)
    goals = {bucket: Goal(max(1, round(goal.target * scale)), goal.template, goal.kind)
             for bucket, goal in pool.goals.items() if goal.target}
    rehearsal = Pool(pool.seeds, goals, model, replace(pool.rules, thinking=None, keep_thoughts=False))
    session = open_model("scripted", Limits(concurrency=max(1, round(window * scale))), Ledger(":memory:"))
    seen: list[tuple[Request, Reply]] = []
    tallies = {bucket: BucketTally() for bucket in goals}

    async def rehearse() -> None:
        async for request, reply in session.stream(rehearsal.next_request):
            tally, lost = tallies[rehearsal.expecting], len(rehearsal.dropped)
            brought = rehearsal.accept(request, reply)
            brought += sum(drop.reason == Reason.SURPLUS for drop in rehearsal.dropped[lost:])
            tally.requests, tally.rows = tally.requests + 1, tally.rows + brought
            tally.prompt_tokens += reply.prompt_tokens
            tally.completion_tokens += reply.completion_tokens
            seen.append((request, reply))

    asyncio.run(rehearse())
    # A bucket that brought nothing is given up after as many requests in a run of any size.
    times = {bucket: pool.goals[bucket].target / tally.rows if scale < 1 and tally.rows else 1.0
             for bucket, tally in tallies.items()}
    requests, sent, received = (round(sum(times[bucket] * getattr(tally, name) for bucket, tally in tallies.items()))
                                for name in ("requests", "prompt_tokens", "completion_tokens"))
    return _forecast(model, target, requests, sent, received, seen, price, len(rehearsal.kept))


def forecast_respond(rows: Sequence[Instruction], model: str, plan: ResponsePlan, price: Price | None, window: int,
                     judges: Sequence[tuple[JudgeName, Price | None]] = ()) -> Forecast:
    """What answering these rows will take, and having judges rank the answers."""
    work = list(open_prompts(rows, plan).values())
    step = max(1, len(work) // REHEARSED)
    chosen = work[::step]
    session = open_model("scripted", Limits(concurrency=window), Ledger(":memory:"))
    seen: list[tuple[Request, Reply]] = []
    missing = [(prompt, slot) for prompt in chosen if prompt.row.prompt for slot in range(plan.k - len(prompt.own))]
    asyncio.run(fill(session, missing, plan, on_reply=lambda request, reply: seen.append((request, reply))))
    answered = [RankingRow(id=prompt.row.id, messages=prompt.row.context, language=prompt.row.language,
                           candidates=tuple(prompt.candidates)) for prompt in chosen if len(prompt.candidates) > 1]
    scale = len(work) / len(chosen) if chosen else 0.0
    sent, received = (round(scale * sum(counts)) for counts in (
        [reply.prompt_tokens for _, reply in seen], [reply.completion_tokens for _, reply in seen]))
    return replace(_forecast(model, len(work), round(scale * len(seen)), sent, received, seen, price, len(chosen)),
                   judges=tuple(forecast_judge(answered, scale, *judge) for judge in judges))


def forecast_judge(rows: Sequence[RankingRow], scale: float, judge: JudgeName, price: Price | None) -> Forecast:
    """What having one judge rank these rows, `scale` times over, will take; a reward model takes no requests."""
    requests = requests_of(rows, judge)
    sent = round(scale * sum(tokens_of(message.content) for request in requests for message in request.messages))
    received = round(scale * sum(request.sampling.max_tokens for request in requests))
    samples = tuple(request.plain() for request in requests[:2])
    return Forecast(f"judge {judge.label}", round(scale * len(rows)), round(scale * len(requests)), sent, received,
                    (price or Price()).of(sent, received), price is not None, samples, len(rows), LONGEST)


def _forecast(model: str, rows: int, requests: int, sent: int, received: int, seen: Sequence[tuple[Request, Reply]],
              price: Price | None, rehearsed: int) -> Forecast:
    samples = tuple(request.plain() for request, _ in (seen[:1] + seen[len(seen) // 2: len(seen) // 2 + 1]))
    known = price or Price()
    return Forecast(model, rows, requests, sent, received, known.of(sent, received), price is not None, samples, rehearsed)
