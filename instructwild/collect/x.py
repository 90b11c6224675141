"""X (Twitter): the archive that a user downloads, as a zip, a folder, its `tweets.js` or its `note-tweet.js`.

Each file assigns one JSON array, `window.YTD.tweets.part0 = [{"tweet": {...}}, ...]`; older archives say `tweet.js`, large
ones add `tweets-part1.js`. Texts are HTML-escaped, links shortened, mentions listed under `entities`. Tweets longer than
280 characters are cut off there and stand whole in `note-tweet.js`, `[{"noteTweet": {"core": {"text", "urls"}, ...}}]`; each
version of an edited tweet is a tweet of its own, and all versions are listed under `edit_info`.

Tweets that others fetched are read too: one a line or in an array, as the API gives them (v1 `full_text` and `user`, v2
`{"data": [...]}` with `author_id`), as snscrape and twscrape write them (`rawContent`, `date`), as browsers' exporters do
(`full_text` beside `screen_name`; `fullText` beside `author`), or twint (`tweet`, a text, beside `username`).
"""

import html
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from instructwild.collect.export import Member, members
from instructwild.collect.json_stream import json_first, json_items, json_rows
from instructwild.collect.post import Person, Post, mapping, moment, person, sequence, text_of
from instructwild.errors import InputError
from instructwild.read.line import Line
from instructwild.text.scripts import ANY_CJK

FILES = ("tweets.js", "tweet.js", "tweets-part*.js", "tweet-part*.js", "community-tweet.js", "community-tweet-part*.js",
         "*.jsonl", "*.ndjson", "tweets*.json")
NOTES = ("note-tweet.js", "note-tweet-part*.js", "note_tweet.js")
TEXTS = ("full_text", "fullText", "rawContent", "text", "content", "tweet")
CREATED, CREATED_BY_SCRAPERS = "%a %b %d %H:%M:%S %z %Y", "%Y-%m-%d %H:%M:%S %z"
CUT_AT = 200
"""The length from which on a tweet can be the beginning of a longer one, as X counts: Han, Kana and Hangul count twice."""
KEY_LENGTH = 60
REPLIED_TO = re.compile(r"^(?:@\w{1,20}\s+)+")
CUT = re.compile(r"\s*(?:…|\.\.\.)?\s*(?:https://t\.co/\w+)?$")
CUT_MARK = re.compile(r"…\s*(?:https://t\.co/\w+)?$")
"""What X writes where it cuts a tweet off, with a link to the whole of it."""
WIDE = re.compile(ANY_CJK)


class LongTweet(NamedTuple):
    """A tweet of more than 280 characters, as `note-tweet.js` has it."""

    where: str
    note: Mapping[str, Any]


@dataclass(frozen=True)
class Archive:
    """What the archive tells of all its tweets."""

    author: Mapping[str, Any]
    notes: Mapping[str, Sequence[LongTweet]] = field(default_factory=dict)
    """Long tweets, by how they begin."""
    latest: Mapping[str, str] = field(default_factory=dict)
    """Of each version of an edited tweet the last one that the archive holds."""
    used: set[str] = field(default_factory=set)
    """Where the long tweets stand whose beginnings were among the tweets."""


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every tweet of an archive.

    Raises:
        InputError: the archive cannot be read or holds no tweets.
    """
    tweet_files = _tweet_files(path)
    alone = path.is_file() and tweet_files == [Member(path)]
    folder = path.parent if alone or (path.is_file() and not tweet_files and not zipfile.is_zipfile(path)) else path
    notes = _notes(folder if tweet_files else path)
    archive = Archive(_author(folder), notes, _latest(tweet_files))
    for member in tweet_files:
        for where, line in _tweets(member):
            tweet = mapping(mapping(line.value).get("tweet")) or line.value
            if not isinstance(tweet, Mapping) or not _raw_text(tweet):
                yield Post(where, problem=line.problem or "no tweet with a full_text")
                continue
            yield _post(tweet, where, archive)
    if not alone:
        yield from _notes_alone(archive)


def _tweet_files(path: Path) -> list[Member]:
    """The files of tweets; none where only long tweets are given."""
    if path.is_file() and any(fnmatch(path.name.lower(), pattern) for pattern in NOTES):
        return []
    try:
        return members(path, FILES)
    except InputError:
        if path.is_dir() or zipfile.is_zipfile(path):
            with suppress(InputError):
                members(path, NOTES)
                return []
        raise


def _tweets(member: Member) -> Iterator[tuple[str, Line]]:
    """The tweets of a file, each with where it stands; a line, or a whole file, may hold a page of the API's."""
    if member.name.lower().endswith(".js"):
        yield from json_items(member, ("item",), ("data", "item"), after="=")
        return
    for where, line in json_rows(member):
        page = sequence(mapping(line.value).get("data"))
        if not page:
            yield where, line
        for tweet in page:
            yield where, Line(line.number, tweet)


