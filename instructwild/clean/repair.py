"""The repair lane: damage that can be undone without guessing is undone, and the row goes on.

A half-translated row is repaired as far as that goes: signs and placeholders that the translation left behind. What stands
in the other language is flagged by the rule `half_translated`: only a translator can mend it.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import polars as pl

from instructwild.clean.mojibake import SUSPECT, unmangled
from instructwild.clean.rows import among, flagged, rewritten, turns
from instructwild.clean.rules import rule_drops
from instructwild.clean.step import Verdicts, actions
from instructwild.text.scripts import ANY_HAN

Action = Literal["off", "flag", "repair", "drop"]

CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufff9-\ufffb\ufffe\uffff]"
PLACEHOLDER = (r"(?i)\n\s*(?:input ?[:：]\s*)?[<\[(（【“\"]{0,2}\s*(?:no ?input|noinput"
               r"|no input (?:needed|required|provided)|n/a|无输入|没有输入|无需输入|不需要输入|输入为空"
               r"|无需提供输入|无附加输入)\s*[>\])）】”\"]{0,2}\s*[.。]?\s*\z")
CONTENT = pl.col("content")
ENTITY = r"&(?:quot|apos|amp|lt|gt|nbsp|#39|#34);"
MEANT = re.compile(r"[<>\"']|&(?!(?:quot|apos|amp|lt|gt|nbsp|#39|#34);)|html|xml|entit|escape|实体|转义", re.IGNORECASE)
HAN = re.compile(ANY_HAN)


class Lane(NamedTuple):
    """One kind of damage: what it is, how it shows in the `content` of a turn, and how a turn is mended."""

    meaning: str
    seen: pl.Expr
    mend: Callable[[str], str]


def _unescaped(text: str) -> str:
    """A Chinese text in which every such sign is spelled as HTML does, and which does not speak of HTML, is a translation
    service's output; any other stays as it is.
    """
    return html.unescape(text) if HAN.search(text) and not MEANT.search(text) else text


LANES: dict[str, Lane] = {
    "mojibake": Lane("text decoded with the wrong encoding", CONTENT.str.contains(SUSPECT), unmangled),
    "html_entities": Lane("signs that a translation spelled as HTML does, such as &quot;",
                          CONTENT.str.contains(ENTITY), _unescaped),
    "control_characters": Lane("characters that no reader sees", CONTENT.str.contains(CONTROL),
                               lambda text: re.sub(CONTROL, "", text)),
    "placeholder": Lane("a line that says there is no input", CONTENT.str.tail(50).str.contains(PLACEHOLDER),
                        lambda text: re.sub(PLACEHOLDER.replace(r"\z", r"\Z"), "", text)),
    "outer_space": Lane("white space around the text, or carriage returns in it",
                        (CONTENT.str.strip_chars() != CONTENT) | CONTENT.str.contains("\r", literal=True),
                        lambda text: text.replace("\r\n", "\n").replace("\r", "\n").strip()),
}


@dataclass(frozen=True)
class Repair:
    """Mend damaged rows; a mended row keeps its old id among its parents and says in its flags what was mended."""

    name: ClassVar[str] = "repair"

    rules: Mapping[str, Action] = field(default_factory=dict)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Mend, flag or drop a row in which a kind of damage shows, as `rules` say for each kind."""
        chosen = actions(self.rules, dict.fromkeys(LANES, "repair"), ("off", "flag", "repair", "drop"), self.name)
        active = [name for name in LANES if chosen[name] != "off"]
        hits = _damage(turns(rows), active)
        mended = [name for name in active if chosen[name] == "repair"]

        def mend(text: str) -> str:
            for name in mended:
                text = LANES[name].mend(text)
            return text

        damaged = hits.filter(pl.any_horizontal(*mended))["at"] if mended else hits["at"].head(0)
        after, places = rewritten(rows, mend, damaged)
        changed = hits.filter(pl.col("at").is_in(places.implode())).select("at", *mended)
        # White space goes without saying; any other repair changes what the row says.
        told = changed.select("at", *(pl.col(name).alias(f"repaired_{name}") for name in mended if name != "outer_space"))
        flags = hits.select("at", *(name for name in active if chosen[name] == "flag"))
        for marks in (told, flags):
            after = flagged(after, marks) if marks.width > 1 else after
        lost = rule_drops(hits.select("at", *(name for name in active if chosen[name] == "drop")))
        counts = {name: int(hits[name].sum()) for name in active}
        return Verdicts(after, lost, {**counts, "samples": {name: _samples(rows, after, changed.filter(name)["at"])
                                                            for name in mended if name != "outer_space"}})


def _damage(said: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Rows with damage that can be mended: `at`, and for each kind whether mending it changes any turn."""
    if not names:
        return said.select("at").head(0)
    suspects = said.with_columns(LANES[name].seen.alias(name) for name in names).filter(pl.any_horizontal(*names))
    proven = {name: pl.Series(name, [seen and LANES[name].mend(text) != text
                                     for text, seen in suspects.select("content", name).iter_rows()], dtype=pl.Boolean)
              for name in names}
    hits = suspects.select("at", **proven).filter(pl.any_horizontal(*names))
    return hits.group_by("at", maintain_order=True).agg(pl.all().any())


def _samples(before: pl.DataFrame, after: pl.DataFrame, hit: pl.Series) -> list[tuple[str, str]]:
    """A few rows as they were and as they are: prompt and answer together."""
    told = pl.concat_str(pl.col("prompt"), pl.col("answer").fill_null(""), separator="\n\n").str.strip_chars()
    few = hit.head(5)
    shown = [frame.filter(among(frame, few)).select(told).to_series().str.head(400).to_list() for frame in (before, after)]
    return list(zip(*shown, strict=True))
