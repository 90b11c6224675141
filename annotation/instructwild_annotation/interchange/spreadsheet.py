"""Rankings as a table: one line for each answer in each ranking, as spreadsheets read it."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, get_args
from unicodedata import normalize

from instructwild.errors import InputError
from instructwild.read.files import lines_of
from instructwild.read.ranking_rows import ranking_row
from instructwild.schema import Dropped, Ranking, RankingRow, Reason
from instructwild.schema.ranking import ANNOTATOR_KINDS, Status
from instructwild.text.quantity import quantity
from instructwild_annotation.interchange.verdicts import whole_rank
from instructwild_annotation.people import person

COLUMNS = ("row", "prompt_id", "language", "prompt", "messages", "answer_number", "answer_id", "answer", "model", "thoughts",
           "tool_calls", "turns", "ranking", "annotator", "rank", "status", "seconds")
NEEDED = ("answer", "rank")
OTHER_NAMES = {
    "prompt": ("instruction", "question", "query", "user_query", "user_prompt", "input", "问题", "提示", "提示词", "指令",
               "题目"),
    "answer": ("response", "output", "completion", "candidate", "reply", "model_output", "model_response", "generation",
               "回答", "答案", "回复", "模型回答"),
    "rank": ("position", "place", "rank_position", "名次", "排名", "排序"),
    "annotator": ("rater", "annotator_id", "annotator_name", "labeler", "labeller", "evaluator", "evaluator_name",
                  "reviewer", "worker", "worker_id", "rater_id", "user_id", "username", "your_name", "email",
                  "email_address", "标注者", "标注员", "标注人", "评分者", "评审", "姓名"),
    "language": ("lang", "语言"), "model": ("model_name", "模型"),
    "seconds": ("lead_time", "duration", "time_spent", "用时", "秒数")}
"""What columns of tables made elsewhere are called; letters of any case, a space or hyphen for an underscore."""
RANK_OF = re.compile(r"(?:rank|ranking|名次|排名)(?:[\s_:：-]*[（(]|[\s_:：-]+(?:(?:by|of)\s+)?)(.+?)[)）]?", re.IGNORECASE)
"""A column of one person's ranks, in a table with a column for each person."""
PROMPTS = ("messages", "prompt")


def to_csv(rows: Iterable[RankingRow]) -> str:
    """All rows as CSV, with a byte order mark, by which spreadsheets know UTF-8.

    `row` and `ranking` number rows and the rankings of a row; an answer that nobody ranked has a line without a rank.
    """
    text = StringIO()
    text.write("\ufeff")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    for number, row in enumerate(rows, start=1):
        messages = json.dumps([message.model_dump(mode="json") for message in row.messages], ensure_ascii=False)
        for position, candidate in enumerate(row.candidates):
            cells = {"row": number, "prompt_id": row.id, "language": row.language, "prompt": row.messages[-1].content,
                     "messages": messages, "answer_number": position + 1, "answer_id": candidate.id,
                     "answer": candidate.text, "model": candidate.model, "thoughts": candidate.reasoning_content,
                     "tool_calls": candidate.tool_calls, "turns": candidate.turns}
            for order, ranking in enumerate(row.rankings, start=1):
                table.writerow({**cells, "ranking": order, "annotator": ranking.annotator, "rank": ranking.ranks[position],
                                "status": ranking.status, "seconds": ranking.seconds})
            if not row.rankings:
                table.writerow(cells)
    return text.getvalue()


@dataclass
class TableRow:
    """The lines of one row of the table: its prompt, its answers by key, and ranks by ranking and answer."""

    prompt: dict[str, Any]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    rankings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def add(self, line: Mapping[str, Any], annotator: str) -> None:
        """Take one line.

        Raises:
            ValueError: its rank, status or seconds cannot be read, or the answer has a rank in this ranking already.
        """
        key = text_of_cell(line, "answer_number") or text_of_cell(line, "answer_id") or str(line["answer"])
        self.answers.setdefault(key, {"id": text_of_cell(line, "answer_id") or None, "text": str(line["answer"]),
                                      "model": text_of_cell(line, "model") or None,
                                      "reasoning_content": text_of_cell(line, "thoughts") or None,
                                      "tool_calls": text_of_cell(line, "tool_calls") or None,
                                      "turns": text_of_cell(line, "turns") or None})
        if not (rank := text_of_cell(line, "rank")):
            return
        name = annotator_named(text_of_cell(line, "annotator") or annotator)
        status = text_of_cell(line, "status") or "submitted"
        number = whole_rank(rank)
        if status not in get_args(Status):
            raise ValueError(f"the status {status!r} is none of {', '.join(get_args(Status))}")
        seconds = text_of_cell(line, "seconds")
        ranking = self.rankings.setdefault((text_of_cell(line, "ranking"), name), {
            "annotator": name, "status": status, "seconds": float(seconds) if seconds else None, "ranks": {}})
        if key in ranking["ranks"]:
            raise ValueError(f"{name} ranks the answer {key[:60]!r} twice")
        ranking["ranks"][key] = number

    def made(self) -> tuple[RankingRow, list[str]]:
        """The row, and what is wrong with each ranking that could not be taken.

        Raises:
            ValueError: the prompt or the answers do not make a row.
        """
        problems, rankings = [], []
        for ranking in self.rankings.values():
            ranks = ranking.pop("ranks")
            if missing := [key for key in self.answers if key not in ranks]:
                problems.append(f"{ranking['annotator']} ranks {len(ranks)} of {quantity(len(self.answers), 'answer')}; "
                                f"without a rank: {missing[0][:60]!r}")
            else:
                rankings.append(Ranking(ranks=tuple(ranks[key] for key in self.answers), **ranking))
        row = ranking_row({**self.prompt, "candidates": list(self.answers.values())})
        return row.model_copy(update={"rankings": tuple(rankings)}), problems


