"""The rule for near-duplicates: the verdict on two texts, which depends on no other text.

Two texts are near-duplicates (`near_duplicate`) iff ROUGE-L's F of their tokens is above the threshold (`near`) and they ask
for the same (`ask_the_same`): by their terms (`content`), or, where they are longer, by their keywords (`keywords`). The
plain rule of Self-Instruct is the first condition alone. The indexes beside this file apply it to many texts.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from instructwild.clean.near.common_length import common_length
from instructwild.clean.near.content import Content, content
from instructwild.clean.near.keywords import Keywords, keywords, same_keywords
from instructwild.clean.near.same_terms import same_terms
from instructwild.clean.near.threshold import needed
from instructwild.text.quantity import quantity
from instructwild.text.tokens import tokens


@dataclass(frozen=True, slots=True)
class Match:
    """The earliest kept text that a text duplicates.

    Attributes:
        index: position of that kept text among all texts seen.
        lcs: tokens that both have in the same order (longest common subsequence).
        lengths: tokens of the text itself and of the kept one.
    """

    index: int
    lcs: int
    lengths: tuple[int, int]

    @property
    def f(self) -> Fraction:
        """ROUGE-L's F1, exact."""
        return Fraction(2 * self.lcs, sum(self.lengths))

    def __float__(self) -> float:
        """The same, rounded once."""
        return 2 * self.lcs / sum(self.lengths)

    def __str__(self) -> str:
        return (f"F = {float(self):.3f} with row {self.index}: {quantity(self.lcs, 'token')} in common "
                f"of {self.lengths[0]} and {self.lengths[1]}")

    def evidence(self) -> dict[str, Any]:
        """The match as a JSON value."""
        return {"index": self.index, "f": round(float(self), 4), "lcs": self.lcs, "lengths": list(self.lengths)}


def near(index: int, first: Sequence[Hashable], second: Sequence[Hashable], threshold: Fraction) -> Match | None:
    """The plain rule: the match where F of two lists of tokens is above the threshold.

    Args:
        index: position of the second text, the kept one, among all texts seen.
        first, second: tokens, or numbers or characters that stand for them.
        threshold: F must be above it.
    """
    need = needed(threshold, len(first) + len(second))
    common = common_length(first, second, need)
    return Match(index, common, (len(first), len(second))) if common >= need else None


class Keyed(NamedTuple):
    """A text ready to be looked up."""

    text: str
    content: Content
    key: int
    shorter: list[int]
    keywords: Keywords | None
    buckets: list[tuple[str, ...]]


def keyed(text: str) -> Keyed:
    """A text with what it asks for and the keys under which it meets others."""
    asks, about = content(text), keywords(text)
    return Keyed(text, asks, asks.key(), asks.shorter(), about, about.buckets() if about else [])


def ask_the_same(first: Keyed, second: Keyed) -> bool:
    """Whether two texts ask for the same, whatever their F."""
    return same_terms(first.content, second.content) or \
        same_keywords(first.keywords, second.keywords, (first.text, second.text))


def near_duplicate(index: int, first: Keyed, second: Keyed, first_tokens: Sequence[str],
                   threshold: Fraction) -> Match | None:
    """The verdict: the match where two texts are near and ask for the same.

    Args:
        index: position of the second text, the kept one, among all texts seen.
        first_tokens: the tokens of the first text, which is compared with many.
        threshold: F must be above it.
    """
    if not first_tokens or not ask_the_same(first, second):
        return None
    return near(index, first_tokens, tokens(second.text), threshold)


def request_text(messages: Sequence[tuple[str, str]]) -> str:
    """What a conversation asks for, as duplicates are judged on it: its user turns and what tools said, joined by newlines.

    System turns do not count; of a conversation of several such turns, all up to the last count, the assistant's too.

    Args:
        messages: role and content of each turn.
    """
    turns = [(role, text) for role, text in messages if role != "system"]
    asks = [at for at, (role, _) in enumerate(turns) if role != "assistant"]
    return "\n".join(text for _, text in turns[:asks[-1] + 1]) if asks else ""
