"""The guard against template merges: "什么是进程" and "什么是多线程" share a template, and ask for different things.

Two texts ask for different things when each has words that the other lacks, and those words are rare among all texts: they
carry at least `EACH` nats of information on either side and `LEAST` together, a word's being -ln of the share of texts
that hold it.
"""

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from instructwild.clean.near import Match, difference, near_duplicate_matches, tokens

EACH, LEAST = 3.0, 9.0


class Guard:
    """Tells whether two texts of a corpus differ in what they ask for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._held = Counter(token for text in texts for token in set(tokens(text)))

    def apart(self, first: int, second: int) -> bool:
        """Whether the tokens in which the texts at two places differ are informative on both sides."""
        told = difference(self._texts[first], self._texts[second])
        ours, theirs = self._information(told.only_first), self._information(told.only_second)
        return min(ours, theirs) >= EACH and ours + theirs >= LEAST

    def _information(self, words: Sequence[str]) -> float:
        return sum(math.log(len(self._texts) / self._held[word]) for word in set(words))


def guarded(texts: Sequence[str], matches: Sequence[Match | None], threshold: Fraction) -> list[Match | None]:
    """The matches without those whose texts ask for different things.

    A row so kept is compared with the other rows so kept, by the same rule.
    """
    guard, found = Guard(texts), list(matches)
    pending = [place for place, match in enumerate(found) if match is not None]
    while pending:
        saved = [place for place in pending if guard.apart(place, found[place].index)]  # type: ignore[union-attr]
        again = near_duplicate_matches([texts[place] for place in saved], threshold).matches
        pending = []
        for place, match in zip(saved, again, strict=True):
            found[place] = None if match is None else Match(saved[match.index], match.lcs, match.lengths)
            if match is not None:
                pending.append(place)
    return found
