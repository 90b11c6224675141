"""Exports of the same sources in their other layouts: parts, tables, listings, packages."""

import json
import zipfile

import pytest

from instructwild.collect.kinds import KINDS
from instructwild.collect.pipeline import collect
from instructwild.errors import InputError


def posts(kind, path):
    return list(KINDS[kind].posts(path))


def script(name, rows):
    return f"window.YTD.{name}.part0 = {json.dumps(rows)}"


def long_tweet(identity, text, created="2024-05-01T10:00:00.000Z", **core):
    return {"noteTweet": {"noteTweetId": identity, "createdAt": created,
                          "core": {"text": text, "urls": [], "mentions": [], **core}}}


PLAN = "Plan a week of suppers for two people who share one pan, and say for each what is left over. " * 4


@pytest.mark.parametrize("packed", ["file", "folder", "zip"])
def test_long_tweets_are_read_without_their_beginnings(tmp_path, packed):
    content = script("note_tweet", [
        long_tweet("1", PLAN, urls=[]), long_tweet("2", "See https://t.co/x and explain it. " * 9, urls=[
            {"shortUrl": "https://t.co/x", "expandedUrl": "https://tides.example/a?b=1&reg=2"}])])
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "note-tweet.js"
    path.write_text(content, encoding="utf-8")
    if packed == "zip":
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w") as made:
            made.writestr("data/note-tweet.js", content)
    read = posts("x", tmp_path / "data" if packed == "folder" else path)
    assert [post.text[:12] for post in read] == ["Plan a week ", "See https://"]
    assert "https://tides.example/a?b=1&reg=2" in read[1].text
    assert read[0].created.startswith("2024-05-01T10:00:00")


def test_a_long_tweet_beside_the_tweets_is_one_post_and_one_without_its_beginning_is_not_lost(tmp_path):
    begun = PLAN[:270].rstrip() + "… https://t.co/long"
    tweets = [{"tweet": {"full_text": begun, "id_str": "7", "created_at": "Wed May 01 10:00:00 +0000 2024"}}]
    (tmp_path / "tweets.js").write_text(script("tweets", tweets[:0]), encoding="utf-8")
    (tmp_path / "tweets-part1.js").write_text(script("tweets", tweets), encoding="utf-8")
    notes = [long_tweet("1", PLAN), long_tweet("2", "Another text. " * 30),
             long_tweet("3", PLAN[:-5] + "!", "2024-05-01T09:00:00.000Z")]
    (tmp_path / "note-tweet.js").write_text(script("note_tweet", notes), encoding="utf-8")
    read = posts("x", tmp_path)
    assert [post.text for post in read if post.skip is None] == [PLAN.strip(), ("Another text. " * 30).strip()]
    assert [post.skip for post in read if post.skip] == ["another version of a long post"]
    assert [post.text for post in posts("x", tmp_path / "tweets-part1.js")] == [PLAN.strip()]


def test_activities_that_write_nothing_and_polls_and_statuses_of_the_api(tmp_path):
    public = ["https://www.w3.org/ns/activitystreams#Public"]
    note = {"type": "Note", "content": "<p>Explain tides.</p>", "to": public, "attributedTo": "https://s.example/users/a"}
    outbox = {"orderedItems": [
        {"type": "Create", "object": note}, {"type": "Like", "object": "https://s.example/1"},
        {"type": "Create", "object": {**note, "type": "Question", "content": "<p>Tea or coffee?</p>"}},
        {"type": "Update", "object": note}, {"type": "Delete", "object": {"type": "Tombstone"}}]}
    path = tmp_path / "outbox.json"
    path.write_text(json.dumps(outbox), encoding="utf-8")
    read = posts("mastodon", path)
    assert [post.text for post in read if post.skip is None] == ["Explain tides.", "Tea or coffee?"]
    assert sum(post.skip is not None for post in read) == 3
    assert not any(post.problem for post in read)
    status = {"id": "9", "account": {"acct": "a"}, "content": "<p>Explain ebb.</p>", "visibility": "public", "reblog": None,
              "created_at": "2024-01-02T03:04:05.000Z", "url": "https://s.example/@a/9", "language": "en"}
    hidden = {**status, "visibility": "direct"}
    saved = tmp_path / "saved.json"
    for content in ({"statuses": [status, hidden], "favourites": [status]}, [status, hidden]):
        saved.write_text(json.dumps(content), encoding="utf-8")
        assert [(post.text, post.private) for post in posts("mastodon", saved)] == [
            ("Explain ebb.", False), ("Explain ebb.", True)]
    lines = tmp_path / "saved.jsonl"
    lines.write_text(f"{json.dumps(status)}\n{json.dumps(hidden)}\n", encoding="utf-8")
    assert [post.private for post in posts("mastodon", lines)] == [False, True]


