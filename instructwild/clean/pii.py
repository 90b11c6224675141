"""Personal data: mails, phones, names, keys and addresses become placeholders, as in collecting."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import polars as pl

from instructwild.clean.rows import among, flagged, rewritten, turns
from instructwild.clean.step import Verdicts, drops
from instructwild.errors import ConfigError
from instructwild.privacy.hint import hinted
from instructwild.privacy.json_texts import texts_in, with_texts
from instructwild.privacy.masking import Kinds, mask, mask_row
from instructwild.privacy.turns import FIELDS, texts_of, with_texts_of
from instructwild.schema.columns import compact
from instructwild.schema.verdict import Reason

COLUMNS = ("tools", "extra")
"""What beside the turns holds texts."""


@dataclass(frozen=True)
class Pii:
    """Mask, flag or drop rows with personal data. What this run writes about dropped rows is masked too."""

    name: ClassVar[str] = "pii"

    action: Literal["mask", "flag", "drop"] = "mask"
    mask: Kinds = "all"

    def __post_init__(self) -> None:
        if self.action not in ("mask", "flag", "drop"):
            raise ConfigError(f"personal data cannot be {self.action!r}", where="step pii",
                              remedy="one of: mask, flag, drop")
        if self.mask not in get_args(Kinds):
            raise ConfigError(f"there is no mask {self.mask!r}", where="--mask",
                              remedy=f"one of: {', '.join(get_args(Kinds))}")

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Find rows in which `instructwild.privacy.masking` sees personal data, and do with them what `action` says."""
        spoken = turns(rows).filter(pl.any_horizontal(hinted(pl.col(field)) for field in FIELDS))["at"]
        columns = pl.any_horizontal(hinted(pl.col(name)) for name in COLUMNS)
        suspects = rows.filter(among(rows, spoken.unique()) | columns).select("at", "messages", *COLUMNS)
        kinds: dict[int, dict[str, int]] = {}
        messages: dict[int, list[dict[str, Any]]] = {}
        beside: dict[int, dict[str, str | None]] = {}
        for row in suspects.iter_rows(named=True):
            changed, counts = _masked_row(row, self.mask)
            if counts:
                kinds[row["at"]], messages[row["at"]] = counts, changed["messages"]
                beside[row["at"]] = {name: changed[name] for name in COLUMNS}
        places = pl.Series("at", sorted(kinds), dtype=pl.UInt32)
        totals: Counter[str] = Counter()
        for counts in kinds.values():
            totals.update(counts)
        notes = {"rows": len(places), "kinds": dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))}
        if self.action == "drop":
            names = pl.Series([sorted(kinds[at]) for at in places], dtype=pl.List(pl.String))
            lost = rows.filter(among(rows, places)).with_columns(names.alias("_kinds"))
            return Verdicts(rows, drops(lost, Reason.PII, kinds=pl.col("_kinds")), notes)
        after_rows = rows if self.action == "flag" else _with_columns(rewritten(rows, messages), beside)
        marks = places.to_frame().with_columns(pl.lit(True).alias("personal_data"))
        return Verdicts(flagged(after_rows, marks), notes=notes)


def _masked_row(row: Mapping[str, Any], kinds: Kinds) -> tuple[dict[str, Any], dict[str, int]]:
    """A row with all its texts masked by one map: a value has one placeholder wherever it stands."""
    columns = [json.loads(row[name] or "null") for name in COLUMNS]
    parts = [*texts_of(row["messages"]), *(("system", text) for text in texts_in(columns))]
    masked_parts, counts = mask_row(parts, kinds)
    texts = iter(masked_parts)
    messages = with_texts_of(row["messages"], texts)
    after = zip(COLUMNS, columns, with_texts(columns, texts), strict=True)
    return {"messages": messages, **{name: row[name] if before == value else compact(value) for name, before,
    value in after}}, counts


def _with_columns(rows: pl.DataFrame, beside: Mapping[int, Mapping[str, str | None]]) -> pl.DataFrame:
    """The rows with tools and further columns replaced, by `at`."""
    if not beside:
        return rows
    new = pl.DataFrame([{"at": at, **columns} for at, columns in beside.items()],
                       schema={"at": rows.schema["at"], **dict.fromkeys(COLUMNS, pl.String)})
    return rows.update(new, on="at", maintain_order="left")


def masked(text: str) -> str:
    """The text without personal data."""
    return mask(text)[0]
