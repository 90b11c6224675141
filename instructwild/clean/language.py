"""The step that names the language of each prompt, and drops those that are not wanted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from instructwild.clean.rows import turns
from instructwild.clean.step import DROPS, Verdicts, drops
from instructwild.errors import ConfigError
from instructwild.schema.verdict import Reason
from instructwild.text.language import UNDETERMINED, Backend, languages
from instructwild.text.language.asking import MIXED, TRANSLATE, asking, order_to_translate
from instructwild.text.language.confidence import doubtful
from instructwild.text.language.shared_script import SharedScript

QUOTED = (r"(?s)```.*?(?:```|\z)|`[^`\n]+`|“[^”]+”|「[^」]+」|『[^』]+』|《[^》\n]+》|«[^»]+»"
          r"|\"[^\"\n]+\"|‘[^’\n]+’(?:[^\p{L}]|\z)")
SINGLY_QUOTED = r"(?:\A|[\s(:：,，])'\p{L}(?:[^'\n]|'\p{L})* (?:[^'\n]|'\p{L})*'(?:[^\p{L}]|\z)"
"""What a prompt cites; it is in the language of whoever is cited. Between apostrophes, two words or more."""
TAG = re.compile(r"-?[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
"""A tag of BCP 47, or one that is left out."""
SPEAKS = r"\p{Han}.*?\p{Han}|\p{L}\p{L}\p{L}.*?\p{L}\p{L}|[\p{Hangul}\p{Hiragana}\p{Katakana}]"
"""What must be left around a citation to tell a language by."""


@dataclass(frozen=True)
class Language:
    """Name the language of each prompt, and drop the rows of all languages but those to be kept.

    Args:
        keep: tags; `zh` stands for both of its scripts. What shows no language (`und`: formulas, code, a word or two) is
            kept with any of them; a tag after a hyphen, as in `-und`, is left out instead.
        backend: the model that tells languages of one script apart.
    """

    name: ClassVar[str] = "language"

    keep: Sequence[str] = ()
    backend: Backend = "fasttext"

    def __post_init__(self) -> None:
        for tag in self.keep:
            if TAG.fullmatch(tag) is None:
                raise ConfigError(f"{tag!r} is no tag of a language", where="--languages",
                                  remedy="give tags such as en, zh, zh-Hant, ja or es, or -und to leave one out")
        SharedScript(self.backend)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a row whose language is not to be kept."""
        named = rows.with_columns(_named(rows, self.backend))
        lost = pl.DataFrame(schema=DROPS)
        if self.keep:
            lost = drops(named.filter(~_kept(self.keep)), Reason.LANGUAGE, language=pl.col("language"))
        return Verdicts(named, lost)


def _kept(keep: Sequence[str]) -> pl.Expr:
    """Whether a row's language is among those to keep, and not among those to leave out."""
    kept_tags = [tag for tag in keep if not tag.startswith("-")]
    unwanted = [tag[1:] for tag in keep if tag.startswith("-")]

    def among(tags: Sequence[str]) -> pl.Expr:
        tag = pl.col("language")
        return tag.is_in(tags) | tag.str.split("-").list.first().is_in(tags)

    return (among([*kept_tags, UNDETERMINED]) if kept_tags else pl.lit(True)) & ~among(unwanted)


def _named(rows: pl.DataFrame, backend: Backend) -> pl.Series:
    """The language of what the user says in each row, citations apart; where that is too short to tell, the answer's."""
    spoken = _spoken(rows)
    around = _asking(spoken, _without_citations(spoken))
    tags = languages(spoken, backend)
    cited = (around.str.contains(SPEAKS) & (around != spoken)).fill_null(False)
    if cited.any():
        of_around = languages(around.filter(cited), backend)
        places = cited.arg_true()
        known = of_around != UNDETERMINED
        tags = tags.scatter(places.filter(known), of_around.filter(known))
    unsure = doubtful(pl.select(pl.when(cited).then(around).otherwise(spoken)).to_series(), tags, backend)
    if unsure.any():
        places = unsure.arg_true()
        answers = rows["answer"].gather(places)
        of_answer = languages(answers, backend)
        brief = doubtful(answers, of_answer, backend) | (answers.str.count_matches(r"\p{L}").fill_null(0) < 12)
        tags = tags.scatter(places, pl.select(pl.when(brief).then(pl.lit(UNDETERMINED)).otherwise(of_answer)).to_series())
    return tags.alias("language")


def _without_citations(spoken: pl.Series) -> pl.Series:
    """The texts without what they cite; null where nothing may be cited."""
    text = pl.col("text")
    around = spoken.to_frame("text").select(
        pl.when(text.str.contains("[“\"「『《«`‘]")).then(text.str.replace_all(QUOTED, " "))
        .otherwise(pl.lit(None, dtype=pl.String))).to_series()
    places = spoken.str.contains("'", literal=True).arg_true()
    places = places.filter(spoken.gather(places).str.contains(SINGLY_QUOTED))
    some = pl.select(pl.coalesce(around.gather(places), spoken.gather(places))).to_series()
    return around.scatter(places, some.str.replace_all(SINGLY_QUOTED, " "))


def _asking(spoken: pl.Series, around: pl.Series) -> pl.Series:
    """The texts without what they cite; where its words show it, the part that asks."""
    rest = pl.select(pl.coalesce(around, spoken)).to_series()
    for seen, part in ((TRANSLATE, order_to_translate), (MIXED, asking)):
        places = rest.str.contains(seen).fill_null(False).arg_true()
        parts = pl.Series([part(text) for text in rest.gather(places)], dtype=pl.String)
        known = parts.is_not_null()
        around = around.scatter(places.filter(known), parts.filter(known)) if known.any() else around
    return around


def _spoken(rows: pl.DataFrame) -> pl.Series:
    """What the user says in each row, without the system's turn."""
    messages = pl.col("messages")
    other = rows.select((messages.list.first().struct.field("role") != "user") | (messages.list.len() > 2)).to_series()
    few = rows.filter(other.fill_null(True))
    if few.is_empty():
        return rows["prompt"]
    users = turns(few).filter(pl.col("role") == "user").group_by("at").agg(
        pl.col("content").fill_null("").str.join("\n").alias("spoken"))
    return rows.select("at", "prompt").join(users, on="at", how="left", maintain_order="left").select(
        pl.coalesce("spoken", "prompt")).to_series()
