"""How likely a row stands in the middle of a talk that is gone: a sum of weights, each of which a person can read.

Patterns see the plain ways of going on; most rows that go on show it by words that each say little. The weights are those of
words and pairs of words in the prompt and in the opening of the answer, from `python -m benchmarks.talk_weights`.
"""

from functools import cache
from pathlib import Path
from zlib import crc32

import polars as pl

from instructwild.clean.context import SINGLE_TURN
from instructwild.clean.patterns import PROMPT_SIZE, all_at_once, matches, only_where
from instructwild.clean.word_weights import WordWeights
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

FILE = Path(__file__).with_name("talk_weights.json")
LONGEST = 300
"""Characters of a prompt that is judged, as longer ones may hold what they speak of."""
LEAST, LEAST_OF_PROMPT = 6.0, 1.0
"""The sums from which on a row is seen: of all weights, and of those of the prompt alone. Half of what one source of talks
opens its answers with ("Sure! Here's an example") says nothing about the prompt."""
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


@cache
def weights() -> WordWeights:
    """The weights of words in talks."""
    return WordWeights.of_file(FILE)


def stand_in_a_talk(prompts: pl.Series, answers: pl.Series) -> pl.Series:
    """Whether the words of a prompt, and with them those of the opening of its answer, speak for a talk that is gone.

    >>> stand_in_a_talk(pl.Series(["Great, now add the second step to that table again", "Can you explain how tides work?"]),
    ...                 pl.Series(["Sure, here's the updated table:", "Sure! Tides rise and fall with the moon."])).to_list()
    [True, False]
    """
    asks = weights().of_prompts(prompts)
    says = weights().of_openings(answers.set(asks < LEAST_OF_PROMPT, ""))
    return (asks >= LEAST_OF_PROMPT) & (weights().intercept + asks + says >= LEAST)


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
