"""What is trained on is the answers and the stop token after each, whatever the template looks like."""

import pytest
from chats import PAIRS, conversation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instructwild.errors import ModelError
from instructwild_trainer.templates import IGNORED, PLAIN, Encoded, check_masks, ready, token_runs

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="<|>"), min_size=1, max_size=40)
NO_BLOCK = ("{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def trained_text(chat, row):
    return chat.tokenizer.decode([label for label in row.labels if label != IGNORED])


@pytest.mark.parametrize(("question", "answer"), PAIRS)
def test_the_answer_and_its_stop_token_are_trained_on_and_nothing_else(chat, question, answer):
    row = chat.encode(conversation(question, answer))
    assert trained_text(chat, row) == answer + "<|im_end|>"
    assert [run.kind for run in token_runs(chat, row)] == ["context", "trained", "stop", "context"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=TEXT, answer=TEXT)
def test_any_text_is_split_where_the_prompt_ends(chat, question, answer):
    row = chat.encode(conversation(question, answer))
    prompt = chat.prompt_ids([{"role": "user", "content": question}])
    text = trained_text(chat, row)
    assert text.endswith("<|im_end|>")
    assert row.input_ids.index(row.labels[next(i for i, x in enumerate(row.labels) if x != IGNORED)]) >= 0
    if row.input_ids[: len(prompt)] == prompt:  # no token spans the border of prompt and answer
        assert row.labels[: len(prompt)] == [IGNORED] * len(prompt)
        assert text == chat.tokenizer.decode(row.input_ids[len(prompt):]).removesuffix("\n")


def test_every_answer_of_a_conversation_is_trained_on(chat):
    row = chat.encode([*conversation("Hi", "Hello."), *conversation("天空？", "蓝色。")])
    assert trained_text(chat, row) == "Hello.<|im_end|>蓝色。<|im_end|>"


def test_mistake_11_a_template_without_a_generation_block_trains_on_the_same_tokens(chat, tokenizer):
    with_block = chat.encode(conversation(*PAIRS[1]))
    tokenizer.chat_template = NO_BLOCK
    without = ready(tokenizer).encode(conversation(*PAIRS[1]))
    assert (without.input_ids, without.labels) == (with_block.input_ids, with_block.labels)


def test_the_mask_agrees_with_the_templates_own_generation_block(chat):
    messages = conversation(*PAIRS[1])
    found = chat.tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    row = chat.encode(messages)
    assert found["input_ids"] == row.input_ids
    assert found["assistant_masks"] == [int(label != IGNORED) for label in row.labels]


def test_a_model_without_a_template_gets_a_plain_one_that_ends_answers(tokenizer):
    tokenizer.chat_template = None
    chat = ready(tokenizer)
    assert "no chat template" in chat.note
    assert tokenizer.chat_template == PLAIN
    assert trained_text(chat, chat.encode(conversation("Hi", "Hello."))) == "Hello.<|im_end|>"


def test_a_template_that_never_ends_an_answer_is_refused(tokenizer):
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}" \
                              "{% if add_generation_prompt %}assistant: {% endif %}"
    with pytest.raises(ModelError, match=r"without a stop token.*never learn to stop"):
        ready(tokenizer).encode(conversation("Hi", "Hello."))


def test_a_template_that_rewrites_earlier_turns_is_refused(tokenizer):
    tokenizer.chat_template = "{{ messages | length }}" + NO_BLOCK
    with pytest.raises(ModelError, match="otherwise than after its generation prompt"):
        ready(tokenizer).encode(conversation("Hi", "Hello."))


def test_a_broken_template_is_one_clear_message(tokenizer):
    tokenizer.chat_template = "{% for m in messages %}"
    with pytest.raises(ModelError, match="chat template is not valid Jinja"):
        ready(tokenizer).encode(conversation("Hi", "Hello."))


@pytest.mark.parametrize("labels", [[IGNORED, IGNORED], [5, 6]])
def test_mistake_11_a_mask_of_all_zeros_or_all_ones_is_refused(labels):
    with pytest.raises(ModelError, match="of 4 tokens would be trained on"):
        check_masks([Encoded([5, 6], labels)] * 2)


def test_mistake_7_padding_is_never_the_end_token(tokenizer):
    tokenizer.pad_token = tokenizer.eos_token
    chat = ready(tokenizer)
    assert tokenizer.pad_token == "<|endoftext|>"
    assert "padding with" in chat.note
    assert tokenizer.eos_token_id in chat.encode(conversation("Hi", "Hello.")).labels


def test_an_end_token_that_is_no_token_is_refused(tokenizer):
    tokenizer._special_tokens_map["eos_token"] = r"<\s>"
    with pytest.raises(ModelError, match="no token of its vocabulary"):
        ready(tokenizer)
