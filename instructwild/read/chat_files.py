"""Conversations as further chat applications keep or export them: Google AI Studio, Gemini (Takeout), Grok, LM Studio.

Sources: AI Studio's files in Drive (`chunkedPrompt`); Takeout's "My Activity" of the Gemini apps; xAI's account export
(`prod-grok-backend.json`); LM Studio's `*.conversation.json`. Layouts were taken from readers that others wrote for them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.read.app_exports import last_branch
from instructwild.read.cells import is_empty
from instructwild.read.conversation import RowConversation, of_branch, of_messages
from instructwild.read.parts import LeftOut
from instructwild.read.regrouped import TYPED, is_gemini_activity
from instructwild.read.turns import turn
from instructwild.schema.verdict import Reason

Message = Mapping[str, Any]
FILES = ("inlineData", "inlineFile", "inlineImage", "driveDocument", "driveImage", "driveVideo", "driveAudio",
         "youtubeVideo")
"""Keys of AI Studio's chunks that hold no text."""


def is_chat_file(value: Mapping[str, Any]) -> bool:
    """Whether an object is one conversation of such an application, and no object around a list of rows."""
    return _chunks(value) is not None or _slots(value) is not None


def studio_export(row: Mapping[str, Any]) -> RowConversation | None:
    """A file of Google AI Studio: chunks of text, each by the user or the model, some of them thoughts.

    Raises:
        LeftOut: it holds media or a file.
        ValueError: it holds what is no message.
    """
    chunks = _chunks(row)
    if chunks is None:
        return None
    messages: list[dict[str, Any]] = []
    thoughts: list[str] = []
    for chunk in chunks:
        if (kind := next((name for name in FILES if chunk.get(name)), None)) is not None:
            raise LeftOut(Reason.MEDIA, f"holds a chunk of type {kind}")
        text = str(chunk.get("text") or "")
        if chunk.get("isThought"):
            thoughts.append(text)
            continue
        rest = {key: value for key, value in chunk.items() if key not in ("text", "parts")}
        if messages and messages[-1]["role"] == rest.get("role"):                      # an answer in several chunks
            messages[-1]["content"] += text
            continue
        messages.append({**rest, "content": text, **({"reasoning": "\n".join(thoughts)} if thoughts else {})})
        thoughts = []
    return of_messages(messages, "chunkedPrompt")


def _chunks(row: Mapping[str, Any]) -> list[Message] | None:
    prompt = row.get("chunkedPrompt")
    return _objects(prompt.get("chunks")) if isinstance(prompt, Mapping) else None


def takeout_record(row: Mapping[str, Any]) -> RowConversation | None:
    """A record of Takeout's "My Activity" of the Gemini apps: what was asked, and the answer as HTML, which stays in extra.

    Raises:
        ValueError: it is no question: a setting, a Gem or a feedback.
    """
    if not is_gemini_activity(row):
        return None
    if TYPED not in row:
        raise ValueError(f"a record of activity that is no question: {row['title'][:60]!r}")
    from instructwild.text.html_markdown import markdown

    text = "\n\n".join(markdown(item["html"]) for item in _objects(row.get("safeHtmlItem")) or ()
                       if isinstance(item.get("html"), str))
    answer = [turn("assistant", text)] if text.strip() else []
    return RowConversation([turn("user", row[TYPED]), *answer], {"title", TYPED})


def grok_export(row: Mapping[str, Any]) -> RowConversation | None:
    """A conversation of Grok: the branch of the last response; all stay in extra where there are others.

    Raises:
        LeftOut: it holds media.
        ValueError: it holds what is no message.
    """
    wrapped = _objects(row.get("responses"))
    if not wrapped or not isinstance(row.get("conversation"), Mapping) or not all(
            isinstance(item.get("response"), Mapping) and "sender" in item["response"] for item in wrapped):
        return None
    stored = [item["response"] for item in wrapped]
    path = last_branch(stored, "_id", "parent_response_id")
    messages = [{**{key: value for key, value in response.items() if key not in ("sender", "message", "thinking_trace")},
                 "role": "user" if str(response["sender"]).lower() == "human" else "assistant",
                 "content": response.get("message"), "reasoning": response.get("thinking_trace")} for response in path]
    return of_branch(messages, "responses", whole=len(path) == len(stored))


def studio_chat(row: Mapping[str, Any]) -> RowConversation | None:
    """A conversation of LM Studio: of each message the version that is selected; the others keep all messages in extra.

    Raises:
        LeftOut: it holds media.
        ValueError: it holds what is no message.
    """
    slots = _slots(row)
    if slots is None:
        return None
    chosen = [slot["versions"][_number(slot.get("currentlySelected"), len(slot["versions"]))] for slot in slots]
    made = of_branch([_version(version) for version in chosen if not is_empty(version)], "messages",
                     whole=all(len(slot["versions"]) == 1 for slot in slots))
    made.begin_with_system(row, "systemPrompt")
    return made


def _slots(row: Mapping[str, Any]) -> list[Message] | None:
    slots = _objects(row.get("messages"))
    return slots if slots and all(_objects(slot.get("versions")) for slot in slots) else None


def _number(value: Any, count: int) -> int:
    return value if isinstance(value, int) and 0 <= value < count else 0


def _version(version: Message) -> dict[str, Any]:
    """One version as a message: its steps in their order, those in the style of thoughts as such."""
    rest = {key: value for key, value in version.items() if key not in ("content", "steps", "type")}
    steps = _objects(version.get("steps"))
    if steps is None:
        return {**rest, "content": version.get("content")}
    content: list[Any] = []
    for step in steps:
        if step.get("type") != "contentBlock":
            continue
        style = step.get("style")
        thought = isinstance(style, Mapping) and style.get("type") == "thinking"
        for part in _objects(step.get("content")) or ():
            content.append({"type": "thinking", "thinking": part.get("text")} if thought else part)
    return {**rest, "content": content}


def _objects(value: Any) -> list[Message] | None:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return list(value) if is_list and all(isinstance(item, Mapping) for item in value) else None