def _raw_text(tweet: Mapping[str, Any]) -> str:
    """The text as it stands, of long tweets in the API's answers the whole."""
    long = mapping(tweet.get("note_tweet"))
    return next(filter(None, (text_of(long.get("text")), *(text_of(tweet.get(key)) for key in TEXTS))), "")


def _notes_alone(archive: Archive) -> Iterator[Post]:
    """The long tweets whose beginnings are not among the tweets."""
    name = text_of(archive.author.get("username"))
    for notes in archive.notes.values():
        shown = any(note.where in archive.used for note in notes)
        for where, note in notes:
            if where in archive.used:
                continue
            core = mapping(note.get("core"))
            text = _note_text(note)
            for link in map(mapping, sequence(core.get("urls"))):
                if short := text_of(link.get("shortUrl")):
                    text = text.replace(short, text_of(link.get("expandedUrl")) or short)
            yield Post(where, text, author=text_of(archive.author.get("accountId")) or name or None,
                       people=person(name, archive.author.get("accountDisplayName")) + _mentioned(core.get("mentions")),
                       created=moment(note.get("createdAt")), skip="another version of a long post" if shown else None)


def _post(tweet: Mapping[str, Any], where: str, archive: Archive) -> Post:
    entities = mapping(tweet.get("entities"))
    media = sequence(mapping(tweet.get("extended_entities")).get("media")) or sequence(entities.get("media"))
    links = [(text_of(link.get("url")), text_of(link.get("expanded_url")))
             for link in map(mapping, sequence(entities.get("urls")))]
    author, names = _written_by(tweet, archive)
    people = person(*names)
    people += _mentioned(entities.get("user_mentions") or entities.get("mentions") or tweet.get("mentionedUsers"))
    links += [(text_of(link.get("tcourl")), text_of(link.get("url"))) for link in map(mapping, sequence(tweet.get("links")))]
    text = html.unescape(_raw_text(tweet))  # before links are put in, whose `&reg=` is no entity
    if long := _note(text, tweet, archive.notes):
        note = long.note
        archive.used.add(long.where)
        core = mapping(note.get("core"))
        text = (match.group() if (match := REPLIED_TO.match(text)) else "") + REPLIED_TO.sub("", _note_text(note))
        links += [(text_of(link.get("shortUrl")), text_of(link.get("expandedUrl")))
                  for link in map(mapping, sequence(core.get("urls")))]
        people += _mentioned(core.get("mentions"))
    for short, expanded in links:
        if short:
            text = text.replace(short, expanded or short)
    for picture in map(mapping, media):
        text = text.replace(text_of(picture.get("url")) or "\0", "")
    text = text.strip()
    identity = text_of(tweet.get("id_str")) or str(tweet.get("id") or "")
    return Post(
        where, text, people=people, author=author,
        alt_texts=tuple(filter(None, (text_of(mapping(picture).get("ext_alt_text")) for picture in media))),
        url=f"https://x.com/i/status/{identity}" if identity else None,
        created=moment(tweet.get("created_at") or tweet.get("createdAt") or tweet.get("date"), CREATED, CREATED_BY_SCRAPERS),
        language=_language(tweet.get("lang")),
        repost=tweet.get("retweeted") is True or text.startswith("RT @") or _retweets(tweet),
        skip="an earlier version of an edited post" if archive.latest.get(identity, identity) != identity else None)


def _written_by(tweet: Mapping[str, Any], archive: Archive) -> tuple[str | None, tuple[str, ...]]:
    """The author's number or name, and the names: of a tweet that names its user that one, else the archive's owner."""
    user = mapping(tweet.get("user")) or mapping(tweet.get("author")) or (
        tweet if "screen_name" in tweet or "username" in tweet else {})
    account = archive.author if not user else {
        "accountId": "" if user is tweet else str(user.get("id_str") or user.get("id") or ""),
        "username": next(filter(None, (text_of(user.get(key)) for key in ("screen_name", "username", "userName"))), ""),
        "accountDisplayName": text_of(user.get("name")) or text_of(user.get("displayname"))}
    name = text_of(account.get("username"))
    identity = text_of(tweet.get("author_id")) or text_of(account.get("accountId")) or name
    return identity or None, (name, text_of(account.get("accountDisplayName")))


