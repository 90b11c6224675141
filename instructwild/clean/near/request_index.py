"""Texts by what they ask for: near-duplicates that ask for the same, one text at a time.

Greedy, in input order: a text is dropped iff an earlier kept text is near it and asks for the same, as `rule` decides on the
two texts alone. Texts that ask for the same meet in tables of keys, and no other pair is looked at.
"""

from fractions import Fraction

from instructwild.clean.near.rule import Keyed, Match, keyed, near_duplicate
from instructwild.clean.near.threshold import DEFAULT, as_threshold, needed
from instructwild.text.tokens import tokens


class RequestIndex:
    """Texts that were kept, to compare new ones with; the time of a look-up does not grow with their number.

    Adding texts one by one gives the verdicts of `SameRequests` on all of them.

    Args:
        threshold: pairs need an F above it.
        floor: pairs that ask for the same and have an F above this, but not above the threshold, are noted in `below`.

    Attributes:
        below: of each text that was kept and has any such pair, the one of highest F, the earliest of several.
    """

    def __init__(self, threshold: Fraction | float | str = DEFAULT, floor: Fraction | None = None) -> None:
        self.threshold = as_threshold(threshold)
        self._floor = self.threshold if floor is None else floor
        self.below: dict[int, Match] = {}
        self.seen = 0
        self._kept: dict[int, Keyed] = {}
        self._same: dict[int, list[int]] = {}        # key of all terms -> kept texts
        self._fuller: dict[int, list[int]] = {}      # key without terms that may be missing -> kept texts
        self._about: dict[tuple[str, ...], list[int]] = {}               # bucket of its keywords -> kept texts

    def __len__(self) -> int:
        """How many texts are there to be found."""
        return len(self._kept)

    def find(self, text: str | Keyed) -> Match | None:
        """The earliest kept text that is near this one and asks for the same, or None."""
        query = keyed(text) if isinstance(text, str) else text
        candidates = {*self._same.get(query.key, ()), *self._fuller.get(query.key, ())}
        for other in query.shorter:
            candidates.update(self._same.get(other, ()))
        for bucket in query.buckets:
            candidates.update(self._about.get(bucket, ()))
        ours = tokens(query.text) if candidates else []
        below: Match | None = None
        for row in sorted(candidates):
            match = near_duplicate(row, query, self._kept[row], ours, self._floor)
            if match is None:
                continue
            if match.lcs >= needed(self.threshold, sum(match.lengths)):
                return match
            below = match if below is None or match.f > below.f else below
        if below is not None:
            self.below[self.seen] = below
        return None

    def add(self, text: str | Keyed) -> Match | None:
        """Keep a text, or say which kept text it duplicates."""
        query = keyed(text) if isinstance(text, str) else text
        match = self.find(query)
        if match is None:
            self.keep(query)
        else:
            self.seen += 1
        return match

    def keep(self, text: str | Keyed) -> None:
        """Keep a text whatever it duplicates."""
        query = keyed(text) if isinstance(text, str) else text
        self._kept[self.seen] = query
        self._same.setdefault(query.key, []).append(self.seen)
        for other in query.shorter:
            self._fuller.setdefault(other, []).append(self.seen)
        for bucket in query.buckets:
            self._about.setdefault(bucket, []).append(self.seen)
        self.seen += 1

    def skip(self) -> None:
        """Count a text that no other can duplicate."""
        self.seen += 1
