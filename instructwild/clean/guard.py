"""The guard against template merges: "什么是进程" and "什么是多线程" share a template, and ask for different things.

Two texts ask for different things when each has words that the other lacks, and those words are rare among all texts: they
carry at least `EACH` nats of information on either side and `LEAST` together, a word's being -ln of the share of texts
that hold it.
"""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from rapidfuzz.distance import LCSseq

from instructwild.clean.near import Match, NearDuplicates, tokens
from instructwild.clean.near.batch import COMPILE_FROM

EACH, LEAST = 3.0, 9.0
FEW = 100                # rows of a round that the index is quicker with than compiled code that is loaded already


class Guard:
    """Tells whether two texts of a corpus differ in what they ask for."""

    def __init__(self, texts: Sequence[str]) -> None:
        names: dict[str, int] = {}
        self._words = [[names.setdefault(token, len(names)) for token in tokens(text)] for text in texts]
        held = [0] * len(names)
        for words in self._words:
            for word in set(words):
                held[word] += 1
        self._worth = [math.log(len(texts) / count) for count in held]

    def apart(self, first: int, second: int) -> bool:
        """Whether the tokens in which the texts at two places differ are informative on both sides."""
        ours, theirs = self._words[first], self._words[second]
        differ = [step for step in LCSseq.opcodes(ours, theirs) if step.tag != "equal"]
        one = self._information(word for step in differ for word in ours[step.src_start:step.src_end])
        two = self._information(word for step in differ for word in theirs[step.dest_start:step.dest_end])
        return min(one, two) >= EACH and one + two >= LEAST

    def _information(self, words: Iterable[int]) -> float:
        return sum(self._worth[word] for word in set(words))


def guarded(texts: Sequence[str], matches: Sequence[Match | None], threshold: Fraction) -> list[Match | None]:
    """The matches without those whose texts ask for different things.

    A row so kept is compared with the other rows so kept, by the same rule.
    """
    guard, found = Guard(texts), list(matches)
    loaded = len(texts) >= COMPILE_FROM
    pending = [place for place, match in enumerate(found) if match is not None]
    while pending:
        saved = [place for place in pending if guard.apart(place, found[place].index)]  # type: ignore[union-attr]
        again = NearDuplicates([texts[place] for place in saved], threshold,
                               compiled=True if loaded and len(saved) >= FEW else None).matches
        pending = []
        for place, match in zip(saved, again, strict=True):
            found[place] = None if match is None else Match(saved[match.index], match.lcs, match.lengths)
            if match is not None:
                pending.append(place)
    return found
