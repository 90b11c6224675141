"""Rows of messages, and of a prompt with its answer in columns beside it, as most data has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.read.api_rows import add_tools
from instructwild.read.cells import is_empty, optional_text, parsed, parsed_messages, text_of
from instructwild.read.conversation import RowConversation, of_messages
from instructwild.read.exports import labelled_turns, message_tree
from instructwild.read.names import ANSWER_KEYS, CONVERSATION_KEYS, PROMPT_KEYS
from instructwild.read.turn_pairs import history, in_turn, pair_names
from instructwild.read.turns import turn, turns_from
from instructwild.schema.columns import INPUT_LINE


def messages_row(row: Mapping[str, Any]) -> RowConversation | None:
    """A list of messages, or of texts in turn, under any name that such lists have."""
    context = parsed_messages(row.get("context"))                       # HelpSteer3, ColossalChat, turbo-alignment
    of_messages_too = isinstance(context, list) and bool(context) and not has_prompt(row) and all(
        isinstance(item, Mapping) and ("role" in item or "from" in item) for item in context)
    for key in (*CONVERSATION_KEYS, *(["context"] if of_messages_too else [])):
        value = parsed_messages(row.get(key))
        if isinstance(value, Sequence) and not isinstance(value, str) and (value or not has_prompt(row)):
            if value and all(isinstance(item, str) for item in value):
                return RowConversation(in_turn(value), {key})
            if value and all(isinstance(item, Mapping) and "role" not in item and pair_names(item) for item in value):
                return RowConversation(history(value), {key})          # the turns of Firefly, Capybara and others
            conversation = of_messages(value, key)
            return with_answer(conversation, row, ANSWER_KEYS) if conversation.turns[-1]["role"] == "user" else conversation
    return None


def has_prompt(row: Mapping[str, Any]) -> bool:
    """Whether a column of a prompt's name holds something."""
    return any(not is_empty(row.get(key)) for key in PROMPT_KEYS)


def prompt_row(row: Mapping[str, Any]) -> RowConversation | None:
    """A prompt under any name that prompts have, with earlier turns, an input and its answer beside it."""
    key = next((key for key in PROMPT_KEYS if row.get(key) is not None), None)
    if key is None:
        return None
    value = row[key]
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        row = {**row, key: (value := value[0])}
    if not isinstance(value, str) or value.lstrip()[:2] in ("[{", "[ ", "[\n"):
        value = parsed_messages(value)
    if isinstance(value, Mapping) and "text" in value and "replies" in value:
        turns, whole = message_tree(value)
        language = value.get("lang")
        return RowConversation(turns, {key} if whole else set(), language=language if isinstance(language, str) else None)
    if isinstance(value, Sequence) and not isinstance(value, str) and value and isinstance(value[0], Mapping):
        conversation = of_messages(value, key)
    else:
        prompt, beside = text_of(row[key], key) or "", optional_text(row.get("input"), "input")
        spoken = labelled_turns(prompt)
        if spoken is None:
            spoken = [turn("user", f"{prompt}\n{beside}" if beside.strip() else prompt)]
        conversation = RowConversation([*history(row.get("history")), *spoken], {key, "input", "history"})
        if beside.strip() and len(spoken) == 1:
            conversation.extra[INPUT_LINE] = prompt.count("\n") + 1
    return with_answer(conversation, row, ANSWER_KEYS)


def with_answer(conversation: RowConversation, row: Mapping[str, Any], keys: Sequence[str]) -> RowConversation:
    """The conversation with the answer of the first of these columns that holds one; several answers stay in extra."""
    key = next((key for key in keys if row.get(key) is not None), None)
    if key is None:
        return conversation
    value = row[key]
    if isinstance(value, Mapping) and ("role" in value or "from" in value):
        value = [value]
    question = conversation.turns[-1]["content"] if conversation.turns else ""
    if isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
        if not all("role" in item or "from" in item for item in value):
            return conversation                                     # several answers with their scores: kept in extra
        answers = [made for number, message in enumerate(value) for made in turns_from(message, number, question)]
    elif isinstance(value, list | tuple) and len(value) == 1:
        answers = [turn("assistant", text_of(value[0], key) or "", question=question)]
    elif isinstance(value, list | tuple | Mapping) and value:
        return conversation                                         # several answers are not one: kept in extra
    else:
        answers = [turn("assistant", text_of(value, key) or "", question=question)]
    conversation.read.add(key)
    thoughts = row.get("reasoning_content")
    if answers and answers[-1]["role"] == "assistant" and isinstance(thoughts, str):
        conversation.read.add("reasoning_content")
        if thoughts.strip():
            answers[-1] = turn("assistant", answers[-1]["content"], thoughts) | {
                name: value for name, value in answers[-1].items() if name in ("tool_calls", "name")}
    conversation.turns += answers
    return conversation


def input_and_target(row: Mapping[str, Any]) -> RowConversation | None:
    """Firefly, OpenAI's evals and others that call the prompt `input`: only beside an answer of a known name."""
    value = parsed(row.get("input"))
    if is_empty(value):
        return None
    if isinstance(value, Mapping) and isinstance(value.get("messages"), list):      # OpenAI's preference files
        conversation = of_messages(value["messages"], "input")
        add_tools(conversation, value)
        return conversation
    keys = [key for key in (*ANSWER_KEYS, "target", "ideal") if key in row]
    if not keys:
        return None
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        conversation = of_messages(value, "input")
    else:
        conversation = RowConversation([turn("user", text_of(row["input"], "input") or "")], {"input"})
    return with_answer(conversation, row, keys)


def distilabel_row(row: Mapping[str, Any]) -> RowConversation | None:
    """A row of distilabel: what was generated for an instruction, which the columns of its steps tell from others' rows."""
    if not isinstance(row.get("generation"), str) or not has_prompt(row) or not (
            "model_name" in row or "distilabel_metadata" in row) or any(not is_empty(row.get(key)) for key in ANSWER_KEYS):
        return None
    conversation = prompt_row(row)
    return conversation and with_answer(conversation, row, ("generation",))
