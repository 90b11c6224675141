"""Prompts that name nothing of what their answer is about: "Give me the agendas for weeks 6 and 7", and the answer knows of
the Monday meetings of the harbour office. They go on from a turn that is not in the row.

Sums as those of `talk`, with figures beside words: how much of the prompt comes back in its answer, how much of what the
answer is about the prompt names, what both point at with "the". The weights are from `python -m benchmarks.subject_weights`:
those of figures stand here, those of words in a file.
"""

from collections.abc import Mapping
from functools import cache, reduce
from operator import add
from pathlib import Path

import numpy as np
import polars as pl

from instructwild.clean.context import SINGLE_TURN
from instructwild.clean.patterns import PROMPT_SIZE, all_at_once, matches, only_where
from instructwild.clean.word_weights import WordWeights
from instructwild.text.word_table import group_of, listed

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

FILE = Path(__file__).with_name("subject_weights.json")
LONGEST, SHORTEST_ANSWER = 240, 120
"""Characters of a prompt that is judged, and bytes of an answer that shows what it is about."""
LEAST, LEAST_OF_PROMPT = 1.4, 0.2
"""The sums from which on a row is seen: of all weights, and of those of the prompt alone."""
_READ, _OPENING = 600, 200
"""Characters of an answer whose subject is looked for, and of its first sentence."""
_MAIN = 6
"""The words that an answer has most often are what it is about."""

PROMPT_WEIGHTS = {"intercept": 1.13, "words": 1, "the": 0.32, "points": 0.6, "size": -1.16, "names": -0.2,
                  "articles": -0.23, "identifier": -0.19}
ANSWER_WEIGHTS = {"words": 1, "the new": 0.27, "prompt comes back": -0.66, "subject is named": -2.23}
_MOST_AGAINST = -2.9
"""Below what the last two come to at most."""

_ODD = 0x9E3779B97F4A7C15
"""What words of different rows are told apart by."""

_SAYS_LITTLE = " ".join(listed("""
    the and for that this with you your are was can have has will not but from they what how when which would could should
    there their them then than into about more some any all also our out over just like make made use used using one two
    its it's i'm i'd here here's sure certainly yes may might need want help please let get give example provide following
    based each other these those who why where does did been being such only very most many much own same way ways write
    create time first step steps code information different important new
""")).split()
_WORDS = r"[a-z][a-z'’-]{2,}|[a-z]*\d+"
_THE = r"\b[Tt]he\b"
_POINTED_AT = r"\b(?:[Tt]he|[Yy]our|[Oo]ur|[Tt]hese|[Tt]hose) (?:[\w'’`\"-]+ )?[\w'’`\"-]+"
_POINTS_WORDS = group_of("it | this | that | these | those | they | them | he | she | his | her")
_POINTS = rf"(?i)\b{_POINTS_WORDS}\b"
_ASKS_ANEW_WORDS = group_of("""
    what (?:is|are|does) | explain | define | describe | tell me about | how (?:do|to|does) | why
""")
_BEGINS_WORDS = group_of("""
    you are | imagine | pretend | as an? | role-?play | (?:write|create|generate|compose|develop|design) an?
""")
_HOLDS_ITS_SUBJECT = (r"\n|[\"“][^\"”]{20}|[:：]\s*\S.{20}|(?i: an? .* an? )"
                      rf"|(?i:\A\W*(?:{_ASKS_ANEW_WORDS}|{_BEGINS_WORDS})\b)")
"""What prompts are left alone for: a text of their own, or the opening of a talk that begins."""
_NAME = r"[a-z,] [A-Z]\B"
_ARTICLE = r"\b[Aa]n? "
_IDENTIFIER = r"\w\\?_\w|\d{4}|\.\w{2,4}\b|[a-z][A-Z]"
_FIRST_SENTENCE = r"\A(?:([^\n]*?[.!?:])\s|([^\n]*))"


@cache
def weights() -> WordWeights:
    """The weights of words in prompts without a subject, and in their answers."""
    return WordWeights.of_file(FILE)


def _content(texts: pl.Series) -> pl.DataFrame:
    """Words that say what a text is about, cut to what their forms share, as numbers: `row` and `word`, in their order."""
    words = texts.str.to_lowercase().str.extract_all(_WORDS).alias("word").to_frame().with_row_index("row").explode("word")
    return words.filter(~pl.col("word").is_in(_SAYS_LITTLE)).with_columns(
        pl.col("word").str.strip_chars_end("s").str.head(6).hash())


def speaks_for(prompts: pl.Series) -> pl.DataFrame:
    """What of each prompt may speak for a subject that is gone."""
    return pl.select(words=weights().of_prompts(prompts), the=prompts.str.count_matches(_THE).clip(upper_bound=3),
                     points=prompts.str.contains(_POINTS)).select(pl.lit(1).alias("intercept"), pl.all())


