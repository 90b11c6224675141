"""An answer is what stands after the thoughts and before the end of its turn."""

import pytest

from instructwild.llm.answer import understood, without_blank_edges
from instructwild.llm.price import Price
from instructwild.llm.reading import reading
from instructwild.llm.request import Request
from instructwild.schema import Message

PROMPT = Request(messages=(Message(role="user", content="Which knot holds?"),))


def read(content, finish="stop", **message):
    return reading({"choices": [{"finish_reason": finish, "message": {"content": content, **message}}],
                    "usage": {"prompt_tokens": 4, "completion_tokens": 40}}, PROMPT, Price(1, 1))


@pytest.mark.parametrize(("content", "beside", "text", "thoughts"), [
    ("<think>\nA loop.\n1. bowline\n</think>\n\nBowline.", {}, "Bowline.", "A loop.\n1. bowline"),
    ("A loop is wanted.\n</think>\n\nBowline.", {}, "Bowline.", "A loop is wanted."),
    ("Bowline.", {"reasoning_content": "A loop."}, "Bowline.", "A loop."),
    ("称人结。", {"reasoning": "要一个绳圈。"}, "称人结。", "要一个绳圈。"),
    ([{"type": "text", "text": "Bow"}, {"type": "text", "text": "line."}], {}, "Bowline.", None),
    ([{"type": "thinking", "thinking": [{"type": "text", "text": "A loop."}]}, {"type": "text", "text": "Bowline."}], {},
     "Bowline.", "A loop."),
])
def test_thoughts_are_split_wherever_they_stand(content, beside, text, thoughts):
    reply = read(content, **beside)
    assert (reply.text, reply.reasoning) == (text, thoughts)
    assert (reply.reasoning_tokens > 0) == (thoughts is not None)
    assert reply.completion_tokens == 40


@pytest.mark.parametrize(("content", "beside"), [
    (None, {"reasoning_content": "on and on"}), ("<think>\non and on", {}), ("", {"reasoning": "on and on"}), (None, {})])
def test_thoughts_that_were_cut_off_are_known(content, beside):
    reply = read(content, "length", **beside)
    assert reply.thoughts_cut_off
    assert reply.text == ""
    assert not read("Bowline", "length").thoughts_cut_off


@pytest.mark.parametrize(("text", "expected"), [
    ("Reef knot.<|im_end|>\n<|im_start|>user\nMore?", "Reef knot."), ("平结。<|eot_id|>", "平结。"),
    ("Reef knot.<end_of_turn>\n<start_of_turn>user\nMore?", "Reef knot."), ("Reef knot.</s> [INST] More?", "Reef knot."),
    ("<|im_start|>assistant\nReef knot.<|im_end|>", "Reef knot."), ("Assistant: Reef knot.", "Reef knot."),
    ("**助手：** 平结。", "平结。"), ("assistant\n\nReef knot.", "Reef knot."),
    ("A turn ends with `<|im_end|>`.", "A turn ends with `<|im_end|>`."),
    ("```\n<|im_start|>user\nHi<|im_end|>\n```\nThat is ChatML.",
     "```\n<|im_start|>user\nHi<|im_end|>\n```\nThat is ChatML."),
    ("Assistant: Hello.\nUser: Hi.", "Assistant: Hello.\nUser: Hi."),
    ("Strike <s>old</s> words.", "Strike <s>old</s> words."),
    ("Assistants: three kinds.", "Assistants: three kinds."),
])
def test_an_answer_ends_with_its_turn_and_begins_without_a_role(text, expected):
    assert understood(text).content == expected


def test_marks_that_the_question_speaks_of_stay_and_repairs_are_named():
    assert understood("<|im_end|>", question="Which token ends a turn, <|im_end|>?").content == "<|im_end|>"
    assert understood("Assistant: yes<|im_end|>").repairs == ("turn_marks", "role_word")


@pytest.mark.parametrize(("text", "expected"), [
    ("\n    if low:\n        wait()\n", "    if low:\n        wait()"), ("\tgo()\n", "\tgo()"), (" Bowline. ", "Bowline."),
    ("　　平结。", "平结。"), ("\n\n", "")])
def test_the_first_indentation_of_code_stays(text, expected):
    assert without_blank_edges(text) == expected


def test_long_texts_are_read_in_linear_time():
    import time

    began = time.monotonic()
    for piece in ("<|im_end|> ", "```\n", "`", "\n", "</s> x ", "**Assistant", "~~~~\n<|im_start|>"):
        understood(piece * (100_000 // len(piece)), question="x" * 1000)
    assert time.monotonic() - began < 5


def test_headings_of_a_plain_template_are_turn_marks_unless_the_question_is_about_them():
    headed = "### Response:\nBay leaf.\n\n### Instruction:\nName a root."
    assert understood(headed, None, "Name a herb.").content == "Bay leaf."
    assert understood("### 回答：\n月桂叶。", None, "说一种香草。").content == "月桂叶。"
    shown = "### Instruction:\n{task}\n\n### Response:\n"
    assert understood(shown, None, "Show me Alpaca's template.").content == shown
    assert understood("### Response times\nFast.", None, "How fast is it?").content == "### Response times\nFast."
