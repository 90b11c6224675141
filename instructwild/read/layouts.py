"""The layouts that instruction data comes in, each turned into one conversation; what it does not read is `extra`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from instructwild.read.api_rows import add_system, add_tools, contents_of, request_of
from instructwild.read.app_exports import claude_export, libre_export, open_webui_export, open_webui_feedback
from instructwild.read.argilla_rows import fields_of
from instructwild.read.batch_results import is_result
from instructwild.read.cells import is_empty, optional_text, parsed, parsed_list, parsed_messages, text_of
from instructwild.read.chat_files import grok_export, studio_chat, studio_export, takeout_record
from instructwild.read.comparisons import common_turns, comparison_of
from instructwild.read.conversation import RowConversation, of_messages
from instructwild.read.exports import (
    chatgpt_export,
    labelled_turns,
    message_tree,
    moss_chat,
    moss_is_whole,
    moss_text,
)
from instructwild.read.marks import mark_of
from instructwild.read.names import ANSWER_KEYS, CONVERSATION_KEYS, PROMPT_KEYS
from instructwild.read.pairs import PAIR, shared_turns, side_turns
from instructwild.read.parts import MEDIA_COLUMNS, MEDIA_MARK
from instructwild.read.text_calls import are_calls, calling_turn, functions_of, glaive_conversation, tool_conversation
from instructwild.read.turns import ROLES, LeftOut, Turn, answered, turn, turn_from, turns_from
from instructwild.schema.columns import INPUT_LINE
from instructwild.schema.verdict import Reason

SYSTEM_TEXT = "system_text"
"""In `extra`: a system text as it stood before the tools that it holds were read."""


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


def _messages(row: Mapping[str, Any]) -> RowConversation | None:
    context = parsed_messages(row.get("context"))                       # HelpSteer3, ColossalChat, turbo-alignment
    of_messages_too = isinstance(context, list) and bool(context) and not _has_prompt(row) and all(
        isinstance(item, Mapping) and ("role" in item or "from" in item) for item in context)
    for key in (*CONVERSATION_KEYS, *(["context"] if of_messages_too else [])):
        value = parsed_messages(row.get(key))
        if isinstance(value, Sequence) and not isinstance(value, str) and (value or not _has_prompt(row)):
            if value and all(isinstance(item, str) for item in value):
                return RowConversation(_in_turn(value), {key})
            if value and all(isinstance(item, Mapping) and "role" not in item and _pair_names(item) for item in value):
                return RowConversation(_history(value), {key})          # the turns of Firefly, Capybara and others
            conversation = of_messages(value, key)
            return _with_answer(conversation, row, ANSWER_KEYS) if conversation.turns[-1]["role"] == "user" else conversation
    return None


def _has_prompt(row: Mapping[str, Any]) -> bool:
    return any(not is_empty(row.get(key)) for key in PROMPT_KEYS)


def _prompt(row: Mapping[str, Any]) -> RowConversation | None:
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
        conversation = RowConversation([*_history(row.get("history")), *spoken], {key, "input", "history"})
        if beside.strip() and len(spoken) == 1:
            conversation.extra[INPUT_LINE] = prompt.count("\n") + 1
    return _with_answer(conversation, row, ANSWER_KEYS)


def _called(row: Mapping[str, Any]) -> RowConversation | None:
    """xLAM: a query, tools, and answers that are calls of these."""
    answers = parsed(row.get("answers"))
    key = next((key for key in PROMPT_KEYS if isinstance(row.get(key), str)), None)
    tools = parsed(row.get("tools"))
    if key is None or not are_calls(answers) or not isinstance(tools, list) or not tools:
        return None
    return RowConversation([turn("user", row[key]), calling_turn(answers)], {key, "answers", "tools"}, functions_of(tools))


def _extracted(row: Mapping[str, Any]) -> RowConversation | None:
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


def _glaive(row: Mapping[str, Any]) -> RowConversation | None:
    system = row.get("system")
    if not isinstance(row.get("chat"), str) or not isinstance(system, str | None):
        return None
    made = glaive_conversation(system or "", row["chat"])
    if made is None:
        return None
    kept = {SYSTEM_TEXT: made.system} if made.system is not None else {}
    return RowConversation(made.turns, {"chat", "system"}, made.tools or None, extra=kept)


def _with_answer(conversation: RowConversation, row: Mapping[str, Any], keys: Sequence[str]) -> RowConversation:
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


PAIR_NAMES = (("user", "assistant"), ("human", "assistant"), ("question", "answer"), ("prompt", "response"),
              ("instruction", "output"), ("query", "response"), ("input", "output"), ("user", "bot"), ("human", "bot"),
              ("human", "gpt"), ("human", "ai"), ("q", "a"), ("prompt", "completion"), ("instruction", "response"),
              ("问", "答"), ("问题", "回答"))


def _history(value: Any) -> list[Turn]:
    """Earlier turns: pairs as lists or objects, messages, or questions and answers in turn."""
    value = parsed_list(value)
    if is_empty(value) or (isinstance(value, str) and not optional_text(value, "history").strip()):
        return []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("history should hold pairs of [question, answer]")
    if all(isinstance(item, str) for item in value):
        value = [value[at:at + 2] for at in range(0, len(value), 2)]
    turns: list[Turn] = []
    for number, pair in enumerate(value):
        if pair is None:
            continue
        if isinstance(pair, Mapping) and ("role" in pair or "from" in pair):
            turns += turns_from(pair, number)
            continue
        if isinstance(pair, Mapping):
            names = _pair_names(pair)
            pair = [pair[name] for name in names] if names else None
        if not isinstance(pair, Sequence) or isinstance(pair, str) or not 1 <= len(pair) <= 2:
            raise ValueError("history should hold pairs of [question, answer]")
        texts = [text_of(item, "history") or "" for item in pair]
        turns += [turn(role, text) for role, text in zip(("user", "assistant"), texts, strict=False)]
    return turns


def _pair_names(item: Mapping[str, Any]) -> tuple[str, str] | None:
    """Under which names an object holds a question and its answer."""
    return next((names for names in PAIR_NAMES if {*names} <= {*item}), None)


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


def _moss(row: Mapping[str, Any]) -> RowConversation | None:
    if isinstance(row.get("chat"), Mapping):
        conversation = RowConversation(moss_chat(row["chat"]), {"chat"} if moss_is_whole(row["chat"]) else set())
    elif isinstance(row.get("plain_text"), str):
        conversation = RowConversation(moss_text(row["plain_text"]), {"plain_text"})
    else:
        return None
    conversation.begin_with_system(row, "meta_instruction")
    return conversation


def _turn_list(row: Mapping[str, Any]) -> RowConversation | None:
    """mt-bench: the questions of a dialogue, and perhaps reference answers. Without these only the first is a prompt."""
    questions, answers = parsed(row.get("turns")), parsed(row.get("reference"))
    if not isinstance(questions, Sequence) or isinstance(questions, str) or not questions:
        return None
    if all(isinstance(item, Mapping) for item in questions):
        paired = all("role" not in item and _pair_names(item) for item in questions)
        return RowConversation(_history(questions), {"turns"}) if paired else of_messages(questions, "turns")
    texts = [text_of(item, "turns") or "" for item in questions]
    if isinstance(answers, list) and len(answers) == len(texts) and all(isinstance(item, str) for item in answers):
        return RowConversation([made for asking, answer in zip(texts, answers, strict=True)
                             for made in (turn("user", asking), turn("assistant", answer))], {"turns", "reference"})
    return RowConversation([turn("user", texts[0])], {"turns"} if len(texts) == 1 else set())


def _input_target(row: Mapping[str, Any]) -> RowConversation | None:
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
    return _with_answer(conversation, row, keys)


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


def _ultrachat(row: Mapping[str, Any]) -> RowConversation | None:
    """UltraChat: `data`, what both sides said in turn, and an id."""
    texts = parsed(row.get("data"))
    if not isinstance(texts, list) or not texts or not {*row} <= {"id", "data"} or not all(
            isinstance(text, str) for text in texts):
        return None
    return RowConversation(_in_turn(texts), {"data"})


def _in_turn(texts: Sequence[str]) -> list[Turn]:
    """What a user and an assistant said in turn."""
    return [turn("user" if number % 2 == 0 else "assistant", text) for number, text in enumerate(texts)]


def _generated(row: Mapping[str, Any]) -> RowConversation | None:
    """A row of distilabel: what was generated for an instruction, which the columns of its steps tell from others' rows."""
    if not isinstance(row.get("generation"), str) or not _has_prompt(row) or not (
            "model_name" in row or "distilabel_metadata" in row) or any(not is_empty(row.get(key)) for key in ANSWER_KEYS):
        return None
    conversation = _prompt(row)
    return conversation and _with_answer(conversation, row, ("generation",))


READERS: dict[str, Callable[[Mapping[str, Any]], RowConversation | None]] = {
    "LibreChat export": libre_export, "LM Studio": studio_chat, "Grok export": grok_export, "distilabel": _generated,
    "SQuAD": _extracted, "messages": _messages, "two answers": _compared, "query and calls": _called,
    "prompt and answer": _prompt, "Glaive": _glaive, "Claude export": claude_export, "Open WebUI export": open_webui_export,
    "Open WebUI rating": open_webui_feedback,
    "Gemini contents": contents_of, "ChatGPT export": _mapping, "batch request": request_of, "Argilla": _argilla,
    "AI Studio": studio_export, "Gemini activity": takeout_record,
    "MOSS": _moss, "turns": _turn_list, "input and target": _input_target, "pair of conversations": _implicit,
    "UltraChat": _ultrachat, "text": _plain_text}
"""The reader of each layout, in the order they are tried; each gives None for a row that is not of its layout."""
