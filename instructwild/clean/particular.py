"""Which words of an evaluation question are particular to it, and which are the phrases in which questions are put."""

from collections.abc import Sequence

from instructwild.clean.near import lexicon

_LONGEST = max(map(len, lexicon.QUESTIONS_CHINESE))


def particular(tokens: Sequence[str]) -> list[bool]:
    """For each token of a question whether it says what is asked, rather than that something is asked.

    >>> particular(["read", "the", "text", "who", "built", "the", "pier"])
    [False, False, False, False, True, False, True]
    """
    marks = [token not in lexicon.QUESTIONS_ENGLISH for token in tokens]
    at = 0
    while at < len(tokens):
        for size in range(min(_LONGEST, len(tokens) - at), 0, -1):
            if "".join(tokens[at:at + size]) in lexicon.QUESTIONS_CHINESE:
                marks[at:at + size] = [False] * size
                at += size
                break
        else:
            at += 1
    return marks
