"""What is trained on is the answers and the stop token after each, whatever the template looks like."""

import pytest
from chats import PAIRS, conversation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from template_runs import begins

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


def test_the_plain_template_begins_with_the_token_that_the_tokenizer_puts_before_a_text(tokenizer):
    from tokenizers.processors import TemplateProcessing

    tokenizer.chat_template = None
    begin = tokenizer.bos_token
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{begin} $A", pair=f"{begin} $A $B", special_tokens=[(begin, tokenizer.bos_token_id)])
    assert tokenizer("Hi")["input_ids"][0] == tokenizer.bos_token_id
    chat = ready(tokenizer)
    row = chat.encode(conversation("Hi", "Hello."))
    assert [token == tokenizer.bos_token_id for token in row.input_ids] == [True] + [False] * (len(row.input_ids) - 1)
    assert trained_text(chat, row) == "Hello.<|im_end|>"


def test_a_template_that_never_ends_an_answer_is_refused(tokenizer):
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}" \
                              "{% if add_generation_prompt %}assistant: {% endif %}"
    with pytest.raises(ModelError, match=r"without a stop token.*never learn to stop"):
        ready(tokenizer).encode(conversation("Hi", "Hello."))


def trained_after_prompts(chat, messages, tools=None):
    """The trained text of each answer, each in an example that begins with the prompt as it is at use, token for token."""
    texts, examples = [], chat.examples(messages, tools)
    for i, message in enumerate(messages):
        if message["role"] == "assistant":
            prompt = chat.prompt_ids(messages[:i], tools)
            example = next(example for example in examples if begins(example, prompt))
            labels = example.labels[len(prompt):]
            texts.append(chat.tokenizer.decode(Encoded(labels, labels).spans()[0]))
    return texts


HEADER = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
TALK = [{"role": "system", "content": "Be brief."}, *conversation("Hi", "Hello."), *conversation("潮汐？", "Hi, 两次。")]


@pytest.mark.parametrize("template", [
    "{{ messages | length }}" + NO_BLOCK,    # earlier turns are written otherwise once there are more
    "{% for m in messages %}{% if m['role'] == 'user' %}[INST]{% if loop.last and messages[0]['role'] == 'system' %}"
    "{{ messages[0]['content'] }}\n\n{% endif %}{{ m['content'] }}[/INST]{% elif m['role'] == 'assistant' %}"
    "{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}",     # the system prompt stands in the last question only
    HEADER + "{% if add_generation_prompt %}<|im_start|>assistant\nI begin:\n{% endif %}",    # the prompt says more
    "{% for m in messages %} <|im_start|>{{ m['role'] }} {{ m['content'] }}<|im_end|>  {% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant   {% endif %}"])    # the header stands between other spaces
def test_what_is_written_otherwise_once_it_is_answered_is_trained_behind_the_prompt_at_use(tokenizer, template):
    tokenizer.chat_template = template
    assert trained_after_prompts(ready(tokenizer), TALK) == ["Hello.<|im_end|>", "Hi, 两次。<|im_end|>"]


def test_a_call_of_a_tool_is_trained_behind_a_prompt_that_begins_an_answer_in_words(tokenizer):
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['tool_calls'] %}<call>"
        "{{ m['tool_calls'][0]['function']['name'] }}</call>{% else %}{% if m['role'] == 'assistant' %}<weigh>\n{% endif %}"
        "{{ m['content'] }}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n<weigh>\n{% endif %}")
    call = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "id": "a", "function": {
        "name": "tide", "arguments": {}}}]}
    assert trained_after_prompts(ready(tokenizer), [*TALK[:2], call]) == ["<call>tide</call><|im_end|>"]
    assert trained_after_prompts(ready(tokenizer), TALK[:3]) == ["Hello.<|im_end|>"]


PARTS = ("{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['musing'] %}({{ m['musing'] }}){% endif %}"
         "{% for part in m['content'] %}{{ part['text'] }}{% endfor %}<|im_end|>\n{% endfor %}"
         "{% if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking %}<think>{% endif %}{% endif %}")


