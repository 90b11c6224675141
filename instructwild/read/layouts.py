"""The layouts that instruction data comes in, each turned into one conversation; what it does not read is `extra`."""

from collections.abc import Callable, Mapping
from typing import Any

from instructwild.read.api_rows import add_system, add_tools, contents_of, request_of
from instructwild.read.app_exports import claude_export, libre_export, open_webui_export, open_webui_feedback
from instructwild.read.argilla_rows import fields_of
from instructwild.read.batch_results import is_result
from instructwild.read.cells import is_empty, parsed
from instructwild.read.chat_files import grok_export, studio_chat, studio_export, takeout_record
from instructwild.read.comparisons import common_turns, comparison_of
from instructwild.read.conversation import RowConversation
from instructwild.read.data_set_rows import (
    SYSTEM_TEXT,
    glaive_row,
    moss_row,
    query_and_calls,
    squad_row,
    turn_list_row,
    ultrachat_row,
)
from instructwild.read.exports import chatgpt_export, labelled_turns
from instructwild.read.marks import mark_of
from instructwild.read.pairs import PAIR, shared_turns, side_turns
from instructwild.read.parts import MEDIA_COLUMNS, MEDIA_MARK
from instructwild.read.prompt_columns import distilabel_row, input_and_target, messages_row, prompt_row
from instructwild.read.text_calls import tool_conversation
from instructwild.read.turns import ROLES, LeftOut, Turn, answered, turn, turn_from
from instructwild.schema.verdict import Reason


def to_conversation(row: Mapping[str, Any], plain_text: bool = True) -> RowConversation:
    """The conversation in one row of any known layout, as `conversation_of`, whose answer is none that is marked as bad.

    Raises:
        ValueError: as `conversation_of`.
        LeftOut: it holds media, or an answer that is marked as bad.
    """
    conversation = conversation_of(row, plain_text)
    if conversation.turns[-1]["role"] == "assistant":
        mark = mark_of(row)
        if mark is not None and not mark[1]:
            raise LeftOut(Reason.MARKED_BAD, f"its answer is marked as bad: {mark[0]} is {row[mark[0]]!r}")
        if conversation.rated_bad and mark is None:
            raise LeftOut(Reason.MARKED_BAD, "a person rated its last answer as bad")
    return conversation


def conversation_of(row: Mapping[str, Any], plain_text: bool = True) -> RowConversation:
    """The conversation in one row of any known layout; `plain_text` says whether a lone `text` is one.

    Raises:
        ValueError: no known layout fits, a role is unknown, or a content is not text; the message says which.
        LeftOut: it holds media.
    """
    for layout, reader in READERS.items():
        if reader is _plain_text and not plain_text:
            continue
        if (conversation := reader(row)) is not None:
            conversation.layout = layout
            break
    else:
        if is_result(row):
            raise ValueError("an answer of a batch without its request: give the file of the requests in the same command")
        known = ", ".join(map(str, list(row)[:8])) or "none"
        raise ValueError(f"no known layout: expected messages, conversations or instruction; found the keys {known}")
    add_system(conversation, row)
    add_tools(conversation, row)
    _take_calls(conversation)
    _refuse_media(conversation, row)
    conversation.turns, thoughts = answered(conversation.turns)
    if not conversation.turns:
        raise ValueError("the conversation is empty")
    if thoughts:
        conversation.extra["reasoning_content"] = "\n".join(thoughts)
    if thoughts or any("reasoning_content" in made for made in conversation.turns):
        conversation.layout = f"{conversation.layout}, with thoughts"
    return conversation


def _refuse_media(conversation: RowConversation, row: Mapping[str, Any]) -> None:
    """Refuse a row whose texts say where a picture, sound or film of another column stands.

    Raises:
        LeftOut: they do.
    """
    column = next((name for name in MEDIA_COLUMNS if not is_empty(parsed(row.get(name)))), None)
    if column is not None and any(MEDIA_MARK.search(made["content"]) for made in conversation.turns):
        raise LeftOut(Reason.MEDIA, f"a turn refers to the media in the column {column}")


