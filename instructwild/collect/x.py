"""X (Twitter): the archive that a user downloads, as a zip, a folder or its `tweets.js`.

Each file assigns one JSON array, `window.YTD.tweets.part0 = [{"tweet": {...}}, ...]`; older archives say `tweet.js`, large
ones add `tweets-part1.js`. Texts are HTML-escaped, links shortened, mentions listed under `entities`. Tweets longer than
280 characters are cut off there and stand whole in `note-tweet.js`.
"""

import html
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import Member, json_first, json_items, members
from instructwild.collect.post import Post, mapping, moment, person, sequence, text_of

FILES = ("tweets.js", "tweet.js", "tweets-part*.js", "tweet-part*.js")
CREATED = "%a %b %d %H:%M:%S %z %Y"


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every tweet of an archive.

    Raises:
        InputError: the archive cannot be read or holds no tweets.
    """
    found = members(path, FILES)
    author = _author(path, found)
    notes = _notes(path)
    for member in found:
        for number, item in json_items(member, "item", after=b"="):
            where = f"{member.name}#{number}"
            tweet = mapping(item).get("tweet", item)
            if not isinstance(tweet, Mapping) or not isinstance(tweet.get("full_text", tweet.get("text")), str):
                yield Post(where, problem="no tweet with a full_text")
                continue
            yield _post(tweet, where, author, notes)


def _post(tweet: Mapping[str, Any], where: str, author: Mapping[str, Any], notes: dict[str, str]) -> Post:
    text = text_of(tweet.get("full_text")) or text_of(tweet.get("text"))
    entities = mapping(tweet.get("entities"))
    media = sequence(mapping(tweet.get("extended_entities")).get("media")) or sequence(entities.get("media"))
    for link in map(mapping, sequence(entities.get("urls"))):
        if text_of(link.get("url")):
            text = text.replace(link["url"], text_of(link.get("expanded_url")) or link["url"])
    for picture in map(mapping, media):
        text = text.replace(text_of(picture.get("url")) or "\0", "")
    text = html.unescape(text).strip()
    name = text_of(author.get("username"))
    people = person(name, author.get("accountDisplayName"))
    for other in map(mapping, sequence(entities.get("user_mentions"))):
        people += person(other.get("screen_name"), other.get("name"))
    return Post(
        where, notes.get(_key(text), text), people=people, author=text_of(author.get("accountId")) or name or None,
        alt_texts=tuple(filter(None, (text_of(mapping(picture).get("ext_alt_text")) for picture in media))),
        url=f"https://x.com/i/status/{tweet['id_str']}" if text_of(tweet.get("id_str")) else None,
        created=moment(tweet.get("created_at"), CREATED), language=_language(tweet.get("lang")),
        repost=tweet.get("retweeted") is True or text.startswith("RT @"))


def _author(path: Path, found: list[Member]) -> Mapping[str, Any]:
    """The account, from `account.js` beside the tweets; nothing where the tweets come alone."""
    folder = found[0].path.parent if found[0].inside is None else path
    try:
        account = json_first(members(folder, ("account.js",))[0], "item.account", after=b"=")
    except ValueError:
        return {}
    return mapping(account)


def _notes(path: Path) -> dict[str, str]:
    """The whole text of each long tweet, by its first characters."""
    try:
        found = members(path, ("note-tweet.js",)) if path.is_dir() or path.suffix == ".zip" else []
    except ValueError:
        return {}
    texts = (text_of(mapping(mapping(item).get("core")).get("text"))
             for member in found for _, item in json_items(member, "item.noteTweet", after=b"="))
    return {_key(text): text for text in map(html.unescape, texts) if len(text) > 280}


def _key(text: str) -> str:
    return text[:200] if len(text) > 200 else text + "\0"


def _language(code: Any) -> str | None:
    # X marks what it could not tell as und, and posts of only links or emoji as qme, qst, zxx and so on.
    return code if isinstance(code, str) and code != "und" and not code.startswith(("q", "zxx")) else None