@pytest.mark.parametrize("template", [PARTS, PARTS.replace("musing", "thinking")])
def test_answers_in_this_process_and_by_serve_read_the_prompts_of_training(tiny, tokenizer, tmp_path, template):
    import shutil

    from instructwild.llm.local import LocalModel
    from instructwild.llm.request import Request, Sampling
    from instructwild.schema import Message
    from instructwild_trainer.serve.loaded_model import LoadedModel

    tokenizer.chat_template = template
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    tokenizer.save_pretrained(tmp_path)
    local = LocalModel.without_weights(tmp_path)
    local.context = 2048
    served = LoadedModel("m", None, local)
    talk = [*TALK[:2], {"role": "assistant", "content": "Hello.", "reasoning_content": "Greet."}, TALK[3]]
    expected = ready(tokenizer).prompt_ids(talk)
    assert served.chat_prompt(talk) == expected
    assert ("Greet." in tokenizer.decode(expected)) == ("musing" not in template)
    asking = Request(messages=tuple(Message(**turn) for turn in TALK[:2]), sampling=Sampling(thinking=True))
    assert local.encode(asking) == served.chat_prompt(TALK[:2], {"enable_thinking": True})
    assert tokenizer.decode(local.encode(asking)).endswith("assistant\n<think>")


def test_a_template_may_name_the_additional_special_tokens(tokenizer):
    tokenizer.add_special_tokens({"additional_special_tokens": ["<sep>", "<role>"]})
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] + additional_special_tokens[1] + m['content'] + additional_special_tokens[0] }}"
        "{% endfor %}{% if add_generation_prompt %}{{ 'assistant' + additional_special_tokens[1] }}{% endif %}")
    assert trained_after_prompts(ready(tokenizer), TALK) == ["Hello.<sep>", "Hi, 两次。<sep>"]


def test_an_answer_under_another_header_than_the_prompts_is_refused(tokenizer):
    tokenizer.chat_template = HEADER + "{% if add_generation_prompt %}<|im_start|>bot\n{% endif %}"
    with pytest.raises(ModelError, match="otherwise than after its generation prompt"):
        ready(tokenizer).encode(conversation("Hi", "Hello."))


@pytest.mark.parametrize("header", ["<|im_start|>assistant\\n", "Assistant: "])
def test_a_prompt_that_a_template_writes_behind_every_conversation_is_not_trained(tokenizer, header):
    tokenizer.chat_template = ("{% for m in messages %}{{ {'user': '<|im_start|>user\n', 'assistant': '" + header
                               + "', 'system': ''}[m['role']] + m['content'] + '<|im_end|>\n' }}{% endfor %}{{ '" + header
                               + "' }}")
    assert trained_after_prompts(ready(tokenizer), TALK) == ["Hello.<|im_end|>", "Hi, 两次。<|im_end|>"]


def test_a_template_that_writes_only_conversations_with_tools_is_read_with_tools(tokenizer):
    tokenizer.chat_template = ("{% for tool in tools %}{{ tool.function.name }}{% else %}{{ raise_exception('no tools') }}"
                               "{% endfor %}" + NO_BLOCK)
    tool = {"type": "function", "function": {"name": "tide", "description": "Times.", "parameters": {"type": "object"}}}
    assert trained_after_prompts(ready(tokenizer), TALK[1:3], [tool]) == ["Hello.<|im_end|>"]


