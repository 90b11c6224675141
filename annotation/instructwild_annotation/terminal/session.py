"""A sitting: questions one after another, until the person is done, leaves, or says stop."""

import random
import time
from collections.abc import Sequence
from enum import Enum

from instructwild.schema import Ranking, RankingRow
from instructwild_annotation.terminal.keys import END, ENTER, ERASE, ESCAPE, Keys
from instructwild_annotation.terminal.ledger import Ledger
from instructwild_annotation.terminal.screen import SLOTS, Screen

MOST_CANDIDATES = len(SLOTS)
PATIENCE = 9    # reading three answers takes longer than pressing the first key: so many times the first time-out


class Step(Enum):
    """How a question ended."""

    DONE, BACK, LEAVE = range(3)


def shuffled(row: RankingRow, seed: int = 0) -> list[int]:
    """The order the candidates are shown in: the same whenever the row is shown, and unrelated to who made them."""
    order = list(range(len(row.candidates)))
    random.Random(f"{seed}:{row.id}").shuffle(order)
    return order


def unshuffled(shown: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    """Ranks in the order of the row's candidates, from ranks in the order shown."""
    ranks = [0] * len(order)
    for place, index in enumerate(order):
        ranks[index] = shown[place]
    return tuple(ranks)


class Session:
    """Asks a person for rankings and keeps each one at once.

    Args:
        keys: where key presses come from.
        screen: where questions are shown.
        ledger: where rankings are kept.
        annotator: who ranks, as in `Ranking.annotator`.
        timeout: seconds without a first key after which nobody is there; None waits for ever.
    """

    def __init__(self, keys: Keys, screen: Screen, ledger: Ledger, annotator: str, timeout: float | None) -> None:
        self.keys, self.screen, self.ledger, self.annotator = keys, screen, ledger, annotator
        self.timeout = timeout

    def run(self, rows: Sequence[RankingRow]) -> None:
        """Ask for all rows that are not in the ledger yet; a person who goes away or stops leaves the rest."""
        done = {*self.ledger.rankings, *self.ledger.skipped}
        number = next((i for i, row in enumerate(rows) if row.id not in done), len(rows))
        if number == len(rows):
            return
        self.screen.welcome(len(rows) - len(done), [len(row.candidates) for row in rows], self.timeout)
        if self.keys.read(self.timeout) in (None, END):
            self.screen.note(self.screen.words.nobody)
            return
        try:
            while number < len(rows):
                step = self._ask(rows[number], number + 1, len(rows), first=number == 0)
                if step is Step.LEAVE:
                    break
                number += -1 if step is Step.BACK else 1
                if step is Step.BACK:
                    self.ledger.take_back(rows[number].id)
                    self.screen.note(self.screen.words.taken_back)
        finally:
            self.screen.close()
        self.screen.note(self.screen.words.thanks.format(count=len(self.ledger.rankings)))

    def _ask(self, row: RankingRow, number: int, count: int, *, first: bool) -> Step:
        words, size = self.screen.words, len(row.candidates)
        order, began = shuffled(row), time.monotonic()
        patience = None if self.timeout is None else self.timeout * PATIENCE
        typed: list[int] = []
        note = ""
        self.screen.question(row, order, number, count)
        while True:
            self.screen.line(typed, size, note)
            key, note = self.keys.read(patience), ""
            if key is None:
                self.screen.note(words.left_alone.format(seconds=f"{patience:g}"))
                return Step.LEAVE
            if key in ("q", END):
                return Step.LEAVE
            if key == "s":
                self.ledger.skip(row.id)
                self.screen.note(words.skipped)
                return Step.DONE
            if key == "u" and not first:
                return Step.BACK
            if key == ENTER and len(typed) == size:
                ranks = unshuffled(typed, order)
                self.ledger.rank(row.id, Ranking(annotator=self.annotator, ranks=ranks,
                                                 seconds=round(time.monotonic() - began, 1)))
                self.screen.settle(typed, size)
                return Step.DONE
            note = self._edit(key, typed, size)

    def _edit(self, key: str, typed: list[int], size: int) -> str:
        """Change the places typed so far by one key; what to tell the person about it."""
        words = self.screen.words
        if key == ENTER:
            return words.unfinished.format(left=size - len(typed))
        if key == "u":
            return words.nothing_to_undo
        if key in ("?", "h"):
            self.screen.explain()
        elif key == ERASE and typed:
            typed.pop()
        elif key == ESCAPE:
            typed.clear()
        elif key.isdecimal() and len(typed) < size:
            place = int(key) or 10
            if place > size:
                return words.out_of_range.format(k=size)
            typed.append(place)
        return ""
