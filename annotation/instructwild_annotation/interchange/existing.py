"""Rankings that people made elsewhere, whatever kind of file holds them."""

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Literal

from instructwild.errors import InputError
from instructwild.read.files import lines_of
from instructwild.read.rankings import read_rankings
from instructwild.schema import Dropped, RankingRow
from instructwild_annotation.interchange.label_studio import from_tasks, is_export
from instructwild_annotation.interchange.spreadsheet import NEEDED, PROMPTS, annotator_named, from_table, named
from instructwild_annotation.interchange.wide_table import WideColumns, from_wide_table

Format = Literal["auto", "csv", "label-studio"]
LOOKED_AT = 20      # lines, for the columns of a table
NOBODY = "imported"     # who ranked where neither the file nor the user says so
HASHED = re.compile(r"person:[0-9a-f]{16,}|(?:model|scripted):.+", re.DOTALL)


def read_existing(file: Path, annotator: str, encoding: str | None, mapping: Mapping[str, str], format: Format = "auto"
                  ) -> tuple[list[RankingRow], list[Dropped], list[str]]:
    """The rows of a file: tasks of Label Studio; a table with a line for each answer, or with answers side by side; or
    any layout of preferences that `train reward` reads.

    Returns:
        The rows, what could not be read, and the columns that are not known and were passed over.

    Raises:
        InputError: the file holds nothing of these, or cannot be read.
    """
    is_json = file.suffix.casefold() == ".json"
    if format == "label-studio" or (format == "auto" and is_json and is_export(file)):
        return (*from_tasks(file, annotator), [])
    first = next((line.value for line in islice(lines_of(file, encoding), LOOKED_AT) if isinstance(line.value, Mapping)), {})
    names = set(named(map(str, first), mapping).values())
    if not (set(NEEDED) <= names and set(PROMPTS) & names):
        if (wide := WideColumns.of(first, mapping)) is not None:
            return from_wide_table(file, annotator, wide, encoding)
        if not mapping and format == "auto" and (preferences := _preferences(file, annotator, encoding)) is not None:
            return preferences
    if format == "auto" and is_json:
        return (*from_tasks(file, annotator), [])
    return from_table(file, annotator, encoding, mapping)


def _preferences(file: Path, annotator: str, encoding: str | None
                 ) -> tuple[list[RankingRow], list[Dropped], list[str]] | None:
    """The rows of a file in another layout of preferences; None where it is in none."""
    try:
        table = read_rankings([file], encoding)
    except InputError:
        return None
    if not any(row.rankings for row in table.rows):
        return None
    return [_by(row, annotator) for row in table.rows], table.dropped, []


def _by(row: RankingRow, annotator: str) -> RankingRow:
    """The row with the annotator that the user names where the layout names nobody, such as `person:pair`."""
    if annotator == NOBODY:
        return row
    who = annotator_named(annotator)
    return row.model_copy(update={"rankings": tuple(
        ranking if HASHED.fullmatch(ranking.annotator) else ranking.model_copy(update={"annotator": who})
        for ranking in row.rankings)})
