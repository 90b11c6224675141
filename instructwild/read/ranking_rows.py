"""One row of candidates and rankings, from the columns of a stage or from a preference."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instructwild.read.cells import parsed
from instructwild.read.layouts import to_messages
from instructwild.read.names import CONVERSATION_KEYS
from instructwild.read.ranked_answers import Preference, RankedAnswer
from instructwild.read.turns import Turn, turn_from
from instructwild.schema import Candidate, Message, Ranking, RankingRow, content_id, response_id, turn_of

OWN = ("candidates", "rankings", "tools", *CONVERSATION_KEYS)
"""What a ranking row of ours is read from, beside its language and id."""


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
        fields = _candidate_fields(candidate)
        fields["id"] = fields.get("id") or _answer_id(turns, fields["text"], fields.get("tool_calls"))
        candidates.append({key: fields.get(key) for key in Candidate.model_fields if key in fields})
    tools = parsed(value.get("tools"))
    return RankingRow.model_validate({
        "id": value.get("id") or content_id(turns), "messages": messages, "language": value.get("language") or "und",
        "candidates": candidates, "rankings": value.get("rankings") or (),
        "tools": tools if isinstance(tools, list) and tools else None})


def _candidate_fields(candidate: Any) -> dict[str, Any]:
    """A candidate that is a text, an object with `text`, or a message of the assistant.

    Raises:
        ValueError: it holds neither text nor calls of tools.
    """
    if isinstance(candidate, str):
        return {"text": candidate}
    if isinstance(candidate, Mapping) and ("text" in candidate or "role" not in candidate):
        fields = {**candidate, "text": candidate.get("text") or "" if candidate.get("tool_calls") else candidate.get("text")}
    else:
        made = turn_from(candidate, 0)
        fields = {**candidate, **made, "text": made["content"]}
    if not isinstance(fields["text"], str):
        raise ValueError("a candidate without text")
    return fields


def _answer_id(turns: Sequence[Sequence[str]], text: str, calls: Any) -> str | None:
    return response_id([*turns, turn_of({"role": "assistant", "content": text, "tool_calls": calls})])


def row_of_preference(preference: Preference, answers: list[RankedAnswer], ranks: Iterable[int],
                      language: str) -> RankingRow:
    """The row of a preference.

    Args:
        preference: its prompt, and who ordered the answers.
        answers: as candidates.
        ranks: of these; none where nobody ordered them.
        language: of the prompt.
    """
    turns = [turn_of(turn) for turn in preference.turns]
    candidates = tuple(_candidate(turns, answer, number) for number, answer in enumerate(answers))
    ranks = tuple(ranks)
    return RankingRow(id=content_id(turns), messages=_messages(preference.turns),
                      language=preference.language or language or "und", candidates=candidates,
                      rankings=preference.rankings or (
                          (Ranking(annotator=preference.annotator, ranks=ranks),) if ranks else ()),
                      tools=preference.tools)


def _candidate(turns: Sequence[Sequence[str]], answer: RankedAnswer, number: int) -> Candidate:
    made = Candidate(id="", text=answer.text, model=answer.model, reasoning_content=answer.reasoning,
                     tool_calls=answer.calls, turns=[*answer.turns])
    name = _answer_id(turns, made.shown, None) if answer.turns else _answer_id(turns, answer.text, answer.calls)
    return made.model_copy(update={"id": f"{name}-{number}"})


def _messages(turns: list[Turn]) -> tuple[Message, ...]:
    return tuple(Message(**turn) for turn in turns)
