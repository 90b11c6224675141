"""What GPTQ is fitted on: the project's own answered rows as the chat template writes them, every language its share."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from instructwild.errors import InputError
from instructwild.text.quantity import quantity
from instructwild_trainer.data import Conversation

FEWEST = 8
"""Rows below which the curvature that GPTQ measures is an accident of the rows."""


@dataclass(frozen=True)
class Calibration:
    """Token ids by example, and how many rows and tokens each language has.

    A row gives one example, or one for each answer where the template writes a conversation otherwise than its beginning.
    """

    ids: list[list[int]]
    rows: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = (f"{name} {quantity(self.rows[name], 'row')}, {quantity(self.tokens[name], 'token')}" for name in self.rows)
        return (f"{quantity(sum(self.rows.values()), 'row')}, {quantity(sum(self.tokens.values()), 'token')} "
                f"({'; '.join(parts)})")


def choose(rows: Sequence[Conversation], most: int, languages: Iterable[str] = ()) -> Calibration:
    """At most `most` rows, drawn the same every time, the languages in turn until one has no more.

    Args:
        rows: conversations that nothing is measured on.
        most: rows in all.
        languages: what the model must speak; each must have rows.

    Raises:
        InputError: too few rows, or a language without any.
    """
    by: dict[str, list[Conversation]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: hashlib.sha256(row.id.encode()).digest()):
        by[row.language].append(row)
    lacking = [name for name in languages if name not in by]
    if lacking:
        raise InputError(f"no row is in {', '.join(lacking)}, a language that the model was trained on; the rows are in "
                         f"{', '.join(by) or 'no language'}", where="--calibration",
                         remedy="add answered rows in it, or say with --languages which ones the 4-bit model must speak")
    turns = sorted(((index, name, row) for name, result in by.items() for index, row in enumerate(result)),
                   key=lambda item: item[:2])
    chosen = [row for _, _, row in turns[:most]]
    if len(chosen) < FEWEST:
        raise InputError(f"{len(chosen)} usable rows are too few to calibrate on", where="--calibration",
                         remedy=f"give at least {FEWEST} answered rows besides the held-out ones (128 or more are better), "
                                "or raise --max-length or --samples")
    names = sorted({row.language for row in chosen})
    return Calibration([example.input_ids for row in chosen for example in row.examples],
                       {name: sum(row.language == name for row in chosen) for name in names},
                       {name: sum(len(example.input_ids) for row in chosen if row.language == name
                                  for example in row.examples) for name in names})

