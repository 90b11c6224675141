"""Conversations in exporters' own structures: ChatGPT's data export, Open Assistant's trees, MOSS, labelled turns."""

import re
from collections.abc import Mapping
from typing import Any

from instructwild.read.turns import ROLES, LeftOut, Turn, turn, turn_from
from instructwild.schema.verdict import Reason

MARK = re.compile(r"^\s*<\|(?:Human|MOSS|Inner Thoughts|Commands|Results)\|>:\s*|\s*<eo[hamcrt]>\s*$")
MOSS_TURN = re.compile(r"\[(Human|MOSS)\]:\s*(.*?)\s*(?:<eo[ham]>|(?=\[(?:Human|MOSS)\]:)|\Z)", re.DOTALL)
LABELS = (
    (re.compile(r"(?:^|\n\n)(Human|Assistant): ?"), "Human", "\n\nHuman:"),                    # Anthropic's HH
    (re.compile(r"(?:^|\n)### (Human|Assistant): ?"), "Human", "### Human:"),                # Guanaco
    (re.compile(r"(?:^|\n)(Human|Assistant)[:：] ?"), "Human", "Human"),                     # BELLE
)


def labelled_turns(text: str, answered_too: bool = False) -> list[Turn] | None:
    """The turns of a text that labels them, or None where it is no such text.

    Args:
        text: begins with a label of a human, and holds at least one of an assistant. Without `answered_too` it ends with
            one, after which the answer is still to come.
    """
    for pattern, first, begin in LABELS:
        if not text.startswith(begin) and not (begin == "\n\nHuman:" and answered_too and text.startswith("Human:")):
            continue
        pieces = pattern.split(text)
        if pieces[0].strip() or len(pieces) < 5 or pieces[1] != first:
            continue
        labelled = zip(pieces[1::2], pieces[2::2], strict=True)
        turns = [turn(ROLES[label.lower()], spoken.strip()) for label, spoken in labelled]
        if turns[-1]["role"] == "assistant" and not turns[-1]["content"]:
            return turns[:-1]
        if answered_too:
            return turns
    return None


def moss_chat(chat: Mapping[str, Any]) -> list[Turn]:
    """MOSS 003: `turn_1`, `turn_2`, … with `Human`, `MOSS` and perhaps inner thoughts.

    Raises:
        ValueError: a turn is no object.
    """
    turns: list[Turn] = []
    for name in sorted(chat, key=lambda name: int(re.sub(r"\D", "", name) or 0)):
        if not isinstance(chat[name], Mapping):
            raise ValueError(f"{name} should be an object, found {type(chat[name]).__name__}")
        texts = {key: MARK.sub("", str(chat[name].get(key) or "")) for key in ("Human", "MOSS", "Inner Thoughts")}
        thoughts = texts["Inner Thoughts"]
        turns += [turn("user", texts["Human"]),
                  turn("assistant", texts["MOSS"], thoughts if thoughts and thoughts != "None" else None)]
    return turns


def moss_is_whole(chat: Mapping[str, Any]) -> bool:
    """Whether `moss_chat` reads all that the turns say: there are no commands of plugins and no results of them."""
    texts = (text for turns in chat.values() if isinstance(turns, Mapping)
             for name, text in turns.items() if name not in ("Human", "MOSS", "Inner Thoughts"))
    return all(MARK.sub("", str(text or "")) in ("", "None") for text in texts)


def moss_text(text: str) -> list[Turn]:
    """MOSS 002: `[Human]: …<eoh> [MOSS]: …<eoa>`.

    Raises:
        ValueError: it holds no such turn.
    """
    turns = [turn("user" if who == "Human" else "assistant", spoken) for who, spoken in MOSS_TURN.findall(text)]
    if not turns:
        raise ValueError("plain_text should hold turns that begin with [Human]: or [MOSS]:")
    return turns


