"""Patterns over columns of texts: forms of them that polars matches fast."""

import re
from collections.abc import Callable, Iterable

import polars as pl

from instructwild.clean.alternatives import grouped

_EDGE = re.compile(r"(?<!\\)((?:\\\\)*)\\b")

PROMPT_SIZE, ANSWER_SIZE = pl.col("prompt_size"), pl.col("answer_size")
"""Characters of each. Dozens of patterns ask for them, and to count them takes as long as to look for a word."""
PROMPT_MAY_HOLD_HAN, ANSWER_MAY_HOLD_HAN = (pl.col(text).str.len_bytes() > pl.col(f"{text}_size") + 6
                                            for text in ("prompt", "answer"))
"""More bytes than characters, as four Chinese characters have: a quick look that leaves out English."""


def sized(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `prompt_size` and `answer_size`."""
    return rows.with_columns(prompt_size=pl.col("prompt").str.len_chars(), answer_size=pl.col("answer").str.len_chars())


def matches(text: pl.Expr, pattern: str) -> pl.Expr:
    r"""Whether the pattern occurs in the text; `\b` parts words of ASCII.

    At a Unicode word boundary Rust's engine gives up its fast way as soon as a text holds any other character: a pattern
    that begins with `\b` takes some twenty times as long over Chinese text.
    """
    return text.str.contains(_EDGE.sub(r"\1(?-u:\\b)", pattern))


def matches_any(text: pl.Expr, patterns: Iterable[str], openings: Iterable[str] = ()) -> pl.Expr:
    """Whether one of the patterns occurs, by one search for all alternatives that open alike.

    Of ten patterns it takes a third of the time of one search each, as long as no group has more than some 4,000 letters.

    Args:
        text: what is searched.
        patterns: what is looked for.
        openings: as `grouped` takes them.
    """
    return pl.any_horizontal(matches(text, pattern) for pattern in grouped(patterns, openings))


def holds_any(text: pl.Expr, words: Iterable[str]) -> pl.Expr:
    """Whether one of the words occurs in the text: some ten times as fast as `str.contains_any` over long texts."""
    return text.str.contains("|".join(map(re.escape, words)))


def where(may_be: pl.Expr, text: pl.Expr) -> pl.Expr:
    """The text where that holds, and null elsewhere, as `pl.when(may_be).then(text)` has it.

    Of a text that `when` alone leaves out the letters stay behind its null, and polars runs every pattern over them.
    """
    def kept(rows: pl.Series) -> pl.Series:
        holds = pl.col("may_be")
        return rows.struct.unnest().select(
            pl.when(holds).then(pl.when(holds).then("text").otherwise(pl.lit("")))).to_series()

    return pl.struct(may_be=may_be, text=text).map_batches(kept, return_dtype=pl.String)


def only_where(may_be: pl.Expr, seen: pl.Expr, *columns: str) -> pl.Expr:
    """`seen` of `prompt`, `answer` and their sizes, computed of the few rows alone where a quick look says that it may be.

    Args:
        may_be: the quick look.
        seen: what is looked for.
        columns: others that these two take.
    """
    def judged(rows: pl.Series) -> pl.Series:
        frame = rows.struct.unnest()
        hits = frame.select(may_be.fill_null(False)).to_series()
        nowhere = pl.Series(rows.name, [False], dtype=pl.Boolean).new_from_index(0, len(rows))
        if not hits.any():
            return nowhere
        verdicts = frame.filter(hits).select(seen.fill_null(False)).to_series()
        return nowhere.scatter(hits.arg_true(), verdicts)

    return pl.struct("prompt", "answer", "prompt_size", "answer_size", *columns).map_batches(judged, return_dtype=pl.Boolean)


def all_at_once(fail: Callable[[pl.Series, pl.Series], pl.Series]) -> pl.Expr:
    """What a function says of the columns of prompts and answers; to stand within `only_where`."""
    def judged(rows: pl.Series) -> pl.Series:
        return fail(rows.struct.field("prompt"), rows.struct.field("answer")).alias(rows.name)

    return pl.struct("prompt", "answer").map_batches(judged, return_dtype=pl.Boolean)


def row_by_row(fails: Callable[[str, str], bool]) -> pl.Expr:
    """What a function says of the prompt and the answer of each row; slow, and to stand within `only_where`."""
    return all_at_once(lambda prompts, answers: pl.Series(list(map(fails, prompts.to_list(), answers.to_list())),
                                                          dtype=pl.Boolean))
