"""The layouts of single data sets: xLAM, SQuAD, Glaive, MOSS, mt-bench, UltraChat."""

from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.read.cells import parsed, text_of
from instructwild.read.conversation import RowConversation, of_messages
from instructwild.read.exports import moss_chat, moss_is_whole, moss_text
from instructwild.read.names import PROMPT_KEYS
from instructwild.read.text_calls import are_calls, calling_turn, functions_of, glaive_conversation
from instructwild.read.turn_pairs import history, in_turn, pair_names
from instructwild.read.turns import turn
from instructwild.schema.columns import INPUT_LINE

SYSTEM_TEXT = "system_text"
"""In `extra`: a system text as it stood before the tools that it holds were read."""


def query_and_calls(row: Mapping[str, Any]) -> RowConversation | None:
    """xLAM: a query, tools, and answers that are calls of these."""
    answers = parsed(row.get("answers"))
    key = next((key for key in PROMPT_KEYS if isinstance(row.get(key), str)), None)
    tools = parsed(row.get("tools"))
    if key is None or not are_calls(answers) or not isinstance(tools, list) or not tools:
        return None
    return RowConversation([turn("user", row[key]), calling_turn(answers)], {key, "answers", "tools"}, functions_of(tools))


def squad_row(row: Mapping[str, Any]) -> RowConversation | None:
    """SQuAD: a question, a passage, and answers that stand in it where they say. Several that differ stay in extra."""
    question, passage, value = row.get("question"), row.get("context"), parsed(row.get("answers"))
    on_hub = isinstance(value, Mapping) and {*value} >= {"text", "answer_start"}
    if on_hub and all(isinstance(value[name], list) for name in ("text", "answer_start")):
        value = [{"text": text, "answer_start": start}
                 for text, start in zip(value["text"], value["answer_start"], strict=False)]
    if not isinstance(question, str) or not isinstance(passage, str) or not isinstance(value, list) or not (
            value or on_hub or "is_impossible" in row) or not all(_stands_in(passage, answer) for answer in value):
        return None
    conversation = RowConversation([turn("user", f"{question}\n{passage}")], {"question", "context"})
    conversation.extra[INPUT_LINE] = question.count("\n") + 1
    texts = {answer["text"] for answer in value if answer["text"].strip()}
    if len(texts) == 1:
        conversation.turns.append(turn("assistant", texts.pop()))
    return conversation


def _stands_in(passage: str, answer: Any) -> bool:
    """Whether an answer is a text that stands in the passage where it says."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("text"), str):
        return False
    start = answer.get("answer_start")
    return isinstance(start, int) and start >= 0 and passage.startswith(answer["text"], start)


def glaive_row(row: Mapping[str, Any]) -> RowConversation | None:
    """Glaive: a chat as one text, and a system text with tools."""
    system = row.get("system")
    if not isinstance(row.get("chat"), str) or not isinstance(system, str | None):
        return None
    made = glaive_conversation(system or "", row["chat"])
    if made is None:
        return None
    kept = {SYSTEM_TEXT: made.system} if made.system is not None else {}
    return RowConversation(made.turns, {"chat", "system"}, made.tools or None, extra=kept)


def moss_row(row: Mapping[str, Any]) -> RowConversation | None:
    """MOSS: a chat of numbered turns, or the plain text of one."""
    if isinstance(row.get("chat"), Mapping):
        conversation = RowConversation(moss_chat(row["chat"]), {"chat"} if moss_is_whole(row["chat"]) else set())
    elif isinstance(row.get("plain_text"), str):
        conversation = RowConversation(moss_text(row["plain_text"]), {"plain_text"})
    else:
        return None
    conversation.begin_with_system(row, "meta_instruction")
    return conversation


def turn_list_row(row: Mapping[str, Any]) -> RowConversation | None:
    """mt-bench: the questions of a dialogue, and perhaps reference answers. Without these only the first is a prompt."""
    questions, answers = parsed(row.get("turns")), parsed(row.get("reference"))
    if not isinstance(questions, Sequence) or isinstance(questions, str) or not questions:
        return None
    if all(isinstance(item, Mapping) for item in questions):
        paired = all("role" not in item and pair_names(item) for item in questions)
        return RowConversation(history(questions), {"turns"}) if paired else of_messages(questions, "turns")
    texts = [text_of(item, "turns") or "" for item in questions]
    if isinstance(answers, list) and len(answers) == len(texts) and all(isinstance(item, str) for item in answers):
        return RowConversation([made for asking, answer in zip(texts, answers, strict=True)
                             for made in (turn("user", asking), turn("assistant", answer))], {"turns", "reference"})
    return RowConversation([turn("user", texts[0])], {"turns"} if len(texts) == 1 else set())


def ultrachat_row(row: Mapping[str, Any]) -> RowConversation | None:
    """UltraChat: `data`, what both sides said in turn, and an id."""
    texts = parsed(row.get("data"))
    if not isinstance(texts, list) or not texts or not {*row} <= {"id", "data"} or not all(
            isinstance(text, str) for text in texts):
        return None
    return RowConversation(in_turn(texts), {"data"})