def chatgpt_export(row: Mapping[str, Any]) -> tuple[list[Turn], bool]:
    """The branch that the person saw last, and whether it is all that the conversation holds.

    Raises:
        ValueError: the tree of messages has no leaf, or goes in a circle.
        LeftOut: it holds a picture or sound.
    """
    nodes = row["mapping"]
    at = row.get("current_node")
    if at not in nodes:
        leaves = [name for name, node in nodes.items() if isinstance(node, Mapping) and not node.get("children")]
        if not leaves:
            raise ValueError("mapping holds no last message")
        at = leaves[-1]
    path: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while at is not None and isinstance(nodes.get(at), Mapping):
        if at in seen:
            raise ValueError("mapping goes in a circle")
        seen.add(at)
        path.append(nodes[at])
        at = nodes[at].get("parent")
    turns: list[Turn] = []
    thoughts: list[str] = []
    for node in reversed(path):
        message = node.get("message")
        if not isinstance(message, Mapping):
            continue
        role, spoken, thinking = _exported(message)
        if thinking:
            thoughts.append(thinking)
        if spoken.strip() and role in ROLES:
            turns.append(turn(ROLES[role], spoken, "\n".join(thoughts) or None if role == "assistant" else None))
            thoughts = []
    return turns, len(seen) >= len(nodes)


def _exported(message: Mapping[str, Any]) -> tuple[str, str, str]:
    """Role, text and thoughts of one exported message; what was hidden from the person has no text."""
    if isinstance(fragments := message.get("fragments"), list):                                # DeepSeek
        kinds = [(str(part.get("type")), str(part.get("content") or "")) for part in fragments if isinstance(part, Mapping)]
        spoken = "\n".join(text for kind, text in kinds if kind in ("REQUEST", "RESPONSE"))
        role = "user" if any(kind == "REQUEST" for kind, _ in kinds) else "assistant"
        return role, spoken, "\n".join(text for kind, text in kinds if kind == "THINK")
    author, content, notes = message.get("author") or {}, message.get("content") or {}, message.get("metadata") or {}
    role = str(author.get("role") or "") if isinstance(author, Mapping) else ""
    hidden = isinstance(notes, Mapping) and notes.get("is_visually_hidden_from_conversation")
    if not isinstance(content, Mapping) or hidden:
        return role, "", ""
    if content.get("content_type") == "thoughts":
        parts = content.get("thoughts") or []
        return role, "", "\n".join(str(part.get("content") or "") for part in parts if isinstance(part, Mapping))
    if content.get("content_type") in ("reasoning_recap", "user_editable_context", "model_editable_context"):
        return role, "", ""
    texts = []
    for part in content.get("parts") or [content.get("text")]:
        if isinstance(part, Mapping):
            if part.get("content_type") != "audio_transcription":
                raise LeftOut(Reason.MEDIA, f"holds a part of type {part.get('content_type')}")
            part = part.get("text")
        texts.append(str(part or ""))
    return role, "".join(texts), ""


def message_tree(prompt: Mapping[str, Any]) -> tuple[list[Turn], bool]:
    """The best path of an Open Assistant tree (at each message the reply of the best rank), and whether it is all there is.

    Raises:
        ValueError: a message is no object with a role and a text.
    """
    turns: list[Turn] = []
    whole, message = True, prompt
    while True:
        turns.append(turn_from({"role": message.get("role", "prompter"), "content": message.get("text")}, len(turns)))
        replies = [reply for reply in message.get("replies") or () if isinstance(reply, Mapping)]
        good = [reply for reply in replies if not skipped(reply)]
        whole = whole and len(replies) < 2 and not any(
            value not in (None, [], {}) for key, value in message.items() if key not in TREE_READ)
        if not good:
            return turns, whole and not replies
        message = min(good, key=_rank)


TREE_READ = ("role", "text", "replies", "lang")
"""What of a message in a tree is read."""


def skipped(reply: Mapping[str, Any]) -> bool:
    """Whether a reply was deleted, or refused by those who reviewed it."""
    return bool(reply.get("deleted")) or reply.get("review_result") is False


def _rank(reply: Mapping[str, Any]) -> float:
    rank = reply.get("rank")
    return float(rank) if isinstance(rank, int | float) else float("inf")
