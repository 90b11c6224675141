"""Posts as scrapers and browsers' exporters write them: text whole, author and time known."""

import json

import pytest

from instructwild.collect.kinds import KINDS

ASK = "Name three lighthouses of the Baltic Sea and the year each was lit."
LAYOUTS = {
    "x/web-exporter.json": [{"id": "8", "created_at": "2024-03-01 10:00:00 +01:00", "full_text": ASK, "screen_name": "liv",
                             "name": "Liv", "media": []}],
    "x/apify.json": [{"type": "tweet", "id": "8", "text": f"{ASK[:20]}…", "fullText": ASK, "isRetweet": False,
                      "createdAt": "Fri Mar 01 09:00:00 +0000 2024", "author": {"userName": "liv", "name": "Liv"}}],
    "x/twint.json": json.dumps({"id": 8, "date": "2024-03-01 09:00:00", "username": "liv", "name": "Liv", "tweet": ASK,
                                "retweet": False}) + "\n",
    "mastodon/outbox.json": {"orderedItems": [{
        "type": "Create", "published": "2024-03-01T09:00:00Z", "actor": "https://m.example/users/liv", "object": {
            "type": "Note", "content": f"<p>{ASK}</p>", "to": "https://www.w3.org/ns/activitystreams#Public"}}]},
    "reddit/pullpush.json": {"data": [{"title": "", "body": ASK, "author": "liv", "created_utc": 1709283600}]},
    "reddit/apify.jsonl": json.dumps({"body": ASK, "username": "liv", "createdAt": "2024-03-01"}) + "\n",
    "telegram/telethon.json": [{"_": "Message", "id": 8, "message": ASK, "date": "2024-03-01T09:00:00+00:00",
                                "from_id": {"_": "PeerUser", "user_id": 77}}],
    "telegram/telethon.jsonl": json.dumps({"_": "Message", "message": ASK, "date": "2024-03-01T09:00:00+00:00",
                                           "from_id": {"user_id": 77}}) + "\n",
    "weibo/crawler.json": [{"note_id": "8", "content": ASK, "create_time": 1709283600, "nickname": "liv"}],
    "weibo/spider.jsonl": json.dumps({"mblogid": "N8", "content": ASK, "created_at": "2024-03-01 09:00:00",
                                      "user": {"_id": "77", "nick_name": "liv"}}) + "\n",
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_post_is_read_whole_with_its_author(name, tmp_path):
    kind, _, file = name.partition("/")
    layout = LAYOUTS[name]
    (tmp_path / file).write_text(layout if isinstance(layout, str) else json.dumps(layout))
    (post,) = KINDS[kind].posts(tmp_path / file)
    assert (post.text, post.problem, post.skip, post.repost) == (ASK, None, None, False)
    assert (post.author or "").rpartition("/")[2] in ("liv", "77")
    assert post.created in ("2024-03-01T09:00:00+00:00", None if kind == "reddit" else "")
    assert kind == "telegram" or any("liv" in names for names in post.people)


def test_what_a_scraper_calls_a_retweet_is_one(tmp_path):
    (tmp_path / "tweets.json").write_text(json.dumps([{"id": "8", "fullText": ASK, "isRetweet": True}]))
    (post,) = KINDS["x"].posts(tmp_path / "tweets.json")
    assert post.repost


def test_a_dumped_message_counts_as_private(tmp_path):
    (tmp_path / "chat.json").write_text(json.dumps(LAYOUTS["telegram/telethon.json"]))
    (post,) = KINDS["telegram"].posts(tmp_path / "chat.json")
    assert post.private
