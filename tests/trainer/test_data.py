"""Rows leave with a reason, and held-out prompts are the same ones everywhere."""

import json

import pytest
from chats import PAIRS, conversation
from hypothesis import given
from hypothesis import strategies as st

from instructwild.errors import InputError, ModelError
from instructwild.read.instructions import read
from instructwild.schema import Instruction, Reason, instruction_of
from instructwild.stage.frames import instruction_frame
from instructwild_trainer.data import conversations, languages_of, place, split, split_key

KEYS = st.lists(st.tuples(st.sampled_from(["en", "zh"]), st.text(max_size=6)), min_size=1, max_size=60)


def frame(*messages):
    return instruction_frame([Instruction(messages=given) for given in messages])


def test_rows_without_an_answer_or_too_long_leave_and_the_rest_stay(chat):
    rows = frame(conversation(*PAIRS[0]), conversation("Hi", " "), [{"role": "user", "content": "问？"}],
                 conversation("长", "很" * 300))
    kept, dropped = conversations(rows, chat, max_length=200)
    assert [row.answer for row in kept] == [PAIRS[0][1]]
    assert [row.reason for row in dropped] == [Reason.NO_ANSWER, Reason.NO_ANSWER, Reason.TOO_LONG]
    assert dropped[-1].evidence["tokens"] > 200
    assert len(kept) + len(dropped) == rows.height


def test_a_row_that_the_template_will_not_write_costs_that_row(chat):
    chat.tokenizer.chat_template = ("{% if messages[0]['role'] != 'user' %}{{ raise_exception('begins with an answer') }}"
                                    "{% endif %}" + chat.tokenizer.chat_template)
    good, bad = conversation(*PAIRS[0]), [{"role": "assistant", "content": "Hello."}, *conversation(*PAIRS[1])]
    kept, dropped = conversations(frame(good, bad), chat, 200)
    assert [row.answer for row in kept] == [PAIRS[0][1]]
    assert [row.reason for row in dropped] == [Reason.BAD_FORMAT]
    assert "begins with an answer" in dropped[0].evidence
    with pytest.raises(ModelError, match="begins with an answer"):
        conversations(frame(bad, [{"role": "user", "content": "no answer"}]), chat, 200)


def test_the_last_answer_is_parted_from_the_turns_before_it(chat):
    [row], _ = conversations(frame([*conversation("a", "b"), *conversation("c", "d")]), chat, 100)
    assert [turn["content"] for turn in row.prompt] == ["a", "b", "c"]
    assert row.answer == "d"


@pytest.mark.parametrize(("language", "text", "expected"), [
    ("zh-Hans", "hello", "zh"), ("und", "天空为什么是蓝色的？", "zh"), (None, "Why is the sky blue?", "en"),
    ("und", "空はなぜ青いのですか", "ja"), ("und", "하늘은 왜 파란가요", "ko"), ("und", "🌊 42", "und"),
    (None, "Pourquoi le ciel est-il bleu ?", "fr")])
def test_a_row_is_counted_under_the_language_it_names_or_its_user_writes(language, text, expected):
    answer = {"role": "assistant", "content": "これは日本語の答えです。"}
    assert languages_of([language], [[{"role": "user", "content": text}, answer]]) == [expected]


def test_a_language_that_next_to_no_row_is_in_gets_no_group_of_its_own():
    asked = ["Pourquoi le ciel est-il bleu ?", *(f"Why is the sky {n} times blue?" for n in range(100)), "什么是潮汐？"]
    messages = [[{"role": "user", "content": text}] for text in asked]
    assert languages_of([None] * 102, messages) == ["und", *["en"] * 100, "und"]
    assert languages_of([None] * 50, messages[:50]) == ["fr", *["en"] * 49]
    assert languages_of(["fr", *[None] * 100, "zh-Hans"], messages) == ["fr", *["en"] * 100, "zh"]


@given(KEYS, st.sampled_from([0.0, 0.1, 0.5]))
def test_no_prompt_is_on_both_sides_and_none_gets_lost(items, share):
    try:
        parts = split(items, share, key=lambda item: item[1], language=lambda item: item[0])
    except InputError:
        return
    held = [item for rows in parts.held_out.values() for item in rows]
    assert sorted(parts.train + held) == sorted(items)
    assert not {key for _, key in parts.train} & {key for _, key in held}


@given(KEYS, KEYS)
def test_a_prompt_stays_held_out_when_other_rows_come(items, more):
    def held(rows):
        return {key for _, key in rows if place(key) < 0.3}

    try:
        parts = split([*items, *more], 0.3, key=lambda item: item[1], language=lambda item: item[0])
    except InputError:
        return
    assert held(items) <= {key for rows in parts.held_out.values() for _, key in rows}


def test_a_language_with_few_prompts_still_has_one_held_out():
    rows = [("en", str(n)) for n in range(200)] + [("zh", "甲"), ("zh", "乙")]
    parts = split(rows, 0.1, key=lambda item: item[1], language=lambda item: item[0], most=5)
    assert len(parts.held_out["zh"]) == 1
    assert len(parts.held_out["en"]) == 5


def test_branches_of_one_conversation_share_a_key():
    short, long = conversation("a", "b"), [*conversation("a", "c"), *conversation("d", "e")]
    assert split_key(short) == split_key(long) == instruction_of("a").id


def test_nothing_left_to_train_on_is_one_clear_message():
    with pytest.raises(InputError, match="none is left to train on"):
        split([], 0.1, key=str, language=str)


@pytest.mark.parametrize(("name", "value"), [("weight", 0), ("train", False), ("training", False), ("loss", False),
                                             ("trainable", False)])
def test_an_answer_that_its_file_marks_as_context_is_never_trained_on(chat, tmp_path, name, value):
    mark = {name: value}

    def said(role, content, **more):
        return {"role": role, "content": content, **more}

    rows = [[said("user", "Name a colour."), said("assistant", "Stones sing.", **mark), said("user", "Again?"),
             said("assistant", "Blue it is.", weight=1)],
            [said("user", "Name a fruit."), said("assistant", "A pear."), said("user", "More?"),
             said("assistant", "Nails.", **mark)],
            [said("user", "Only this?"), said("assistant", "Nothing good.", **mark)]]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows), encoding="utf-8")
    kept, dropped = conversations(read([file]).frame, chat, 400)
    learned = [[chat.tokenizer.decode([token for span in example.spans() for token in span]) for example in row.examples]
               for row in kept]
    assert [row.answer for row in kept] == ["Blue it is.", "A pear."]
    assert "Blue" in learned[0][-1]
    assert not any("Stones" in text or "Nails" in text for texts in learned for text in texts)
    assert "Stones sing." in chat.tokenizer.decode(kept[0].encoded.input_ids)        # still what the answer came after
    assert [row.reason for row in dropped] == [Reason.NO_ANSWER]
