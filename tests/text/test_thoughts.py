"""Thoughts are split from answers wherever a model leaves them; a text that speaks about the tag stays whole."""

import re
import time

import pytest

from instructwild.text.thoughts import MARK_OF_THOUGHTS, MAY_HOLD_THOUGHTS, split_thoughts


@pytest.mark.parametrize(("text", "reasoning", "content"), [
    ("<think>\nCork is light.\n</think>\n\nIt floats.", "Cork is light.", "It floats."),
    ("<think>软木很轻。</think>它会浮。", "软木很轻。", "它会浮。"),
    ("\n<THINK>a</THINK>\n    indented()", "a", "    indented()"),
    ("<thinking>a</thinking>\nb", "a", "b"),
    ("<thought>a</thought>b", "a", "b"),
    ("[THINK]a[/THINK]b", "a", "b"),
    ("◁think▷a◁/think▷b", "a", "b"),
    ("<|begin_of_thought|>a<|end_of_thought|>\nb", "a", "b"),
    ("<|channel>thought\na<channel|>b", "a", "b"),
    ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "a", "b"),
    ("<think>first</think>\n<think>second</think>\nb", "first\nsecond", "b"),
    ("<think>\n1. one\n   1. nested\n2. two\n</think>\n3. three", "1. one\n   1. nested\n2. two", "3. three"),
    ("<think>outer <think>inner</think> outer</think>b", "outer <think>inner</think> outer", "b"),
    ("<think>the tag `</think>` ends it</think>b", "the tag `</think>` ends it", "b"),
    ("<think>\n```python\nx = 1\n</think>\nb", "```python\nx = 1", "b"),
    ("Well.\n<think>hm</think>\nYes.", "hm", "Well.\nYes."),
    ("<|begin_of_thought|>\na\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\n  b\nc\n\n<|end_of_solution|>", "a", "  b\nc"),
    ("<|begin_of_thought|>a<|end_of_thought|><|begin_of_solution|>cut o", "a", "cut o"),
    ("<|begin_of_solution|>b<|end_of_solution|>", None, "b"),
    ("<|start|>assistant<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>", "a",
     "b"),
    ("<|channel|>final<|message|>b<|end|>", None, "b"),
    ("<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>", "a", "b"),
    ('<think duration="3">a</think>b', "a", "b"),
    ('<details type="reasoning" done="true">\n<summary>Thought for 2 seconds</summary>\na\n</details>\nb', "a", "b"),
])
def test_thoughts_and_content(text, reasoning, content):
    assert split_thoughts(text) == (reasoning, content)
    assert re.search(MARK_OF_THOUGHTS, text)
    assert re.search(MAY_HOLD_THOUGHTS, text)


@pytest.mark.parametrize("text", ["<think>\nCork is light, so", "  <thinking>Cork is light, so", "[THINK]Cork is light, so"])
def test_an_unclosed_block_leaves_no_content(text):
    reasoning, content = split_thoughts(text)
    assert reasoning.startswith("Cork is light")
    assert content == ""


@pytest.mark.parametrize("text", ["Cork is light.\n</think>\n\nIt floats.", "Cork is light.</think>It floats.",
                                  "Cork is light. </think>\nIt floats.", "Cork is light.\n</thought>\nIt floats."])
def test_a_lone_closing_tag_ends_thoughts_that_the_template_began(text):
    assert split_thoughts(text) == ("Cork is light.", "It floats.")


def test_an_empty_block_is_no_thought():
    assert split_thoughts("<think>\n\n</think>\n\nIt floats.") == (None, "It floats.")


@pytest.mark.parametrize("text", [
    "The tag `<think>`, and `</think>` closes it.",
    "A block ends with </think> in this template.",
    "It is closed by </think>.",
    "The mark \"</think>\" closes it.",
    "“</think>”表示思考结束。",
    "Write:\n```\n<think>\nplan\n</think>\n```\nand go on.",
    "~~~xml\n<think>plan</think>\n~~~",
    "Between <think> and </think> a model plans.",
    "I think so.", "", "a < b > c [x]",
    "`<|begin_of_solution|>` begins the solution and `<|end_of_solution|>` ends it.",
    "<|begin_of_solution|> is written before the solution.",
    "A list\n<details>\n<summary>More</summary>\ntext\n</details>\nend",
])
def test_a_text_about_the_tag_stays(text):
    assert split_thoughts(text) == (None, text)


@pytest.mark.parametrize("text", ["<think> opens the thoughts and </think> closes them.", "<think> begins a block.",
                                  "</think>, as the name says, ends it.\nThat is all."])
def test_an_answer_to_a_question_about_the_tag_stays(text):
    assert split_thoughts(text, "What does </think> do?") == (None, text)


@pytest.mark.parametrize("text", ["<think>a</think>b", "<think>\na\n</think>\n\nb", "<think>a</think>\n<answer>b</answer>"])
def test_thoughts_that_a_person_asked_for_by_their_tag_are_split(text):
    assert split_thoughts(text, "Think within <think> </think> tags.")[0] == "a"


@pytest.mark.parametrize("unit", ["<think>", "</think> x ", "`<think>` ", "```\n<think>\n", "<think>a</think>\n", "`",
                                  "'</think>'"])
def test_the_work_is_linear(unit):
    began = time.process_time()
    split_thoughts(unit * 10_000)
    assert time.process_time() - began < 5
