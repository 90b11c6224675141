"""What becomes of the thoughts of an answer, and what a dry run tells of it."""

import json

import pytest
from template_runs import chat_of
from typer.testing import CliRunner

from instructwild.errors import ModelError
from instructwild.llm.rendering import turns
from instructwild_trainer.cli import train
from instructwild_trainer.templates import ready

TIDE = [{"role": "user", "content": "How often is high water?"},
        {"role": "assistant", "content": "Twice.", "reasoning_content": "The moon."}]


def trained(chat, messages=TIDE):
    return [chat.tokenizer.decode(span) for example in chat.examples(messages) for span in example.spans()]


@pytest.mark.parametrize(("name", "reasoning", "expected"), [
    ("qwen3", "auto", "<think>\nThe moon.\n</think>\n\nTwice.<|im_end|>"), ("qwen3", "mask", "Twice.<|im_end|>"),
    ("qwen3", "drop", "Twice.<|im_end|>"), ("qwen3_5_nothink", "auto", "Twice.<|im_end|>"),
    ("qwen3_5_nothink", "train", "The moon.\n</think>\n\nTwice.<|im_end|>"),
    ("deepseek_r1_distill", "auto", "The moon.\n</think>\n\nTwice.<｜end▁of▁sentence｜>"),
    ("deepseek_r1_distill", "mask", "Twice.<｜end▁of▁sentence｜>"), ("gemma3", "auto", "Twice.<end_of_turn>")])
def test_thoughts_are_trained_masked_or_left_out(name, reasoning, expected):
    assert trained(chat_of(name, reasoning)) == [expected]


TURN = "<|im_start|>{{ m['role'] }}\n"
END = "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"


def made(tokenizer, answer, prompt, reasoning):
    """A chat whose template writes an answer, and the end of a prompt, in a way of its own."""
    tokenizer.chat_template = ("{% for m in messages %}" + TURN + "{% if m['role'] == 'assistant' %}" + answer
                               + "{% else %}{{ m['content'] }}{% endif %}" + END + prompt + "{% endif %}")
    return ready(tokenizer, reasoning=reasoning)


@pytest.mark.parametrize(("answer", "prompt", "reasoning", "expected"), [
    # thoughts under another name
    ("{% if m.reasoning %}[{{ m.reasoning }}]{% endif %}{{ m['content'] }}", "", "auto", "[The moon.]Twice."),
    ("{% if m.thinking %}[{{ m.thinking }}]{% endif %}{{ m['content'] }}", "", "mask", "Twice."),
    # no field for them, but the tag is known
    ("{# <think> #}{{ m['content'] }}", "", "train", "<think>\nThe moon.\n</think>\n\nTwice."),
    ("{# <think> #}{{ m['content'] }}", "", "auto", "Twice."),
    ("{{ m['content'] }}", "", "train", "Twice."),
    # switched by another variable, which leaves the block open; what is answered has an empty one
    ("<think></think>{{ m['content'] }}", "{% if thinking %}<think>{% else %}<think></think>{% endif %}", "train",
     "The moon.\n</think>Twice."),
    ("<think></think>{{ m['content'] }}", "{% if thinking %}<think>{% else %}<think></think>{% endif %}", "auto", "Twice."),
    # a block that is closed but not opened where nothing is thought
    ("{% if m.reasoning_content %}<think>{{ m.reasoning_content }}{% endif %}</think>{{ m['content'] }}",
     "{% if enable_thinking %}<think>{% else %}</think>{% endif %}", "auto", "Twice."),
    ("{% if m.reasoning_content %}<think>{{ m.reasoning_content }}{% endif %}</think>{{ m['content'] }}",
     "{% if enable_thinking %}<think>{% else %}</think>{% endif %}", "train", "The moon.</think>Twice."),
    # a tag with a name of its own
    ("<own:think>\n{{ m.reasoning_content }}\n</own:think>\n{{ m['content'] }}", "", "mask", "Twice."),
    # thoughts that are opened and never closed
    ("<think>\n{{ m['content'] }}", "<think>\n", "auto", "The moon.\n</think>\n\nTwice.")])
def test_thoughts_of_templates_of_other_kinds(tokenizer, answer, prompt, reasoning, expected):
    assert trained(made(tokenizer, answer, prompt, reasoning)) == [expected + "<|im_end|>"]


def test_an_empty_block_under_any_name_is_never_trained(tokenizer):
    chat = made(tokenizer, "<own:think>\n{{ m.reasoning_content }}\n</own:think>\n{{ m['content'] }}", "", "auto")
    assert trained(chat, [TIDE[0], {"role": "assistant", "content": "Twice."}]) == ["Twice.<|im_end|>"]


def test_masked_thoughts_are_still_read_and_dropped_ones_are_not():
    read = {reasoning: chat_of("qwen3").tokenizer.decode(chat_of("qwen3", reasoning).encode(TIDE).input_ids)
            for reasoning in ("mask", "drop")}
    assert "The moon." in read["mask"]
    assert "The moon." not in read["drop"]


def test_schema_messages_and_dicts_give_the_same_turns_without_empty_fields():
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}}
    [turn] = turns([{"role": "assistant", "content": None, "tool_calls": json.dumps([call]), "name": None}])
    assert turn == {"role": "assistant", "content": "", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}]}


def test_an_answer_that_the_template_cuts_is_refused(tokenizer):
    tokenizer.chat_template = ("{% for m in messages %}<|im_start|>{{ m['content'][:6] }}<|im_end|>{% endfor %}"
                               "{% if add_generation_prompt %}<|im_start|>{% endif %}")
    with pytest.raises(ModelError, match="leaves out a part of the answer 'A long answer"):
        ready(tokenizer).encode([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "A long answer."}])


def test_a_system_message_costs_only_its_row_where_the_family_forbids_them(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [[{"role": "user", "content": f"{n}? "}, {"role": "assistant", "content": "Twice."}] for n in range(4)]
    rows.append([{"role": "system", "content": "Be brief."}, *rows[0]])
    path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows), encoding="utf-8")
    template = tmp_path / "t.jinja"
    template.write_text("{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system messages') }}{% endif %}"
                        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
                        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}", encoding="utf-8")
    words = ["sft", path, "--out", tmp_path / "o", "--model", "tiny", "--config", "smoke", "--chat-template", template]
    result = CliRunner().invoke(train, [*map(str, words), "--dry-run", "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert (shown["kept"], shown["dropped"]) == (4, {"bad_format": 1})
    assert [example["trained"] for example in shown["examples"]] == [["Twice.<|im_end|>"]] * 4
    assert not (tmp_path / "o").exists()
