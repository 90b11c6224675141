"""Weibo: the JSON that weiboSpider and weibo-crawler write, `{"user": {...}, "weibo": [...]}`.

weiboSpider names a post's text `content` and its time `publish_time`, and marks reposts by `original: false`; weibo-crawler
says `text`, `created_at`, `screen_name`, and nests the reposted one under `retweet`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_first, json_items
from instructwild.collect.markup import plain_text
from instructwild.collect.post import Post, mapping, moment, person, text_of

FILES = ("*.json",)
FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%a %b %d %H:%M:%S %z %Y")
CHAIN = re.compile(r"\s*//\s?@.*", re.DOTALL)
TRAILER = re.compile(r"\s*\[组图共\d{1,4}张\]\s*$|\s+(?:\S{1,30}的微博视频|查看图片|查看原图|收起全文d?|收起d)\s*$")
"""What a page shows behind a post's text and a spider writes down with it."""
REPOST = re.compile(r"^(?:转发理由[:：]|转发微博$|转发$|轉發微博$)|转发内容[:：]|原始用户[:：]")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every post of an export.

    Raises:
        InputError: the export cannot be read.
    """
    for member in members(path, FILES):
        user = mapping(json_first(member, ("user",)))
        for where, line in json_items(member, ("weibo", "item"), encoding=encoding):
            if isinstance(line.value, Mapping):
                yield _post(line.value, where, user)
            else:
                yield Post(where, problem=line.problem or "no post")


def _without_trailers(text: str) -> str:
    """Trailers stand behind one another; none looks back further than its own length."""
    while (match := TRAILER.search(text, max(0, len(text) - 60))) is not None:
        text = text[:match.start()]
    return text.strip()


def _post(post: Mapping[str, Any], where: str, user: Mapping[str, Any]) -> Post:
    text = post.get("content", post.get("text"))
    if not isinstance(text, str):
        return Post(where, problem="no post with a content or text")
    text = _without_trailers(plain_text(text).replace("\u200b", "").strip())
    repost = post.get("original") is False or bool(post.get("retweet")) or REPOST.search(text) is not None
    name = text_of(post.get("screen_name")) or text_of(user.get("nickname")) or text_of(user.get("screen_name"))
    mentioned = tuple(other for name in text_of(post.get("at_users")).split(",") for other in person(name))
    identity = next((str(post[key]) for key in ("bid", "id") if post.get(key)), None)
    return Post(where, CHAIN.sub("", text), author=str(post.get("user_id") or user.get("id") or name) or None,
                people=person(name) + mentioned, url=f"https://m.weibo.cn/status/{identity}" if identity else None,
                created=moment(post.get("publish_time", post.get("created_at")), *FORMATS), repost=repost)
