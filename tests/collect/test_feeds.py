"""Feeds: one post in a hundred is a prompt, and what is kept must be one."""

import json
from pathlib import Path

import pytest

from instructwild.collect.post import Post
from instructwild.collect.row import Terms, prompt_of
from instructwild.schema import Dropped

FEEDS = [json.loads(line) for line in Path(__file__).with_name("labelled_feeds.jsonl").read_text(encoding="utf-8").splitlines()]  # noqa: E501


def kept(rows, recall="default"):
    terms = Terms("x", "s", recall=recall)
    return sum(not isinstance(prompt_of(Post("f#1", row["post"]), terms), Dropped) for row in rows)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("split", "recall", "wrong"), [("tune", 0.85, 0.005), ("test", 0.6, 0.12)])
def test_most_prompts_of_a_feed_are_kept_and_little_else(language, split, recall, wrong):
    rows = [row for row in FEEDS if (row["split"], row["language"]) == (split, language)]
    prompts, others = [row for row in rows if row["prompt"]], [row for row in rows if not row["prompt"]]
    assert len(others) >= 500
    assert kept(prompts) / len(prompts) >= recall
    assert kept(prompts, "high") / len(prompts) >= 0.95
    assert kept(others) / len(others) <= wrong


def test_rows_that_hold_an_answer_are_masked_only_on_request():
    from instructwild.schema.message import Message

    turns = (Message(role="user", content="Who wrote to [x]?"), Message(role="assistant", content="Ada, at ada@mail.example"))  # noqa: E501
    for mask, shown in ((None, "ada@mail.example"), ("values", "[EMAIL_1]"), ("names", "ada@mail.example"), ("all", "[EMAIL_1]")):  # noqa: E501
        row = prompt_of(Post("f#1", messages=turns), Terms("json", "s", mask=mask))
        assert shown in row.row.messages[1].content