def test_a_broken_template_is_one_clear_message(tokenizer, tmp_path):
    (tmp_path / "t.jinja").write_text("{% if %}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"t\.jinja: the chat template is not valid Jinja \(line 1"):
        ready(tokenizer, tmp_path / "t.jinja")
    tokenizer.chat_template = "{% for m in messages %}"
    with pytest.raises(ModelError, match="chat template is not valid Jinja"):
        ready(tokenizer).encode(conversation("Hi", "Hello."))


def test_named_templates_are_taken_by_whether_there_are_tools_and_each_is_checked(tokenizer):
    tokenizer.chat_template = {"default": NO_BLOCK, "tool_use": "{{ tools[0].function.name }}" + NO_BLOCK}
    chat = ready(tokenizer)
    tool = {"type": "function", "function": {"name": "tide", "description": "Times.", "parameters": {"type": "object"}}}
    assert trained_after_prompts(chat, TALK[1:3]) == trained_after_prompts(chat, TALK[1:3], [tool]) == ["Hello.<|im_end|>"]
    assert chat.prompt_text(TALK[:2], [tool]).startswith("tide")
    tokenizer.chat_template = {"default": NO_BLOCK, "tool_use": "{% for m in messages %}"}
    with pytest.raises(ModelError, match="chat template 'tool_use' is not valid Jinja"):
        ready(tokenizer)


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


NO_STOP = "{% for m in messages %}{% if m['role'] == 'user' %}<q>{{ m['content'] | trim }}<a>{% else %}" \
          "{{ m['content'] | trim }}{% endif %}{% endfor %}"


def test_answers_of_a_template_without_a_stop_can_end_with_the_end_token_where_use_ends(tokenizer):
    tokenizer.chat_template = NO_STOP
    with pytest.raises(ModelError, match="without a stop token") as refused:
        ready(tokenizer).encode(conversation("Hi", "Hello."))
    assert "--add-eos" in refused.value.remedy
    tokenizer.chat_template = NO_STOP
    chat = ready(tokenizer, add_eos=True)
    assert "'<|im_end|>' ends answers" in chat.note
    assert trained_after_prompts(chat, TALK[1:]) == ["Hello.<|im_end|>", "Hi, 两次。<|im_end|>"]
    assert len(chat.examples(TALK[1:])) == 2      # between turns the template writes no end: the next prompt has none either
    again = ready(tokenizer, add_eos=True)      # the template as it is saved with the model
    assert "changes nothing" in again.note
    assert again.examples(TALK[1:]) == chat.examples(TALK[1:])


def test_a_template_that_writes_its_prompt_in_the_place_of_the_last_answer_can_be_trained_where_it_stands(tokenizer):
    tokenizer.chat_template = ("{% for m in messages %}{% if m['role'] != 'assistant' %}<q>{{ m['content'] }}"
                               "{% elif not loop.last %}<a>{{ m['content'] }}{% endif %}{% endfor %}<a>[SEP]")
    with pytest.raises(ModelError, match="writes no answer that is the last turn") as refused:
        ready(tokenizer).encode(conversation("Hi", "Hello."))
    assert "--add-eos" in refused.value.remedy
    chat = ready(tokenizer, add_eos=True)
    assert "no answer that is the last turn" in chat.note
    assert trained_after_prompts(chat, TALK[1:]) == ["Hello.<|im_end|>", "Hi, 两次。<|im_end|>"]
    assert tokenizer.decode(chat.examples(TALK[1:])[-1].input_ids) == "<q>Hi<a>Hello.<q>潮汐？<a>[SEP]Hi, 两次。<|im_end|>"


def test_an_instruction_behind_every_conversation_is_read_before_the_answer_and_not_trained(tokenizer):
    tokenizer.chat_template = HEADER + ("<|im_start|>system\nHello. Write an action.<|im_end|>\n"
                                        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
    assert trained_after_prompts(ready(tokenizer), TALK) == ["Hello.<|im_end|>", "Hi, 两次。<|im_end|>"]


def test_newlines_that_a_template_strips_from_an_answer_are_not_its_own_behind_an_empty_think_block(tokenizer):
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['role'] == 'assistant' and loop.last %}"
        "<think>\n\n</think>\n\n{% endif %}{{ m['content'].lstrip('\n') }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
    row = ready(tokenizer).encode(conversation("Hi", "\n\n  Hello."))
    assert trained_text(ready(tokenizer), row) == "  Hello.<|im_end|>"


def test_calls_of_tools_without_a_stop_token_say_so(tokenizer):
    written = "{{ m['content'] }}<|im_end|>\n"
    calls = "{% if m['tool_calls'] %}{{ m['tool_calls'][0]['function']['name'] }}{% else %}" + written + "{% endif %}"
    tokenizer.chat_template = HEADER.replace(written, calls) \
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    call = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "id": "a", "function": {
        "name": "tide", "arguments": {}}}]}
    with pytest.raises(ModelError, match="ends calls of tools without a stop token"):
        ready(tokenizer).encode([TALK[1], call])


def test_a_variable_that_nothing_sets_is_named(tokenizer):
    tokenizer.chat_template = "{{ 'On ' + day }}" + NO_BLOCK
    with pytest.raises(ModelError, match="reads a variable 'day', which neither messages nor tools set"):
        ready(tokenizer).encode(conversation("Hi", "Hello."))


def test_a_template_that_writes_newlines_as_a_token_of_its_own_is_trained_on_in_its_own_writing(tokenizer):
    tokenizer.chat_template = HEADER.replace("m['content']", "m['content'].replace('\\n', '[NL]')")[:-len("{% endfor %}")] \
        + "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    talk = conversation("Two\nlines?", "One.\n\nTwo.")
    assert trained_after_prompts(ready(tokenizer), talk) == ["One.[NL][NL]Two.<|im_end|>"]


def test_a_template_that_writes_only_conversations_with_tools_says_so(tokenizer):
    tokenizer.chat_template = "{% for t in tools %}{{ t['function']['name'] }}{% endfor %}" + HEADER
    with pytest.raises(ModelError, match="only conversations with tools, and this one has none") as refused:
        ready(tokenizer).encode(conversation("Hi", "Hello."))
    assert "rows with tools" in refused.value.remedy
