"""Exports made to harm: each costs a row or one message, in bounded memory and linear time."""

import json
import os
import struct
import time
import zipfile

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.collect.kinds import KINDS
from instructwild.collect.pipeline import collect
from instructwild.collect.post import Post
from instructwild.collect.row import Terms, prompt_of
from instructwild.errors import InputError
from instructwild.read.zst import unpacked

READERS = ("x", "discord", "reddit", "mastodon", "telegram", "weibo", "hackernews", "stackexchange", "sharegpt", "json",
           "jsonl")


def posts(kind, path):
    return list(KINDS[kind].posts(path))


def test_a_packed_bomb_is_unpacked_a_little_at_a_time(tmp_path):
    path = tmp_path / "a.zst"
    path.write_bytes(zstandard.compress(bytes(200 << 20)))
    with unpacked(path.open("rb")) as handle:
        handle.read(10)
        assert len(handle.raw._ready) <= 64 << 20


def test_a_row_that_is_nested_too_deeply_or_holds_an_endless_number_costs_itself(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"text":"Why?"},{"text":' + "[" * 100_000 + "]" * 100_000 + '},{"n":' + "9" * 5000
                    + '},{"text":"How?"}]')
    first, deep, number, last = posts("json", path)
    assert (first.text, last.text) == ("Why?", "How?")
    assert "nested too deeply" in deep.problem
    assert "thousands of digits" in number.problem


def test_elements_are_read_whole_across_chunks_whatever_they_hold(tmp_path):
    texts = ["a" * 70_000, "]}\\\"[{" * 20_000, "中" * 40_000, ""]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": text} for text in texts]))
    assert [post.text for post in posts("json", path)] == texts


def test_lone_surrogates_in_any_field_are_mended(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text":"How do I reef a sail?","author":"\\ud800","url":"\\udfff"}\n{"text":"Why do knots slip?"}\n')
    assert collect("jsonl", [path], tmp_path / "out", salt="s", as_is=True).manifest.rows.kept == 2


def test_pipes_devices_and_names_that_are_not_utf8_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    for name in ("pipe.jsonl", "zero.jsonl"):
        with pytest.raises(InputError, match="neither a file"):
            collect("jsonl", [tmp_path / name], tmp_path / "out", salt="s")
    bad = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jsonl")
    with open(bad, "w") as handle:
        handle.write("{}")
    with pytest.raises(InputError, match="not UTF-8"):
        collect("jsonl", [bad], tmp_path / "out", salt="s")


@pytest.mark.parametrize(("field", "value"), [(8, 99), (6, 1)])
def test_zips_with_a_password_or_an_unknown_method_are_one_message(tmp_path, field, value):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tweets.js", "a = []")
    raw = bytearray(path.read_bytes())
    struct.pack_into("<H", raw, field, value)
    struct.pack_into("<H", raw, raw.index(b"PK\1\2") + field + 2, value)
    path.write_bytes(raw)
    with pytest.raises(InputError, match="unpacked"):
        posts("x", path)


def test_xml_in_an_unknown_encoding_or_endlessly_nested_is_one_message(tmp_path):
    path = tmp_path / "Posts.xml"
    for text in ('<?xml version="1.0" encoding="nil-1"?><posts/>', "<a>" * 5000):
        path.write_text(text)
        with pytest.raises(InputError):
            posts("stackexchange", path)


@pytest.mark.parametrize("piece", ["https://t.co/abc ", "#tag ", "「", "me: x\n", "ok! ", " ", "typed \"", "ask gpt to ",
                                   "请"])
def test_a_hundred_thousand_characters_take_less_than_a_second(piece):
    start = time.process_time()
    for text in (piece * (100_000 // len(piece)), (piece * (39_000 // len(piece))) + " gpt:"):
        prompt_of(Post("f#1", text), Terms("x", "s"))
    assert time.process_time() - start < 2


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from(READERS), st.one_of(st.binary(max_size=300), st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["messages", "text", "content", "tweet", "user", "item", "hits", "weibo", "chats", "list", "id"]),
        inner,
        max_size=4), max_leaves=12).map(lambda value: json.dumps(value).encode())))
def test_whatever_a_file_holds_a_reader_yields_posts_or_refuses_it(tmp_path_factory, kind, data):
    path = tmp_path_factory.mktemp("fuzz") / "a.json"
    path.write_bytes(data)
    try:
        for post in posts(kind, path):
            prompt_of(post, Terms(kind, "s"))
    except InputError:
        pass
