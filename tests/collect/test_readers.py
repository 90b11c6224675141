"""Each reader on a file of its source's true layout."""

import gzip
import json
import sys
import types
import zipfile
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import zstandard

from instructwild.collect.kinds import KINDS, SourceKind
from instructwild.errors import ConfigError, InputError
from instructwild.privacy.masking import mask


def read(kind, path):
    return list(KINDS[kind].posts(path))


def saved(path, value, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, **options), encoding="utf-8")
    return path


def tweet(text, **fields):
    return {"tweet": {"full_text": text, "id_str": "17", "created_at": "Wed Nov 30 18:05:09 +0000 2022", "lang": "en",
                      "retweeted": False, "entities": {"user_mentions": [], "urls": []}} | fields}


def test_x_from_a_zip_with_its_account_links_mentions_and_long_tweets(tmp_path):
    long = "Prompt: " + "explain the tides again and again. " * 12
    first = tweet("Tom &amp; @ana_b read https://t.co/x1", entities={
        "user_mentions": [{"screen_name": "ana_b", "name": "Ana Berg"}],
        "urls": [{"url": "https://t.co/x1", "expanded_url": "https://a.example/long"}]})
    parts = [[first, {"tweet": {"id_str": "2"}}], [tweet(long[:260] + "…", lang="qme"), tweet("RT @b: hi")]]
    account = [{"account": {"username": "owner_1", "accountId": "99", "accountDisplayName": "The Owner"}}]
    notes = [{"noteTweet": {"core": {"text": long}}}]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, value in (("tweets.js", parts[0]), ("tweets-part1.js", parts[1]), ("account.js", account),
                            ("note-tweet.js", notes), ("like.js", [{"like": {}}])):
            label = name.removesuffix(".js").replace("-", "_")
            archive.writestr(f"data/{name}", f"window.YTD.{label}.part0 = {json.dumps(value)}")
    cut, retweet, first, broken = read("x", tmp_path / "a.zip")
    assert first.text == "Tom & @ana_b read https://a.example/long"
    assert first.people == (("owner_1", "The Owner"), ("ana_b", "Ana Berg"))
    assert (first.author, first.language, first.created) == ("99", "en", "2022-11-30T18:05:09+00:00")
    assert first.url == "https://x.com/i/status/17", "an address that does not name the author"
    assert broken.problem
    assert broken.where == "tweets.js#2"
    assert cut.text == long.strip()
    assert cut.language is None
    assert retweet.repost


def discord_message(ident, text, **fields):
    return {"id": ident, "type": "Default", "timestamp": "2023-01-15T10:30:00.123+01:00", "timestampEdited": None,
            "callEndedTimestamp": None, "isPinned": False, "content": text, "attachments": [], "embeds": [], "stickers": [],
            "author": {"id": "7", "name": "kim", "discriminator": "0000", "nickname": "Kim L", "isBot": False},
            "reactions": [], "mentions": []} | fields


def test_discord_messages_bots_and_joins(tmp_path):
    bot = {"id": "9", "name": "HelperBot", "nickname": "HelperBot", "isBot": True}
    export = {"guild": {"id": "1", "name": "G"}, "channel": {"id": "2", "type": "GuildTextChat", "name": "c"},
              "messages": [discord_message("3", "@HelperBot why?", mentions=[bot]), discord_message("4", "hi", author=bot),
                           discord_message("5", "Joined.", type="GuildMemberJoin"), {"id": "6"}], "messageCount": 4}
    asked, answered, joined, broken = read("discord", saved(tmp_path / "c.json", export))
    assert asked.text == "@bot why?"
    assert asked.url == "https://discord.com/channels/1/2/3"
    assert asked.created == "2023-01-15T09:30:00.123000+00:00"
    assert asked.people == (("kim", "Kim L"),)
    assert (answered.skip, joined.skip) == ("a bot wrote it", "a GuildMemberJoin message")
    assert broken.problem
    export["channel"]["type"] = "DirectTextChat"
    assert all(post.private for post in read("discord", saved(tmp_path / "d.json", export)) if not post.problem)


