"""ShareGPT: conversations with a model, one JSON array or one a line.

`{"id", "conversations": [{"from": "human", "value": ...}, {"from": "gpt", "value": ...}, ...]}`; early dumps hold the page's
HTML in the model's turns.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from instructwild.collect.export import json_rows, members
from instructwild.collect.markup import plain_text
from instructwild.collect.post import Post, text_of
from instructwild.read.layouts import to_messages
from instructwild.read.line import Line
from instructwild.schema.message import Message

FILES = ("*.json", "*.jsonl", "*.json.gz", "*.jsonl.gz", "*.jsonl.zst")
PAGE = '<div class="markdown'


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every conversation.

    Raises:
        InputError: the file cannot be read.
    """
    for member in members(path, FILES):
        for where, line in json_rows(member, encoding):
            yield _post(line, where)


def _post(line: Line, where: str) -> Post:
    if line.problem is not None or not isinstance(line.value, Mapping):
        return Post(where, problem=line.problem or "expected an object")
    try:
        turns = [Message.model_validate(turn) for turn in to_messages(line.value)]
    except ValueError as problem:
        return Post(where, problem=str(problem))
    while turns and turns[0].role == "assistant":  # shared from the middle of a conversation
        del turns[0]
    turns = [Message(role=turn.role, content=plain_text(turn.content)) if turn.content.startswith(PAGE) else turn
             for turn in turns]
    shared = text_of(line.value.get("id")).partition("_")[0]
    return Post(where, messages=tuple(turns), url=f"https://sharegpt.com/c/{shared}" if shared else None,
                language=text_of(line.value.get("language")) or None)
