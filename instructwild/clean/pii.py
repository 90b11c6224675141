"""Personal data: mails, phones, names, keys and addresses become placeholders, as in collecting."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from instructwild.clean.rows import among, flagged, rewritten, turns
from instructwild.clean.step import Verdicts, drops
from instructwild.errors import ConfigError
from instructwild.privacy.masking import mask, mask_row
from instructwild.schema.verdict import Reason

# What a text must hold for `privacy.masking` to find anything in it; quick, and on the generous side.
HINT = (
    r"@|\d(?:[ ().-]{0,2}\d){5}|\d\.\d{1,3}\.\d|:[0-9a-fA-F]{0,4}:[0-9a-fA-F]|[A-Za-z0-9_-]{20}|\.(?:com|me)/"
    r"|\bu/\w"
    r"|\d[A-Z]?,? (?:[NSEW]\.? )?(?:[A-Z0-9][a-z0-9']+ ){1,4}(?:St|Av|R|B|L|Dr|C|Way|P|Ter|H)"
    r"|\d\s?号|(?:小区|花园|公寓|家园)\s?\d|我叫|名字[是叫]|姓名|联系人|收件人|患者|密码|口令|密钥|艾特|微信|v信|小红书号|抖音号|护照"
    r"|[Nn]ame(?: is|'s|:)|called|[Ss]igned,|[Rr]egards,|[Ss]incerely,|Patient:"
    r"|(?i:wechat|telegram|skype|line ?id|snapchat|\bqq|\bvx|passw|pwd|secret|api[_ -]?key|[_ ]token|[\[(] ?at ?[\])]"
    r"|passport)")


@dataclass(frozen=True)
class Pii:
    """Mask, flag or drop rows with personal data. What this run writes about dropped rows is masked too."""

    name: ClassVar[str] = "pii"

    action: Literal["mask", "flag", "drop"] = "mask"

    def __post_init__(self) -> None:
        if self.action not in ("mask", "flag", "drop"):
            raise ConfigError(f"personal data cannot be {self.action!r}", where="step pii",
                              remedy="one of: mask, flag, drop")

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Find rows in which `instructwild.privacy.masking` sees personal data, and do with them what `action` says."""
        listed = turns(rows)
        hinted = listed.filter(pl.col("content").str.contains(HINT))["at"].unique()
        suspects = listed.filter(among(listed, hinted)).group_by("at", maintain_order=True).agg(
            pl.col("role").alias("roles"), pl.col("content").alias("texts"))
        kinds: dict[int, dict[str, int]] = {}
        contents: dict[int, list[str]] = {}
        for at, roles, texts in suspects.iter_rows():
            after, counts = mask_row(list(zip(roles, texts, strict=True)))
            if counts:
                kinds[at], contents[at] = counts, after
        places = pl.Series("at", sorted(kinds), dtype=pl.UInt32)
        totals = sum((Counter(counts) for counts in kinds.values()), Counter[str]())
        notes = {"rows": len(places), "kinds": dict(totals.most_common())}
        if self.action == "drop":
            names = pl.Series([sorted(kinds[at]) for at in places], dtype=pl.List(pl.String))
            lost = rows.filter(among(rows, places)).with_columns(names.alias("_kinds"))
            return Verdicts(rows, drops(lost, Reason.PII, kinds=pl.col("_kinds")), notes)
        after_rows = rows if self.action == "flag" else rewritten(rows, contents)
        return Verdicts(flagged(after_rows, places.to_frame().with_columns(pl.lit(True).alias("personal_data"))), notes=notes)


def masked(text: str) -> str:
    """The text without personal data."""
    return mask(text)[0]