def test_discord_mentions_that_were_left_as_ids_are_people_too(tmp_path):
    mentioned = [{"id": "77", "name": "GPT", "nickname": "GPT", "isBot": True},
                 {"id": "88", "name": "bob", "nickname": "Bobby", "isBot": False}]
    export = {"guild": {"id": "1"}, "channel": {"id": "2", "type": "GuildTextChat"}, "messages": [
        discord_message("3", "<@77> write a poem for <@!88> and <@123456789>", mentions=mentioned)]}
    [post] = read("discord", saved(tmp_path / "c.json", export))
    assert post.text == "@bot write a poem for @Bobby and @123456789"
    assert ("bob", "Bobby") in post.people
    assert mask(post.text, post.people).text == "@bot write a poem for [USER_1] and [USER_2]"


def test_reddit_dumps_packed_with_a_long_window(tmp_path):
    rows = [{"id": "a", "author": "red_1", "title": "Prompt for &lt;b&gt;?", "selftext": "Body", "created_utc": 1675209600,
             "permalink": "/r/ChatGPT/comments/a/x/", "subreddit": "ChatGPT", "is_self": True},
            {"id": "b", "author": "[deleted]", "body": "[removed]", "created_utc": "1675209600", "permalink": "/r/x/b/"},
            {"id": "c", "author": "AutoModerator", "body": "Rules", "created_utc": 1675209600.0},
            {"id": "d", "author": "red_2", "title": "t", "selftext": "", "crosspost_parent": "t3_z"}, {"id": "e"}]
    text = "".join(json.dumps(row) + "\n" for row in rows) + "{cut"
    packer = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True))
    path = tmp_path / "RC_2023-02.zst"
    path.write_bytes(packer.compress(text.encode()))
    post, gone, bot, cross, neither, cut = read("reddit", path)
    assert (post.text, post.author) == ("Prompt for <b>?\n\nBody", "red_1")
    assert (post.url, post.created) == ("https://www.reddit.com/r/ChatGPT/comments/a/x/", "2023-02-01T00:00:00+00:00")
    assert (gone.skip, gone.author) == ("deleted", None)
    assert bot.skip == "a bot wrote it"
    assert cross.repost
    assert neither.problem
    assert cut.problem
    assert cut.where == "RC_2023-02.zst:6"


def test_a_dump_that_was_cut_off_is_not_taken_for_a_whole_one(tmp_path):
    path = tmp_path / "RC_2023-02.zst"
    path.write_bytes(zstandard.compress(b'{"id": "e"}\n' * 1000)[:-5])
    with pytest.raises(InputError, match="middle of a frame"):
        read("reddit", path)


def test_mastodon_outbox_with_boosts_alt_text_and_closed_posts(tmp_path):
    public = "https://www.w3.org/ns/activitystreams#Public"
    note = {"type": "Note", "id": "https://m.example/users/ida/statuses/5", "url": "https://m.example/@ida/5",
            "attributedTo": "https://m.example/users/ida", "published": "2023-02-01T10:00:00Z", "to": [public], "cc": [],
            "content": '<p>Hey <span class="h-card"><a href="https://m.example/@bo">@<span>bo</span></a></span><br />why?'
                       "</p>"
                       "<p>A &lt; B</p>", "contentMap": {"de": "…"},
            "attachment": [{"type": "Document", "mediaType": "image/png", "name": "Prompt: draw"}],
            "tag": [{"type": "Mention", "href": "https://m.example/users/bo", "name": "@bo@m.example"}]}
    items = [{"type": "Create", "actor": "https://m.example/users/ida", "object": note},
             {"type": "Announce", "actor": "…", "published": "2023-02-01T10:00:00Z", "object": "https://o.example/x/1"},
             {"type": "Create", "object": note | {"to": ["https://m.example/users/bo"]}}, {"type": "Create", "object": None}]
    outbox = {"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection",
              "totalItems": 4, "orderedItems": items}
    saved(tmp_path / "archive" / "outbox.json", outbox)
    saved(tmp_path / "archive" / "likes.json", {})
    post, boost, direct, broken = read("mastodon", tmp_path / "archive")
    assert post.text == "Hey @bo\nwhy?\n\nA < B"
    assert post.people == (("ida",), ("@bo@m.example", "bo"))
    assert (post.url, post.language) == ("https://m.example/statuses/5", "de")
    assert post.alt_texts == ("Prompt: draw",)
    assert not post.private
    assert boost.repost
    assert direct.private
    assert broken.problem


