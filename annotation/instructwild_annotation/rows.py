"""Reading rows to rank: a stage folder or a plain file with messages, candidates and any rankings so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from instructwild.read.rankings import RankingTable, read_rankings
from instructwild.schema import Dropped, RankingRow, Reason, prompt_text
from instructwild.stage import is_stage, load
from instructwild.stage.frames import is_ranking
from instructwild.text.language import UNDETERMINED, languages


@dataclass(frozen=True)
class AnnotationTable(RankingTable):
    """Rows to rank, and their instruction types by row id."""

    types: dict[str, str] = field(default_factory=dict)


def read_all(sources: Sequence[str | Path], columns: Mapping[str, str] | None = None) -> AnnotationTable:
    """The rows of several inputs; where the same answers to the same prompt stand in several, their rankings are united.

    Args:
        sources: stage folders and plain files.
        columns: NAME -> COLUMN of plain files, as `--map` names them.

    Raises:
        InputError, GateError: see `read_rows`.
    """
    tables = [read_rows(source, columns) for source in sources]
    rows = joined(row for table in tables for row in table.rows) if len(tables) > 1 else tables[0].rows
    return AnnotationTable(rows, [row for table in tables for row in table.dropped],
                           [record for table in tables for record in table.inputs],
                           types={name: kind for table in tables for name, kind in table.types.items()})


def joined(rows: Iterable[RankingRow]) -> list[RankingRow]:
    """Rows of the same prompt and candidates, in whatever order these stand, as one row with the rankings of all.

    Of several submitted rankings by one annotator the last counts, as it does within a row.
    """
    united: dict[tuple[str, tuple[str, ...]], RankingRow] = {}
    for row in rows:
        key = (row.id, tuple(sorted(candidate.id for candidate in row.candidates)))
        first = united.setdefault(key, row)
        if first is row:
            continue
        positions: dict[str, list[int]] = {}
        for position, candidate in enumerate(row.candidates):
            positions.setdefault(candidate.id, []).append(position)
        order = [positions[candidate.id].pop(0) for candidate in first.candidates]
        new = [ranking.model_copy(update={"ranks": tuple(ranking.ranks[position] for position in order)})
               for ranking in row.rankings]
        who = {ranking.annotator for ranking in new if ranking.status == "submitted"}
        kept = [ranking for ranking in first.rankings if ranking.status != "submitted" or ranking.annotator not in who]
        united[key] = first.model_copy(update={"rankings": (*kept, *new)})
    return list(united.values())


def read_rows(source: str | Path, columns: Mapping[str, str] | None = None) -> AnnotationTable:
    """The rows of one input with candidates.

    Raises:
        InputError: the input cannot be read, or its rows hold no candidates.
        GateError: it is a stage whose gate failed.
    """
    table = read_rankings([source], columns=columns)
    types = types_of(Path(source)) if is_stage(source) else {}
    return AnnotationTable(table.rows, table.dropped, table.inputs, types=types)


def types_of(folder: Path) -> dict[str, str]:
    """Instruction types by row id, from the labelled stages that a stage of candidates was made from, where these still
    are where its manifest says, or beside it.
    """
    stage = load(folder)
    if not (stage.path / "data.parquet").exists():
        return {}
    frame = stage.frame()
    if not is_ranking(frame):
        return dict(frame.select("id", type=frame["labels"].struct.field("type")).drop_nulls().iter_rows())
    types: dict[str, str] = {}
    for record in stage.manifest.inputs:
        near = (Path(record.path), folder.parent / Path(record.path).name)
        source = next((path for path in near if is_stage(path) and path.resolve() != folder.resolve()), None)
        types.update(types_of(source) if source else {})
    return types


def rankable(table: AnnotationTable) -> tuple[list[RankingRow], list[Dropped]]:
    """The rows with at least two candidates, and all that were dropped."""
    kept = [row for row in table.rows if len(row.candidates) > 1]
    short = [Dropped(id=row.id, step="annotate", reason=Reason.TOO_FEW_CANDIDATES, evidence=len(row.candidates),
                     row=row.model_dump(mode="json")) for row in table.rows if len(row.candidates) < 2]
    return kept, table.dropped + short


def with_languages(rows: Sequence[RankingRow]) -> list[RankingRow]:
    """The rows, `und` replaced by the language that the prompt shows: prompts go to people who read it."""
    unknown = [i for i, row in enumerate(rows) if row.language == UNDETERMINED]
    if not unknown:
        return list(rows)
    tags = languages(pl.Series([prompt_text(rows[i].messages) for i in unknown], dtype=pl.String)).to_list()
    named = dict(zip(unknown, tags, strict=True))
    return [row.model_copy(update={"language": named[i]}) if i in named else row for i, row in enumerate(rows)]
