"""Personal data: mails, phones, names, keys and addresses become placeholders, as in collecting."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import polars as pl

from instructwild.clean.rows import among, flagged, rewritten, turns
from instructwild.clean.step import Verdicts, drops
from instructwild.errors import ConfigError
from instructwild.privacy.hint import HINT
from instructwild.privacy.masking import Kinds, mask, mask_row
from instructwild.schema.columns import compact
from instructwild.schema.verdict import Reason


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
        listed = turns(rows)
        columns = rows.filter(pl.col("extra").str.contains(HINT)).select("at", "extra")
        hinted = pl.concat([listed.filter(pl.col("content").str.contains(HINT))["at"], columns["at"]]).unique()
        suspects = listed.filter(among(listed, hinted)).group_by("at", maintain_order=True).agg(
            pl.col("role").alias("roles"), pl.col("content").alias("texts"))
        extra = dict(columns.iter_rows())
        kinds: dict[int, dict[str, int]] = {}
        contents: dict[int, list[str | None]] = {}
        extras: dict[int, str] = {}
        for at, roles, texts in suspects.iter_rows():
            value = json.loads(extra.get(at, "null"))
            beside = list(_texts_in(value))
            after, counts = mask_row([*zip(roles, texts, strict=True), *(("system", text) for text in beside)], self.mask)
            if counts:
                kinds[at], contents[at] = counts, after[:len(texts)]
            if after[len(texts):] != beside:
                extras[at] = compact(_with_texts(value, iter(after[len(texts):])))
        places = pl.Series("at", sorted(kinds), dtype=pl.UInt32)
        totals: Counter[str] = Counter()
        for counts in kinds.values():
            totals.update(counts)
        notes = {"rows": len(places), "kinds": dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))}
        if self.action == "drop":
            names = pl.Series([sorted(kinds[at]) for at in places], dtype=pl.List(pl.String))
            lost = rows.filter(among(rows, places)).with_columns(names.alias("_kinds"))
            return Verdicts(rows, drops(lost, Reason.PII, kinds=pl.col("_kinds")), notes)
        after_rows = rows if self.action == "flag" else _with_extra(rewritten(rows, contents), extras)
        marks = places.to_frame().with_columns(pl.lit(True).alias("personal_data"))
        return Verdicts(flagged(after_rows, marks), notes=notes)


def _with_extra(rows: pl.DataFrame, extras: Mapping[int, str]) -> pl.DataFrame:
    """The rows with further columns replaced, by `at`."""
    if not extras:
        return rows
    new = pl.DataFrame({"at": list(extras), "extra": list(extras.values())},
                       schema={"at": rows.schema["at"], "extra": pl.String})
    return rows.update(new, on="at", maintain_order="left")


def _texts_in(value: Any) -> Iterator[str]:
    """The texts in a JSON value but its keys, in their order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(item)


def _with_texts(value: Any, texts: Iterator[str | None]) -> Any:
    """The JSON value with its texts replaced, in the order of `_texts_in`."""
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, list):
        return [_with_texts(item, texts) for item in value]
    return {key: _with_texts(item, texts) for key, item in value.items()} if isinstance(value, dict) else value


def masked(text: str) -> str:
    """The text without personal data."""
    return mask(text)[0]