def test_reddit_listings_threads_own_data_and_notices(tmp_path):
    def comment(text, **more):
        return {"kind": "t1", "data": {"body": text, "author": "ada", "replies": "", "permalink": "/r/x/1", **more}}

    answer = {"kind": "Listing", "data": {"children": [comment("Inner one."), {"kind": "more", "data": {"count": 3}}]}}
    thread = [{"kind": "Listing", "data": {"children": [
        {"kind": "t3", "data": {"title": "Why do knots hold?", "selftext": "", "author": "bo", "permalink": "/r/x/2"}}]}},
        {"kind": "Listing", "data": {"children": [
            comment("Outer one.", replies=answer), comment("Read rule 2.", author="kit", distinguished="moderator")]}}]
    path = tmp_path / "thread.json"
    path.write_text(json.dumps(thread), encoding="utf-8")
    read = posts("reddit", path)
    assert [post.text for post in read] == ["Why do knots hold?", "Outer one.", "Inner one.", "Read rule 2."]
    assert [post.skip for post in read] == [None, None, None, "a moderator's notice"]
    assert len({post.where for post in read}) == 4
    own = tmp_path / "comments.csv"
    own.write_text("id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
                   "a1,https://www.reddit.com/r/x/c/1/,2024-02-03 04:05:06 UTC,,x,0,l,,\"Explain\nsplices.\",\n",
                   encoding="utf-8")
    post, = posts("reddit", own)
    assert (post.text, post.url) == ("Explain\nsplices.", "https://www.reddit.com/r/x/c/1/")
    assert post.created == "2024-02-03T04:05:06+00:00"


def test_a_discord_package_is_read_and_only_server_channels_are_public(tmp_path):
    package = tmp_path / "package" / "Messages"
    for name, kind in (("c1", "GUILD_TEXT"), ("c2", "DM"), ("c3", 0)):
        folder = package / name
        folder.mkdir(parents=True)
        (folder / "channel.json").write_text(json.dumps({"id": name, "type": kind}), encoding="utf-8")
        (folder / "messages.json").write_text(json.dumps([
            {"ID": 1, "Timestamp": "2024-03-04 05:06:07", "Contents": f"Explain {name} to <@12345>", "Attachments": ""}]),
            encoding="utf-8")
    (tmp_path / "package" / "events.json").write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    old = package / "c4"
    old.mkdir()
    (old / "messages.csv").write_text("ID,Timestamp,Contents,Attachments\n1,2020-01-02 03:04:05.123000+00:00,Explain c4,\n",
                                      encoding="utf-8")
    read = posts("discord", tmp_path / "package")
    assert [(post.text, post.private) for post in read] == [
        ("Explain c1 to @12345", False), ("Explain c2 to @12345", True), ("Explain c3 to @12345", False),
        ("Explain c4", True)]
    assert all(post.created for post in read)
    packed = tmp_path / "package.zip"
    with zipfile.ZipFile(packed, "w") as made:
        for file in (tmp_path / "package").rglob("*.*"):
            made.write(file, file.relative_to(tmp_path / "package").as_posix())
    assert [post.private for post in posts("discord", packed)] == [False, True, False, True]


SPIDER = ("微博id,微博正文,头条文章url,原始图片url,被转发微博原始图片url,是否为原创微博,微博视频url,发布位置,发布时间,"
          "发布工具,点赞数,转发数,评论数")
CRAWLER = "id,bid,正文,头条文章url,原始图片url,视频url,位置,日期,工具,点赞数,评论数,转发数,话题,@用户,完整日期"
SEARCH = ("id,bid,user_id,用户昵称,微博正文,头条文章url,发布位置,艾特用户,话题,转发数,评论数,点赞数,发布时间,发布工具,"
          "微博图片url,微博视频url,retweet_id")


