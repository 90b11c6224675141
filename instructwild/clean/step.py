"""What a step is, and what it decides. A pipeline is a list of them, run in order over one frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import polars as pl

from instructwild.errors import ConfigError
from instructwild.schema.verdict import Reason

DROPS = pl.Schema({"at": pl.UInt32, "reason": pl.String, "evidence": pl.String})


@dataclass(frozen=True)
class Verdicts:
    """What one step decided about the rows it was given.

    Attributes:
        rows: all rows that were given, in their order, perhaps labelled, flagged or mended.
        drops: those of them to be dropped: `at`, `reason`, and `evidence` as one JSON string.
        notes: figures for the report, by name; plain JSON.
    """

    rows: pl.DataFrame
    drops: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DROPS))
    notes: Mapping[str, Any] = field(default_factory=dict)


class Step(Protocol):
    """A step: a frozen dataclass whose fields are its options, with one function that judges all rows at once."""

    name: ClassVar[str]

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Judge the rows: the columns of an instruction, and `at`, `prompt`, `answer`."""
        ...


def drops(rows: pl.DataFrame, reason: Reason, **evidence: pl.Expr) -> pl.DataFrame:
    """All of `rows` as drops, with evidence made of columns."""
    encoded = pl.struct(**evidence).struct.json_encode()
    return rows.select(pl.col("at"), pl.lit(reason.value).alias("reason"), encoded.alias("evidence"))


def actions(chosen: Mapping[str, str], default: Mapping[str, str], allowed: Sequence[str], step: str) -> dict[str, str]:
    """What to do about each rule of a step: what the user says, else its default.

    Raises:
        ConfigError: there is no such rule, or it cannot do that.
    """
    for rule, action in chosen.items():
        if rule not in default:
            raise ConfigError(f"unknown rule {rule!r}", where=f"step {step}", remedy=f"one of: {', '.join(default)}")
        if action not in allowed:
            raise ConfigError(f"rule {rule} cannot {action!r}", where=f"step {step}", remedy=f"one of: {', '.join(allowed)}")
    return {**default, **chosen}