@pytest.mark.parametrize("nested", [False, True])
def test_telegram_one_chat_or_all_of_them(tmp_path, nested):
    marked = ["Ask ", {"type": "mention_name", "text": "Lea Wolf", "user_id": 5}, " why"]
    messages = [{"id": 1, "type": "service", "actor": "Lea", "action": "join_group_by_link", "text": ""},
                {"id": 2, "type": "message", "date": "2023-01-01T12:00:00", "date_unixtime": "1672570800", "from": "Ben K",
                 "from_id": "user8", "text": marked, "text_entities": []},
                {"id": 3, "type": "message", "date": "2023-01-01T12:00:00", "from": None, "from_id": "user9", "text": "x",
                 "forwarded_from": "News"}]
    chat = {"name": "Prompts", "type": "public_supergroup", "id": 123, "messages": messages}
    closed = {"name": "Mum", "type": "personal_chat", "id": 4, "messages": messages[1:2]}
    export = {"about": "…", "chats": {"about": "…", "list": [chat, closed]}} if nested else chat
    service, post, forwarded, *rest = read("telegram", saved(tmp_path / "result.json", export))
    assert service.skip == "a service message"
    assert (post.text, post.author, post.url) == ("Ask Lea Wolf why", "user8", "https://t.me/c/123/2")
    assert post.people == (("Ben K",), ("Lea Wolf",))
    assert post.created == "2023-01-01T11:00:00+00:00"
    assert not post.private
    assert forwarded.repost
    assert [other.private for other in rest] == ([True] if nested else [])


def test_weibo_of_both_spiders(tmp_path):
    spider = {"user": {"id": "66", "nickname": "小舟"}, "weibo": [
        {"id": "Is1", "user_id": "66", "content": "提示词：写诗//@别人:好", "original": True,
         "publish_time": "2023-03-01 09:30"},
        {"id": "Is2", "user_id": "66", "content": "转发理由:哈哈 原始用户:某 转发内容:……", "original": False,
         "publish_time": "x"}]}
    crawler = {"weibo": [{"id": 47, "bid": "Mz9", "user_id": 66, "screen_name": "小舟", "text": "<a>#话题#</a> 你好<br />吗",
                          "created_at": "2023-03-01", "at_users": "阿明,阿华"},
                         {"id": 48, "text": "转发微博", "retweet": {"id": 1, "text": "…"}}, {"id": 49}]}
    own, shared = read("weibo", saved(tmp_path / "a.json", spider, indent=4))
    assert (own.text, own.url, own.created) == ("提示词：写诗", "https://m.weibo.cn/status/Is1", "2023-03-01T09:30:00+00:00")
    assert (own.people, own.author, own.repost, shared.repost) == ((("小舟",),), "66", False, True)
    post, again, broken = read("weibo", saved(tmp_path / "b.json", crawler))
    assert (post.text, post.people) == ("#话题# 你好\n吗", (("小舟",), ("阿明",), ("阿华",)))
    assert again.repost
    assert broken.problem


def test_hacker_news_search_results_threads_and_lines(tmp_path):
    hit = {"objectID": "31", "title": "Ask HN: How do lasers work?", "story_text": "<p>In detail.", "author": "hn_a",
           "created_at": "2023-01-01T00:00:00Z", "created_at_i": 1672531200, "comment_text": None, "children": [32]}
    answer = {"objectID": "32", "comment_text": "They <i>lase</i>.", "author": "hn_b", "created_at_i": 1672531300}
    thread = {"id": 31, "type": "story", "title": "T", "text": None, "author": "hn_a", "children": [
        {"id": 33, "type": "comment", "text": "one", "children": [{"id": 34, "text": "two", "children": []}]},
        {"id": 35, "text": "three", "children": []}]}
    for indent in (None, 2):
        hits = {"hits": [hit, answer], "nbHits": 2}
        first, second = read("hackernews", saved(tmp_path / "hits.json", hits, indent=indent))
        assert first.text == "How do lasers work?\n\nIn detail."
        assert (first.url, first.created) == ("https://news.ycombinator.com/item?id=31", "2023-01-01T00:00:00+00:00")
        assert second.text == "They lase."
        told = read("hackernews", saved(tmp_path / "item.json", thread, indent=indent))
        assert [post.text for post in told] == ["T", "one", "two", "three"]
    lines = read("hackernews", saved(tmp_path / "hits.jsonl", json.dumps(hit) + "\n" + json.dumps(answer) + "\n{}\n"))
    assert [bool(post.problem) for post in lines] == [False, False, True]


