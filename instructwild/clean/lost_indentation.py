"""Python whose indentation was lost on the way: a block that opens and holds nothing, which runs nowhere."""

import polars as pl

from instructwild.clean.patterns import matches, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_SPACE = r"[ \u00a0]"
"""A space of a web page too."""
_DEFINES = rf"def{_SPACE}[\w\\*]+\([^\n]*\)[^\n]*:|class{_SPACE}\w+[^\n]*:"
_BRANCHES = r"for \w+ in [^\n]*:|if [^\n]*[=<>(][^\n]*:|elif [^\n]*:|while [^\n]*:|else:|try:|except[^\n]*:"
_AT_THE_MARGIN = rf"(?m)^(?:{_DEFINES}|{_BRANCHES})[ \t]*\n[^\s#`]"
_BY_ONE_SPACE = rf"(?m)^ (?:{_BRANCHES})[ \t]*\n ?[^\s#`]"
"""White space of any width became one space: the first block still stands in, and what it holds does not."""
_BY_NOTHING = rf"(?m)^(?: {{4}}|\t)(?:{_DEFINES}|{_BRANCHES})[ \t]*\n(?: {{4}}|\t)[^\s#\"'`]"
"""A block that stands in itself, and what it holds stands no further in."""
_OTHER_LANGUAGES = group_of(r"ruby | pseudo-?code | crystal | elixir | lua | julia")
_MEANT = rf"(?i)indentation|IndentationError|缩进|\b{_OTHER_LANGUAGES}\b|伪代码"
LOST_INDENTATION = only_where(
    ANSWER.str.contains(f"def{_SPACE}"),
    matches(ANSWER, rf"{_AT_THE_MARGIN}|{_BY_ONE_SPACE}|{_BY_NOTHING}")
    & ~matches(PROMPT, _MEANT) & ~matches(ANSWER, _MEANT))
"""A line of Python that opens a block, and the next one stands no further in."""
