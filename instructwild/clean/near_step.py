"""Near-duplicates: prompts that ask for the same in almost the same words, by the exact definition of `clean.near`."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.progress import TaskID

from instructwild.clean.rows import AT, request_texts
from instructwild.clean.step import Verdicts, drops
from instructwild.clean.workers import Workers
from instructwild.console.collector import paused
from instructwild.console.terminal import console, progress
from instructwild.errors import ConfigError, install_command
from instructwild.schema.verdict import Reason
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild.clean.near import Match, NearDuplicates, SameRequests
    from instructwild.clean.near.texts_on_disk import TextsOnDisk

    Merged = NearDuplicates | SameRequests

SHOWN = 10
COMPILED_PAYS_FROM = 20_000
"""Rows from which a missing numba is worth a line."""
DECIDED_ANEW = 50_000
"""Rows that other thresholds are tried on: each takes about as long as the step itself."""


@dataclass(frozen=True)
class Near:
    """Drop a row whose tokens resemble those of an earlier kept row (ROUGE-L F above the threshold) and which asks the same.

    User turns with their inputs are compared, without system turns; conversations are compared whole.

    Attributes:
        threshold: between 0 and 1.
        plain: drop what resembles an earlier row whatever it asks for, as Self-Instruct does.
        embedding: let an embedding model decide too; pairs are looked at from a tenth below the threshold on.
        workers: processes to use; the plain rule uses none. The verdicts are the same.
    """

    name: ClassVar[str] = "near"

    threshold: float = 0.7
    plain: bool = False
    embedding: bool = False
    workers: Workers = field(default_factory=Workers, metadata={"config": False}, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.plain and self.embedding:
            raise ConfigError("the plain rule drops a pair whatever an embedding model says", where="--embedding",
                              remedy="leave out --plain or --embedding")
        if self.embedding:
            from instructwild.clean.near.embedding import encoder

            encoder()                                  # a missing package is told of before the rows are read

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a near-duplicate; the evidence names the earliest kept row it duplicates, their F, perhaps their cosine."""
        if self.embedding:
            return self._by_meaning(rows)
        with paused():                                 # what is loaded, and known of the texts, stays until all are compared
            merged, notes = self.merged(request_texts(rows))
        lost = rows[merged.rows].select("at").with_columns(
            rows[merged.twins]["id"].alias("twin"), pl.Series("f", np.round(merged.f, 4), dtype=pl.Float64))
        return Verdicts(rows, drops(lost, Reason.NEAR_DUPLICATE, twin=pl.col("twin"), f=pl.col("f")), notes)

    def merged(self, texts: "pl.Series | TextsOnDisk", folder: Path | None = None) -> "tuple[Merged, dict[str, Any]]":
        """Which texts duplicate an earlier one, and what the report shows of it.

        Args:
            texts: what each row asks for.
            folder: where keys are kept while texts on disk are compared; None where the texts are in memory.
        """
        from instructwild.clean.near import SameRequests, near_duplicate_matches

        if len(texts) > COMPILED_PAYS_FROM and find_spec("numba") is None:
            console.print(_slower(len(texts), self.plain), markup=False, highlight=False, soft_wrap=True)
        limit = Fraction(str(self.threshold))
        merged: Merged
        if self.plain:
            merged = near_duplicate_matches(_listed(texts), limit)
        elif len(texts) > DECIDED_ANEW:
            with _progress() as advance:
                merged = SameRequests(texts, limit, workers=self.workers, anew=DECIDED_ANEW, folder=folder, advance=advance)
        else:                                          # few enough to be read at once
            merged = SameRequests(_listed(texts), limit, workers=self.workers, anew=DECIDED_ANEW)
        return merged, _close_look(merged, texts)

    def _by_meaning(self, rows: pl.DataFrame) -> Verdicts:
        from instructwild.clean.near.embedding import COSINE, MeaningIndex

        index = MeaningIndex(Fraction(str(self.threshold)))
        meant = [(row, duplicate) for row, text in enumerate(request_texts(rows))
                 if (duplicate := index.add(text)) is not None]
        lost = rows[[row for row, _ in meant]].select("at").with_columns(
            pl.Series("twin", [rows["id"][duplicate.match.index] for _, duplicate in meant], dtype=pl.String),
            pl.Series("f", [round(float(duplicate.match), 4) for _, duplicate in meant], dtype=pl.Float64),
            pl.Series("cosine", [round(duplicate.cosine, 4) for _, duplicate in meant], dtype=pl.Float64))
        evidence = {name: pl.col(name) for name in ("twin", "f", "cosine")}
        return Verdicts(rows, drops(lost, Reason.NEAR_DUPLICATE, **evidence),
                        {"threshold": float(index.threshold), "cosine": COSINE})


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], object]]:
    """A function that shows how far each part of comparing many texts is."""
    with progress() as shown:
        parts: dict[str, TaskID] = {}

        def advance(what: str, texts: int, of: int) -> None:
            if what not in parts:
                parts[what] = shown.add_task(f"near: texts {what}", total=of, note="")
            shown.advance(parts[what], texts)

        yield advance


def _listed(texts: "pl.Series | TextsOnDisk") -> list[str]:
    return texts.to_list() if isinstance(texts, pl.Series) else texts[:]


def _slower(rows: int, plain: bool) -> str:
    """What a missing numba costs, as measured on 40,000 rows of 6 to 40 tokens."""
    cost = "about 15 times as long, and with the square of their number" if plain else "about four times as long"
    return (f"numba is not installed: {quantity(rows, 'row is', 'rows are')} compared with the same verdicts, but "
            f"slower: {cost}. For speed: {install_command('fast')}")


def _close_look(merged: "Merged", texts: "pl.Series | TextsOnDisk") -> dict[str, Any]:
    """The pairs closest to the threshold on either side, of all rows; what other thresholds would drop of the first ones."""

    def shown(listed: "list[tuple[int, Match]]") -> list[dict[str, Any]]:
        return [{"f": round(float(match), 4), "left": texts[match.index], "right": texts[row]} for row, match in listed]

    from instructwild.clean.near import NearDuplicates

    first = merged.of_first(DECIDED_ANEW) if isinstance(merged, NearDuplicates) and len(texts) > DECIDED_ANEW else merged
    return {"threshold": float(merged.threshold), "decided_anew": min(len(texts), DECIDED_ANEW),
            "dropped_at": {str(float(at)): count for at, count in first.dropped_at().items()},
            "just_dropped": shown(merged.just_dropped(SHOWN)), "just_kept": shown(merged.just_kept(SHOWN))}


class NearTexts:
    """What `near` needs of the rows that reach it: texts and ids on disk, places in memory."""

    def __init__(self, folder: Path) -> None:
        from instructwild.clean.near.texts_on_disk import TextsOnDisk

        folder.mkdir()
        self._folder = folder
        self.texts, self.ids = TextsOnDisk(folder / "texts"), TextsOnDisk(folder / "ids")
        self.at: list[NDArray[np.uint32]] = []

    def add(self, prepared: pl.DataFrame) -> None:
        """Take what was prepared of a chunk."""
        self.texts.append(prepared["text"])
        self.ids.append(prepared["id"])
        self.at.append(prepared[AT].to_numpy())

    def close(self) -> None:
        """Take the files away."""
        for texts in (self.texts, self.ids):
            texts.close()
        with suppress(OSError):
            shutil.rmtree(self._folder)
