"""Prompts out of posts, against labels given by hand; the test half of the labels was never tuned on."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from instructwild.collect.answerable import READS_AS_TALK, refusal
from instructwild.collect.extract import candidates
from instructwild.collect.post import Post
from instructwild.collect.row import Terms, prompt_of
from instructwild.schema import Dropped, Reason

LABELLED = [json.loads(line) for line in
            Path(__file__).with_name("labelled_posts.jsonl").read_text(encoding="utf-8").splitlines()]
TERMS = Terms("x", "salt", recall="high")


def found(text, alt=()):
    row = prompt_of(Post("f#1", text, alt_texts=alt), TERMS)
    return None if isinstance(row, Dropped) else row.row.messages[0].content


def plain(text):
    return re.sub(r"[\W_]+", "", text or "").casefold()


def test_the_labels_are_many_balanced_and_split_once_and_for_all():
    count = Counter((row["split"], row["language"], row["prompt"] is not None) for row in LABELLED)
    assert len(LABELLED) >= 300
    assert len({row["post"] for row in LABELLED}) == len(LABELLED)
    assert min(count.values()) >= 35
    assert len(count) == 8


@pytest.mark.parametrize("split", ["tune", "test"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_precision_recall_and_wording_reach_nine_in_ten(split, language):
    rows = [row for row in LABELLED if (row["split"], row["language"]) == (split, language)]
    got = [found(row["post"]) for row in rows]
    right = sum(g is not None and row["prompt"] is not None for g, row in zip(got, rows, strict=True))
    worded = sum(g is not None and plain(g) == plain(row["prompt"]) for g, row in zip(got, rows, strict=True))
    assert right / sum(g is not None for g in got) >= 0.9
    assert right / sum(row["prompt"] is not None for row in rows) >= 0.9
    assert worded / right >= 0.9


@pytest.mark.parametrize("language", ["en", "zh"])
def test_prompts_of_many_kinds_are_known_as_such(language):
    lines = (Path(__file__).parents[1] / "data" / "prompts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row["instruction"] for row in map(json.loads, lines) if row["language"] == language]
    assert len(rows) == 30
    for presented, least in ((True, 0.9), (False, 0.8)):
        assert sum(refusal(text, presented=presented) is None for text in rows) / len(rows) >= least


@pytest.mark.parametrize("file", ["seed_prompts_en.jsonl", "seed_prompts_ch.jsonl"])
def test_prompts_that_people_really_wrote_are_known_as_such(shared, file):
    lines = (shared / "instructionwild" / file).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line)["instruction"] for line in lines]
    for presented, least in ((True, 0.9), (False, 0.8)):
        assert sum(refusal(text, presented=presented) is None for text in rows) / len(rows) >= least


@pytest.mark.parametrize(("post", "form", "prompt"), [
    ("Prompt: \"Name three rivers.\"", "label", "Name three rivers."),
    ("提示词：「说出三条河流。」", "label", "说出三条河流。"),
    ("me: name three rivers\nGPT-4: Rhine, Nile, Amazon", "dialogue", "name three rivers"),
    ("@grok name three rivers", "address", "name three rivers"),
    ("Told ChatGPT to name three rivers. It did.", "report", "Name three rivers"),
    ("让豆包说出三条河流，太快了", "report", "说出三条河流"),
    ("This works on every LLM:\n```\nName three rivers.\n```", "quote", "Name three rivers."),
    ("Name three rivers that flow north. #prompt https://a.example", "bare", "Name three rivers that flow north."),
])
def test_each_form_of_publishing_a_prompt_is_found(post, form, prompt):
    first = next(candidates(post))
    assert (first.form, first.text) == (form, prompt)


def test_a_screenshot_is_read_by_its_description():
    text = "look at what it made of this"
    assert found(text) is None
    assert found(text, ("Screenshot. Prompt: Write a limerick about rust.",)) == "Write a limerick about rust."


def test_why_a_post_is_no_prompt_is_told():
    for text, why in (("brb", "too short to tell"), ("🎉🎉", "no words"), ("有人一起打球吗？", "put to people"),
                      ("Does anyone know a good dentist?", "put to people"), ("why " * 3000, "too long for a prompt"),
                      ("The sunset was lovely yesterday.", "neither a question nor a request"),
                      ("/imagine a fox in the rain --ar 3:2", "a prompt for pictures")):
        row = prompt_of(Post("f#1", text), TERMS)
        assert row.reason == Reason.NOT_A_PROMPT
        assert {key: row.evidence[key] for key in ("why", "where")} == {"why": why, "where": "f#1"}
        # what the rules take for talk has a score too, which may outweigh them; the rest is refused without one
        assert ("score" in row.evidence) is (why in READS_AS_TALK)


def test_hostile_lengths_do_not_hang():
    for text in ("Prompt" * 20_000, "「" * 20_000, "ask chatgpt " * 5_000, "问" * 20_000 + "：", "\n" * 50_000,
                 "#a " * 20_000, "\"" * 20_001,
                 "请" * 20_000, "@" * 20_000, "1" * 20_000, "a" * 10_000 + "@", "http://" + "a" * 20_000):
        prompt_of(Post("f#1", text), TERMS)
