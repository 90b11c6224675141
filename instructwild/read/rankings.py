"""Rankings from stage folders and from plain files in the layouts that preference data comes in.

Known are our own ranking rows, whose candidates may be plain texts, and all that `read.preferences` reads. Answers with a
score or a mark, one a row, become one ranking for each prompt. A stage of instructions is read by what its rows kept in
`extra`, and by the answers that left it because they are marked as bad.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from instructwild.errors import InputError
from instructwild.read.assemble import left_out
from instructwild.read.columns_read import ColumnsRead
from instructwild.read.files import lines_of, printable
from instructwild.read.instructions import FirstColumns, map_options
from instructwild.read.layouts import to_messages
from instructwild.read.line import Line
from instructwild.read.marks import KTO
from instructwild.read.message_rows import joined_trees
from instructwild.read.names import ANSWER_KEYS, CONVERSATION_KEYS, KNOWN, PROMPT_KEYS, ColumnNames, check_columns
from instructwild.read.pairs import PAIR
from instructwild.read.preferences import OPENAI_PAIR, SCORE, SEVERAL, Preference, RankedAnswer, preferences_of, ranks_of
from instructwild.read.turns import LeftOut, Turn
from instructwild.schema import Candidate, Dropped, Message, Ranking, RankingRow, Reason, content_id, response_id, turn_of
from instructwild.stage import FileRecord, Stage, input_record, is_stage, load
from instructwild.stage.frames import instructions, is_ranking, rankings
from instructwild.stage.remote import local_copy

READ = frozenset({*PROMPT_KEYS, *ANSWER_KEYS, *CONVERSATION_KEYS, *PAIR, *OPENAI_PAIR, *SEVERAL, *KTO, SCORE, "scores",
                  "ratings", "rewards", "ranks", "rank", "input", "history", "system", "context", "candidates", "rankings",
                  "language", "id"})
"""Columns that rankings are read from."""


@dataclass(frozen=True)
class RankingTable:
    """Rows with candidates of all inputs in order, rows that could not be read, and the inputs by content."""

    rows: list[RankingRow]
    dropped: list[Dropped]
    inputs: list[FileRecord]


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
    for source in sources:
        if is_stage(source):
            stage = load(source)
            ranked, lost = _of_stage(stage, columns)
            rows, dropped = rows + ranked, dropped + lost
            inputs.append(input_record(source))
            continue
        name, first = printable(source), FirstColumns(columns)
        reading = _Rankings(name, ColumnNames(columns))
        reading.add(list(first.watch(joined_trees(lines_of(source, encoding)))))
        if first.columns:
            check_columns(columns or {}, first.columns)
        readable = reading.rows()
        if not readable:
            problem = (reading.dropped[0].row or {}).get("problem") if reading.dropped else "no rows"
            unknown = [column for column in first.columns if column.strip().lower() not in KNOWN]
            raise InputError(f"holds no row with candidates ({problem})", where=name,
                             remedy="each row needs a prompt and candidates, chosen and rejected, or a score" +
                                    (f"; name its columns, for example {map_options(unknown)}" if unknown else ""))
        rows, dropped = rows + readable, dropped + reading.dropped
        count = reading.lines
        there = Path(local_copy(source)).exists()
        inputs.append(input_record(source, rows=count, read_as=reading.read_as.record()) if there else
                      FileRecord(path=name, sha256=content_id([(row.id, row.model_dump_json()) for row in readable]),
                                 rows=count, read_as=reading.read_as.record()))
    return RankingTable(rows, dropped, inputs)


def _of_stage(stage: Stage, columns: Mapping[str, str] | None) -> tuple[list[RankingRow], list[Dropped]]:
    """The rankings of a stage: its own, or those that its instructions kept in `extra`.

    Raises:
        InputError: it holds neither.
    """
    frame = stage.frame()
    if is_ranking(frame):
        return list(rankings(frame)), []
    if "messages" not in frame.columns or "extra" not in frame.columns:
        return _of_columns(stage, columns)
    read_with = {**(stage.manifest.config.get("map") or {}), **(columns or {})}
    reading = _Rankings(str(stage.path), ColumnNames(read_with))
    lines: list[Line] = []
    new_id: dict[str, str] = {}
    for number, row in enumerate(instructions(frame), start=1):
        lines.append(Line(number, {**row.extra, "messages": [message.chat() for message in row.messages],
                                   "language": row.language}))
        new_id |= dict.fromkeys(row.parents, row.id)
    bad = [Line(0, json.loads(value)) for value in _marked_bad(stage)]
    reading.add([*lines, *bad], new_id)
    readable = reading.rows()
    if not readable:
        raise InputError("holds instructions, not candidates or rankings", where=str(stage.path),
                         remedy="make candidates and have them ranked: instructwild respond, instructwild annotate")
    return readable, reading.dropped


def _of_columns(stage: Stage, columns: Mapping[str, str] | None) -> tuple[list[RankingRow], list[Dropped]]:
    """The rankings of a stage whose columns are another tool's: what `convert --to preference` wrote."""
    reading = _Rankings(str(stage.path), ColumnNames(columns))
    reading.add([Line(number, row) for number, row in enumerate(stage.frame().iter_rows(named=True), start=1)])
    if not (readable := reading.rows()):
        raise InputError("holds no candidates or rankings", where=str(stage.path),
                         remedy="make candidates and have them ranked: instructwild respond, instructwild annotate")
    return readable, reading.dropped