@pytest.mark.parametrize(("header", "cells", "repost"), [
    (SPIDER,
     "Mx1,解释潮汐的成因。,无,无,无,True,无,无,2024-03-04 05:06,网页版,1,2,3", False),
    (SPIDER,
     "Mx1,解释潮汐的成因。,无,无,无,False,无,无,2024-03-04 05:06,网页版,1,2,3", True),
    (CRAWLER,
     "51,Mx1,解释潮汐的成因。,,,,,2024-03-04,网页版,1,2,3,,小海,2024-03-04 05:06:00", False),
    (SEARCH,
     "51,Mx1,9,潮人,解释潮汐的成因。,,,,,0,0,0,2024-03-04 05:06,网页版,,,", False),
    (SEARCH,
     "51,Mx1,9,潮人,解释潮汐的成因。,,,,,0,0,0,2024-03-04 05:06,网页版,,,50", True)])
def test_weibo_tables(tmp_path, header, cells, repost):
    path = tmp_path / "1.csv"
    path.write_text(f"\ufeff{header}\n{cells}\n", encoding="utf-8")
    post, = posts("weibo", path)
    assert (post.text, post.repost, post.problem) == ("解释潮汐的成因。", repost, None)
    assert post.created.startswith("2024-03-04T05:06")
    assert post.url == "https://m.weibo.cn/status/Mx1"


