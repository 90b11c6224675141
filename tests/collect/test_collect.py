"""From an export to a stage of seeds: nothing is lost without a reason, nobody is named."""

import json
import re
from functools import partial
from pathlib import Path

import polars as pl
import pytest

import instructwild
from instructwild import stage
from instructwild.collect.pipeline import collect as collect_by_default
from instructwild.errors import ConfigError, InputError, OutputError
from instructwild.schema import content_id

collect = partial(collect_by_default, recall="high")  # what is judged by default: test_feeds.py
EXPORTS = Path(instructwild.__file__).parent / "exports"
SHIPPED = [("x", EXPORTS / "x" / "tweets.js", 32), ("discord", EXPORTS / "discord" / "prompts.json", 28),
           ("jsonl", EXPORTS / "plain" / "prompts.jsonl", 74)]
CONTACT = re.compile(r"[\w.]+@mail\.example|\b555[ -]|(?<!\d)1[35789]\d{9}(?!\d)|138-1234|203\.0\.113|"
    r"Alder Street|桂花路|林小薇"
                     r"|xiaomei|omar\.dev|Lorenz")


def lines(path, *rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows),
                    encoding="utf-8")
    return path


@pytest.mark.parametrize(("kind", "path", "posts"), SHIPPED)
def test_the_shipped_exports_become_seeds_and_every_other_post_has_a_reason(tmp_path, kind, path, posts):
    made = collect(kind, [path], tmp_path / "out", salt="s", license="CC0-1.0")
    rows, lost = made.frame(), made.dropped()
    assert made.manifest.rows.in_ == posts == rows.height + lost.height
    assert rows.height > lost.height > 0
    assert {language[:2] for language in rows["language"]} == {"en", "zh"}
    for row in rows.iter_rows(named=True):
        assert row["id"] == content_id([(turn["role"], turn["content"]) for turn in row["messages"]])
        (origin,) = row["origin"]
        assert origin["license"] == "CC0-1.0"
        assert origin["url"].startswith("https://")
        assert re.fullmatch("[0-9a-f]{16}", origin["author"] or "0" * 16)
        assert origin["collected_at"].startswith("2023-")
        assert origin["source"] == path.name


@pytest.mark.parametrize(("kind", "path", "posts"), SHIPPED)
def test_no_contact_of_the_shipped_exports_is_left_in_any_file(tmp_path, kind, path, posts):
    assert CONTACT.search(path.read_text(encoding="utf-8"))
    made = collect(kind, [path], tmp_path / "out", salt="s")
    written = [*made.frame()["messages"].explode().struct.field("content"), *made.dropped()["row"],
               (made.path / "report.html").read_text(encoding="utf-8")]
    found = [CONTACT.search(text) for text in written]
    assert not any(found), [match for match in found if match]


def test_a_malformed_line_costs_that_line_and_is_named(tmp_path):
    posts = lines(tmp_path / "a.jsonl", {"text": "Why is the sky blue?"}, '{"text": "cut o', [1], {"n": 1})
    made = collect("jsonl", [posts], tmp_path / "out", salt="s")
    assert made.manifest.rows.kept == 1
    assert made.dropped()["evidence"].to_list() == ['"a.jsonl:2"', '"a.jsonl:3"', '"a.jsonl:4"']
    assert set(made.dropped()["reason"]) == {"malformed"}


def test_a_run_cut_off_anywhere_ends_like_one_that_was_not(tmp_path, monkeypatch):
    monkeypatch.setattr("instructwild.collect.pipeline.PART", 3)
    posts = lines(tmp_path / "a.jsonl", *({"text": f"Write {n} lines about river {n}."} for n in range(20)))
    whole = collect("jsonl", [posts], tmp_path / "whole", salt="s")
    seen = []

    def interrupt(count):
        seen.append(count)
        if len(seen) in (2, 4):
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            collect("jsonl", [posts], tmp_path / "cut", salt="s", on_progress=interrupt)
    resumed = collect("jsonl", [posts], tmp_path / "cut", salt="s", on_progress=interrupt)
    assert seen == [3, 6, 9, 12, 15, 18, 20]
    drop = pl.col("id"), pl.col("messages")
    assert resumed.frame().select(drop).equals(whole.frame().select(drop))
    assert resumed.manifest.metrics == whole.manifest.metrics


def test_the_same_author_is_the_same_hash_and_another_salt_another(tmp_path):
    posts = lines(tmp_path / "a.jsonl", *({"text": f"Explain rule {n} of chess.", "author": "ana"} for n in range(2)))
    first, second = (collect("jsonl", [posts], tmp_path / salt, salt=salt).frame()["origin"].explode().struct.field("author")
                     for salt in ("s1", "s2"))
    assert first.n_unique() == second.n_unique() == 1
    assert first[0] != second[0]
    assert "ana" not in "".join(path.read_text(errors="ignore") for path in (tmp_path / "s1").iterdir())