def speaks_against(prompts: pl.Series) -> pl.DataFrame:
    """What of each prompt speaks against that: the weights are all negative."""
    return pl.select(size=prompts.str.len_bytes() / LONGEST,
                     names=prompts.str.count_matches(_NAME).clip(upper_bound=3),
                     articles=prompts.str.count_matches(_ARTICLE).clip(upper_bound=3),
                     identifier=prompts.str.contains(_IDENTIFIER))


def beside_prompts(prompts: pl.Series, answers: pl.Series) -> pl.DataFrame:
    """What each answer shows beside its prompt, but for the words of its opening."""
    rows, named = len(prompts), _content(prompts).unique()
    in_row = pl.col("word") + pl.col("row").cast(pl.UInt64) * _ODD          # to group by one number takes half the time
    counts = _content(answers.str.head(_READ)).group_by(in_row, maintain_order=True).agg(pl.col("row").first(), pl.len())
    is_named = pl.col("word").is_in(pl.lit(named.select(in_row).to_series()).implode())
    words = counts.sort("row", "len", descending=[False, True], maintain_order=True).select(
        "row", main=pl.int_range(pl.len()).over("row") < _MAIN, named=is_named)
    back, main, subject = (_counted(words.filter(which), rows) for which in (
        pl.col("named"), pl.col("main"), pl.col("named") & pl.col("main")))
    return pl.select(
        _new_things(named, answers).clip(upper_bound=3).alias("the new"),
        (back / _counted(named, rows).clip(1)).alias("prompt comes back"),
        (subject / main.clip(1)).alias("subject is named"))


def _new_things(named: pl.DataFrame, answers: pl.Series) -> pl.Series:
    """How many things the first sentence of each answer points at of which its prompt names no word."""
    ends = answers.str.head(_OPENING).str.extract_groups(_FIRST_SENTENCE).struct
    first = ends.field("1").fill_null(ends.field("2"))
    things = first.str.extract_all(_POINTED_AT).alias("thing").to_frame().with_row_index("at").explode(
        "thing", keep_nulls=False, empty_as_null=False)
    words = _content(things["thing"]).join(things.with_row_index("row"), on="row").join(
        named, left_on=["at", "word"], right_on=["row", "word"], how="semi")
    return _counted(things.with_row_index("row").join(words, on="row", how="anti").select(row="at"), len(answers))


def _counted(listed: pl.DataFrame, rows: int) -> pl.Series:
    """How many of the listed belong to each of so many rows."""
    return pl.Series(np.bincount(listed["row"].to_numpy(), minlength=rows))


def name_no_subject(prompts: pl.Series, answers: pl.Series) -> pl.Series:
    """Whether each prompt and, with it, its answer speak for a turn that named what they are about.

    >>> name_no_subject(pl.Series(["Add the second step to the list again", "List a few reasons for tides"]),
    ...                 pl.Series(["The list of the harbour office: berths, tides, pilots.",
    ...                            "The reasons for tides are the moon and the sun."])).to_list()
    [True, False]
    """
    rows, asks = len(prompts), _weighed(speaks_for(prompts), PROMPT_WEIGHTS)
    left = (asks >= LEAST_OF_PROMPT).arg_true()
    asks = asks[left] + _weighed(speaks_against(prompts[left]), PROMPT_WEIGHTS)
    left, asks = left.filter(asks >= LEAST_OF_PROMPT), asks.filter(asks >= LEAST_OF_PROMPT)
    prompts, answers = prompts[left], answers[left]
    words = weights().of_openings(answers)
    seen = asks + ANSWER_WEIGHTS["words"] * words > LEAST - _MOST_AGAINST
    open_ = (~seen).arg_true()
    of_answers = pl.DataFrame({"words": words[open_]}).hstack(beside_prompts(prompts[open_], answers[open_]))
    seen = seen.scatter(open_, asks[open_] + _weighed(of_answers, ANSWER_WEIGHTS) >= LEAST)
    return pl.repeat(False, rows, eager=True).scatter(left.filter(seen), True)


def _weighed(features: pl.DataFrame, weights: Mapping[str, float]) -> pl.Series:
    return reduce(add, (weights[name] * features[name].cast(pl.Float64) for name in features.columns))


MAY_LACK_IT = (
    (PROMPT_SIZE < LONGEST) & (PROMPT.str.len_bytes() < 1.2 * PROMPT_SIZE)
    & ~matches(PROMPT, _HOLDS_ITS_SUBJECT))
"""Rows that are weighed."""
UNNAMED_SUBJECT = SINGLE_TURN & only_where(
    (PROMPT.str.len_bytes() < 1.2 * LONGEST) & (ANSWER.str.len_bytes() > SHORTEST_ANSWER),
    only_where(MAY_LACK_IT, all_at_once(name_no_subject)))
"""In English, as `MID_CONVERSATION`, and whatever the answer opens with."""
