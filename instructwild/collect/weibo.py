"""Weibo: the JSON that weiboSpider and weibo-crawler write, `{"user": {...}, "weibo": [...]}`; their CSV and weibo-search's;
their SQLite file; MediaCrawler's JSON and CSV; what weibo.com and m.weibo.cn answer, saved.

weiboSpider names a post's text `content` and its time `publish_time`, and marks reposts by `original: false`; weibo-crawler
says `text`, `created_at`, `screen_name`, and nests the reposted one under `retweet`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from instructwild.collect.export import Member, members
from instructwild.collect.json_stream import json_first, json_records
from instructwild.collect.post import Post, mapping, moment, person, text_of
from instructwild.collect.sqlite_file import database_rows, is_database
from instructwild.collect.table_file import is_table, table_items
from instructwild.errors import InputError
from instructwild.text.markup import plain_text

FILES = ("*.json", "*.jsonl", "*.csv", "*.db", "*.sqlite", "*.sqlite3")
LISTS = (("weibo", "item"), ("data", "cards", "item"), ("data", "list", "item"), ("data", "statuses", "item"),
         ("statuses", "item"), ("item",))
"""Where posts stand."""
COLUMNS = {"正文": "text", "微博正文": "text", "微博id": "id", "发布时间": "created_at",
           "完整日期": "created_at", "日期": "date",
           "用户昵称": "screen_name", "@用户": "at_users", "艾特用户": "at_users", "retweet_id": "retweet",
           "源微博id": "retweet", "是否原创": "original", "是否为原创微博": "original"}
"""What the columns of a CSV are called in JSON."""
NAMES, IDENTITIES = ("screen_name", "nickname", "nick_name"), ("bid", "mblogid", "id", "note_id")
TIMES = ("publish_time", "created_at", "create_date_time", "create_time")
"""What spiders call a user's name, a post's number, and its time."""
FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%a %b %d %H:%M:%S %z %Y")
CHAIN = re.compile(r"\s*//\s?@.*", re.DOTALL)
TRAILER = re.compile(r"\s*\[组图共\d{1,4}张\]\s*$|\s+(?:\S{1,30}的(?:微博|秒拍|优酷|腾讯)视频|查看图片|查看原图|原图|"
                     r"收起全文d?|收起d?|全文|展开(?:全文)?c?|O?网页链接|(?:赞|转发|评论)\[\d{1,9}\]|收藏|显示地图)\s*$")
"""What a page shows behind a post's text and a spider writes down with it."""
HIDDEN = re.compile(r"(?:\.{3}|…)\s?(?:展开)?全文\s*$")
"""Where a page shows the beginning of a long post only."""
REPOST = re.compile(r"^(?:转发理由[:：]|转发微博$|转发$|轉發微博$)|转发内容[:：]|原始用户[:：]")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every post of an export.

    Raises:
        InputError: the export cannot be read.
    """
    for member in members(path, FILES):
        if is_table(member):
            for where, line in table_items(member, encoding):
                yield _table_row(line.value, where) if line.problem is None else Post(where, problem=line.problem)
            continue
        if is_database(member):
            yield from _database_posts(member)
            continue
        lines = member.name.lower().endswith((".jsonl", ".ndjson"))
        user = {} if lines else mapping(json_first(member, ("user",)))
        for where, line in json_records(member, *LISTS, encoding=encoding):
            yield (_post(line.value, where, user) if isinstance(line.value, Mapping) else
                   Post(where, problem=line.problem or "no post"))


def _database_posts(member: Member) -> Iterator[Post]:
    """The posts of a spider's database, whose users stand in a table of their own."""
    users: dict[Any, str] = {}
    with suppress(InputError):  # a spider may write posts alone
        users = {row.get("id"): text_of(row.get("nickname")) or text_of(row.get("nick_name"))
                 for _, row in database_rows(member, "user", "id")}
    for where, row in database_rows(member, "weibo", "id"):
        retweet = row.get("retweet_id") or None
        yield _post({**row, "original": row.get("original") != 0, "retweet": retweet}, where,
                    {"nickname": users.get(row.get("user_id"), "")})


def _table_row(row: Mapping[str, Any], where: str) -> Post:
    if "简介" in row and not any(COLUMNS.get(name) == "text" for name in row):
        return Post(where, skip="a row about a user")
    named: dict[str, Any] = {}
    for column, cell in row.items():
        name = COLUMNS.get(column, column)
        named[name] = named.get(name) or cell
    named["original"] = named.get("original") not in ("False", "false", "否", False)
    named["created_at"] = named.get("created_at") or named.get("date")
    return _post(named, where, {})


def _without_trailers(text: str) -> str:
    """Trailers stand behind one another; none looks back further than its own length."""
    while (match := TRAILER.search(text, max(0, len(text) - 60))) is not None:
        text = text[:match.start()]
    return text.strip()


def _post(post: Mapping[str, Any], where: str, user: Mapping[str, Any]) -> Post:
    if "card_type" in post:
        return _post(mapping(post["mblog"]), where, user) if "mblog" in post else Post(where, skip="a card that is no post")
    user = mapping(post.get("user")) or user
    text = post.get("content", post.get("text_raw", post.get("text")))
    if not isinstance(text, str):
        return Post(where, problem="no post with a content or text")
    text = plain_text(text).replace("\u200b", "").strip()
    cut = HIDDEN.search(text, max(0, len(text) - 20)) is not None
    text = _without_trailers(text)
    repeats = post.get("retweet") or post.get("retweeted_status")
    repost = post.get("original") is False or bool(repeats) or REPOST.search(text) is not None
    name = next(filter(None, (text_of(known.get(key)) for known in (post, user) for key in NAMES)), "")
    mentioned = tuple(other for name in text_of(post.get("at_users")).split(",") for other in person(name))
    identity = next((str(post[key]) for key in IDENTITIES if post.get(key)), None)
    author = str(post.get("user_id") or user.get("id") or user.get("_id") or name)
    return Post(where, CHAIN.sub("", text), author=author or None,
                people=person(name) + mentioned, url=f"https://m.weibo.cn/status/{identity}" if identity else None,
                created=next(filter(None, (moment(post.get(key), *FORMATS) for key in TIMES)), None), repost=repost,
                skip="cut off: the page hid the rest behind 全文" if cut else None)
