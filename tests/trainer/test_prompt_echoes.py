"""What of a response repeats its prompt, by hand in both languages: echoes go, answers, quotations and edits stay."""

import json
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild_trainer.evaluate.bench.items import BenchItem
from instructwild_trainer.ppo.experience import Experience
from instructwild_trainer.ppo.scores import EncodedPrompt, FunctionScore
from instructwild_trainer.verifiers import VERIFIERS, Check, own_text, verified
from instructwild_trainer.verifiers.prompt_parts import sentences_that_ask
from instructwild_trainer.verifiers.reward import met

EN = "Tell me about the harbour. Use all of these words: crane, rope."
ZH = "介绍一下这座港口。使用以下所有词语：吊车、绳子。"


@pytest.mark.parametrize(("prompt", "response"), [
    (EN, EN), (EN, EN.upper().replace(".", " !!")), (EN, f"  **{EN}**\n\n{EN}"), (EN, f"{EN} {EN} {EN[:40]}"),
    (EN, "use all of these words: crane, rope"), (EN, "Tell me about the harbour."),
    (ZH, ZH), (ZH, ZH.replace("。", "\n").replace("，", " ")), (ZH, ZH * 3 + ZH[:9]), (ZH, "使用以下所有词语：吊车、绳子"),
    ("请用两句话描述秋天。", "用两句话描述秋天"),
    ("Please describe autumn in two sentences.", "describe autumn in two sentences"),
    ("Translate into Chinese: The ferry leaves at noon from the old pier.", "The ferry leaves at noon from the old pier."),
    ("翻译成英文：渡轮中午从旧码头出发，请不要迟到。", "渡轮中午从旧码头出发，请不要迟到。")])
def test_nothing_is_left_of_an_echo(prompt, response):
    assert own_text(prompt, response) == ""


@pytest.mark.parametrize(("prompt", "response", "left"), [
    (EN, f"{EN}\nA crane lifts a rope.", "A crane lifts a rope."),
    (EN, f"tell me about the HARBOUR - A crane lifts a rope. {EN}", "- A crane lifts a rope."),
    (ZH, f"{ZH}\n吊车吊起绳子。", "吊车吊起绳子。"),
    (ZH, f"介绍一下这座港口：吊车吊起绳子。{ZH[:12]}", "吊车吊起绳子。"),
    ("Where do eels spawn?", "Where do eels spawn? In the Sargasso Sea.", "In the Sargasso Sea."),
    ("鳗鱼在哪里产卵？", "鳗鱼在哪里产卵？在马尾藻海。", "在马尾藻海。")])
def test_the_answer_beside_an_echo_stays(prompt, response, left):
    assert own_text(prompt, response) == left


CODE = "def total(rows):\n    result = 0\n    for row in rows:\n        result += row.price\n    return resul"


@pytest.mark.parametrize(("prompt", "response"), [
    (EN, "A crane lifts a rope in the harbour."), (ZH, "这座港口有吊车和绳子。"),
    ("Repeat the question first, then answer: Where do eels spawn?", "Where do eels spawn? In the sea."),
    ("先重复问题，再回答：鳗鱼在哪里产卵？", "鳗鱼在哪里产卵？在海里。"),
    ("Quote the sentence about money.\n\nThe pier is old. The ticket costs four crowns now. It rains.",
     "The ticket costs four crowns now."),
    ("摘录提到价钱的那句话：\n码头很旧了。船票现在要卖四十块钱。今天下雨。", "船票现在要卖四十块钱。"),
    (f"Mend this function:\n```python\n{CODE}\n```\nUse no commas.", f"```python\n{CODE}t\n```"),
    (f"下面的代码有什么问题？\n```\n{CODE}\n```", f"改为：\n```\n{CODE}t\n```"),
    ("Correct the mistakes: Every morning the ferry leave at noon from the old pier.",
     "Every morning the ferry leaves at noon from the old pier."),
    ("改正错别字：渡轮每天中午从旧马头准时出发，请不要迟到。", "渡轮每天中午从旧码头准时出发，请不要迟到。"),
    ("Make it friendlier\n\nBring the boat back. I need it by noon today.",
     "Would you bring the boat back? I need it by noon today, thanks!"),
    ("How do tides come about?", "<<How Do Tides Come About?>>\nBy the moon."),
    ("潮水每天涨两次是因为月亮吗？", "潮水每天涨两次是因为月亮。"),
    ("Write about the effect of tides on the harbours of the north coast.",
     "The effect of tides on the harbours of the north coast is small.")])
def test_what_repeats_for_a_reason_is_left_alone(prompt, response):
    assert own_text(prompt, response) == response


def test_what_a_check_asks_for_word_for_word_is_no_copy():
    end = "Is there anything else I can do for you?"
    prompt = f"Tell me about eels. Finish with this and nothing else: {end}"
    checks = [Check("ends_with", {"end": end})]
    assert met(checks, f"They swim far. {end}", prompt) == [True]
    assert met(checks, prompt, prompt) == [False]
    options = [Check("one_of", {"options": ["My answer is yes.", "My answer is perhaps not."]})]
    prompt = "Do eels fly? Answer with one of these: My answer is yes. / My answer is perhaps not."
    assert met(options, "My answer is perhaps not.", prompt) == [True]
    request = "What do eels eat in the sea?"
    repeated = [Check("repeats", {"request": request})]
    prompt = f"{request} First repeat the request above word for word, then answer."
    assert met(repeated, f"{request} Fish.", prompt) == [True]


