"""Reddit: the monthly or per-subreddit dumps (`RC_2023-03.zst`, `RS_2023-03.zst`), listings of the API (`….json` of a page),
`posts.csv` and `comments.csv` of a user's own data, or live through PRAW.

A dump is one JSON object a line, packed with a zstandard window of 2 GiB. Submissions have `title` and `selftext`,
comments `body`; texts are Markdown with HTML entities.
"""

import html
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_rows
from instructwild.collect.post import Post, bot_name, mapping, moment, person, sequence, text_of
from instructwild.collect.table_file import is_table, table_items
from instructwild.errors import ConfigError, EndpointError

FILES = ("*.zst", "*.jsonl", "*.ndjson", "*.json", "*.gz", "r[cs]_*", "posts.csv", "comments.csv")
GONE = ("[deleted]", "[removed]", "[deleted by user]", "[removed by reddit]", "[ Removed by Reddit ]",
        "[ Removed by moderator ]", "[unavailable]")
DATE = "%Y-%m-%d %H:%M:%S %Z"
KINDS = ("Listing", "t1", "t3", "more")
"""What the API calls a listing, a comment, a submission, and the rest of a thread."""
BOTS = ("AutoModerator", "RemindMeBot", "reddit-bot", "sneakpeekbot", "WikiSummarizerBot", "SaveVideo", "LocationBot")
AUTOMATIC_NAME = re.compile(r"(?:-bot|-ModTeam|_mod_?team)$|^Bot[_-]", re.ASCII)
"""Of bots and moderators on Reddit, beside what `bot_name` knows of all sources."""
BOT_TEXT = re.compile(
    r"\bI(?: am|'m|’m) an? (?:ro)?bot\b|\bbeep[ ,]*boop\b|performed automatically|this (?:message|comment|reply) was "
    r"(?:posted|sent|written|made|generated) (?:automatically|by a bot)|contact the moderators of this|"
    r"我是(?:一个|个)?(?:自动)?机器人[，。,.!！]|此(?:操作|消息|评论|回复)(?:由机器人)?自动"
    r"(?:执行|发布|发送|生成)", re.IGNORECASE)


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every submission and comment of a dump.

    Raises:
        InputError: the dump cannot be read.
    """
    for member in members(path, FILES):
        number = 0
        for where, line in table_items(member, encoding) if is_table(member) else json_rows(member, encoding):
            if line.problem is not None or not isinstance(line.value, Mapping):
                yield Post(where, problem=line.problem or "expected an object")
            elif page := [row for row in sequence(line.value.get("data")) if isinstance(row, Mapping)]:
                for row in page:                             # PullPush and Arctic Shift answer so
                    number += 1
                    yield _post(row, f"{member.name}#{number}")
            elif line.value.get("kind") in KINDS:
                for row in _unfolded(line.value):
                    number += 1
                    yield _post(row, f"{member.name}#{number}")
            else:
                yield _post(line.value, where)


def _unfolded(listing: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The submissions and comments of a listing, each thread in reading order; no recursion, because threads grow deep."""
    waiting: list[Any] = [listing]
    while waiting:
        thing = mapping(waiting.pop())
        data = mapping(thing.get("data"))
        if thing.get("kind") == "Listing":
            waiting += reversed(sequence(data.get("children")))
        elif thing.get("kind") in ("t1", "t3"):
            yield data
            waiting += [data["replies"]] if isinstance(data.get("replies"), Mapping) else []


def _post(row: Mapping[str, Any], where: str) -> Post:
    title, body = text_of(row.get("title")), text_of(row.get("selftext")) or text_of(row.get("body"))
    if not title and "body" not in row:
        return Post(where, problem="neither a submission with a title nor a comment with a body")
    author = text_of(row.get("author")) or text_of(row.get("username"))
    known = author if author and author not in GONE else None
    link = text_of(row.get("permalink"))
    body = "" if body in GONE else body
    skip = "deleted" if not body and (not title or title in GONE) else "a bot wrote it" if _automatic(row, body) else \
        "a moderator's notice" if row.get("distinguished") in ("moderator", "admin") else None
    return Post(where, html.unescape("\n\n".join(filter(None, (title, body)))).strip(), author=known, people=person(known),
                url=link if link.startswith("https://") else f"https://www.reddit.com{link}" if link else None,
                created=moment(row.get("created_utc", row.get("date")), DATE),
                repost=bool(row.get("crosspost_parent")), skip=skip)


def _automatic(row: Mapping[str, Any], body: str) -> bool:
    """Whether a program wrote it: its name or its text says so."""
    author = text_of(row.get("author"))
    by_name = author in BOTS or bot_name(author) or AUTOMATIC_NAME.search(author) is not None
    return by_name or BOT_TEXT.search(body[-1000:]) is not None


def live(query: str, limit: int) -> Iterator[Post]:
    """New submissions of a subreddit, `r/ChatGPT`, or what a search in it finds, `r/ChatGPT write a poem`.

    REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET are those of a script app (reddit.com/prefs/apps).

    Raises:
        ConfigError: the query or the credentials are missing.
        EndpointError: Reddit does not answer.
    """
    name, _, words = query.removeprefix("/").partition(" ")
    if not name.startswith("r/"):
        raise ConfigError(f"no subreddit in {query!r}", where="collect reddit",
                          remedy="give a dump, or a query such as 'r/ChatGPT' or 'r/ChatGPT write a poem'")
    client_error, client = _client()
    subreddit = client.subreddit(name[2:])
    try:
        listing = subreddit.search(words, limit=limit) if words else subreddit.new(limit=limit)
        for number, submission in enumerate(listing, start=1):
            row = {"title": submission.title, "selftext": submission.selftext, "author": str(submission.author or ""),
                   "permalink": submission.permalink, "created_utc": submission.created_utc}
            yield _post(row, f"{name}#{number}")
    except client_error as error:
        raise EndpointError(f"does not answer ({type(error).__name__})", where="reddit.com",
                            remedy="check both credentials, the subreddit and the connection") from None


def _client() -> tuple[Any, Any]:
    import praw
    import prawcore

    missing = [name for name in ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET") if not os.environ.get(name)]
    if missing:
        raise ConfigError(f"{' and '.join(missing)} not set", where="the environment",
                          remedy="make a script app at reddit.com/prefs/apps and set both")
    client = praw.Reddit(client_id=os.environ["REDDIT_CLIENT_ID"], client_secret=os.environ["REDDIT_CLIENT_SECRET"],
                         user_agent="python:instructwild:collect", check_for_updates=False)
    return prawcore.PrawcoreException, client
