"""Reading rows to rank: a stage folder or a plain file with messages, candidates and any rankings so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from instructwild.errors import InputError
from instructwild.read.files import lines_of
from instructwild.read.layouts import to_messages
from instructwild.schema import Dropped, RankingRow, Reason, content_id, response_id
from instructwild.schema.columns import compact
from instructwild.stage import FileRecord, input_record, is_stage, load
from instructwild.stage.frames import is_ranking, rankings


@dataclass(frozen=True)
class RankingTable:
    """The rows of inputs, those that could not be read, the inputs by content, and instruction types by row id."""

    rows: list[RankingRow]
    dropped: list[Dropped]
    inputs: list[FileRecord]
    types: dict[str, str] = field(default_factory=dict)


def read_all(sources: Sequence[str | Path]) -> RankingTable:
    """The rows of several inputs; where the same answers to the same prompt stand in several, their rankings are united.

    Raises:
        InputError, GateError: see `read_rows`.
    """
    tables = [read_rows(source) for source in sources]
    rows = joined(row for table in tables for row in table.rows) if len(tables) > 1 else tables[0].rows
    return RankingTable(rows, [row for table in tables for row in table.dropped],
                        [record for table in tables for record in table.inputs],
                        {name: kind for table in tables for name, kind in table.types.items()})


def joined(rows: Iterable[RankingRow]) -> list[RankingRow]:
    """Rows of the same prompt and candidates, in whatever order these stand, as one row with the rankings of all.

    Of several submitted rankings by one annotator the last counts, as it does within a row.
    """
    found: dict[tuple[str, tuple[str, ...]], RankingRow] = {}
    for row in rows:
        key = (row.id, tuple(sorted(candidate.id for candidate in row.candidates)))
        first = found.setdefault(key, row)
        if first is row:
            continue
        places: dict[str, list[int]] = {}
        for place, candidate in enumerate(row.candidates):
            places.setdefault(candidate.id, []).append(place)
        order = [places[candidate.id].pop(0) for candidate in first.candidates]
        new = [ranking.model_copy(update={"ranks": tuple(ranking.ranks[place] for place in order)})
               for ranking in row.rankings]
        who = {ranking.annotator for ranking in new if ranking.status == "submitted"}
        kept = [ranking for ranking in first.rankings if ranking.status != "submitted" or ranking.annotator not in who]
        found[key] = first.model_copy(update={"rankings": (*kept, *new)})
    return list(found.values())


def read_rows(source: str | Path) -> RankingTable:
    """Ranking rows of a stage folder or a plain file; a row of a plain file may give its candidates as plain texts.

    Raises:
        InputError: the input cannot be read, or its rows hold no candidates.
        GateError: it is a stage whose gate failed.
    """
    if Path(source).is_dir():
        stage = load(source)
        if not (stage.path / "data.parquet").exists() or not is_ranking(frame := stage.frame()):
            raise InputError(f"is a {stage.manifest.stage} stage and holds no candidates to rank", where=str(source),
                             remedy="give the folder of a respond or annotate stage")
        return RankingTable(list(rankings(frame)), [], [input_record(source)], types_of(stage.path))
    rows, dropped = [], []
    for line in lines_of(source):
        try:
            if line.problem is not None:
                raise ValueError(line.problem)
            rows.append(ranking_row(line.value))
        except (ValueError, TypeError, KeyError) as error:
            problem = str(error).splitlines()[-1 if not isinstance(error, ValidationError) else 0]
            dropped.append(Dropped(id="", step="read", reason=Reason.MALFORMED, evidence=f"{source}:{line.number}",
                                   row={"problem": problem, "value": compact(line.value)[:2000]}))
    if not rows:
        raise InputError(f"holds no row with candidates ({dropped[0].row['problem']})", where=str(source),
                         remedy="each row needs messages (or instruction) and a list of candidates")
    return RankingTable(rows, dropped, [input_record(source, rows=len(rows) + len(dropped))])


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
    found: dict[str, str] = {}
    for record in stage.manifest.inputs:
        near = (Path(record.path), folder.parent / Path(record.path).name)
        place = next((place for place in near if is_stage(place) and place.resolve() != folder.resolve()), None)
        found.update(types_of(place) if place else {})
    return found


def ranking_row(value: Any) -> RankingRow:
    """One found row as a ranking row; ids that are missing follow from the content.

    Raises:
        ValueError: it has no messages or no candidates, or a ranking does not fit them.
    """
    if not isinstance(value, dict) or not isinstance(value.get("candidates"), list):
        raise ValueError("expected an object with messages and a list of candidates")
    messages = to_messages(value)
    turns = [(message["role"], message["content"]) for message in messages]
    candidates = []
    for candidate in value["candidates"]:
        given = {"text": candidate} if isinstance(candidate, str) else dict(candidate)
        if not isinstance(given.get("text"), str):
            raise ValueError("a candidate without text")
        given["id"] = given.get("id") or response_id([*turns, ("assistant", given["text"])])
        candidates.append({key: given.get(key) for key in ("id", "text", "model")})
    return RankingRow(id=value.get("id") or content_id(turns), messages=messages, language=value.get("language") or "und",
                      candidates=candidates, rankings=value.get("rankings") or ())


def rankable(table: RankingTable) -> tuple[list[RankingRow], list[Dropped]]:
    """The rows with at least two candidates, and all that were dropped."""
    kept = [row for row in table.rows if len(row.candidates) > 1]
    short = [Dropped(id=row.id, step="annotate", reason=Reason.TOO_FEW_CANDIDATES, evidence=len(row.candidates),
                     row=row.model_dump(mode="json")) for row in table.rows if len(row.candidates) < 2]
    return kept, table.dropped + short
