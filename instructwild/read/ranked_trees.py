"""Open Assistant's trees of messages, whose replies are ranked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from instructwild.read.exports import skipped
from instructwild.read.ranked_answers import Preference, answer_after
from instructwild.read.turns import Turn, turn_from


def ranked_replies(root: Mapping[str, Any]) -> Iterator[Preference]:
    """Open Assistant's trees: one preference for each message of a person whose answers were ranked."""
    waiting: list[tuple[Mapping[str, Any], _Path | None]] = [(root, None)]
    while waiting:
        message, before = waiting.pop()
        made = turn_from({"role": message.get("role", "prompter"), "content": message.get("text")}, 0)
        path = _Path(made, before)
        replies = [reply for reply in message.get("replies") or () if isinstance(reply, Mapping) and not skipped(reply)]
        ranked = [reply for reply in replies if isinstance(reply.get("rank"), int | float)]
        if made["role"] == "user" and len(ranked) > 1:
            replied = [turn_from({"role": reply.get("role", "assistant"), "content": reply.get("text")}, 0)
                       for reply in ranked]
            answers = [answer_after([answer], 0, "a reply") for answer in replied]
            yield Preference(path.turns(), answers, tuple(int(reply["rank"]) + 1 for reply in ranked), "person:oasst",
                             language=str(message.get("lang") or ""), read=frozenset({"prompt"}))
        waiting += [(reply, path) for reply in reversed(replies)]


@dataclass(frozen=True)
class _Path:
    """A message of a tree and those before it."""

    last: Turn
    before: "_Path | None"

    def turns(self) -> list[Turn]:
        turns: list[Turn] = []
        at: _Path | None = self
        while at is not None:
            turns.append(at.last)
            at = at.before
        return turns[::-1]
