"""A sitting: questions one after another, until the person is done, leaves, or says stop."""

import random
import time
from collections.abc import Sequence
from enum import Enum

from instructwild.schema import Ranking, RankingRow
from instructwild_annotation.terminal.keys import END, ENTER, ERASE, ESCAPE, RESIZE, Keys
from instructwild_annotation.terminal.ledger import KeptRankings
from instructwild_annotation.terminal.screen import SLOTS, Screen

MOST_CANDIDATES = len(SLOTS)
PATIENCE = 9    # reading three answers takes longer than pressing the first key: so many times the first time-out


class NextStep(Enum):
    """How a question ended: answered or skipped, back to the last, the script ranks the rest, nobody there, stopped."""

    DONE, BACK, FINISH, AWAY, STOP = range(5)


def shuffled(row: RankingRow, seed: int = 0) -> list[int]:
    """The order the candidates are shown in: the same whenever the row is shown, and unrelated to who made them."""
    order = list(range(len(row.candidates)))
    random.Random(f"{seed}:{row.id}").shuffle(order)
    return order


def unshuffled(shown: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    """Ranks in the order of the row's candidates, from ranks in the order shown."""
    ranks = [0] * len(order)
    for slot, index in enumerate(order):
        ranks[index] = shown[slot]
    return tuple(ranks)


class TerminalSession:
    """Asks a person for rankings and keeps each one at once.

    Args:
        keys: where key presses come from.
        screen: where questions are shown.
        ledger: where rankings are kept.
        annotator: who ranks, as in `Ranking.annotator`.
        timeout: seconds without a first key after which nobody is there; None waits for ever.
        script_ranks: whether a script ranks what this person does not; else who is away is asked another time.
    """

    def __init__(self, keys: Keys, screen: Screen, ledger: KeptRankings, annotator: str, timeout: float | None, *,
                 script_ranks: bool = True) -> None:
        self.keys, self.screen, self.ledger, self.annotator = keys, screen, ledger, annotator
        self.timeout, self.script_ranks = timeout, script_ranks

    def run(self, rows: Sequence[RankingRow]) -> bool:
        """Ask for all rows that are not in the ledger yet.

        Returns:
            False where the person stopped and means to go on another time, or is away and no script ranks; True where
            nothing more is to be asked: all is done, or the rest is left to the script or unranked.
        """
        done = {*self.ledger.rankings, *self.ledger.skipped}
        number = next((i for i, row in enumerate(rows) if row.id not in done), len(rows))
        if number == len(rows):
            return True
        step = self._welcome(rows, len(rows) - len(done))
        if step is not NextStep.DONE:
            self.screen.note(self.screen.words.later if step is NextStep.STOP else self.screen.words.nobody)
            return step is NextStep.AWAY
        try:
            while number < len(rows):
                step = self._ask(rows[number], number + 1, len(rows), first=number == 0)
                if step not in (NextStep.DONE, NextStep.BACK):
                    break
                number += -1 if step is NextStep.BACK else 1
                if step is NextStep.BACK:
                    self.ledger.take_back(rows[number].id)
                    self.screen.note(self.screen.words.taken_back)
        finally:
            self.screen.close()
        self.screen.note(self.screen.words.thanks.format(count=len(self.ledger.rankings)))
        if step is NextStep.STOP:
            self.screen.note(self.screen.words.later)
        return step is not NextStep.STOP

    def _welcome(self, rows: Sequence[RankingRow], count: int) -> NextStep:
        key: str | None = RESIZE
        while key == RESIZE:
            self.screen.welcome(count, [len(row.candidates) for row in rows], self.timeout,
                                script_ranks=self.script_ranks)
            key = self.keys.read(self.timeout)
        if key is None:
            return NextStep.AWAY if self.script_ranks else NextStep.STOP
        return NextStep.STOP if key in ("q", END) else NextStep.DONE

    def _ask(self, row: RankingRow, number: int, count: int, *, first: bool) -> NextStep:
        words, size = self.screen.words, len(row.candidates)
        order, began = shuffled(row), time.monotonic()
        patience = None if self.timeout is None else self.timeout * PATIENCE
        entry = Entry(size)
        note = ""
        self.screen.question(row, order, number, count)
        while True:
            self.screen.line(entry.ranks, size, note, entry.pending)
            key, note = self.keys.read(patience), ""
            if key is None:
                self.screen.note((words.left_alone if self.script_ranks else words.no_key).format(seconds=f"{patience:g}"))
                return NextStep.AWAY if self.script_ranks else NextStep.STOP
            if key in ENDINGS:
                return ENDINGS[key]
            if key == "s":
                self.ledger.skip(row.id)
                self.screen.note(words.skipped)
                return NextStep.DONE
            if key == "u" and not first:
                return NextStep.BACK
            if key == ENTER and entry.complete:
                ranks = unshuffled(entry.ranks, order)
                self.ledger.rank(row.id, Ranking(annotator=self.annotator, ranks=ranks,
                                                 seconds=round(time.monotonic() - began, 1)))
                self.screen.settle(entry.ranks, size)
                return NextStep.DONE
            if key == RESIZE:
                self.screen.question(row, order, number, count)
            else:
                note = self._edit(key, entry)

    def _edit(self, key: str, entry: "Entry") -> str:
        """Change the ranks typed so far by one key; what to tell the person about it."""
        words = self.screen.words
        if key in (ENTER, " ") and entry.pending:
            return "" if entry.settle() else words.out_of_range.format(k=entry.size)
        if key == ENTER:
            return words.unfinished.format(left=entry.size - len(entry.ranks))
        if key == "u":
            return words.nothing_to_undo
        if key in ("?", "h"):
            self.screen.explain()
        elif key == ERASE:
            entry.erase()
        elif key == ESCAPE:
            entry.clear()
        elif key.isdecimal() and not entry.digit(key):
            return words.out_of_range.format(k=entry.size)
        return ""


ENDINGS = {"q": NextStep.STOP, END: NextStep.STOP, "f": NextStep.FINISH}


class Entry:
    """The ranks typed for one question.

    One digit is one rank, 0 is 10. With more than ten answers a digit that can begin a rank of two digits waits for the
    second: 01 or 1 and a space is rank 1, 12 is rank 12.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.ranks: list[int] = []
        self.pending = ""

    @property
    def complete(self) -> bool:
        """Whether every answer has its rank."""
        return len(self.ranks) == self.size

    def digit(self, key: str) -> bool:
        """Take a digit; False where it makes no rank from 1 to K."""
        if self.complete:
            return True
        self.pending += key
        if self.size > 10 and len(self.pending) == 1 and int(key) <= self.size // 10:
            return True
        return self.settle()

    def settle(self) -> bool:
        """Take the digits that wait as a rank; False where they make none."""
        rank = int(self.pending) or (10 if self.size == 10 else 0)
        self.pending = ""
        if not 1 <= rank <= self.size:
            return False
        self.ranks.append(rank)
        return True

    def erase(self) -> None:
        """Take the last digit or rank back."""
        if self.pending:
            self.pending = ""
        elif self.ranks:
            self.ranks.pop()

    def clear(self) -> None:
        """Begin anew."""
        self.ranks.clear()
        self.pending = ""
