"""Rows that resemble one: those that a stage recorded as its duplicates, and those that share most of its tokens.

Candidates are the rows of like length that hold most of a sample of the row's tokens; their F is then computed exactly, as
`clean.near` defines it. The search is of one row in one source: it takes one pass over the prompts.
"""

from fractions import Fraction
from typing import Any

import polars as pl

from instructwild.clean.near.rule import near
from instructwild.report.blocks import differing
from instructwild.text.tokens import tokens
from instructwild.view.index import ViewIndex

LEAST = Fraction(3, 5)
SHOWN, SAMPLE, MEASURED, RECORDED = 12, 16, 2_000, 50
LONGEST = 20_000
"""Characters of a prompt beyond which no other is compared with it."""


def twins_of(index: ViewIndex, n: int) -> list[dict[str, Any]]:
    """The rows most like row `n`, the likest first, each with the words that differ from it.

    Returns:
        Of each its facts, `f` (None where it was not computed), `recorded` (a stage named the two as duplicates), and
        `prompts` and `answers`: the runs [differs, text] of the row and of the twin.
    """
    own = _texts(index, [n])
    if not own:
        return []
    row = own[0]
    recorded = _recorded(index, row)
    measured = _measured(index, row) if 0 < row["length"] <= LONGEST else {}
    others = {other["n"]: other for other in _texts(index, [*recorded, *measured])}
    twins = []
    for number, other in others.items():
        twins.append({**{name: other[name] for name in ("n", "id", "kept", "reason", "step", "language")},
                      "f": measured.get(number), "recorded": number in recorded,
                      "prompts": differing(row["prompt"], other["prompt"]),
                      "answers": _answers(row["answer"], other["answer"])})
    return sorted(twins, key=lambda twin: (not twin["recorded"], -(twin["f"] or 0), twin["n"]))


def _answers(left: str, right: str) -> tuple[Any, Any] | None:
    """The runs of two answers, unmarked where there is only one of them; None where there is none."""
    if left and right:
        return differing(left, right)
    return ([(False, left)], [(False, right)]) if left or right else None


def _texts(index: ViewIndex, numbers: list[int]) -> list[dict[str, Any]]:
    rows = index.facts().filter(pl.col("n").is_in(numbers)).collect()
    return list(rows.iter_rows(named=True))


def _recorded(index: ViewIndex, row: dict[str, Any]) -> list[int]:
    """The row that this one duplicates, and those that duplicate it, as the stage's evidence says."""
    test = pl.col("twin") == row["id"] if row["kept"] else pl.col("kept") & (pl.col("id") == row["twin"])
    if not row["id"] or not (row["kept"] or row["twin"]):
        return []
    return index.facts().filter(test, pl.col("n") != row["n"]).select("n").head(RECORDED).collect()["n"].to_list()


def _measured(index: ViewIndex, row: dict[str, Any]) -> dict[int, float]:
    """By number the F of the rows whose prompts are most like the row's."""
    mine = tokens(row["prompt"])
    distinct = sorted(set(mine), key=len, reverse=True)
    if not distinct:
        return {}
    sample = distinct[:: max(1, len(distinct) // SAMPLE)][:SAMPLE]
    prompt = pl.col("prompt").str.to_lowercase()
    shared = pl.sum_horizontal([prompt.str.contains(token, literal=True).cast(pl.UInt32) for token in sample])
    likely = (index.facts()
              .filter(pl.col("length").is_between(row["length"] // 2, row["length"] * 2), pl.col("n") != row["n"])
              .select("n", shared=shared).filter(pl.col("shared") * 2 >= len(sample)).collect()
              .sort("shared", "n", descending=[True, False]).head(MEASURED))
    scores = {}
    for other in _texts(index, likely["n"].to_list()):
        if (match := near(other["n"], mine, tokens(other["prompt"]), LEAST)) is not None:
            scores[other["n"]] = round(float(match), 4)
    return dict(sorted(scores.items(), key=lambda item: -item[1])[:SHOWN])
