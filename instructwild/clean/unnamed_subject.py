"""Prompts that name nothing of what their answer is about: "Give me the agendas for weeks 6 and 7", and the answer knows of
the Monday meetings of the harbour office. They go on from a turn that is not in the row.

Sums as those of `talk`, with figures beside words: how much of the prompt comes back in its answer, how much of what the
answer is about the prompt names, what both point at with "the". The weights are from `python -m benchmarks.subject_weights`.
"""

from collections import Counter

import polars as pl

from instructwild.clean.context import SINGLE_TURN
from instructwild.clean.patterns import PROMPT_SIZE, matches, only_where, row_by_row
from instructwild.clean.talk import weight_of_opening, weight_of_prompt
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.word_table import group_of, listed

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

LONGEST, SHORTEST_ANSWER = 240, 300
"""Characters of a prompt that is judged, and bytes of an answer that shows what it is about."""
LEAST, LEAST_OF_PROMPT = 1.2, 1.0
"""The sums from which on a row is seen: of all weights, and of those of the prompt alone."""
_READ, _OPENING = 600, 200
"""Characters of an answer whose subject is looked for, and of its first sentence."""
_MAIN = 6
"""The words that an answer has most often are what it is about."""

PROMPT_WEIGHTS = {"intercept": 1.32, "words": 0.35, "the": 0.78, "points": 0.49, "subject": -0.04, "names": -0.32,
                  "articles": -0.32, "defined": -0.66, "identifier": -0.48}
ANSWER_WEIGHTS = {"words": 0.23, "the new": 0.28, "prompt comes back": -1.52, "subject is named": -1.9}

_SAYS_LITTLE = frozenset(" ".join(listed("""
    the and for that this with you your are was can have has will not but from they what how when which would could should
    there their them then than into about more some any all also our out over just like make made use used using one two
    its it's i'm i'd here here's sure certainly yes may might need want help please let get give example provide following
    based each other these those who why where does did been being such only very most many much own same way ways write
    create time first step steps code information different important new
""")).split())
_WORDS = LazyPattern(r"[a-z][a-z'’-]{2,}|[a-z]*\d+")
_THE = LazyPattern(r"\b[Tt]he\b")
_POINTED_AT = LazyPattern(r"\b(?:[Tt]he|[Yy]our|[Oo]ur|[Tt]hese|[Tt]hose) ((?:[\w'’`\"-]+ )?[\w'’`\"-]+)")
_POINTS_WORDS = group_of("it | this | that | these | those | they | them | he | she | his | her")
_POINTS = LazyPattern(rf"(?i)\b{_POINTS_WORDS}\b")
_ASKS_ANEW_WORDS = group_of("""
    what (?:is|are|does) | explain | define | describe | tell me about | how (?:do|to|does) | why
""")
_BEGINS_WORDS = group_of("""
    you are | imagine | pretend | as an? | role-?play | (?:write|create|generate|compose|develop|design) an?
""")
_HOLDS_ITS_SUBJECT = (r"\n|[\"“][^\"”]{20}|[:：]\s*\S.{20}|(?i: an? .* an? )"
                      rf"|(?i:\A\W*(?:{_ASKS_ANEW_WORDS}|{_BEGINS_WORDS})\b)")
"""What prompts are left alone for: a text of their own, or the opening of a talk that begins."""
_NAME = LazyPattern(r"(?<=[a-z,] )[A-Z]\w+")
_ARTICLE = LazyPattern(r"\b[Aa]n? ")
_DEFINED_BY = group_of("of | in | on | for | that | who | which | behind | between | from | where | when")
_DEFINED = LazyPattern(rf"\b[Tt]he (?:[\w'’-]+ )?[\w'’-]+ {_DEFINED_BY} (?!it|this|that|the (?:above|same))")
"""What follows says which one is meant: "the function of the liver"."""
_IDENTIFIER = LazyPattern(r"\w\\?_\w|\d{4}|\.\w{2,4}\b|[a-z][A-Z]")
_FIRST_ENDS = LazyPattern(r"(?<=[.!?:])\s|\n")


def _content(text: str) -> list[str]:
    """Words that say what a text is about, cut to what their forms share."""
    return [word.rstrip("s")[:6] for word in _WORDS.findall(text.lower()) if word not in _SAYS_LITTLE]


def speaks_for(prompt: str) -> dict[str, float]:
    """What of the prompt may speak for a subject that is gone."""
    return {"intercept": 1, "words": weight_of_prompt(prompt), "the": min(3, len(_THE.findall(prompt))),
            "points": _POINTS.search(prompt) is not None}


def speaks_against(prompt: str) -> dict[str, float]:
    """What of the prompt speaks against that: the weights are all negative."""
    return {"subject": min(12, len({*_content(prompt)})),
            "names": min(3, len(_NAME.findall(prompt))),
            "articles": min(3, len(_ARTICLE.findall(prompt))), "defined": min(3, len(_DEFINED.findall(prompt))),
            "identifier": _IDENTIFIER.search(prompt) is not None}


def answer_features(prompt: str, answer: str) -> dict[str, float]:
    """What the answer shows beside its prompt."""
    named, counts = {*_content(prompt)}, Counter(_content(answer[:_READ]))
    main = [word for word, _ in counts.most_common(_MAIN)]
    first = _FIRST_ENDS.split(answer[:_OPENING], 1)[0]
    new = sum(named.isdisjoint(_content(thing)) for thing in _POINTED_AT.findall(first))
    return {"words": weight_of_opening(answer), "the new": min(3, new),
            "prompt comes back": len(named & counts.keys()) / max(1, len(named)),
            "subject is named": len(named.intersection(main)) / max(1, len(main))}


def names_no_subject(prompt: str, answer: str) -> bool:
    """Whether the prompt and, with it, its answer speak for a turn that named what they are about.

    >>> names_no_subject("Add the second step to the list again", "The list of the harbour office: berths, tides, pilots.")
    True
    >>> names_no_subject("List a few reasons for tides", "The reasons for tides are the moon and the sun.")
    False
    """
    asks = _weighed(speaks_for(prompt), PROMPT_WEIGHTS)
    if asks < LEAST_OF_PROMPT:
        return False
    asks += _weighed(speaks_against(prompt), PROMPT_WEIGHTS)
    return asks >= LEAST_OF_PROMPT and asks + _weighed(answer_features(prompt, answer), ANSWER_WEIGHTS) >= LEAST


def _weighed(features: dict[str, float], weights: dict[str, float]) -> float:
    return sum(weights[name] * value for name, value in features.items())


MAY_LACK_IT = (
    (PROMPT_SIZE < LONGEST) & (PROMPT.str.len_bytes() < 1.2 * PROMPT_SIZE)
    & matches(PROMPT, rf"(?i)\b(?:the|{_POINTS_WORDS})\b") & ~matches(PROMPT, _HOLDS_ITS_SUBJECT))
"""Rows that are weighed."""
UNNAMED_SUBJECT = SINGLE_TURN & only_where(
    (PROMPT.str.len_bytes() < 1.2 * LONGEST) & (ANSWER.str.len_bytes() > SHORTEST_ANSWER),
    only_where(MAY_LACK_IT, row_by_row(names_no_subject)))
"""In English, as `MID_CONVERSATION`, and whatever the answer opens with."""
