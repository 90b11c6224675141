"""Rankings from stage folders and from plain files in the layouts that preference data comes in.

Known are: our own ranking rows, whose candidates may be plain texts; a best-to-worst list (`instruction` with
`output: [best, …, worst]`); pairs (`chosen` and `rejected`, as TRL, LLaMA-Factory and ColossalChat write them); scored
answers, one a row (`user_input, completion, score`, ChatLLaMA's), which rows of the same prompt turn into one ranking; and
Open Assistant's message trees, whose siblings carry ranks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from instructwild.errors import InputError
from instructwild.read.files import lines_of
from instructwild.read.layouts import to_messages
from instructwild.schema import Candidate, Dropped, Message, Ranking, RankingRow, Reason, content_id, response_id
from instructwild.schema.columns import compact
from instructwild.stage import FileRecord, input_record, is_stage, load
from instructwild.stage.frames import is_ranking, rankings

SCORE, ANSWERS = "score", ("completion", "output", "response", "answer")
Turns = list[dict[str, str]]


LONGEST_VALUE = 2000
"""Characters of a malformed row that are kept to be looked at."""


@dataclass(frozen=True)
class RankingTable:
    """Rows with candidates of all inputs in order, rows that could not be read, and the inputs by content."""

    rows: list[RankingRow]
    dropped: list[Dropped]
    inputs: list[FileRecord]


def read_rankings(sources: Iterable[str | Path], encoding: str | None = None) -> RankingTable:
    """Rows with candidates, ranked or not, from stage folders and plain files.

    Raises:
        InputError: an input cannot be read at all, or holds no row with candidates.
        GateError: an input is a stage whose gate failed.
    """
    rows: list[RankingRow] = []
    dropped: list[Dropped] = []
    inputs: list[FileRecord] = []
    for source in sources:
        if Path(source).is_dir() and is_stage(source):
            frame = load(source).frame()
            if not is_ranking(frame):
                raise InputError("holds instructions, not candidates or rankings", where=str(source),
                                 remedy="make candidates and have them ranked: instructwild respond, instructwild annotate")
            rows += rankings(frame)
            inputs.append(input_record(source))
            continue
        readable, malformed = _plain(str(source), encoding)
        if not readable:
            problem = (malformed[0].row or {}).get("problem") if malformed else "no rows"
            raise InputError(f"holds no row with candidates ({problem})", where=str(source),
                             remedy="each row needs a prompt and candidates, chosen and rejected, or a score")
        rows, dropped = rows + readable, dropped + malformed
        inputs.append(input_record(source, rows=len(readable) + len(malformed)))
    return RankingTable(rows, dropped, inputs)


def _plain(name: str, encoding: str | None) -> tuple[list[RankingRow], list[Dropped]]:
    rows: list[RankingRow] = []
    dropped: list[Dropped] = []
    scored: dict[str, list[tuple[Turns, str, float]]] = defaultdict(list)
    for line in lines_of(name, encoding):
        problem, value = line.problem, line.value
        if problem is None:
            try:
                if isinstance(value, Mapping) and SCORE in value:
                    turns, answer, score = _scored(value)
                    scored[content_id(_pairs(turns))].append((turns, answer, score))
                else:
                    rows += _ranked(value)
                continue
            except (ValueError, TypeError, KeyError) as error:
                problem = str(error).splitlines()[0 if isinstance(error, ValidationError) else -1]
        dropped.append(Dropped(id="", step="read", reason=Reason.MALFORMED, evidence=f"{name}:{line.number}",
                               row={"problem": problem, "value": compact(value)[:LONGEST_VALUE]}))
    for answers in scored.values():
        order = sorted({score for _, _, score in answers}, reverse=True)
        rows.append(_row(answers[0][0], [answer for _, answer, _ in answers],
                         [order.index(score) + 1 for _, _, score in answers], "person:scored"))
    return rows, dropped


def _ranked(value: Any) -> list[RankingRow]:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    if "candidates" in value:
        return [ranking_row(value)]
    if "chosen" in value and "rejected" in value:
        return [_pair(value)]
    prompt = value.get("prompt")
    if isinstance(prompt, Mapping) and "replies" in prompt:
        return list(_tree(prompt, []))
    listed = next((value[key] for key in ANSWERS if isinstance(value.get(key), list)), None)
    if listed is None:
        raise ValueError(f"no known layout of rankings; found the keys {', '.join(map(str, list(value)[:8])) or 'none'}")
    turns = to_messages({key: kept for key, kept in value.items() if key not in ANSWERS})
    return [_row(turns, listed, range(1, len(listed) + 1), "person:listed")]


def ranking_row(value: Mapping[str, Any]) -> RankingRow:
    """One row with candidates; ids that are missing follow from the content.

    Raises:
        ValueError: it has no messages or no candidates, or a ranking does not fit them.
    """
    if not isinstance(value["candidates"], list):
        raise ValueError("candidates is not a list")
    messages = to_messages(value)
    turns = _pairs(messages)
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


def _pair(value: Mapping[str, Any]) -> RankingRow:
    def answer(key: str) -> tuple[Turns, str]:
        given = value[key]
        if isinstance(given, Mapping):
            given = [given]
        if isinstance(given, str):
            return [], given
        turns = to_messages({"messages": given})
        return turns[:-1], turns[-1]["content"]

    before, chosen = answer("chosen")
    rest = {key: kept for key, kept in value.items() if key not in ("chosen", "rejected")}
    prompt = rest.get("prompt", rest.get("context"))
    is_list = isinstance(prompt, Sequence) and not isinstance(prompt, str)
    turns = before or to_messages({"messages": prompt} if is_list else rest)
    return _row(turns, [chosen, answer("rejected")[1]], [1, 2], "person:pair")


def _scored(value: Mapping[str, Any]) -> tuple[Turns, str, float]:
    if value[SCORE] is None:
        raise ValueError("the score is null: the answer was never judged")
    answer = next((value[key] for key in ANSWERS if isinstance(value.get(key), str)), None)
    if answer is None:
        raise ValueError("a score without an answer")
    return to_messages({key: kept for key, kept in value.items() if key not in ANSWERS}), answer, float(value[SCORE])


def _tree(message: Mapping[str, Any], before: Turns) -> Iterator[RankingRow]:
    """One ranking for each prompter's message in a tree whose answers were ranked."""
    role = {"prompter": "user", "assistant": "assistant"}[message["role"]]
    turns = [*before, {"role": role, "content": str(message["text"])}]
    replies = message.get("replies") or []
    if role == "user":
        ranked = [reply for reply in replies if reply.get("rank") is not None]
        if len(ranked) > 1:
            yield _row(turns, [str(reply["text"]) for reply in ranked], [int(reply["rank"]) + 1 for reply in ranked],
                       "person:oasst", language=message.get("lang") or "und")
    for reply in replies:
        yield from _tree(reply, turns)


def _row(turns: Turns, answers: Sequence[Any], ranks: Iterable[int], annotator: str, language: str = "und") -> RankingRow:
    if not all(isinstance(answer, str) for answer in answers):
        raise ValueError("an answer is not text")
    pairs = _pairs(turns)
    candidates = tuple(Candidate(id=f"{response_id([*pairs, ('assistant', answer)])}-{n}", text=answer)
                       for n, answer in enumerate(answers))
    return RankingRow(id=content_id(pairs), messages=tuple(Message(**turn) for turn in turns), language=language,
                      candidates=candidates, rankings=(Ranking(annotator=annotator, ranks=tuple(ranks)),))


def _pairs(turns: Turns) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in turns]