STACK = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<posts>
  <row Id="4" PostTypeId="1" CreationDate="2023-01-02T03:04:05.678" Score="9" Body="&lt;p&gt;I have&lt;/p&gt;&#xA;&lt;pre&gt;&lt;code&gt;x = 1&#xA;y = 2&#xA;&lt;/code&gt;&lt;/pre&gt;" OwnerUserId="8" OwnerDisplayName="Jo P" Title="How do I swap two variables?" Tags="|python|" ContentLicense="CC BY-SA 4.0" />
  <row Id="5" PostTypeId="2" ParentId="4" CreationDate="2023-01-02T03:04:05.678" Body="&lt;p&gt;x, y = y, x&lt;/p&gt;" ContentLicense="CC BY-SA 4.0" />
  <row Id="6" PostTypeId="1" />
</posts>"""  # noqa: E501


def test_stack_exchange_posts_with_licence_and_code(tmp_path):
    question, answer, broken = read("stackexchange", saved(tmp_path / "python.stackexchange.com" / "Posts.xml", STACK))
    assert question.text == "How do I swap two variables?\n\nI have\n\n```\nx = 1\ny = 2\n```"
    assert (question.license, question.author) == ("CC-BY-SA-4.0", "8")
    assert question.url == "https://python.stackexchange.com/questions/4"
    assert question.presented
    assert answer.skip == "an answer"
    assert broken.problem


def test_xml_that_defines_entities_is_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa">]><posts><row Id="1" PostTypeId="1" Body="&a;"/></posts>'
    with pytest.raises(InputError, match="a dump has not"):
        read("stackexchange", saved(tmp_path / "Posts.xml", bomb))
    with pytest.raises(InputError, match="not whole XML"):
        read("stackexchange", saved(tmp_path / "Posts.xml", STACK[:-30]))


def test_sharegpt_conversations_from_the_middle_and_with_pages(tmp_path):
    rows = [{"id": "abc_0", "conversations": [{"from": "gpt", "value": "…"}, {"from": "human", "value": "Why < How?"},
                                              {"from": "gpt", "value": '<div class="markdown prose"><p>So.</p></div>'}]},
            {"id": "d", "conversations": [{"from": "martian", "value": "x"}]}]
    for path in (saved(tmp_path / "a.json", rows), saved(tmp_path / "a.jsonl", "".join(json.dumps(r) + "\n" for r in rows))):
        told, broken = read("sharegpt", path)
        assert [(turn.role, turn.content) for turn in told.messages] == [("user", "Why < How?"), ("assistant", "So.")]
        assert told.url == "https://sharegpt.com/c/abc"
        assert "martian" in broken.problem


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.parquet", "a.jsonl.gz", "a.jsonl.zst"])
def test_plain_rows_in_every_packing(tmp_path, name):
    import polars as pl

    rows = [{"instruction": "Say hi", "output": "hi", "author": "q"},
            {"instruction": "说“你好”", "output": "", "author": None}]
    path, lines = tmp_path / name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    match name.partition(".")[2]:
        case "json":
            saved(path, rows)
        case "csv":
            pl.DataFrame(rows).write_csv(path)
        case "parquet":
            pl.DataFrame(rows).write_parquet(path)
        case "jsonl.gz":
            path.write_bytes(gzip.compress(lines))
        case "jsonl.zst":
            path.write_bytes(zstandard.compress(lines))
        case _:
            path.write_bytes(lines)
    found = read("jsonl", path)
    assert [post.messages[0].content for post in found] == ["Say hi", "说“你好”"]
    assert [len(post.messages) for post in found] == [2, 1]
    assert found[0].author == "q"


def test_live_reddit_says_what_is_missing_and_reads_what_comes(monkeypatch):
    reddit = KINDS["reddit"]
    with pytest.raises(ConfigError, match="no subreddit"):
        list(reddit.ask("cats", 3))
    monkeypatch.setitem(sys.modules, "praw", None)
    with pytest.raises(ModuleNotFoundError):
        list(reddit.ask("r/cats", 3))
    found = types.SimpleNamespace(title="Why do cats purr?", selftext="", author="red_3", permalink="/r/cats/1/",
                                  created_utc=1675209600.0)
    subreddit = types.SimpleNamespace(new=lambda limit: [found] * limit, search=lambda words, limit: [found])
    praw = types.ModuleType("praw")
    praw.Reddit = lambda **options: types.SimpleNamespace(subreddit=lambda name: subreddit)
    core = types.ModuleType("prawcore")
    core.PrawcoreException = type("PrawcoreException", (Exception,), {})
    monkeypatch.setitem(sys.modules, "praw", praw)
    monkeypatch.setitem(sys.modules, "prawcore", core)
    monkeypatch.delenv("REDDIT_CLIENT_ID", raising=False)
    with pytest.raises(ConfigError, match="REDDIT_CLIENT_ID"):
        list(reddit.ask("r/cats", 3))
    monkeypatch.setenv("REDDIT_CLIENT_ID", "i")
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", "s")
    assert [post.where for post in reddit.ask("r/cats", 3)] == ["r/cats#1", "r/cats#2", "r/cats#3"]
    (post,) = reddit.ask("r/cats purring", 3)
    assert (post.text, post.url) == ("Why do cats purr?", "https://www.reddit.com/r/cats/1/")


def test_live_mastodon_pages_until_the_limit(monkeypatch):
    status = {"content": "<p>Why?</p>", "url": "https://m.example/@ida/5", "created_at": datetime(2023, 2, 1, tzinfo=UTC),
              "account": {"acct": "ida", "username": "ida", "display_name": "Ida M", "bot": False},
              "mentions": [], "media_attachments": [{"description": "a cat"}], "language": "en", "reblog": None}
    client = types.SimpleNamespace(timeline_hashtag=lambda tag, limit: [status] * 2, fetch_next=lambda page: [status] * 2)
    module = types.ModuleType("mastodon")
    module.Mastodon = lambda **options: client
    module.MastodonError = type("MastodonError", (Exception,), {})
    monkeypatch.setitem(sys.modules, "mastodon", module)
    monkeypatch.setenv("MASTODON_BASE_URL", "https://m.example")
    posts = list(KINDS["mastodon"].ask("#ai", 5))
    assert len(posts) == 6
    assert posts[0].author == "ida"
    assert posts[0].people == (("ida", "Ida M"),)
    assert (posts[0].text, posts[0].alt_texts, posts[0].created) == ("Why?", ("a cat",), "2023-02-01T00:00:00+00:00")
    assert posts[0].url == "https://m.example/statuses/5"


def test_an_export_of_another_source_is_refused_or_all_malformed_never_silent(tmp_path):
    path = saved(tmp_path / "other.json", {"totally": ["different"]})
    for kind in KINDS.values():
        if kind.name in ("hub", "csv", "parquet"):
            continue
        try:
            found = list(kind.posts(path))
        except InputError:
            continue
        assert all(post.problem for post in found), kind.name


def test_every_kind_stands_in_the_documentation():
    from pathlib import Path

    told = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in told] == []


def test_a_reader_that_minds_no_foreign_file_ends_in_one_message(tmp_path, monkeypatch):
    """What a new source of a few lines does not foresee: the message names the file and the kind, and what was expected."""
    def posts(path, encoding=None):
        yield from json.loads(path.read_text(encoding="utf-8"))["threads"]

    file = tmp_path / "forum.json"
    kind = SourceKind("forum", "forum", "the forum's backup, JSON")
    monkeypatch.setattr(SourceKind, "reader", SimpleNamespace(posts=posts))
    for text in ('{"posts": []}', "no JSON", "[1]"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"(?s)forum.json.*cannot be read as forum.*the forum's backup"):
            list(kind.posts(file))