def test_a_table_of_weibo_users_is_named_and_no_post(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text("用户id,昵称,简介\n1,潮人,看海\n", encoding="utf-8")
    assert [post.skip for post in posts("weibo", path)] == ["a row about a user"]


@pytest.mark.parametrize(("text", "left", "skipped"), [
    ("解释潮汐的成因。 \u200b\u200b", "解释潮汐的成因。", False), ("解释潮汐的成因。 全文", "解释潮汐的成因。", False),
    ("解释潮汐的成因。 展开c", "解释潮汐的成因。", False), ("解释潮汐的成因。 网页链接", "解释潮汐的成因。", False),
    ("解释潮汐的成因。 收起", "解释潮汐的成因。", False), ("讨论就此展开", "讨论就此展开", False),
    ("解释潮汐的成因[组图共4张] 原图 赞[3] 转发[2] 评论[1] 收藏", "解释潮汐的成因", False),
    ("解释潮汐的成因 渔夫老陈的秒拍视频", "解释潮汐的成因", False),
    ("请翻译全文", "请翻译全文", False), ("请用五百字解释潮汐的...全文", "请用五百字解释潮汐的...全文", True),
    ("请用五百字解释…展开全文", "请用五百字解释…展开全文", True)])
def test_what_a_page_shows_behind_a_post(tmp_path, text, left, skipped):
    path = tmp_path / "1.json"
    path.write_text(json.dumps([{"id": 1, "text": text}]), encoding="utf-8")
    post, = posts("weibo", path)
    assert post.text == left
    assert (post.skip is not None) is skipped


def test_bluesky_feeds_searches_and_records(tmp_path):
    text = "为什么 tides.example/lo… 会涨潮？ Explain."
    start = len("为什么 ".encode())
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2024-05-06T07:08:09.000Z", "langs": ["zh"],
              "facets": [{"index": {"byteStart": start, "byteEnd": start + len("tides.example/lo…".encode())},
                          "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://tides.example/long"}]}],
              "embed": {"images": [{"alt": "Prompt: explain ebb"}]}}
    post = {"uri": "at://did:plc:a/app.bsky.feed.post/1", "record": record,
            "author": {"did": "did:plc:a", "handle": "a.example"}}
    again = {"post": post, "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}
    like = {"uri": "at://did:plc:a/app.bsky.feed.like/1", "value": {"$type": "app.bsky.feed.like"}}
    path = tmp_path / "feed.json"
    for content, skipped in (({"feed": [{"post": post}, again]}, 0), ({"posts": [post]}, 0),
                             ({"records": [{"uri": post["uri"], "value": record}, like]}, 1)):
        path.write_text(json.dumps(content), encoding="utf-8")
        first, *others = posts("bluesky", path)
        assert first.text == "为什么 https://tides.example/long 会涨潮？ Explain."
        assert (first.author, first.language, first.alt_texts) == ("did:plc:a", "zh", ("Prompt: explain ebb",))
        assert sum(other.skip is not None for other in others) == skipped
        assert all(other.repost or other.skip for other in others)


def mangled(text):
    return text.encode().decode("latin-1")


def test_meta_copies_are_read_as_they_were_written(tmp_path):
    for name, content, expected in (
            ("threads_and_replies.json", {"text_post_app_text_posts": [
                {"media": [{"uri": "", "creation_timestamp": 1714550000, "title": mangled("解释潮汐的成因。")}]}]},
             "解释潮汐的成因。"),
            ("posts_1.json", [{"media": [{"uri": "a.jpg", "creation_timestamp": 1714550000, "title": ""}],
                               "title": mangled("Explain “ebb” 🌊"), "creation_timestamp": 1714550000}], "Explain “ebb” 🌊"),
            ("posts_1.json", [{"media": [{"uri": "a.jpg", "creation_timestamp": 1714550000, "title": "Explain ebb."}]}],
             "Explain ebb."),
            ("your_posts_1.json", [{"timestamp": 1714550000, "data": [{"post": mangled("Café: explain."),
                                                                       "update_timestamp": 1714550000}],
                                    "title": "Ada updated her status."}], "Café: explain.")):
        folder = tmp_path / name.partition(".")[0] / str(len(expected))
        folder.mkdir(parents=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
        post, = posts("meta", folder)
        assert (post.text, post.problem, post.skip) == (expected, None, None)
        assert post.created.startswith("2024-05-01T")


@pytest.mark.parametrize("cut", ["…", "… https://t.co/abc1"])
def test_a_long_chinese_tweet_is_joined_with_its_beginning(tmp_path, cut):
    whole = "请用通俗的话解释一口铁锅从铸造到开锅要经过哪些步骤，每一步的目的是什么，" * 5 + "最后给新手三条建议。"
    tweet = {"id_str": "5", "full_text": whole[:130] + cut, "created_at": "Wed May 01 10:00:00 +0000 2024"}
    (tmp_path / "tweets.js").write_text(script("tweets", [{"tweet": tweet}]), encoding="utf-8")
    (tmp_path / "note-tweet.js").write_text(script("note_tweet", [long_tweet("9", whole)]), encoding="utf-8")
    assert [post.text for post in posts("x", tmp_path)] == [whole]
    assert [post.text for post in posts("x", tmp_path / "tweets.js")] == [whole]


def test_a_source_of_another_kind_says_what_it_should_be(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"instruction": "Name a stove."}\n', encoding="utf-8")
    note, = collect("reddit", [tmp_path / "in.jsonl"], tmp_path / "out").manifest.metrics["notes"]
    assert note.startswith("no post could be read as reddit")
    assert "instructwild clean" in note


def test_a_zip_that_was_cut_off_is_one_message(tmp_path):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as made:
        made.writestr("tweets.js", script("tweets", []))
    (tmp_path / "cut.zip").write_bytes((tmp_path / "whole.zip").read_bytes()[:40])
    with pytest.raises(InputError, match="is no whole zip"):
        posts("x", tmp_path / "cut.zip")


def sharegpt(tmp_path, *exchanges):
    turns = [{"from": who, "value": text} for pair in exchanges for who, text in zip(("human", "gpt"), pair, strict=True)]
    (tmp_path / "in.json").write_text(json.dumps([{"id": "a", "conversations": turns}]), encoding="utf-8")
    post, = posts("sharegpt", tmp_path / "in.json")
    return [turn.content for turn in post.messages[1::2]]


def test_pages_without_the_element_around_them_become_markdown(tmp_path):
    pans = "<p>Two <strong>pans</strong>:</p><ul><li>wok</li><li>skillet</li></ul>"
    code = '<p>So:</p><pre><code class="language-html">&lt;b&gt;x&lt;/b&gt;\n</code></pre>'
    assert sharegpt(tmp_path, ("Name two pans.", pans), ("Write a tag in HTML.", code)) == [
        "Two **pans**:\n\n- wok\n- skillet", "So:\n\n```html\n<b>x</b>\n```"]


def test_elements_that_were_asked_for_stay_elements(tmp_path):
    assert sharegpt(tmp_path, ("Write a paragraph in HTML.", "<p>Soup</p>")) == ["<p>Soup</p>"]
    assert sharegpt(tmp_path, ("Name a pan.", "A wok."), ("As a block?", "<p>Wok</p>")) == ["A wok.", "<p>Wok</p>"]


@pytest.mark.parametrize("button", ["pythonCopy code\n", "python\nCopy code\n", "\npythonCopy code", "python\n复制代码\n"])
def test_the_words_of_a_button_leave_a_fence(tmp_path, button):
    assert sharegpt(tmp_path, ("Write one.", f"```{button}print(1)\n```")) == ["```python\nprint(1)\n```"]
