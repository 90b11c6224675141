"""Plain rows: JSON lines, JSON, CSV, TSV, Parquet, or a Hub dataset.

A row that holds an instruction or a conversation (Alpaca, ShareGPT, messages, prompt and response) is taken as one; a row
that holds only a text is a post, to be judged like any other.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_rows
from instructwild.collect.post import Post, moment, person, text_of
from instructwild.read.files import lines_of
from instructwild.read.layouts import to_messages
from instructwild.read.line import Line
from instructwild.schema.message import Message

FILES = ("*.jsonl", "*.json", "*.csv", "*.tsv", "*.parquet", "*.jsonl.gz", "*.jsonl.zst")
BATCH = 1_000
TEXT_KEYS = ("text", "full_text", "content", "body", "post", "tweet", "title")
AUTHOR_KEYS = ("author", "user", "username", "screen_name", "author_id")
TIME_KEYS = ("created_at", "created", "timestamp", "date", "time", "created_utc")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every row of a plain file.

    Raises:
        InputError: the file cannot be read.
    """
    for member in members(path, FILES):
        if ".json" in member.name.lower():
            yield from (_post(line, where) for where, line in json_rows(member, encoding))
        else:
            lines = _parquet(member.path) if member.name.lower().endswith(".parquet") else lines_of(member.path, encoding)
            yield from (_post(line, f"{member.name}:{line.number}") for line in lines)


def _parquet(path: Path) -> Iterator[Line]:
    """Rows a batch at a time: a large table is never whole in memory."""
    import polars as pl

    from instructwild.stage.panics import reading_parquet

    number = 0
    with reading_parquet(path):
        batches = iter(pl.scan_parquet(path, glob=False).collect_batches(chunk_size=BATCH, maintain_order=True))
    while True:
        with reading_parquet(path):
            batch = next(batches, None)
        if batch is None:
            return
        for row in batch.iter_rows(named=True):
            number += 1
            yield Line(number, row)


def live(query: str, limit: int) -> Iterator[Post]:
    """The rows of a Hub dataset's train split.

    Raises:
        InputError: there is no such dataset, or no connection.
    """
    return (_post(line, f"{query}:{line.number}") for line in lines_of(query))


def _post(line: Line, where: str) -> Post:
    row = line.value
    if line.problem is not None or not isinstance(row, Mapping):
        return Post(where, problem=line.problem or f"expected an object, found {type(row).__name__}")
    author = next((text_of(row[key]) for key in AUTHOR_KEYS if text_of(row.get(key))), None)
    facts: dict[str, Any] = {
        "author": author, "people": person(author), "url": text_of(row.get("url")) or None,
        "created": next(filter(None, (moment(row.get(key)) for key in TIME_KEYS)), None),
        "language": text_of(row.get("language")) or text_of(row.get("lang")) or None,
        "license": text_of(row.get("license")) or None}
    try:
        return Post(where, messages=tuple(Message.model_validate(turn) for turn in to_messages(row)), **facts)
    except ValueError as problem:
        text = next((row[key] for key in TEXT_KEYS if isinstance(row.get(key), str)), None)
        return Post(where, problem=str(problem)) if text is None else Post(where, text, **facts)
