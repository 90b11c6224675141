"""Rankings from stage folders and from plain files in the layouts that preference data comes in.

Known are: our own ranking rows; a best-to-worst list (`instruction` with `output: [best, …, worst]`); pairs (`chosen` and
`rejected`, as TRL, LLaMA-Factory and ColossalChat write them); scored answers, one a row (`user_input, completion, score`,
ChatLLaMA's), which rows of the same prompt turn into one ranking; and Open Assistant's message trees, whose siblings carry
ranks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instructwild import stage
from instructwild.errors import InputError
from instructwild.read.files import lines_of
from instructwild.read.layouts import to_messages
from instructwild.schema import Candidate, Dropped, Message, Ranking, RankingRow, Reason, content_id, response_id
from instructwild.stage.frames import is_ranking, rankings

SCORE, ANSWERS = "score", ("completion", "output", "response", "answer")
Turns = list[dict[str, str]]


@dataclass(frozen=True)
class Rankings:
    """Ranked prompts of all inputs in order, rows that could not be used, and the inputs by content."""

    rows: list[RankingRow]
    dropped: list[Dropped]
    inputs: list[stage.FileRecord]


def read(sources: Iterable[str | Path], encoding: str | None = None) -> Rankings:
    """Read rankings from stage folders and plain files.

    Raises:
        InputError: an input cannot be read at all, or holds no rankings.
        GateError: an input is a stage whose gate failed.
    """
    rows: list[RankingRow] = []
    dropped: list[Dropped] = []
    inputs: list[stage.FileRecord] = []
    for source in sources:
        if Path(source).is_dir() and stage.is_stage(source):
            frame = stage.load(source).frame()
            if not is_ranking(frame):
                raise InputError("holds instructions where rankings are wanted", where=str(source),
                                 remedy="rank answers first: instructwild respond, then instructwild annotate")
            rows += rankings(frame)
            inputs.append(stage.input_record(source))
            continue
        found, bad = _plain(str(source), encoding)
        rows, dropped = rows + found, dropped + bad
        inputs.append(stage.input_record(source, rows=len(found) + len(bad)))
    return Rankings(rows, dropped, inputs)


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
                problem = str(error)
        dropped.append(Dropped(id="", step="read", reason=Reason.MALFORMED, evidence=f"{name}:{line.number}",
                               row={"problem": problem}))
    for answers in scored.values():
        order = sorted({score for _, _, score in answers}, reverse=True)
        rows.append(_row(answers[0][0], [answer for _, answer, _ in answers],
                         [order.index(score) + 1 for _, _, score in answers], "person:scored"))
    return rows, dropped


def _ranked(value: Any) -> list[RankingRow]:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    if "candidates" in value:
        return [RankingRow.model_validate({"id": "", **value, **({} if value.get("id") else {"id": _own_id(value)})})]
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


def _own_id(value: Mapping[str, Any]) -> str:
    return content_id([(message["role"], message["content"]) for message in value["messages"]])


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