def _take_calls(conversation: RowConversation) -> None:
    """Read calls of tools that stand as text, where all about them is sure; the system text that they leave is kept."""
    understood = tool_conversation(conversation.turns, conversation.tools) if conversation.turns else None
    if understood is not None:
        conversation.turns, conversation.tools = understood.turns, understood.tools
        conversation.layout = f"{conversation.layout} with tool calls in text"
        if understood.system is not None:
            conversation.extra[SYSTEM_TEXT] = understood.system


def to_messages(row: Mapping[str, Any]) -> list[Turn]:
    """The turns of one row of any known layout but a lone text; raises as `to_conversation`."""
    return to_conversation(row, plain_text=False).turns


def _mapping(row: Mapping[str, Any]) -> RowConversation | None:
    """A conversation of ChatGPT's data export."""
    if not isinstance(row.get("mapping"), Mapping):
        return None
    turns, whole = chatgpt_export(row)
    return RowConversation(turns, {"mapping", "current_node"} if whole else set())


def _argilla(row: Mapping[str, Any]) -> RowConversation | None:
    """A record that Argilla exported: its fields in any other layout."""
    fields = fields_of(row)
    if fields is None:
        return None
    conversation = conversation_of(fields, plain_text=False)
    rest = {name: value for name, value in fields.items() if name not in conversation.read and not is_empty(value)}
    conversation.extra = {**conversation.extra, **({"fields": rest} if rest else {})}
    conversation.read = {"fields"}
    return conversation


def _compared(row: Mapping[str, Any]) -> RowConversation | None:
    """Two answers side by side: the prompt; the answers stay in extra."""
    comparison = comparison_of(row)
    if comparison is None or not (shared := common_turns(comparison)):
        return None
    return RowConversation(shared, {comparison.prompt} if comparison.prompt else set())


SPEAKERS = ("sender", "speaker", "isCreatedByUser", "from", "author_role")
"""Columns that make a text one side's message: it is nothing to be learnt as it stands."""


def _plain_text(row: Mapping[str, Any]) -> RowConversation | None:
    """A plain `text`: one message where a `role` stands beside it, a dialogue whose turns are labelled, or else text to be
    learnt as it is, without a prompt.
    """
    text, role = row.get("text"), row.get("role")
    if role is None and (speaker := next((name for name in SPEAKERS if not is_empty(row.get(name))), None)):
        raise ValueError(f"one message of a conversation, by {speaker}: give the whole conversation, or each row a role")
    if isinstance(text, str) and text.strip() and isinstance(role, str) and role.lower() in ROLES:
        return RowConversation([turn_from({"role": role, "content": text}, 0)], {"text", "role"})
    if isinstance(text, str) and text.strip():
        return RowConversation(labelled_turns(text, answered_too=True) or [turn("assistant", text)], {"text"})
    return None


def _implicit(row: Mapping[str, Any]) -> RowConversation | None:
    """Two whole conversations, of which the last answers differ: the prompt is what they share; both stay in extra."""
    if any(is_empty(row.get(name)) for name in PAIR):
        return None
    chosen, rejected = (side_turns(row[name], name) for name in PAIR)
    shared = shared_turns(chosen, rejected)
    return RowConversation(chosen[:shared], set()) if shared else None


READERS: dict[str, Callable[[Mapping[str, Any]], RowConversation | None]] = {
    "LibreChat export": libre_export, "LM Studio": studio_chat, "Grok export": grok_export, "distilabel": distilabel_row,
    "SQuAD": squad_row, "messages": messages_row, "two answers": _compared, "query and calls": query_and_calls,
    "prompt and answer": prompt_row, "Glaive": glaive_row, "Claude export": claude_export,
    "Open WebUI export": open_webui_export, "Open WebUI rating": open_webui_feedback,
    "Gemini contents": contents_of, "ChatGPT export": _mapping, "batch request": request_of, "Argilla": _argilla,
    "AI Studio": studio_export, "Gemini activity": takeout_record,
    "MOSS": moss_row, "turns": turn_list_row, "input and target": input_and_target, "pair of conversations": _implicit,
    "UltraChat": ultrachat_row, "text": _plain_text}
"""The reader of each layout, in the order they are tried; each gives None for a row that is not of its layout."""
