"""Rankings from stage folders and from plain files in the layouts that preference data comes in.

Known are our own ranking rows, whose candidates may be plain texts, and all that `read.preferences` reads. Answers with a
score or a mark, one a row, become one ranking for each prompt. A stage of instructions is read by what its rows kept in
`extra`, and by the answers that left it because they are marked as bad.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from instructwild.errors import InputError
from instructwild.read.assemble import left_out
from instructwild.read.build import row_of
from instructwild.read.cells import is_empty
from instructwild.read.columns_read import ColumnsRead
from instructwild.read.files import lines_of
from instructwild.read.first_columns import FirstColumns, map_options
from instructwild.read.instructions import bad_answers
from instructwild.read.line import Line
from instructwild.read.message_rows import joined_trees
from instructwild.read.names import ColumnNames, check_columns
from instructwild.read.preferences import preferences_of
from instructwild.read.ranked_answers import Preference, ranks_of
from instructwild.read.ranking_rows import OWN, ranking_row, row_of_preference
from instructwild.read.turns import LeftOut
from instructwild.schema import Dropped, RankingRow, Reason, content_id, turn_of
from instructwild.schema.columns import INPUT_LINE
from instructwild.stage import FileRecord, Stage, input_record, is_stage, load
from instructwild.stage.frames import instructions, is_ranking, rankings
from instructwild.stage.remote import local_copy, printable


@dataclass(frozen=True)
class RankingTable:
    """Rows with candidates of all inputs in order, rows that could not be read, and the inputs by content.

    `extra[i]` are the columns of `rows[i]` that nothing read, by their names; where its answers came in rows of their own
    and these differ, a list of the values, one for each answer.
    """

    rows: list[RankingRow]
    dropped: list[Dropped]
    inputs: list[FileRecord]
    extra: list[dict[str, Any]] = field(default_factory=list)


def read_rankings(sources: Iterable[str | Path], encoding: str | None = None,
                  columns: Mapping[str, str] | None = None) -> RankingTable:
    """Rows with candidates, ranked or not, from stage folders and plain files.

    Args:
        sources: ranking stages, stages of instructions with preferences in `extra`, plain files.
        encoding: of text files that are not UTF-8.
        columns: NAME -> COLUMN of plain files, as `names.parse_map` gives it.

    Raises:
        InputError: an input cannot be read at all, or holds no row with candidates.
        ConfigError: a column that `columns` names is in none of the plain files.
        GateError: an input is a stage whose gate failed.
    """
    rows: list[RankingRow] = []
    dropped: list[Dropped] = []
    inputs: list[FileRecord] = []
    extra: list[dict[str, Any]] = []
    for source in sources:
        if is_stage(source):
            stage = load(source)
            ranked, lost, beside = _of_stage(stage, columns)
            rows, dropped, extra = rows + ranked, dropped + lost, extra + beside
            inputs.append(input_record(source))
            continue
        name, first = printable(source), FirstColumns(columns)
        reading = _Rankings(name, ColumnNames(columns))
        reading.add(list(first.watch(joined_trees(lines_of(source, encoding)))))
        if first.columns:
            check_columns(columns or {}, first.columns)
        readable, beside = reading.rows()
        if not readable:
            problem = (reading.dropped[0].row or {}).get("problem") if reading.dropped else "no rows"
            options = map_options(first)
            raise InputError(f"holds no row with candidates ({problem})", where=name,
                             remedy="each row needs a prompt and candidates, chosen and rejected, or a score" +
                                    (f"; name its columns, for example {options}" if options else ""))
        rows, dropped, extra = rows + readable, dropped + reading.dropped, extra + beside
        count = reading.lines
        there = Path(local_copy(source)).exists()
        inputs.append(input_record(source, rows=count, read_as=reading.read_as.record()) if there else
                      FileRecord(path=name, sha256=content_id([(row.id, row.model_dump_json()) for row in readable]),
                                 rows=count, read_as=reading.read_as.record()))
    return RankingTable(rows, dropped, inputs, extra)


Readable = tuple[list[RankingRow], list[Dropped], list[dict[str, Any]]]


def _of_stage(stage: Stage, columns: Mapping[str, str] | None) -> Readable:
    """The rankings of a stage with their further columns: its own, or those that its instructions kept in `extra`.

    Raises:
        InputError: it holds neither.
    """
    frame = stage.frame()
    if is_ranking(frame):
        return (ranked := list(rankings(frame))), [], [{} for _ in ranked]
    if "messages" not in frame.columns or "extra" not in frame.columns:
        return _of_columns(stage, columns)
    read_with = {**(stage.manifest.config.get("map") or {}), **(columns or {})}
    reading = _Rankings(str(stage.path), ColumnNames(read_with))
    lines: list[Line] = []
    new_id: dict[str, str] = {}
    for number, row in enumerate(instructions(frame), start=1):
        lines.append(Line(number, {**row.extra, "messages": [message.chat() for message in row.messages],
                                   "language": row.language, **({"tools": row.tools} if row.tools else {})}))
        new_id |= dict.fromkeys(row.parents, row.id)
    bad = [Line(0, json.loads(value)) for value in _marked_bad(stage)]
    reading.add([*lines, *bad], new_id)
    readable, extra = reading.rows()
    if not readable:
        raise InputError("holds instructions, not candidates or rankings", where=str(stage.path),
                         remedy="make candidates and have them ranked: instructwild respond, instructwild annotate")
    return readable, reading.dropped, extra


PAIR_COLUMNS = ("id", "annotator", "agreement")
"""What `convert --to preference` writes about a pair itself."""


def _of_columns(stage: Stage, columns: Mapping[str, str] | None) -> Readable:
    """The rankings of a stage whose columns are another tool's: what `convert --to preference` wrote."""
    reading = _Rankings(str(stage.path), ColumnNames(columns))
    reading.add([Line(number, {name: value for name, value in row.items() if name not in PAIR_COLUMNS})
                 for number, row in enumerate(stage.frame().iter_rows(named=True), start=1)])
    readable, extra = reading.rows()
    if not readable:
        raise InputError("holds no candidates or rankings", where=str(stage.path),
                         remedy="make candidates and have them ranked: instructwild respond, instructwild annotate")
    return readable, reading.dropped, extra


