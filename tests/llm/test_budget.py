"""No set of requests can spend more than the budget, and none that fits is refused."""

import asyncio

import pytest

from instructwild.errors import BudgetError
from instructwild.llm.budget import Budget


def test_what_fits_to_the_cent_is_reserved_and_more_is_refused_with_the_figures():
    async def spend():
        budget = Budget(1.0, spent=0.25)
        await budget.reserve(0.75)
        assert (budget.spent, budget.reserved) == (0.25, 0.75)
        budget.settle(0.75, 0.5)
        assert (budget.spent, budget.reserved) == (0.75, 0.0)
        with pytest.raises(BudgetError, match=r"US\$ 0.7500 of 1.0000 spent, the next request could cost 0.5000") as refused:
            await budget.reserve(0.5)
        assert (refused.value.where, budget.reserved) == ("--budget", 0.0)

    asyncio.run(spend())


def test_a_request_waits_for_what_others_may_give_back_and_requests_keep_their_order():
    async def spend():
        budget, order = Budget(1.0), []

        async def request(name, usd):
            await budget.reserve(usd)
            order.append(name)

        await request("first", 0.75)
        waiting = [asyncio.create_task(request(name, usd)) for name, usd in (("large", 0.5), ("small", 0.125))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == ["first"], "the small request fits, but it is not its turn"
        budget.settle(0.75, 0.25)
        await asyncio.gather(*waiting)
        assert (order, budget.reserved) == (["first", "large", "small"], 0.625)

    asyncio.run(asyncio.wait_for(spend(), 5))


def test_a_request_goes_on_waiting_where_what_came_back_is_not_enough():
    async def spend():
        budget = Budget(1.0)
        await budget.reserve(0.5)
        await budget.reserve(0.25)
        waiting = asyncio.create_task(budget.reserve(1.0))
        for reserved, fits in ((0.25, False), (0.5, True)):
            await asyncio.sleep(0)
            budget.settle(reserved, 0.0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert waiting.done() == fits

    asyncio.run(asyncio.wait_for(spend(), 5))


def test_a_request_that_never_fits_is_refused_at_once_even_while_others_are_on_their_way():
    async def spend():
        budget = Budget(1.0, spent=0.5)
        await budget.reserve(0.25)
        with pytest.raises(BudgetError):
            await budget.reserve(0.75)

    asyncio.run(asyncio.wait_for(spend(), 5))


def test_without_a_limit_everything_is_reserved_and_still_counted():
    async def spend():
        budget = Budget(None)
        await budget.reserve(100.0)
        await budget.reserve(50.0)
        assert (budget.covers(1e9), budget.reserved) == (True, 150.0)

    asyncio.run(spend())


def test_covers_says_what_may_be_reserved_now():
    budget = Budget(1.0, spent=0.25)
    asyncio.run(budget.reserve(0.25))
    assert [budget.covers(usd) for usd in (0.5, 0.625)] == [True, False]


def test_what_an_interrupted_run_counted_is_reserved_again_until_its_cost_is_known():
    budget = Budget(1.0, spent=0.75)
    budget.reopen(0.5)
    assert (budget.spent, budget.reserved) == (0.25, 0.5)
    budget.settle(0.5, 0.0625)
    assert (budget.spent, budget.reserved) == (0.3125, 0.0)
    budget.settle(0.5, 0.0)
    assert budget.reserved == 0.0, "never below nothing"
