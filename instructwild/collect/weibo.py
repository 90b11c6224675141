"""Weibo: the JSON that weiboSpider and weibo-crawler write, `{"user": {...}, "weibo": [...]}`.

weiboSpider names a post's text `content` and its time `publish_time`, and marks reposts by `original: false`; weibo-crawler
says `text`, `created_at`, `screen_name`, and nests the reposted one under `retweet`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import json_first, json_items, members
from instructwild.collect.markup import plain_text
from instructwild.collect.post import Post, mapping, moment, person, text_of

FILES = ("*.json",)
FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%a %b %d %H:%M:%S %z %Y")
CHAIN = re.compile(r"\s*//\s?@.*", re.DOTALL)
REPOST = re.compile(r"^(?:转发理由[:：]|转发微博$|转发$|轉發微博$)|转发内容[:：]|原始用户[:：]")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every post of an export.

    Raises:
        InputError: the export cannot be read.
    """
    for member in members(path, FILES):
        user = mapping(json_first(member, "user"))
        for number, post in json_items(member, "weibo.item"):
            where = f"{member.name}#{number}"
            yield _post(post, where, user) if isinstance(post, Mapping) else Post(where, problem="no post")


def _post(post: Mapping[str, Any], where: str, user: Mapping[str, Any]) -> Post:
    text = post.get("content", post.get("text"))
    if not isinstance(text, str):
        return Post(where, problem="no post with a content or text")
    text = plain_text(text).replace("\u200b", "").strip()
    repost = post.get("original") is False or bool(post.get("retweet")) or REPOST.search(text) is not None
    name = text_of(post.get("screen_name")) or text_of(user.get("nickname")) or text_of(user.get("screen_name"))
    mentioned = tuple(other for name in text_of(post.get("at_users")).split(",") for other in person(name))
    identity = next((str(post[key]) for key in ("bid", "id") if post.get(key)), None)
    return Post(where, CHAIN.sub("", text), author=str(post.get("user_id") or user.get("id") or name) or None,
                people=person(name) + mentioned, url=f"https://m.weibo.cn/status/{identity}" if identity else None,
                created=moment(post.get("publish_time", post.get("created_at")), *FORMATS), repost=repost)
