"""How fast an endpoint may be asked: what the user allows, and what the endpoint turns out to bear."""

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


class Slots:
    """How many requests may be on their way: grows while the endpoint answers, halves when it says it is too much.

    Doubling at first, then additive increase and multiplicative decrease (Chiu and Jain 1989), as TCP does. Refusals of
    requests that were sent before the last cut cut no further: they speak of the old limit.

    Args:
        most: never more than this.
        first: where to begin.
    """

    def __init__(self, most: int = 256, first: int = 8) -> None:
        self.most = most
        self.limit = float(min(first, most))
        self.flying = 0
        self.refusals = 0
        self._searching = True
        self._cut_at = 0.0
        self._paused_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> float:
        """Wait for a slot; returns the time of entry, which `leave` wants back."""
        if self._waiting or self.flying >= int(self.limit):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._free()
                raise
        else:
            self.flying += 1
        pause = self._paused_until - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        return time.monotonic()

    def leave(self, entered: float, *, refused: bool = False, pause: float = 0.0) -> None:
        """Give the slot back and learn from how the request went.

        Args:
            entered: what `enter` returned.
            refused: the endpoint said it is asked too much.
            pause: seconds for which it wants to be left alone.
        """
        if refused:
            self.refusals += 1
            self._paused_until = max(self._paused_until, time.monotonic() + pause)
            if entered > self._cut_at:
                self._cut_at = time.monotonic()
                self._searching = False
                self.limit = max(1.0, self.limit / 2)
        elif self.flying >= int(self.limit):
            self.limit = min(self.most, self.limit + (1.0 if self._searching else 1.0 / self.limit))
        self._free()

    def _free(self) -> None:
        self.flying -= 1
        while self._waiting and self.flying < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.flying += 1
                turn.set_result(None)
