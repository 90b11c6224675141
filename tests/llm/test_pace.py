"""Requests are as many as the endpoint bears and the user allows."""

import asyncio
import time

import pytest

from instructwild.errors import BudgetError
from instructwild.llm.budget import Budget
from instructwild.llm.pace import ConcurrencyLimiter, Rate


def test_slots_double_until_the_first_refusal_then_halve_and_creep():
    async def scene():
        limiter = ConcurrencyLimiter(most=64, first=4)
        for _ in range(2):
            entered = [await limiter.acquire() for _ in range(int(limiter.limit))]
            for one in entered:
                limiter.release(one)
        doubled = limiter.limit
        entered = [await limiter.acquire() for _ in range(int(limiter.limit))]
        for one in entered:
            limiter.release(one, rate_limited=True)
        halved = limiter.limit
        entered = [await limiter.acquire() for _ in range(int(limiter.limit))]
        for one in entered:
            limiter.release(one)
        return doubled, halved, limiter.limit, limiter.in_flight

    doubled, halved, crept, in_flight = asyncio.run(scene())
    assert doubled > 4
    assert halved == doubled / 2, "refusals of one burst cut once"
    assert halved < crept <= halved + 1
    assert in_flight == 0


def test_no_more_than_the_limit_are_on_their_way_and_a_cancelled_one_gives_its_slot_back():
    async def scene():
        limiter, most = ConcurrencyLimiter(most=3, first=3), 0

        async def one(number):
            nonlocal most
            entered = await limiter.acquire()
            most = max(most, limiter.in_flight)
            await asyncio.sleep(0.001)
            limiter.release(entered)

        tasks = [asyncio.create_task(one(number)) for number in range(20)]
        await asyncio.sleep(0)
        tasks[10].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return most, limiter.in_flight

    assert asyncio.run(scene()) == (3, 0)


def test_a_rate_spreads_requests_evenly(monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    async def scene():
        rate = Rate(60)
        for _ in range(4):
            await rate.take()

    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(scene())
    assert slept == pytest.approx([1.0, 2.0, 3.0])


def test_a_reservation_waits_for_what_others_give_back_and_fails_when_none_can():
    async def scene():
        budget = Budget(1.0)
        await budget.reserve(0.9)
        waiting = asyncio.create_task(budget.reserve(0.5))
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.settle(0.9, 0.2)
        await waiting
        budget.settle(0.5, 0.5)
        with pytest.raises(BudgetError, match=r"0\.7000 of 1\.0000"):
            await budget.reserve(0.4)
        return budget.spent

    assert asyncio.run(scene()) == pytest.approx(0.7)