def test_another_salt_or_licence_is_another_run(tmp_path):
    posts = lines(tmp_path / "a.jsonl", {"text": "Why is the sky blue?"})
    collect("jsonl", [posts], tmp_path / "out", salt="s")
    with pytest.raises(OutputError, match="salt"):
        collect("jsonl", [posts], tmp_path / "out", salt="other")
    with pytest.raises(OutputError, match=r"license: None there, 'CC-BY-4.0' now"):
        collect("jsonl", [posts], tmp_path / "out", salt="s", license="CC-BY-4.0")


def test_bad_sources_are_one_clear_message_and_leave_nothing(tmp_path):
    cases = [("jsonl", "absent.jsonl", None), ("x", "empty.js", b""), ("x", "cut.js", b'a = [{"tweet": {'),
             ("discord", "not.json", b"<html>"), ("jsonl", "sheet.xls", b"x"), ("x", "a.zip", b"PK")]
    for kind, name, content in cases:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError) as told:
            collect(kind, [tmp_path / name], tmp_path / "out", salt="s")
        assert told.value.where
        assert told.value.remedy
        assert not (tmp_path / "out").exists()
    with pytest.raises(ConfigError, match="one of x, discord"):
        collect("myspace", [tmp_path], tmp_path / "out", salt="s")


def test_lone_surrogates_and_markup_do_no_harm(tmp_path):
    posts = lines(tmp_path / "a.jsonl", '{"text": "Explain this: \\ud800 <script>alert(1)</script>"}')
    made = collect("jsonl", [posts], tmp_path / "out", salt="s")
    assert "<script>alert(1)" in made.frame()["messages"][0][0]["content"]
    assert "<script>alert(1)" not in (made.path / "report.html").read_text(encoding="utf-8")
    assert stage.load(made.path).manifest.rows.kept == 1


def test_the_command_line_plans_collects_and_explains(tmp_path, monkeypatch, capsys):
    from instructwild.cli import main

    monkeypatch.setenv("INSTRUCTWILD_SALT", "a salt of tests")
    posts = str(lines(tmp_path / "a.jsonl", {"text": "Why is the sky blue?"}, {"text": "brb"}))
    for arguments, code, told in (
            (["jsonl", posts, "--out", str(tmp_path / "out"), "--dry-run"], 0, '"prompts": 1'),
            (["jsonl", posts, "--out", str(tmp_path / "out"), "--json"], 0, '"kept": 1'),
            (["jsonl", posts, "--out", str(tmp_path / "out")], 0, "report.html"),
            (["jsonl", posts, "--out", str(tmp_path / "out"), "--license", "CC0-1.0"], 2, ""),
            (["myspace", posts, "--out", str(tmp_path / "out")], 2, "")):
        with pytest.raises(SystemExit) as left:
            main(["collect", *arguments])
        assert left.value.code == code
        said = capsys.readouterr()
        assert told in said.out
        assert bool(said.out) == (code == 0)
        assert "Traceback" not in said.err


def test_the_timeout_reaches_the_endpoint(tmp_path, monkeypatch):
    from instructwild.cli import main

    limits = []

    def stopped(*_, labeller, **__):
        limits.append(labeller.limits)
        raise InputError("stopped here", where="a test", remedy="none")

    monkeypatch.setattr("instructwild.collect.pipeline.collect", stopped)
    posts = str(lines(tmp_path / "a.jsonl", {"text": "Why is the sky blue?"}))
    with pytest.raises(SystemExit):
        main(["collect", "jsonl", posts, "--out", str(tmp_path / "o"), "--model", "http://127.0.0.1:9/v1#m",
              "--timeout", "7"])
    assert limits[0].timeout == 7.0


def test_the_forgotten_are_never_collected_again(tmp_path):
    from instructwild.privacy.forgotten import author_mark, row_mark

    posts = lines(tmp_path / "a.jsonl", {"text": "Why is the sky blue?", "author": "ana"},
                  {"text": "Why is grass green?", "author": "ben"}, {"text": "Why is snow white?", "author": "cy"})
    before = collect("jsonl", [posts], tmp_path / "before", salt="s").frame()
    (tmp_path / "forgotten").write_text(f"# asked on Monday\n{author_mark('s', 'jsonl', 'ana')}\n"
                                        f"{row_mark('s', before['id'][1])}\n", encoding="utf-8")
    after = collect("jsonl", [posts], tmp_path / "after", salt="s", root=tmp_path)
    assert after.frame()["id"].to_list() == [before["id"][2]]
    assert after.manifest.reasons == {"forgotten": 2}
    assert "sky" not in str(after.dropped().rows())
    assert before["origin"][0][0]["author"] == author_mark("s", "jsonl", "ana")


def test_private_messages_are_left_out_unless_asked_for(tmp_path):
    chat = {"name": "M", "type": "personal_chat", "id": 4, "messages": [
        {"id": 2, "type": "message", "date_unixtime": "1672570800", "from": "B", "text": "Why is snow white?"}]}
    path = tmp_path / "result.json"
    path.write_text(json.dumps(chat), encoding="utf-8")
    closed = collect("telegram", [path], tmp_path / "closed", salt="s")
    assert closed.manifest.metrics["why"] == {"not written in public": 1}
    assert collect("telegram", [path], tmp_path / "open", salt="s", private=True).manifest.rows.kept == 1