def _marked_bad(stage: Stage) -> Iterator[str]:
    """The rows, as JSON, that left a stage while it was read because their answers are marked as bad."""
    for lost in bad_answers(stage):
        value = (lost.row or {}).get("value")
        if isinstance(value, str):
            yield value


@dataclass
class _Rankings:
    """The ranking rows of one input, in the order of their first lines."""

    name: str
    names: ColumnNames
    dropped: list[Dropped] = field(default_factory=list)
    read_as: ColumnsRead = field(default_factory=ColumnsRead)
    lines: int = 0
    _entries: list[tuple[RankingRow, dict[str, Any]] | str] = field(default_factory=list)
    _single: dict[str, list[tuple[Preference, dict[str, Any]]]] = field(default_factory=dict)

    def add(self, lines: Iterable[Line], new_id: Mapping[str, str] | None = None) -> None:
        """Read lines; `new_id` is the id that a prompt has now by the one it had when its file was read."""
        lines = list(lines)
        self.names.look_at_labels(line.value["label"] for line in lines
                                  if isinstance(line.value, Mapping) and "label" in line.value)
        for line in lines:
            self.lines += 1
            problem, reason = line.problem, Reason.MALFORMED
            if problem is None:
                try:
                    self._read(line.value, new_id or {})
                    continue
                except LeftOut as error:
                    problem, reason = str(error), error.reason
                except (ValueError, TypeError, KeyError, RecursionError) as error:
                    problem = (str(error).splitlines() or [type(error).__name__])[
                        0 if isinstance(error, ValidationError) else -1]
            self.dropped.append(Dropped(id="", step="read", reason=reason, evidence=f"{self.name}:{line.number}",
                                        row=left_out(line.value, problem, reason)))

    def rows(self) -> tuple[list[RankingRow], list[dict[str, Any]]]:
        """The rows read so far and their further columns; answers to one prompt in rows of their own are united."""
        united = [_united(self._single[entry]) if isinstance(entry, str) else entry for entry in self._entries]
        return [row for row, _ in united], [extra for _, extra in united]

    def _read(self, value: Any, new_id: Mapping[str, str]) -> None:
        value = row_of(value)
        renames = self.names.renames([str(key) for key in value])
        row = {renames.get(str(key), str(key)): item for key, item in value.items()}
        if "candidates" in row:
            ranked, layout = ranking_row(row), "candidates"
            read: Collection[str] = {*OWN, *(["id"] if ranked.id == row.get("id") else [])}
            extra = _beside(value, renames, read, {})
            self._entries.append((ranked, extra))
        else:
            preferences = preferences_of(row)
            if not preferences:
                raise ValueError("no known layout of rankings; found the keys "
                                 f"{', '.join(map(str, list(value)[:8])) or 'none'}")
            for preference in preferences:
                extra = _beside(value, renames, preference.read, preference.extra)
                self._take(preference, extra, str(row.get("language") or ""), new_id)
            layout = preferences[0].annotator.removeprefix("person:") or "candidates"
            read = preferences[0].read
        names = [(str(key), renames.get(str(key), str(key))) for key in value]
        self.read_as.add(layout, [(key, read_as) for key, read_as in names if read_as in (*read, "language")],
                         [key for key, _ in names if key in extra])

    def _take(self, preference: Preference, extra: dict[str, Any], language: str, new_id: Mapping[str, str]) -> None:
        if preference.whole:
            self._entries.append((row_of_preference(preference, preference.answers, preference.ranks, language), extra))
            return
        name = content_id([turn_of(turn) for turn in preference.turns])
        name = new_id.get(name, name)
        if name not in self._single:
            self._entries.append(name)
            self._single[name] = []
        self._single[name].append((preference, extra))


def _beside(value: Mapping[str, Any], renames: Mapping[str, str], read: Collection[str],
            extra: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row that its rankings are not read from."""
    return {**{str(key): item for key, item in value.items() if renames.get(str(key), str(key)) not in (*read, "language")
               and key != INPUT_LINE and not is_empty(item)}, **extra}


def _united(preferences: list[tuple[Preference, dict[str, Any]]]) -> tuple[RankingRow, dict[str, Any]]:
    """One ranking of the answers that rows of their own score or mark, and what their further columns hold."""
    singles = [preference for preference, _ in preferences]
    beside: dict[str, Any] = {}
    for name in dict.fromkeys(name for _, extra in preferences for name in extra):
        values = [extra.get(name) for _, extra in preferences]
        beside[name] = values[0] if all(value == values[0] for value in values) else values
    scores = list(chain.from_iterable(single.scores for single in singles))
    answers = list(chain.from_iterable(single.answers for single in singles))
    return row_of_preference(singles[0], answers, ranks_of(scores), ""), beside
