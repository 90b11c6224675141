"""The step that names the language of each prompt, and drops those that are not wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from instructwild.clean.step import DROPS, Verdicts, drops
from instructwild.schema.verdict import Reason
from instructwild.text.language import Backend, languages
from instructwild.text.language.shared_script import SharedScript


@dataclass(frozen=True)
class Language:
    """Name the language of each prompt, and drop the rows of all languages but those to be kept."""

    name: ClassVar[str] = "language"

    keep: Sequence[str] = ()
    backend: Backend = "fasttext"

    def __post_init__(self) -> None:
        SharedScript(self.backend)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a row whose language is none of `keep`; `zh` stands for both of its scripts."""
        named = rows.with_columns(languages(rows["prompt"], self.backend))
        lost = pl.DataFrame(schema=DROPS)
        if self.keep:
            wanted = pl.col("language").is_in(self.keep) | pl.col("language").str.split("-").list.first().is_in(self.keep)
            lost = drops(named.filter(~wanted), Reason.LANGUAGE, language=pl.col("language"))
        return Verdicts(named, lost)