def _retweets(tweet: Mapping[str, Any]) -> bool:
    """Whether the API or a scraper says that it repeats another's."""
    kinds = [mapping(item).get("type") for item in sequence(tweet.get("referenced_tweets"))]
    if tweet.get("isRetweet") is True or tweet.get("retweet") is True:
        return True
    return "retweeted" in kinds or any(mapping(tweet.get(key)) for key in ("retweeted_status", "retweetedTweet"))


def _mentioned(mentions: Any) -> tuple[Person, ...]:
    names = ("screen_name", "screenName", "username", "name", "displayname")
    return tuple(other for mention in map(mapping, sequence(mentions))
                 for other in person(*(mention.get(name) for name in names)))


def _author(folder: Path) -> Mapping[str, Any]:
    """The account, from `account.js` beside the tweets; nothing where the tweets come alone."""
    try:
        return mapping(json_first(members(folder, ("account.js",))[0], ("item", "account"), after="="))
    except InputError:
        return {}


def _notes(folder: Path) -> dict[str, list[LongTweet]]:
    """The long tweets beside the tweets, by their first characters."""
    try:
        files: list[Member] = members(folder, NOTES)
    except InputError:
        return {}
    notes: dict[str, list[LongTweet]] = {}
    for member in files:
        for where, line in json_items(member, ("item", "noteTweet"), after="="):
            note = mapping(line.value)
            if text := _note_text(note):
                notes.setdefault(REPLIED_TO.sub("", text)[:KEY_LENGTH], []).append(LongTweet(where, note))
    return notes


def _note_text(note: Mapping[str, Any]) -> str:
    return html.unescape(text_of(mapping(note.get("core")).get("text"))).strip()


def _note(text: str, tweet: Mapping[str, Any], notes: Mapping[str, Sequence[LongTweet]]) -> LongTweet | None:
    """The long tweet of which this is the beginning; of several the one of the same moment."""
    if len(text) + len(WIDE.findall(text)) < CUT_AT and CUT_MARK.search(text) is None:
        return None
    begun = CUT.sub("", REPLIED_TO.sub("", text))
    whole = [long for long in notes.get(begun[:KEY_LENGTH], ())
             if REPLIED_TO.sub("", _note_text(long.note)).startswith(begun) and len(_note_text(long.note)) >= len(begun)]
    created = moment(tweet.get("created_at"), CREATED)
    same_moment = [long for long in whole if created and (moment(long.note.get("createdAt")) or "")[:19] == created[:19]]
    return next(iter(same_moment or whole), None)


def _latest(files: Sequence[Member]) -> dict[str, str]:
    """For each version of each edited tweet the last version that is there; most archives hold none."""
    versions: dict[str, Sequence[str]] = {}
    for member in files:
        for _, line in _tweets(member):
            tweet = mapping(mapping(line.value).get("tweet", line.value))
            edits = mapping(tweet.get("edit_info"))
            control = mapping(mapping(edits.get("edit")).get("editControlInitial")) or mapping(edits.get("initial"))
            listed = [item for item in sequence(control.get("editTweetIds")) if isinstance(item, str)]
            identity = text_of(tweet.get("id_str")) or text_of(tweet.get("id"))
            initial = text_of(mapping(edits.get("edit")).get("initialTweetId"))
            if identity and (len(listed) > 1 or initial not in ("", identity)):
                versions[identity] = [*dict.fromkeys(filter(None, (initial, *listed, identity)))]
    latest: dict[str, str] = {}
    for listed_ids in versions.values():
        last = max((item for item in listed_ids if item in versions), key=lambda item: (len(item), item))
        for item in listed_ids:
            latest[item] = max(last, latest.get(item, last), key=lambda item: (len(item), item))
    return latest


def _language(code: Any) -> str | None:
    # X marks what it could not tell as und, and posts of only links or emoji as qme, qst, zxx and so on.
    return code if isinstance(code, str) and code != "und" and not code.startswith(("q", "zxx")) else None