def _marked_bad(stage: Stage) -> Iterator[str]:
    """The rows, as JSON, that left a stage while it was read because their answers are marked as bad."""
    for text in stage.dropped().filter(reason=Reason.MARKED_BAD.value, step="read")["row"]:
        value = (json.loads(text) or {}).get("value")
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
    _entries: list[RankingRow | str] = field(default_factory=list)
    _single: dict[str, list[Preference]] = field(default_factory=dict)

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

    def rows(self) -> list[RankingRow]:
        """The rows read so far; the answers to one prompt that stand in rows of their own are united."""
        return [entry if isinstance(entry, RankingRow) else _united(self._single[entry]) for entry in self._entries]

    def _read(self, value: Any, new_id: Mapping[str, str]) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an object, found {type(value).__name__}")
        renames = self.names.renames([str(key) for key in value])
        row = {renames.get(str(key), str(key)): item for key, item in value.items()}
        if "candidates" in row:
            self._entries.append(ranking_row(row))
        else:
            preferences = preferences_of(row)
            if not preferences:
                raise ValueError("no known layout of rankings; found the keys "
                                 f"{', '.join(map(str, list(value)[:8])) or 'none'}")
            for preference in preferences:
                self._take(preference, str(row.get("language") or ""), new_id)
        layout = "candidates" if "candidates" in row else preferences[0].annotator.removeprefix("person:") or "candidates"
        names = [(str(key), renames.get(str(key), str(key))) for key in value]
        read = [(key, read_as) for key, read_as in names if read_as in READ]
        self.read_as.add(layout, read, ())

    def _take(self, preference: Preference, language: str, new_id: Mapping[str, str]) -> None:
        if preference.whole:
            self._entries.append(_row(preference, preference.answers, preference.ranks, language))
            return
        name = content_id([turn_of(turn) for turn in preference.turns])
        name = new_id.get(name, name)
        if name not in self._single:
            self._entries.append(name)
            self._single[name] = []
        self._single[name].append(preference)


def _united(singles: list[Preference]) -> RankingRow:
    """One ranking of the answers that rows of their own score or mark."""
    scores = list(chain.from_iterable(single.scores for single in singles))
    answers = list(chain.from_iterable(single.answers for single in singles))
    return _row(singles[0], answers, ranks_of(scores), "")


def ranking_row(value: Mapping[str, Any]) -> RankingRow:
    """One row with candidates; ids that are missing follow from the content.

    Raises:
        ValueError: it has no messages or no candidates, or a ranking does not fit them.
    """
    if not isinstance(value["candidates"], list):
        raise ValueError("candidates is not a list")
    messages = to_messages(value)
    turns = [turn_of(message) for message in messages]
    candidates = []
    for candidate in value["candidates"]:
        fields = {"text": candidate} if isinstance(candidate, str) else dict(candidate)
        if not isinstance(fields.get("text"), str):
            raise ValueError("a candidate without text")
        fields["id"] = fields.get("id") or response_id([*turns, ("assistant", fields["text"])])
        candidates.append({key: fields.get(key) for key in Candidate.model_fields if key in fields})
    return RankingRow.model_validate({
        "id": value.get("id") or content_id(turns), "messages": messages, "language": value.get("language") or "und",
        "candidates": candidates, "rankings": value.get("rankings") or ()})


def _row(preference: Preference, answers: list[RankedAnswer], ranks: Iterable[int], language: str) -> RankingRow:
    turns = [turn_of(turn) for turn in preference.turns]
    candidates = tuple(Candidate(id=f"{response_id([*turns, ('assistant', answer.text)])}-{number}", text=answer.text,
                                 model=answer.model, reasoning_content=answer.reasoning)
                       for number, answer in enumerate(answers))
    ranks = tuple(ranks)
    return RankingRow(id=content_id(turns), messages=_messages(preference.turns),
                      language=preference.language or language or "und", candidates=candidates,
                      rankings=(Ranking(annotator=preference.annotator, ranks=ranks),) if ranks else ())


def _messages(turns: list[Turn]) -> tuple[Message, ...]:
    return tuple(Message(**turn) for turn in turns)
