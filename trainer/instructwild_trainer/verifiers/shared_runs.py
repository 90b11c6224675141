"""The runs of words that stand in two texts, in time linear in both: a suffix automaton (Blumer et al. 1985)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SharedRun:
    """Words [first, last) of a text, which are another text's words from `source` on."""

    first: int
    last: int
    source: int


def shared_runs(source: Sequence[str], words: Sequence[str]) -> Iterator[SharedRun]:
    """Every run of `words` that stands in `source` and that no word more on either side would; runs may overlap.

    >>> [(run.first, run.last, run.source) for run in shared_runs("a b c d".split(), "x b c b c d a".split())]
    [(1, 3, 1), (3, 6, 1), (6, 7, 0)]
    """
    automaton = _Automaton(source)
    state, length = 0, 0
    ends: list[tuple[int, int]] = []                  # after each word: how long the run is, and where it ends in the source
    for word in words:
        while state and word not in automaton.following[state]:
            state = automaton.link[state]
            length = automaton.longest[state]
        if word in automaton.following[state]:
            state = automaton.following[state][word]
            length += 1
        ends.append((length, automaton.end[state]))
    for last, (length, end) in enumerate(ends, 1):
        if length and (last == len(ends) or ends[last][0] != length + 1):
            yield SharedRun(last - length, last, end - length)


class _Automaton:
    """All runs of a text: a state stands for those that end at the same places."""

    def __init__(self, words: Sequence[str]) -> None:
        self.following: list[dict[str, int]] = [{}]
        self.link, self.longest, self.end = [-1], [0], [0]
        last = 0
        for number, word in enumerate(words, 1):
            last = self._extend(last, word, number)

    def _extend(self, last: int, word: str, number: int) -> int:
        current = self._state({}, number, number)
        state = last
        while state >= 0 and word not in self.following[state]:
            self.following[state][word] = current
            state = self.link[state]
        if state >= 0:
            target = self.following[state][word]
            if self.longest[target] > self.longest[state] + 1:
                target = self._split(state, target, word)
            self.link[current] = target
        return current

    def _split(self, state: int, target: int, word: str) -> int:
        """A state for the shorter runs of another."""
        shorter = self._state(dict(self.following[target]), self.longest[state] + 1, self.end[target])
        self.link[shorter], self.link[target] = self.link[target], shorter
        while state >= 0 and self.following[state].get(word) == target:
            self.following[state][word] = shorter
            state = self.link[state]
        return shorter

    def _state(self, following: dict[str, int], longest: int, end: int) -> int:
        self.following.append(following)
        self.link.append(0)
        self.longest.append(longest)
        self.end.append(end)
        return len(self.link) - 1
