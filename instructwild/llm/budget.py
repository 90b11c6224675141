"""Money that may be spent, reserved before it is."""

import asyncio

from instructwild.errors import BudgetError


class Budget:
    """A limit in US$ that no set of requests can exceed together.

    Each request first reserves the most it can cost, and gives back the difference once its cost is known. A request for
    which too little is left waits while others are on their way, since they may give something back; requests get their
    turn in the order in which they asked.

    Args:
        limit: US$, or None for no limit.
        spent: US$ spent before, by an interrupted run.
    """

    def __init__(self, limit: float | None, spent: float = 0.0) -> None:
        self.limit = limit
        self.spent = spent
        self.reserved = 0.0
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    async def reserve(self, usd: float) -> None:
        """Set aside what a request can cost at most.

        Raises:
            BudgetError: it does not fit what is left, and nothing on its way can give enough back.
        """
        if self.limit is None:
            self.reserved += usd
            return
        async with self._turn:
            while self.spent + self.reserved + usd > self.limit:
                if self.spent + usd > self.limit or self.reserved <= 0:
                    raise BudgetError(
                        f"is reached: US$ {self.spent:.4f} of {self.limit:.4f} spent, the next request could cost {usd:.4f}",
                        where="--budget", remedy="raise --budget, or lower --max-tokens")
                self._changed.clear()
                await self._changed.wait()
            self.reserved += usd

    def covers(self, usd: float) -> bool:
        """Whether so much more can be reserved now."""
        return self.limit is None or self.spent + self.reserved + usd <= self.limit

    def reopen(self, usd: float) -> None:
        """Take for reserved what an interrupted run counted as spent, because its cost will be known after all."""
        self.spent -= usd
        self.reserved += usd

    def settle(self, reserved: float, usd: float) -> None:
        """Replace a reservation by what was charged."""
        self.reserved = max(0.0, self.reserved - reserved)
        self.spent += usd
        self._changed.set()
