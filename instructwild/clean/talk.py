"""How likely a row stands in the middle of a talk that is gone: a sum of weights, each of which a person can read.

Patterns see the plain ways of going on; most rows that go on show it by words that each say little. The weights are those of
words and pairs of words in the prompt and in the opening of the answer, from `python -m benchmarks.talk_weights`.
"""

import json
from functools import cache
from pathlib import Path
from zlib import crc32

import polars as pl

from instructwild.clean.context import SINGLE_TURN
from instructwild.clean.patterns import PROMPT_SIZE, all_at_once, matches, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

FILE = Path(__file__).with_name("talk_weights.json")
LONGEST, OPENING = 300, 160
"""Characters of a prompt that is judged, as longer ones may hold what they speak of; characters read of its answer."""
UNIT = 2.0**54
"""Of a weight: all from 0.25 on are whole multiples of one over it."""
LEAST, LEAST_OF_PROMPT = 6.0, 1.0
"""The sums from which on a row is seen: of all weights, and of those of the prompt alone. Half of what one source of talks
opens its answers with ("Sure! Here's an example") says nothing about the prompt."""
_TOKENS = r"[a-z]+(?:'[a-z]+)?|\d+|[?.!,:;\n\"`]"
_ANSWERS_SOMEBODY = r"\A\W*" + group_of(r"""
    Sure | Certainly | Yes | I apolog | Apolog | My apolog | You(?:['’]| a)re | Great | Understood | Here['’]s | Thank
    Of course | Absolutely | In that case | Alright | No problem | Sorry | I['’]m | Ok | It looks | It seems | I see
    I understand
""")
"""What most answers to such prompts open with, and hardly one of forty others."""
_MAY_GO_ON = group_of(r"""
    now | so | ok(?:ay)? | great | but | and | also | then | no | yes | excellent | perfect | good | nice | oh | sorry
    thanks? | that | this | it | i | we | can | could | do | will | please | keep | continue | lets? | add | what about
    how about | show | make | you | hm+ | well | actually | just | if | my | is | are | why | in | the
""")
_MAY_POINT_BACK = group_of(r"""
    continue | previous(?:ly)? | again | instead | above | earlier | error | suggest(?:ions?|ed) | mentioned | just | those
    version | details? | said | messages? | thanks | thank you | this | that | it | you | code
""")
_MAY_BE = rf"(?i)\A\W*{_MAY_GO_ON}\b|\b{_MAY_POINT_BACK}\b"
_OPENS_A_TALK = (r"(?i)\bi(?: am|['’]?m)? ?(?:going to|will|['’]ll|shall) (?:send|give|provide|share|paste|show)\b"
                 r"|\byou are (?:an? |the )")
"""Prompts of a talk that is to come."""


def features_of_prompts(prompts: pl.Series) -> pl.DataFrame:
    """Words, signs and pairs of neighbours in each prompt, `^` before and `$` after them: `row` and `feature`, not unique.

    >>> " | ".join(features_of_prompts(pl.Series(["Now?"]))["feature"])
    '^ | now | ? | $ | ^ now | now ? | ? $'
    """
    return _with_pairs(pl.concat_list(pl.lit("^"), _tokens(prompts), pl.lit("$")))


def features_of_openings(answers: pl.Series) -> pl.DataFrame:
    """The same of the opening of each answer, every word behind `>`.

    >>> " | ".join(features_of_openings(pl.Series(["Yes, I can"]))["feature"])
    '> | >yes | >, | >i | >can | > >yes | >yes >, | >, >i | >i >can'
    """
    marked = pl.concat_list(pl.lit(""), _tokens(answers.str.head(OPENING)))
    return _with_pairs(marked.list.eval(pl.lit(">") + pl.element()))


def _tokens(texts: pl.Series) -> pl.Series:
    """The words and signs of each text, every number as `#`."""
    lower = texts.str.to_lowercase().str.replace_all("’", "'", literal=True)
    number = pl.element().is_between(pl.lit("0"), pl.lit(":"), closed="left")
    return lower.str.extract_all(_TOKENS).list.eval(pl.when(number).then(pl.lit("#")).otherwise(pl.element()))


def _with_pairs(tokens: pl.Expr) -> pl.DataFrame:
    singles = pl.select(feature=tokens).with_row_index("row").explode("feature")
    row, token = pl.col("row"), pl.col("feature")
    with_next = singles.select("row", token + " " + token.shift(-1), same_row=row == row.shift(-1))
    return pl.concat([singles, with_next.filter("same_row").drop("same_row")])


@cache
def weights() -> tuple[float, pl.DataFrame]:
    """The intercept, and the weight of each `feature` in `units`: whole numbers, which sum up to the same in any order."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    units = {feature: int(UNIT * weight) for feature, weight in stored["weights"].items()}
    return stored["intercept"], pl.DataFrame({"feature": [*units], "units": [*units.values()]})


def sums_of_weights(features: pl.DataFrame, rows: int) -> pl.Series:
    """The sum of the weights of the features that each of so many rows has."""
    known = features.join(weights()[1], on="feature").unique(["row", "feature"])
    sums = known.group_by("row").agg(pl.col("units").sum())
    every = pl.select(row=pl.int_range(rows, dtype=pl.UInt32)).join(sums, on="row", how="left", maintain_order="left")
    return every["units"].fill_null(0) / UNIT


def stand_in_a_talk(prompts: pl.Series, answers: pl.Series) -> pl.Series:
    """Whether the words of a prompt, and with them those of the opening of its answer, speak for a talk that is gone.

    >>> stand_in_a_talk(pl.Series(["Great, now add the second step to that table again", "Can you explain how tides work?"]),
    ...                 pl.Series(["Sure, here's the updated table:", "Sure! Tides rise and fall with the moon."])).to_list()
    [True, False]
    """
    asks = sums_of_weights(features_of_prompts(prompts), len(prompts))
    says = sums_of_weights(features_of_openings(answers.set(asks < LEAST_OF_PROMPT, "")), len(answers))
    return (asks >= LEAST_OF_PROMPT) & (weights()[0] + asks + says >= LEAST)


def reads_as_english(text: str) -> bool:
    """Whether hardly a letter is of another script."""
    return len(text.encode()) < 1.2 * len(text)


def held_out(prompt: str) -> bool:
    """Whether rows with this prompt are left out of the training of the weights, to measure them."""
    return crc32(prompt.encode()) % 2 == 1


MID_CONVERSATION = SINGLE_TURN & only_where(
    (PROMPT.str.len_bytes() < 1.2 * LONGEST) & matches(ANSWER.str.head(20), _ANSWERS_SOMEBODY),
    only_where((PROMPT_SIZE < LONGEST) & (PROMPT.str.len_bytes() < 1.2 * PROMPT_SIZE)
               & matches(PROMPT, _MAY_BE) & ~matches(PROMPT, _OPENS_A_TALK), all_at_once(stand_in_a_talk)))
"""In English: of other languages no source of talks was at hand."""
