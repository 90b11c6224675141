"""How far a session is: replies count once they are known, though they are handed back in the order of the requests."""

import asyncio

from instructwild.llm.ledger import Ledger
from instructwild.llm.name import understand
from instructwild.llm.price import Price
from instructwild.llm.request import Reply, Request
from instructwild.llm.session import LedgerBatchEngine, Session

ROWS, WINDOW, BATCH = 10, 6, 2


def asked(ledger):
    """What a session tells and hands back, in order, of a model that answers the last requests of a window first."""
    events = []

    def answer(requests):
        events.append(f"answers {len(requests)}")
        return [Reply(request.text) for request in requests]

    def backwards(requests):
        order = range(len(requests))[::-1]
        return [list(order[first:first + BATCH]) for first in range(0, len(order), BATCH)]

    session = Session(understand("tiny"), LedgerBatchEngine(answer, backwards, ledger, "m"), WINDOW, Price(), ledger,
                      on_known=lambda known: events.append((known, session.ahead)))
    requests = iter([Request(text=str(number)) for number in range(ROWS)])

    async def run():
        async with session:
            return [reply.text async for _, reply in session.stream(lambda: next(requests, None))]

    assert asyncio.run(run()) == [str(number) for number in range(ROWS)]
    return events


def test_replies_are_told_of_batch_by_batch_before_the_first_is_handed_back():
    events = asked(Ledger(":memory:"))
    assert events == ["answers 2", (2, 2), "answers 2", (4, 4), "answers 2", (6, 6),
                      "answers 2", (8, 2), "answers 2", (10, 4)]


def test_replies_of_an_earlier_run_are_told_of_too():
    ledger = Ledger(":memory:")
    asked(ledger)
    events = asked(ledger)
    assert not any(isinstance(event, str) for event in events)
    assert events[-1][0] == ROWS
    assert [known for known, _ in events] == sorted({known for known, _ in events})
