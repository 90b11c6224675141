"""Sums of weights, each of which a person can read: of words and pairs of neighbours in a prompt, and in the opening of its
answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

OPENING = 160
"""Characters read of an answer."""
UNIT = 100
"""Weights are whole multiples of one over it, so that they sum up to the same in any order."""
FEATURE = pl.col("feature")
Numbers = TypeVar("Numbers", pl.Expr, np.ndarray[tuple[int, ...], np.dtype[np.uint64]])
_OF_OPENINGS = 1
"""The seed by which words of openings are other numbers than those of prompts."""
_TOKENS = r"[a-z]+(?:'[a-z]+)?|\d+|[?.!,:;\n\"`]"


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


def _number(token: Numbers, next_one: Numbers) -> Numbers:
    """The number of a pair: to count with numbers takes half the time that joined strings take."""
    return 3 * token + next_one


def with_numbers(weights: pl.DataFrame) -> pl.DataFrame:
    """Weights with the `number` of each `feature`: the hash of a word, another one in openings, or what two of them make."""
    words = FEATURE.str.replace_all(">", "", literal=True).str.split(" ").list
    first, second = words.get(0), words.get(1, null_on_oob=True)

    def number(seed: int) -> pl.Expr:
        return pl.when(second.is_null()).then(first.hash(seed)).otherwise(_number(first.hash(seed), second.hash(seed)))

    return weights.with_columns(number=pl.when(FEATURE.str.starts_with(">")).then(number(_OF_OPENINGS)).otherwise(number(0)))


@dataclass(frozen=True)
class WordWeights:
    """Weights of words and pairs of words.

    Args:
        intercept: what every sum begins with.
        known: `feature`, its weight in `units` and its `number`.
    """

    intercept: float
    known: pl.DataFrame

    @classmethod
    def of(cls, intercept: float, weights: Mapping[str, float]) -> "WordWeights":
        """Weights by feature, as `features_of_prompts` and `features_of_openings` name them."""
        units = [round(UNIT * weight) for weight in weights.values()]
        return cls(intercept, with_numbers(pl.DataFrame({"feature": [*weights], "units": units},
                                                        schema={"feature": pl.String, "units": pl.Int64})))

    @classmethod
    def of_file(cls, file: Path) -> "WordWeights":
        """Those that a trainer wrote."""
        stored = json.loads(file.read_text(encoding="utf-8"))
        return cls.of(stored["intercept"], stored["weights"])

    def of_prompts(self, prompts: pl.Series) -> pl.Series:
        """The sum of the weights of the features that each prompt has."""
        return self._sums(_of_prompts(prompts), 0, len(prompts))

    def of_openings(self, answers: pl.Series) -> pl.Series:
        """The same of the opening of each answer."""
        return self._sums(_of_openings(answers), _OF_OPENINGS, len(answers))

    def _sums(self, tokens: pl.DataFrame, seed: int, rows: int) -> pl.Series:
        words, row = tokens["feature"].hash(seed).to_numpy(), tokens["row"].to_numpy()
        same_row = row[1:] == row[:-1]
        features = pl.DataFrame({"row": np.concatenate([row, row[1:][same_row]]),
                                 "number": np.concatenate([words, _number(words[:-1], words[1:])[same_row]])})
        known = features.join(self.known.select("number", at=pl.int_range(pl.len())), on="number")
        once = np.unique(known["row"].to_numpy().astype(np.int64) * self.known.height + known["at"].to_numpy())
        row, at = np.divmod(once, max(1, self.known.height))
        return pl.Series(np.bincount(row, self.known["units"].to_numpy()[at], minlength=rows) / UNIT)
