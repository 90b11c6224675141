"""Hacker News as Algolia's API gives it (hn.algolia.com/api): search results, one item with its children, or live; and the
items of the Firebase API and of BigQuery's table.

Search results are `{"hits": [{"objectID", "title", "story_text", "comment_text", "author", "created_at_i"}, ...]}`, also
one hit a line; an item is `{"id", "type", "title", "text", "author", "children": [...]}`; Firebase and BigQuery say `by`,
`time` or `timestamp`, and mark what is `dead` or `deleted`; BigQuery also as CSV. Texts are HTML.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_rows
from instructwild.collect.post import Post, moment, person, sequence, text_of
from instructwild.collect.table_file import is_table, table_items
from instructwild.errors import EndpointError
from instructwild.text.markup import plain_text

FILES = ("*.json", "*.jsonl", "*.ndjson", "*.csv")
API = "https://hn.algolia.com/api/v1/search_by_date"
PAGE = 100
DEAD = (True, "true", "True", 1)
BIGQUERY_TIME = "%Y-%m-%d %H:%M:%S %Z"


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every story and comment of the files.

    Raises:
        InputError: a file cannot be read.
    """
    for member in members(path, FILES):
        for where, line in table_items(member, encoding) if is_table(member) else json_rows(member, encoding):
            if line.problem is not None:
                yield Post(where, problem=line.problem)
                continue
            items = list(_unfolded(line.value))
            for number, item in enumerate(items, start=1):
                yield _post(item, where if len(items) == 1 else f"{member.name}#{number}")


def _unfolded(row: Any) -> Iterator[Any]:
    """The hits of an answer, or a thread in reading order; no recursion, because threads grow deep."""
    waiting = list(reversed(row["hits"])) if isinstance(row, Mapping) and sequence(row.get("hits")) else [row]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, Mapping):
            # In search results children are numbers, in threads the items themselves.
            waiting += [child for child in reversed(sequence(item.get("children"))) if isinstance(child, Mapping)]


def _post(item: Any, where: str) -> Post:
    if not isinstance(item, Mapping):
        return Post(where, problem="expected an object")
    title = text_of(item.get("title"))
    body = next(filter(None, (text_of(item.get(key)) for key in ("story_text", "comment_text", "text"))), "")
    identity = item.get("objectID", item.get("id"))
    if identity is None:
        return Post(where, problem="neither a hit with an objectID nor an item with an id")
    gone = item.get("dead") in DEAD or item.get("deleted") in DEAD
    for prefix in ("Ask HN:", "Tell HN:", "Show HN:", "Launch HN:"):
        title = title.removeprefix(prefix).strip()
    author = text_of(item.get("author")) or text_of(item.get("by")) or None
    created = (moment(item.get(key), BIGQUERY_TIME) for key in ("created_at_i", "created_at", "time", "timestamp"))
    return Post(where, "\n\n".join(filter(None, (title, plain_text(body)))), author=author, people=person(author),
                url=f"https://news.ycombinator.com/item?id={identity}", created=next(filter(None, created), None),
                skip="deleted" if gone else None)


def live(query: str, limit: int) -> Iterator[Post]:
    """What a search finds, newest first.

    Raises:
        EndpointError: Algolia does not answer.
    """
    number = page = 0
    try:
        with httpx.Client(timeout=30, headers={"User-Agent": "instructwild"}) as client:
            while number < limit:
                answer = client.get(API, params={"query": query, "hitsPerPage": PAGE, "page": page})
                answer.raise_for_status()
                hits = answer.json().get("hits") or []
                for hit in hits:
                    number += 1
                    yield _post(hit, f"{query}#{number}")
                if len(hits) < PAGE:
                    return
                page += 1
    except (httpx.HTTPError, ValueError) as error:
        raise EndpointError(f"does not answer ({error or type(error).__name__})", where=API,
                            remedy="check the connection and try again") from None