def named(columns: Iterable[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The name by which each column is read that is not called so itself; a column of the name itself comes first.

    Args:
        columns: of the table.
        mapping: name -> column, as the user says.
    """
    listed = list(columns)
    folded = {re.sub(r"[\s-]+", "_", column.strip().casefold()): column for column in reversed(listed)}
    chosen: dict[str, str] = {}
    for name in COLUMNS:
        column = mapping.get(name) or next((folded[other] for other in (name, *OTHER_NAMES.get(name, ()))
                                            if other in folded), None)
        if column is not None:
            chosen[column] = name
    if "rank" not in chosen.values() and "ranking" in folded:
        chosen[folded["ranking"]] = "rank"      # a column of this name numbers rankings only where another holds the ranks
    return chosen


def from_table(source: str | Path, annotator: str, encoding: str | None = None,
               mapping: Mapping[str, str] | None = None) -> tuple[list[RankingRow], list[Dropped], list[str]]:
    """The rows of a table with the columns of `to_csv`, of which `answer`, `rank` and a prompt are enough.

    Lines belong together by `row`, else by `prompt_id`, else by their prompt; rankings by `ranking` and `annotator`.

    Args:
        source: a file of lines (CSV, TSV, JSON lines, Parquet).
        annotator: who ranked where no line says so.
        encoding: of text files.
        mapping: name of `COLUMNS` -> column; others go by their own names or by `OTHER_NAMES`.

    Returns:
        The rows, what could not be read, and the columns that are not known and were passed over.

    Raises:
        InputError: the file cannot be read, or lacks a column that is needed.
    """
    groups: dict[str, TableRow] = {}
    dropped: list[Dropped] = []
    unknown: dict[str, None] = {}
    for line in lines_of(source, encoding):
        problem, value = line.problem, line.value
        if problem is None:
            read_as = named(value, mapping or {}) if isinstance(value, Mapping) else {}
            lacking = [name for name in NEEDED if name not in read_as.values()]
            people = _ranks_of_people(value, read_as) if "rank" in lacking else {}
            lacking = [name for name in lacking if name != "rank" or not people]
            if lacking or not set(PROMPTS) & set(read_as.values()):
                lacking += [] if set(PROMPTS) & set(read_as.values()) else ["prompt"]
                raise InputError(f"has no column for {', '.join(lacking)}", where=f"{source}:{line.number}",
                                 remedy="name the columns: " + " ".join(f"--map {name}=COLUMN" for name in lacking)
                                 + (f" (there are {', '.join(map(str, list(value)[:20]))})" if isinstance(value, Mapping)
                                    else ""))
            unknown.update(dict.fromkeys(key for key in value if key not in read_as and key not in people))
            cells = {name: value[column] for column, name in read_as.items()}
            try:
                prompt = prompt_of(cells)
                key = text_of_cell(cells, "row") or text_of_cell(cells, "prompt_id") or json.dumps(prompt["messages"])
                group = groups.setdefault(key, TableRow(prompt))
                for column, who in people.items():
                    group.add({**cells, "annotator": who, "rank": value[column]}, annotator)
                if not people:
                    group.add(cells, annotator)
                continue
            except (ValueError, TypeError, KeyError) as error:
                problem = str(error)
        dropped.append(malformed(f"{source}:{line.number}", problem))
    rows = list(_rows(groups.values(), str(source), dropped))
    return rows, dropped, list(unknown)


def _ranks_of_people(value: Mapping[str, Any], read_as: Mapping[str, str]) -> dict[str, str]:
    """Columns that hold one person's ranks each, and who that is."""
    return {column: match[1] for column in value
            if column not in read_as and (match := RANK_OF.fullmatch(str(column).strip()))}


def _rows(groups: Iterable[TableRow], source: str, dropped: list[Dropped]) -> Iterator[RankingRow]:
    for group in groups:
        try:
            row, problems = group.made()
        except (ValueError, TypeError) as error:
            dropped.append(malformed(source, str(error).splitlines()[-1]))
            continue
        dropped += [malformed(f"{source}: {row.id}", problem) for problem in problems]
        yield row


def malformed(where: str, problem: str) -> Dropped:
    """What could not be read, for dropped.parquet."""
    return Dropped(id="", step="import", reason=Reason.MALFORMED, evidence=where, row={"problem": problem})


def prompt_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """The messages of a line, with its id and language where it has them, for `ranking_row`.

    Raises:
        ValueError: it has no prompt.
    """
    messages = line.get("messages")
    if isinstance(messages, str) and messages.strip():
        messages = json.loads(messages)
    if not messages:
        if not str(line.get("prompt") or "").strip():
            raise ValueError("a line without a prompt")
        messages = [{"role": "user", "content": str(line["prompt"])}]
    return {"messages": messages, **({"id": identity} if (identity := text_of_cell(line, "prompt_id")) else {}),
            **({"language": language} if (language := text_of_cell(line, "language")) else {})}


def text_of_cell(line: Mapping[str, Any], column: str) -> str:
    """A cell as text, empty where there is none; a whole number that was read as 1.0 is 1."""
    value = line.get(column)
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and column != "seconds" else str(value).strip()


def annotator_named(name: str) -> str:
    """Who ranked: as it stands where it says its kind, else a person, by a salted hash."""
    return name if name.partition(":")[0] in ANNOTATOR_KINDS and ":" in name else person(normalize("NFC", name))
