"""What clients of other servers send: likelihoods of prompts, token ids, tool calls, thoughts, and hostile traffic."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
import torch

from instructwild.text.thoughts import TAGS, split_thoughts, without_bare_mark
from instructwild_trainer.serve.app import RequestLimits
from instructwild_trainer.serve.thought_stream import ThoughtStream
from instructwild_trainer.serve.token_bytes import TokenBytes
from instructwild_trainer.serve.wire import ApiError, ChatRequest, Turn, parse_body
from tests.trainer.serve.conftest import running


def complete(url, **body):
    return httpx.post(f"{url}/v1/completions", json={"model": "tiny", **body}, timeout=60)


def talk(url, messages, **body):
    return httpx.post(f"{url}/v1/chat/completions", json={"model": "tiny", "messages": messages, **body}, timeout=60)


def model_logprobs(loaded, ids):
    with torch.inference_mode():
        return loaded.local.model(torch.tensor([ids], device=loaded.local.model.device)).logits[0].log_softmax(-1)


@pytest.mark.parametrize("chunk", [3, 512])
def test_the_likelihood_of_a_text_is_read_as_lm_eval_reads_it(url, loaded_models, monkeypatch, chunk):
    """TemplateAPI of lm-evaluation-harness: token ids, echo, one token more, and sums over the continuation."""
    from instructwild_trainer.serve import engine

    monkeypatch.setattr(engine, "PREFILL_TOKENS", chunk)
    tokenizer = loaded_models[0].local.tokenizer
    rows = [(tokenizer("The tide turns at noon")["input_ids"], tokenizer(" 潮水在中午转向。")["input_ids"]),
            (tokenizer("One")["input_ids"], tokenizer(" two three")["input_ids"])]
    answer = complete(url, prompt=[context + more for context, more in rows], max_tokens=1, logprobs=1, temperature=0,
                      seed=1234, echo=True).json()
    for choice, (context, more) in zip(answer["choices"], rows, strict=True):
        measured = choice["logprobs"]
        expected = model_logprobs(loaded_models[0], context + more)
        assert measured["token_logprobs"][0] is None
        assert measured["top_logprobs"][0] is None
        own = measured["token_logprobs"][len(context):-1]
        by_hand = [float(expected[len(context) + i - 1, token]) for i, token in enumerate(more)]
        assert own == pytest.approx(by_hand, abs=1e-3)
        greedy = all(logprob == max(top.values())
                     for logprob, top in zip(own, measured["top_logprobs"][len(context):-1], strict=True))
        assert greedy == all(int(expected[len(context) + i - 1].argmax()) == token for i, token in enumerate(more))
        assert len(measured["tokens"]) == len(context) + len(more) + 1


def test_more_prompts_than_slots_are_answered_in_their_order(url):
    prompts = [f"Number {i}" for i in range(11)]
    together = complete(url, prompt=prompts, max_tokens=2, temperature=0, echo=True).json()["choices"]
    assert [choice["index"] for choice in together] == list(range(11))
    assert all(choice["text"].startswith(prompt) for choice, prompt in zip(together, prompts, strict=True))
    refused = complete(url, prompt=prompts, n=20, max_tokens=2)
    assert (refused.status_code, "220 answers" in refused.text) == (400, True)


def test_echo_gives_the_prompt_back_whole_and_streamed(url):
    answer = complete(url, prompt="The tide turns", max_tokens=3, temperature=0, echo=True).json()
    text = answer["choices"][0]["text"]
    assert text.startswith("The tide turns")
    assert answer["usage"]["completion_tokens"] == 3
    streamed = complete(url, prompt="The tide turns", max_tokens=3, temperature=0, echo=True, stream=True).text
    chunks = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == text
    only = complete(url, prompt="The tide turns", max_tokens=0, echo=True, logprobs=0).json()
    assert only["choices"][0]["text"] == "The tide turns"
    assert only["usage"]["completion_tokens"] == 0
    assert len(only["choices"][0]["logprobs"]["tokens"]) == only["usage"]["prompt_tokens"]


def test_token_ids_are_a_prompt(url, loaded_models):
    ids = loaded_models[0].local.tokenizer("Write a line")["input_ids"]
    as_ids, as_text = (complete(url, prompt=prompt, max_tokens=8, temperature=0).json()["choices"][0]["text"]
                       for prompt in (ids, "Write a line"))
    assert as_ids == as_text
    for wrong in ([], [[]], [10**9], [-1], [1, "a"], [True], ""):
        answer = complete(url, prompt=wrong, max_tokens=1)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize("temperature", [1e-6, 1e-40, 5e-324, 1e-5, 1e-3])
def test_a_temperature_near_zero_is_greedy(url, temperature):
    expected, answer = (talk(url, [{"role": "user", "content": "tea"}], max_tokens=12, temperature=value).json()
                        for value in (0, temperature))
    assert answer["choices"][0]["message"]["content"] == expected["choices"][0]["message"]["content"]


@pytest.mark.parametrize("most", [41, 10**9])
def test_more_tokens_than_are_left_are_clamped(url, loaded_models, most):
    """The prompt leaves 40 of the context: the same rule as after a short one, without 2,000 steps."""
    ids = loaded_models[0].local.tokenizer("tea")["input_ids"]
    prompt = (ids * 2008)[:2008]
    answer = complete(url, prompt=prompt, max_tokens=most, temperature=0)
    assert answer.status_code == 200
    usage = answer.json()["usage"]
    assert usage["prompt_tokens"] == 2008
    assert 0 < usage["completion_tokens"] <= 40


def test_tokens_that_are_half_a_character_have_their_bytes(url, loaded_models):
    tokenizer = loaded_models[0].local.tokenizer
    tokens = TokenBytes(tokenizer)
    for text in ("天空为什么🌊", "a  b\n\tc é"):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert b"".join(map(tokens.bytes, ids)).decode() == text
    halves = [token for token in tokenizer("🌊", add_special_tokens=False)["input_ids"]
              if "\ufffd" in tokenizer.decode([token])]
    assert all(tokens.name(token).startswith("bytes:\\x") for token in halves)
    assert len({tokens.name(token) for token in range(len(tokenizer))}) >= len(tokenizer) - 8
    answer = talk(url, [{"role": "user", "content": "海"}], max_tokens=12, temperature=0, logprobs=True).json()["choices"][0]
    entries = answer["logprobs"]["content"]
    spoken = b"".join(bytes(entry["bytes"]) for entry in entries)
    assert spoken.decode(errors="replace").startswith(answer["message"]["content"].rstrip("\ufffd"))


def test_sentencepiece_bytes_and_spaces():
    class Fallback:
        backend_tokenizer = None
        added_tokens_decoder = {0: "</s>"}

        def convert_ids_to_tokens(self, token):
            return ["</s>", "<0xE5>", "▁sea", "海"][token] if token < 4 else None

    tokens = TokenBytes(Fallback())
    assert [tokens.bytes(token) for token in range(5)] == [b"</s>", b"\xe5", b" sea", "海".encode(), b""]


# Conversations of other clients.

def test_tool_calls_of_earlier_turns_and_null_content_are_read(url):
    call = {"id": "c1", "type": "function", "function": {"name": "depth", "arguments": '{"at": "pier"}'}}
    messages = [{"role": "user", "content": "How deep?"}, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "assistant", "content": "4 m"},
                {"role": "user", "content": [{"type": "text", "text": "And now?"}]}]
    assert talk(url, messages, max_tokens=4).status_code == 200
    body = parse_body(ChatRequest, {"model": "m", "messages": [*messages[:2], {
        "role": "tool", "tool_call_id": "c1", "content": "4 m"}]})
    assert [turn.plain() for turn in body.messages][1:] == [
        {"role": "assistant", "content": "",
         "tool_calls": [{"type": "function", "id": "c1", "function": {"name": "depth", "arguments": {"at": "pier"}}}]},
        {"role": "tool", "content": "4 m", "tool_call_id": "c1"}]
    assert Turn(role="assistant", content="x", reasoning_content="y").plain()["reasoning_content"] == "y"


PARTS = [{"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "input_audio"}, "text", {}]


@pytest.mark.parametrize("part", PARTS)
def test_parts_that_are_no_text_are_refused_by_name(url, part):
    answer = talk(url, [{"role": "user", "content": [{"type": "text", "text": "a"}, part]}],
                  max_tokens=1)
    assert answer.status_code == 400
    assert "reads text parts only" in answer.json()["error"]["message"]
    assert answer.json()["error"]["param"] == "messages.0.content"


def test_options_of_the_template_reach_it(loaded_models):
    loaded = loaded_models[1]
    template, tokenizer = loaded.local.tokenizer.chat_template, loaded.local.tokenizer
    try:
        tokenizer.chat_template = "{{ messages[-1].content }}|{{ enable_thinking }}|{{ reasoning_effort }}|{{ persona }}"
        for more, expected in (({"reasoning_effort": "low"}, "a||low|"), ({"reasoning_effort": "none"}, "a|False|none|"),
                               ({"chat_template_kwargs": {"enable_thinking": True, "persona": "cook"}}, "a|True||cook")):
            body = parse_body(ChatRequest, {"model": "m", "messages": [{"role": "user", "content": "a"}], **more})
            assert tokenizer.decode(body.prompts(loaded)[0]) == expected
    finally:
        tokenizer.chat_template = template
    for name in ("tokenize", "chat_template", "add_generation_prompt"):
        with pytest.raises(ApiError, match="cannot be set"):
            parse_body(ChatRequest, {"model": "m", "messages": [{"role": "user", "content": "a"}],
                                     "chat_template_kwargs": {name: True}})


# Thoughts.

def streamed(text, opening="", size=1):
    stream = ThoughtStream(opening)
    parts = [stream.add(text[i:i + size]) for i in range(0, len(text), size)] + [stream.end()]
    return "".join(reasoning for reasoning, _ in parts), "".join(content for _, content in parts)


THOUGHTS = [
    ("<think>\nTides, moon.\n</think>\n\nThe moon pulls.", ""), ("Moon.\n</think>\n\n月亮在拉。", "<think>\n"),
    ("<think>\n\n</think>\n\nSea.", ""), ("<think>still at it", ""), ("No thoughts, a < b.", ""),
    ("  <thinking>x  y</thinking>z", ""), ("◁think▷嗯◁/think▷好", ""), ("<thin ice", ""), ("<think", ""), ("", ""),
    ("[THINK]İ a[/THINK]b", ""), ("<think>a</think>\n\n    code", ""),
    ("<|channel|>analysis<|message|>Tides.<|end|><|start|>assistant<|channel|>final<|message|>Moon.", ""),
    ("<|channel|>analysis<|message|>still at it", ""), ("<|channel|>final<|message|>Moon.", ""),
    ("<|channel>thought\nTides.<channel|>Moon.", ""), ("<|START_RESPONSE|>Moon.", ""),
    ("<|START_THINKING|>Tides.<|END_THINKING|><|START_RESPONSE|>Moon.", ""),
    *((f"潮汐。{closing}Moon.", f"{opening}\n") for opening, closing in TAGS.items())]


@pytest.mark.parametrize(("text", "opening"), THOUGHTS)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_streamed_thoughts_are_those_of_the_whole_text(text, opening, size):
    reasoning, content = split_thoughts(opening + without_bare_mark(text))
    assert streamed(text, opening, size) == (reasoning or "", content)


def test_reasoning_stands_beside_the_answer(url, loaded_models, monkeypatch):
    """The engine's words are replaced, for no tiny model thinks."""
    from instructwild_trainer.serve import engine

    words = iter(["<think>", "moon", "</think>", "\n\n", "tide"])
    monkeypatch.setattr(engine.Detokenizer, "add", lambda self, token: next(words, ""))
    monkeypatch.setattr(engine.Detokenizer, "end", lambda self: "")
    message = talk(url, [{"role": "user", "content": "why"}], max_tokens=6, temperature=0,
                   seed=1).json()["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("moon", "tide")


# Hostile clients.

def test_bad_clients_delay_nobody_by_a_second(loaded_models):
    long = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "ab " * 330_000}]}).encode()
    many = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "a"}] * 20_000}).encode()
    stops = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "a"}], "max_tokens": 400,
                        "stop": ["a" * 1000] * 16}).encode()
    headers = {"content-type": "application/json"}
    with running(loaded_models[:1], slots=4, waiting=300) as url, ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(url.raw(b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-slow: "))
        for _ in range(200):
            stack.enter_context(url.raw(b""))
        pool = stack.enter_context(ThreadPoolExecutor(4))
        sent = [pool.submit(httpx.post, f"{url}/v1/chat/completions", content=body, headers=headers, timeout=120)
                for body in (long, many, stops, long)]
        waits = []
        other = stack.enter_context(httpx.Client(timeout=30))
        while not all(one.done() for one in sent):
            began = time.monotonic()
            assert other.get(f"{url}/health").status_code == 200
            waits.append(time.monotonic() - began)
            time.sleep(0.02)
        assert max(waits) < 1, max(waits)
        assert [one.result().status_code for one in sent] == [400, 400, 200, 400]


def test_headers_that_do_not_end_are_not_waited_for(loaded_models):
    with running(loaded_models[:1], limits=RequestLimits(patience=0.3)) as url, \
            url.raw(b"GET /health HTTP/1.1\r\nhost: ") as slow, url.raw(b"") as silent:
        assert slow.recv(100) == b""
        assert silent.recv(100) == b""
        with url.raw(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n") as kept:
            assert kept.recv(1000).startswith(b"HTTP/1.1 200")
            kept.sendall(b"GET /health HTTP/1.1\r\nhost")
            until = time.monotonic() + 4                      # sooner than an idle connection is closed
            while kept.recv(1000):
                pass
            assert time.monotonic() < until
