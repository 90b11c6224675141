"""How fast requests go out: what the user allows, and what the endpoint turns out to bear."""

import asyncio
import time
from collections import deque


class Rate:
    """At most so many units a minute, evenly spread (the generic cell rate algorithm, without bursts).

    Args:
        per_minute: requests or tokens; None for no limit.
    """

    def __init__(self, per_minute: float | None) -> None:
        self.seconds = 60.0 / per_minute if per_minute else 0.0
        self._free_at = 0.0

    async def take(self, units: float = 1.0) -> None:
        """Wait until so many units are allowed."""
        if not self.seconds:
            return
        now = time.monotonic()
        start = max(now, self._free_at)
        self._free_at = start + units * self.seconds
        if start > now:
            await asyncio.sleep(start - now)

    def give_back(self, units: float) -> None:
        """Units that were taken and turned out not to be used."""
        self._free_at -= units * self.seconds


class ConcurrencyLimiter:
    """How many requests may be in flight: grows while the endpoint answers, halves when it limits the rate.

    Doubling at first, then additive increase and multiplicative decrease (Chiu and Jain 1989), as TCP does. Requests that
    were sent before the last cut cut no further when they are refused: they speak of the old limit.

    Args:
        most: never more than this.
        first: where to begin.
    """

    def __init__(self, most: int = 256, first: int = 8) -> None:
        self.most = most
        self.limit = float(min(first, most))
        self.in_flight = 0
        self.rate_limited = 0
        self._slow_start = True
        self._cut_at = 0.0
        self._paused_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def pause(self) -> float:
        """Seconds for which no request may go out; 0 or less where one may."""
        return self._paused_until - time.monotonic()

    async def acquire(self) -> float:
        """Wait for a place; returns the time of entry, which `release` wants back."""
        if self._waiting or self.in_flight >= int(self.limit):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._free()
                raise
        else:
            self.in_flight += 1
        if self.pause > 0:
            try:
                await asyncio.sleep(self.pause)
            except asyncio.CancelledError:
                self._free()
                raise
        return time.monotonic()

    def release(self, entered: float, *, rate_limited: bool = False, pause: float = 0.0) -> None:
        """Give the place back and learn from how the request went.

        Args:
            entered: what `acquire` returned.
            rate_limited: the endpoint said that it gets too many requests.
            pause: seconds for which it wants no more.
        """
        if rate_limited:
            self.rate_limited += 1
            self._paused_until = max(self._paused_until, time.monotonic() + pause)
            if entered > self._cut_at:
                self._cut_at = time.monotonic()
                self._slow_start = False
                self.limit = max(1.0, self.limit / 2)
        elif self.in_flight >= int(self.limit):
            self.limit = min(self.most, self.limit + (1.0 if self._slow_start else 1.0 / self.limit))
        self._free()

    def _free(self) -> None:
        self.in_flight -= 1
        while self._waiting and self.in_flight < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
