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
FEATURE = pl.col("feature")
_OF_OPENINGS = 1
"""The seed by which words of openings are other numbers than those of prompts."""
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
    return _with_pairs(_of_prompts(prompts), FEATURE + " " + FEATURE.shift(-1))


def features_of_openings(answers: pl.Series) -> pl.DataFrame:
    """The same of the opening of each answer, every word behind `>`.

    >>> " | ".join(features_of_openings(pl.Series(["Yes, I can"]))["feature"])
    '> | >yes | >, | >i | >can | > >yes | >yes >, | >, >i | >i >can'
    """
    return _with_pairs(_of_openings(answers).with_columns(feature=">" + FEATURE), FEATURE + " " + FEATURE.shift(-1))


def _of_prompts(prompts: pl.Series) -> pl.DataFrame:
    return _listed(pl.concat_list(pl.lit("^"), _tokens(prompts), pl.lit("$")))


def _of_openings(answers: pl.Series) -> pl.DataFrame:
    return _listed(pl.concat_list(pl.lit(""), _tokens(answers.str.head(OPENING))))


def _tokens(texts: pl.Series) -> pl.Series:
    """The words and signs of each text, every number as `#`."""
    lower = texts.str.to_lowercase().str.replace_all("’", "'", literal=True)
    number = pl.element().is_between(pl.lit("0"), pl.lit(":"), closed="left")
    return lower.str.extract_all(_TOKENS).list.eval(pl.when(number).then(pl.lit("#")).otherwise(pl.element()))


def _listed(tokens: pl.Expr) -> pl.DataFrame:
    return pl.select(feature=tokens).with_row_index("row").explode("feature")


def _with_pairs(singles: pl.DataFrame, pair: pl.Expr) -> pl.DataFrame:
    row = pl.col("row")
    with_next = singles.select("row", feature=pair, same_row=row == row.shift(-1))
    return pl.concat([singles, with_next.filter("same_row").drop("same_row")])


def _number(token: pl.Expr, next_one: pl.Expr) -> pl.Expr:
    """The number of a pair: to count with numbers takes half the time that joined strings take."""
    return 3 * token + next_one


def with_numbers(weights: pl.DataFrame) -> pl.DataFrame:
    """Weights with the `number` of each `feature`: the hash of a word, another one in openings, or what two of them make."""
    words = FEATURE.str.replace_all(">", "", literal=True).str.split(" ").list
    first, second = words.get(0), words.get(1, null_on_oob=True)

    def number(seed: int) -> pl.Expr:
        return pl.when(second.is_null()).then(first.hash(seed)).otherwise(_number(first.hash(seed), second.hash(seed)))

    return weights.with_columns(number=pl.when(FEATURE.str.starts_with(">")).then(number(_OF_OPENINGS)).otherwise(number(0)))


@cache
def weights() -> tuple[float, pl.DataFrame]:
    """The intercept, and the weight of each `feature` in `units`: whole numbers, which sum up to the same in any order."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    units = {feature: int(UNIT * weight) for feature, weight in stored["weights"].items()}
    return stored["intercept"], with_numbers(pl.DataFrame({"feature": [*units], "units": [*units.values()]}))


def weights_of_prompts(prompts: pl.Series) -> pl.Series:
    """The sum of the weights of the features that each prompt has."""
    return _sums_of_weights(_of_prompts(prompts), 0, len(prompts))


def weights_of_openings(answers: pl.Series) -> pl.Series:
    """The same of the opening of each answer."""
    return _sums_of_weights(_of_openings(answers), _OF_OPENINGS, len(answers))


def _sums_of_weights(tokens: pl.DataFrame, seed: int, rows: int) -> pl.Series:
    numbers = _with_pairs(tokens.with_columns(FEATURE.hash(seed)), _number(FEATURE, FEATURE.shift(-1)))
    units = weights()[1].select("number", "units")
    known = numbers.join(units, left_on="feature", right_on="number").unique(["row", "feature"])
    sums = known.group_by("row").agg(pl.col("units").sum())
    return pl.zeros(rows, pl.Int64, eager=True).scatter(sums["row"], sums["units"]) / UNIT


def stand_in_a_talk(prompts: pl.Series, answers: pl.Series) -> pl.Series:
    """Whether the words of a prompt, and with them those of the opening of its answer, speak for a talk that is gone.

    >>> stand_in_a_talk(pl.Series(["Great, now add the second step to that table again", "Can you explain how tides work?"]),
    ...                 pl.Series(["Sure, here's the updated table:", "Sure! Tides rise and fall with the moon."])).to_list()
    [True, False]
    """
    asks = weights_of_prompts(prompts)
    says = weights_of_openings(answers.set(asks < LEAST_OF_PROMPT, ""))
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
