"""Quality rules: polars expressions over prompt and answer, each of which flags or drops as the user says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import polars as pl

from instructwild.clean.step import Verdicts
from instructwild.errors import ConfigError
from instructwild.schema.verdict import Reason

Action = Literal["off", "flag", "drop"]
PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")


@dataclass(frozen=True)
class Rule:
    """One defect: what it is, how it is seen, and what to do about it unless the user says otherwise."""

    meaning: str
    seen: pl.Expr
    action: Action


RULES: dict[str, Rule] = {
    "no_text": Rule("the prompt holds no letter, digit or symbol", ~PROMPT.str.contains(r"[\p{L}\p{N}\p{S}]"), "drop"),
    "not_an_answer": Rule(
        "the answer is a placeholder",
        ANSWER.str.contains(r"(?i)^\W*(?:n/?a|none|null|nan|no output|<no ?output>|无|无输出|没有|空)\W*$"), "drop"),
    "answer_repeats_prompt": Rule("the answer is the prompt again",
                                  ANSWER.str.strip_chars() == PROMPT.str.strip_chars(), "drop"),
    "url_in_prompt": Rule("the prompt points to a page that the model cannot open",
                          PROMPT.str.contains(r"https?://|www\."), "flag"),
    "visual_request": Rule(
        "the prompt asks to see or draw a picture",
        PROMPT.str.contains(r"(?i)\b(?:attached|this|the following|given) (?:image|photo|picture|video|audio)\b"
                            r"|(?:这|下|附)[张幅段个面]?(?:图片|照片|图像|视频|音频)"), "flag"),
    "refusal": Rule(
        "the answer says it cannot",
        ANSWER.str.contains(r"(?i)^(?:i'?m sorry|sorry|as an ai|i cannot|i can't|unfortunately, i)"
                            r"|^(?:对不起|抱歉|很抱歉|作为一个?(?:AI|人工智能)|我(?:无法|不能))"), "flag"),
    "merged_instructions": Rule(
        "one row holds several tasks run together",
        PROMPT.str.contains(r"(?i)\b(?:instruction|output) ?\d* ?:.*\n?.*\binstruction ?\d* ?:"
                            r"|### ?(?:instruction|response)"), "flag"),
}


@dataclass(frozen=True)
class Rules:
    """Judge each row by the quality rules."""

    name: ClassVar[str] = "rules"

    actions: Mapping[str, Action] = field(default_factory=dict)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a row that a dropping rule sees; name the flagging rules that see it in `labels.flags`."""
        unknown = sorted(set(self.actions) - set(RULES))
        if unknown:
            raise ConfigError(f"unknown rule {unknown[0]!r}", where="rules", remedy=f"one of: {', '.join(RULES)}")
        active = {name: self.actions.get(name, rule.action) for name, rule in RULES.items()}
        seen = rows.select("at", *(rule.seen.fill_null(False).alias(name)
                                   for name, rule in RULES.items() if active[name] != "off"))
        dropping = [name for name in seen.columns[1:] if active[name] == "drop"]
        flagging = [name for name in seen.columns[1:] if active[name] == "flag"]
        lost = _drops(seen, dropping)
        return Verdicts(flagged(rows, seen, flagging), lost, {"seen": {n: int(seen[n].sum()) for n in seen.columns[1:]}})


def _drops(seen: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    told = pl.struct(rules=_named(names)).struct.json_encode()
    return seen.filter(pl.any_horizontal(*names)).select(
        "at", pl.lit(Reason.RULE.value).alias("reason"), told.alias("evidence"))


def flagged(rows: pl.DataFrame, seen: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The rows with the names of the rules that see them added to `labels.flags`."""
    flags = pl.col("labels").struct.field("flags").list.set_union(seen.select(flags=_named(names))["flags"])
    return rows.with_columns(pl.col("labels").struct.with_fields(flags=flags))


def _named(names: list[str]) -> pl.Expr:
    return pl.concat_list(*(pl.when(name).then(pl.lit(name)) for name in names)).list.drop_nulls()
