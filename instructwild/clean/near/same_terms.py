"""Whether the terms of two texts ask for the same."""

from collections.abc import Sequence

from instructwild.clean.near.content import LONGEST, SPARE_HAN, Content


def same_terms(first: Content, second: Content) -> bool:
    """Whether two texts ask for the same.

    They do with the same terms in the same order, or with one part moved where order says nothing, or where one has but a
    few terms more, in one place, that may be missing.
    """
    if first.terms == second.terms:
        return True
    if len(first.terms) != len(second.terms):
        return _missing(*((first, second) if len(first.terms) > len(second.terms) else (second, first)))
    if first.directed or second.directed or sorted(first.terms) != sorted(second.terms):
        return False
    return _rotated(first.terms, second.terms)


def _missing(longer: Content, shorter: Content) -> bool:
    """Whether the one is the other with a run of terms that may be missing."""
    more = len(longer.terms) - len(shorter.terms)
    if len(longer.terms) > LONGEST or more > SPARE_HAN:
        return False
    begin = 0
    while begin < len(shorter.terms) and longer.terms[begin] == shorter.terms[begin]:
        begin += 1
    if longer.terms[begin + more:] != shorter.terms[begin:]:
        return False
    weights = longer.weights()
    while begin + more not in longer.spare(begin, weights):  # a run "x y x" may begin at either x
        if not begin or longer.terms[begin - 1] != longer.terms[begin - 1 + more]:
            return False
        begin -= 1
    return True


def _rotated(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether one is the other with a single part moved: without what both begin and end with, they are xy and yx."""
    begin, end = 0, len(first)
    while first[begin] == second[begin]:
        begin += 1
    while first[end - 1] == second[end - 1]:
        end -= 1
    middle, other = tuple(first[begin:end]), tuple(second[begin:end])
    if len(middle) > LONGEST:
        return False
    return any(middle[cut:] + middle[:cut] == other for cut in range(1, len(middle)) if middle[cut] == other[0])