@pytest.mark.parametrize("form", ["messages", "text"])
def test_a_reward_of_ppo_and_grpo_sees_the_prompt(chat, form):
    """Both call reward functions through `FunctionScore`, TRL by itself with the same names."""
    texts = [f"{ZH}{ZH}", "吊车、绳子。"]
    ids = [chat.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    if form == "text":
        assert verified(prompts=[ZH] * 2, completions=texts, checks=[CHECKS] * 2) == [0.0, 1.0]
        return
    width = max(map(len, ids))
    mask = torch.tensor([[at < len(row) for at in range(width)] for row in ids])
    prompt = EncodedPrompt("0", "0", "zh", [{"role": "user", "content": ZH}], [5], {"checks": CHECKS})
    experience = Experience(
        prompt=torch.tensor([[5]] * 2), prompt_mask=torch.ones(2, 1, dtype=torch.bool), mask=mask, ended=mask[:, 0],
        response=torch.tensor([row + [0] * (width - len(row)) for row in ids]), row=torch.arange(2),
        which=torch.zeros(2).long())
    assert FunctionScore(verified, [prompt], chat)(experience).tolist() == [0.0, 1.0]


CHECKS = [{"kind": "includes", "words": ["吊车", "绳子"]}]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_echo_meets_none_of_the_kinds_and_a_copy_beside_an_answer_adds_nothing(language):
    for kind, verifier in VERIFIERS.items():
        check = Check(kind, verifier.example)
        topic = "Write something about a boat. " if language == "en" else "写一点关于小船的内容。"
        prompt = topic + verifier.instruction(language, verifier.example)
        for response in (prompt, prompt.upper(), f"{prompt}\n{prompt}\n{prompt[:25]}"):
            if kind != "repeats":
                assert met([check], response, prompt) == [False], (kind, response)
        for answer in ("Waves.", "波浪。"):
            assert met([check], f"{prompt}\n{answer}", prompt) <= met([check], answer, prompt), kind


def test_messages_are_read_like_text_and_earlier_answers_are_no_instructions():
    messages = [{"role": "system", "content": "Answer in short words at all times."},
                {"role": "user", "content": [{"type": "text", "text": "Write a line about the pier."}]},
                {"role": "assistant", "content": "The pier is long and grey and wet."},
                {"role": "user", "content": "Make it longer. Use no commas."}]
    assert own_text(messages, "Answer in short words at all times. Yes.") == "Yes."
    for longer in ("The pier is long and grey and wet. It creaks.", "Now: the pier is long and grey and wet."):
        assert own_text(messages, longer) == longer
    assert own_text(messages, "The pier is long and grey and wet.") == ""
    checks = [json.dumps([{"kind": "no_commas"}])] * 2
    completions = [[{"role": "assistant", "content": text}] for text in ("Make it longer. Use no commas.", "It creaks.")]
    assert verified(prompts=[messages] * 2, completions=completions, checks=checks, completion_ids=None) == [0.0, 1.0]


def test_a_benchmark_gives_an_echo_no_point():
    options = "A. water\nB. the salt of all the seas of the world\nC. sand\nD. air"
    choice = BenchItem("a", "t", "en", "q", f"What is it?\n{options}\n\nAnswer with the letter alone.", 8, expected="B")
    assert choice.score("B. the salt of all the seas of the world") == 1.0
    assert choice.score(choice.prompt) == 0.0
    number = BenchItem("b", "t", "en", "q", "Ann has 3 boats and buys 4 at once. How many has she?", 8, expected="4")
    assert number.score(number.prompt) == 0.0
    assert number.score("#### 4") == 1.0


def test_which_sentences_ask():
    def shown(text):
        return [text[part.first:part.last] for part in sentences_that_ask(text)]

    assert shown("Shorten this:\n\nThe pier is old. Use it!\n\nAt most ten words.") == [
        "Shorten this:", "At most ten words."]
    assert shown("总结下面的文字：\n码头很旧。\n\n不要超过十个字。") == ["总结下面的文字：", "不要超过十个字。"]
    assert shown("Fix “She go home. He stay.” now.") == ["Fix “She go home.", "now."]


@given(st.text(max_size=120), st.text(max_size=120))
@settings(max_examples=60)
def test_any_two_texts_have_an_own_text_of_the_responses_characters(prompt, response):
    left = own_text(prompt, response)
    assert left == response or set(left) <= set(response)
    assert own_text(prompt, "") == ""


def test_long_texts_take_time_in_proportion():
    def seconds(words):
        prompt, start = "the boat and the pier " * words, time.process_time()
        own_text(prompt, "and the boat the pier the " * words)
        return time.process_time() - start

    seconds(10)
    assert seconds(4000) < 40 * max(seconds(400), 0.002)
