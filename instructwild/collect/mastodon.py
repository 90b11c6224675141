"""Mastodon: `outbox.json` of a downloaded archive (zip, folder or the file; Pleroma's and Akkoma's too), statuses as the API
gives them (an array, one a line, or under `statuses` as mastodon-archive saves them), or live through Mastodon.py.

The outbox is an ActivityStreams collection, `{"orderedItems": [{"type": "Create", "object": {...}}, ...]}`; contents are
HTML, boosts are `Announce`, descriptions of pictures stand under `attachment[].name`.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import Member, members
from instructwild.collect.json_stream import json_first, json_records
from instructwild.collect.post import Post, mapping, moment, person, sequence, text_of
from instructwild.errors import ConfigError, EndpointError, InputError
from instructwild.text.markup import plain_text

FILES = ("outbox.json", "outbox*.json")
LISTS = (("orderedItems", "item"), ("statuses", "item"), ("item",))
"""Where activities or statuses stand."""
PUBLIC = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every activity of an outbox, boosts among them.

    Raises:
        InputError: the archive cannot be read.
    """
    for member in members(path, FILES):
        owner = _owner(member)
        for where, line in json_records(member, *LISTS, encoding=encoding):
            if not isinstance(line.value, Mapping):
                yield Post(where, problem=line.problem or "no activity")
            elif isinstance(line.value.get("account"), Mapping):
                yield _status(line.value, where)
            else:
                yield _activity(line.value, where, owner)


def _owner(outbox: Member) -> tuple[str, ...]:
    """The names of the account, from `actor.json` beside the outbox; none where it stands alone."""
    try:
        return tuple(text_of(json_first(outbox.beside("actor.json"), (key,))) for key in ("preferredUsername", "name"))
    except (InputError, KeyError):
        return ()


def _activity(activity: Mapping[str, Any], where: str, owner: tuple[str, ...] = ()) -> Post:
    note = activity.get("object")
    if activity.get("type") == "Announce":
        return Post(where, repost=True, created=moment(activity.get("published")))
    kind = text_of(activity.get("type"))
    if kind not in ("Create", "Note", "") and not isinstance(mapping(note).get("content"), str):
        return Post(where, skip=f"an activity that writes nothing ({kind})", created=moment(activity.get("published")))
    if kind == "Note":
        note = activity
    if kind == "Update":
        return Post(where, skip="an edit, of which the outbox holds the post too", created=moment(activity.get("published")))
    if kind not in ("Create", "Note") or not isinstance(note, Mapping) or not isinstance(note.get("content"), str):
        return Post(where, problem="no Create activity with a content")
    actor = text_of(note.get("attributedTo")) or text_of(activity.get("actor"))
    people = person(actor.rpartition("/")[2], *owner)
    for tag in map(mapping, sequence(note.get("tag"))):
        if tag.get("type") == "Mention":
            handle = text_of(tag.get("name"))
            people += person(handle, handle.lstrip("@").partition("@")[0])
    languages = [name for name in mapping(note.get("contentMap")) if isinstance(name, str)]
    addressed = [*_addresses(note.get("to")), *_addresses(note.get("cc"))]
    pictures = map(mapping, sequence(note.get("attachment")))
    return Post(where, plain_text(note["content"]), author=actor or None, people=people,
                alt_texts=tuple(filter(None, (text_of(picture.get("name")) for picture in pictures))),
                url=_without_name(text_of(note.get("url")) or text_of(note.get("id"))),
                created=moment(note.get("published")) or moment(activity.get("published")),
                language=languages[0] if languages else None, private=not any(a in PUBLIC for a in addressed))


def _addresses(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [item for item in sequence(value) if isinstance(item, str)]


def _without_name(url: str) -> str | None:
    """`https://host/@name/1` and `https://host/users/name/statuses/1` without the name."""
    host, number = "/".join(url.split("/")[:3]), url.rpartition("/")[2]
    return f"{host}/statuses/{number}" if number.isdigit() else None


def live(query: str, limit: int) -> Iterator[Post]:
    """Public posts under a hashtag, `#chatgpt`, on the server MASTODON_BASE_URL names (and MASTODON_ACCESS_TOKEN, if set).

    Raises:
        ConfigError: the query or the server is missing.
        EndpointError: the server does not answer.
    """
    if not query.startswith("#"):
        raise ConfigError(f"no hashtag in {query!r}", where="collect mastodon",
                          remedy="give an archive, or a query such as '#chatgpt'")
    failure, client = _client()
    number = 0
    try:
        page = client.timeline_hashtag(query[1:], limit=40)
        while page and number < limit:
            for status in page:
                number += 1
                yield _status(status, f"{query}#{number}")
            page = client.fetch_next(page)
    except failure as error:
        raise EndpointError(f"does not answer ({type(error).__name__})", where=os.environ["MASTODON_BASE_URL"],
                            remedy="check the server's name, the token and the connection") from None


def _status(status: Any, where: str) -> Post:
    """One status of the API: the same facts under other names."""
    account, created = mapping(status.get("account")), status.get("created_at")
    people = person(account.get("acct"), account.get("username"), account.get("display_name"))
    for other in map(mapping, sequence(status.get("mentions"))):
        people += person(other.get("acct"), other.get("username"))
    pictures = map(mapping, sequence(status.get("media_attachments")))
    author = text_of(account.get("url")) or text_of(account.get("acct"))
    return Post(where, plain_text(text_of(status.get("content"))), author=author or None, people=people,
                alt_texts=tuple(filter(None, (text_of(picture.get("description")) for picture in pictures))),
                url=_without_name(text_of(status.get("url"))), language=text_of(status.get("language")) or None,
                created=moment(created.isoformat() if hasattr(created, "isoformat") else created),
                repost=status.get("reblog") is not None,
                private=status.get("visibility") in ("private", "direct", "limited"),
                skip="a bot wrote it" if account.get("bot") is True else None)


def _client() -> tuple[Any, Any]:
    server = os.environ.get("MASTODON_BASE_URL")
    if not server:
        raise ConfigError("MASTODON_BASE_URL not set", where="the environment", remedy="set it to https://your.server")
    from mastodon import Mastodon, MastodonError

    return MastodonError, Mastodon(api_base_url=server, access_token=os.environ.get("MASTODON_ACCESS_TOKEN"),
                                   user_agent="instructwild")
