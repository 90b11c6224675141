"""The service as its clients meet it: OpenAI's own client, and hostile ones."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import pytest

from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message
from instructwild_trainer.serve.app import RequestLimits
from tests.trainer.serve.conftest import running


@pytest.fixture(scope="module")
def client(url):
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=120) as made:
        yield made


JSON = {"content-type": "application/json"}


def talk(text):
    return [{"role": "user", "content": text}]


def alone(loaded, text, **sampling):
    request = Request(messages=(Message(role="user", content=text),),
                      sampling=Sampling(**{"max_tokens": 16, "temperature": 0.0, **sampling}))
    return loaded.local.generate([request])[0]


def test_a_chat_is_answered_whole_and_in_pieces_with_the_same_words(client, loaded_models):
    for name, loaded in (("tiny", loaded_models[0]), ("other", loaded_models[1])):
        expected = alone(loaded, "天空为什么是蓝色的？")
        asked = {"model": name, "messages": talk("天空为什么是蓝色的？"), "max_tokens": 16, "temperature": 0}
        whole = client.chat.completions.create(**asked)
        assert whole.choices[0].message.content == expected.text
        assert (whole.choices[0].finish_reason, whole.model) == (expected.finish, name)
        assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (expected.prompt_tokens, 16)
        chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
        assert "".join(chunk.choices[0].delta.content for chunk in chunks[:-1]) == expected.text
        assert chunks[0].choices[0].delta.role == "assistant"
        assert (chunks[-2].choices[0].finish_reason, chunks[-1].choices) == ("length", [])
        assert chunks[-1].usage == whole.usage


def test_a_text_is_continued(client, loaded_models):
    request = Request(text="Write", sampling=Sampling(max_tokens=8, temperature=0.0))
    expected = loaded_models[0].local.generate([request])[0].text
    made = client.completions.create(model="tiny", prompt=["Write", "Write"], max_tokens=8, temperature=0)
    assert [choice.text for choice in made.choices] == [expected, expected]
    assert "".join(chunk.choices[0].text for chunk in client.completions.create(
        model="tiny", prompt="Write", max_tokens=8, temperature=0, stream=True)) == expected


def test_n_seed_stop_and_likelihoods(client):
    asked = {"model": "tiny", "messages": talk("tea"), "max_completion_tokens": 12, "seed": 5, "n": 3}
    first, again = (client.chat.completions.create(**asked) for _ in range(2))
    texts = [choice.message.content for choice in first.choices]
    assert texts == [choice.message.content for choice in again.choices]
    assert len(set(texts)) == 3
    assert texts[0] == client.chat.completions.create(**{**asked, "n": 1}).choices[0].message.content
    stop = texts[0][2:5]
    cut = client.chat.completions.create(**{**asked, "n": 1, "stop": [stop, "never"]}).choices[0]
    assert (cut.message.content, cut.finish_reason) == (texts[0][:texts[0].find(stop)], "stop")
    logprobs = client.chat.completions.create(model="tiny", messages=talk("tea"), max_tokens=3, temperature=0, logprobs=True,
                                           top_logprobs=2).choices[0].logprobs.content
    assert len(logprobs) == 3
    assert all(entry.logprob == entry.top_logprobs[0].logprob <= 0
               and bytes(entry.bytes).decode(errors="replace") == entry.token for entry in logprobs)
    told = client.completions.create(model="tiny", prompt="tea", max_tokens=3, temperature=0, logprobs=2).choices[0].logprobs
    assert len(told.tokens) == len(told.token_logprobs) == len(told.top_logprobs) == 3


def test_models_and_health(client, url):
    assert [model.id for model in client.models.list()] == ["tiny", "other"]
    assert client.models.retrieve("other").id == "other"
    assert httpx.get(f"{url}/health").json() == {"status": "ok", "answering": 0, "waiting": 0}


def test_thirty_two_clients_are_not_mixed_up(client, loaded_models):
    prompts = [f"{n} {'green tea ' * (n % 5)}天空{n * n}" for n in range(32)]
    expected = [alone(loaded_models[n % 2], prompt).text for n, prompt in enumerate(prompts)]

    def ask(n):
        name = ("tiny", "other")[n % 2]
        return "".join(chunk.choices[0].delta.content for chunk in client.chat.completions.create(
            model=name, messages=talk(prompts[n]), max_tokens=16, temperature=0, stream=True))

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(ask, range(32))) == expected


REFUSED = [
    ({"messages": []}, "messages"), ({"messages": [{"role": "robot", "content": "a"}]}, "messages.0.role"),
    ({"temperature": 3}, "temperature"), ({"temperature": float("nan")}, "temperature"), ({"top_p": 0}, "top_p"),
    ({"n": 0}, "n"), ({"n": 129}, "n"), ({"max_tokens": 0}, "max_tokens"), ({"stop": "x" * 1001}, "stop"),
    ({"chat_template_kwargs": {"chat_template": "{{ 1 }}"}}, "chat_template_kwargs"),
    ({"reasoning_effort": "some"}, "reasoning_effort"),
    ({"messages": [{"role": "user", "content": None}]}, "messages.0"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"tools": [{"type": "function"}]}, "tools"), ({"frequency_penalty": 1.5}, "frequency_penalty"),
    ({"surprise": 1}, "surprise"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages.0.content"),
]


@pytest.mark.parametrize(("given", "param"), REFUSED)
def test_what_cannot_be_done_is_refused_by_name(client, given, param):
    body = {"model": "tiny", "messages": talk("tea"), **given}
    answer = httpx.post(f"{client.base_url}chat/completions", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["param"].startswith(param)
    assert error["message"]


def test_what_changes_nothing_is_passed_over(client):
    made = client.chat.completions.create(model="tiny", messages=talk("tea"), max_tokens=2, user="me", presence_penalty=0,
                                          response_format={"type": "text"}, extra_body={"top_p": None})
    assert made.usage.completion_tokens == 2


def test_errors_are_those_that_the_client_knows(client):
    with pytest.raises(openai.NotFoundError, match="there is: tiny, other"):
        client.chat.completions.create(model="gpt", messages=talk("tea"))
    with pytest.raises(openai.BadRequestError, match="shorten it") as too_long:
        client.chat.completions.create(model="tiny", messages=talk("tea " * 3000))
    assert too_long.value.code == "context_length_exceeded"
    with pytest.raises(openai.NotFoundError):
        client.get("/nothing", cast_to=object)


BODIES = [
    (b"", 400), (b"{", 400), (b"[" * 100000, 400), (b"[]", 400), (b"null", 400), (b"\xff\xfe", 400),
    (b'"' + b"a" * 2_000_000 + b'"', 413),
    (json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "\ud800"}]}).encode(), 400),
    (b'{"model": "tiny", "messages": [{"role": "user", "content": "tea"}], "seed": ' + b"9" * 5000 + b"}", 400),
    (b'{"model": "' + b"x" * 1000 + b'", "messages": [{"role": "user", "content": "tea"}]}', 404),
]


@pytest.mark.parametrize(("body", "status"), BODIES)
def test_hostile_bodies_cost_themselves_only(url, body, status):
    answer = httpx.post(f"{url}/v1/chat/completions", content=body, headers=JSON)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert len(answer.text) < 1000


def test_other_sites_and_other_names_are_kept_out(url):
    body = {"model": "tiny", "messages": talk("tea"), "max_tokens": 1}
    for headers, status in (({"origin": "https://evil.example"}, 403), ({"origin": "null"}, 403),
                            ({"host": "evil.example"}, 403), ({"host": "127.0.0.1.evil.example:80"}, 403),
                            ({"origin": str(url)}, 200), ({"host": "localhost:1"}, 200)):
        assert httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=60).status_code == status
    plain = httpx.post(f"{url}/v1/chat/completions", content=json.dumps(body), headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    assert httpx.delete(f"{url}/v1/models").status_code == 405


def test_the_key_keeps_the_models_and_lets_the_page_be_read(loaded_models):
    with running(loaded_models, key="s3cret-键") as url:
        for path in ("/v1/models", "/chat/about"):
            assert httpx.get(url + path).json()["error"]["code"] == "invalid_api_key"
            assert httpx.get(url + path, headers={"authorization": "Bearer s3cret"}).status_code == 401
            assert httpx.get(url + path, headers={"authorization": "Bearer s3cret-键".encode()}).status_code == 200
        assert httpx.get(f"{url}/").status_code == httpx.get(f"{url}/health").status_code == 200


def test_more_clients_than_it_holds_are_told_when_to_come_back(loaded_models):
    with running(loaded_models[:1], slots=1, waiting=1, grace=0) as url, \
            openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        long = {"model": "tiny", "messages": talk("tea"), "max_tokens": 1900, "stream": True}
        held = [client.chat.completions.create(**long)]
        next(iter(held[0]))
        held.append(client.chat.completions.create(**long))
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model="tiny", messages=talk("tea"))
        assert 1 <= int(refused.value.response.headers["retry-after"]) <= 60
        for stream in held:
            stream.close()
        assert emptied(url)
        assert client.chat.completions.create(model="tiny", messages=talk("tea"), max_tokens=2).usage.completion_tokens == 2


def emptied(url):
    until = time.monotonic() + 60
    while url.engine.load != (0, 0) and time.monotonic() < until:
        time.sleep(0.01)
    return url.engine.load == (0, 0)


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_frees_its_slot(url, stream):
    body = json.dumps({"model": "tiny", "messages": talk("tea"), "max_tokens": 1900, "stream": stream}).encode()
    connection = url.raw(b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                         + f"content-length: {len(body)}\r\n\r\n".encode() + body)
    if stream:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    until = time.monotonic() + 60
    while not url.engine.load[0] and time.monotonic() < until:
        time.sleep(0.005)
    assert url.engine.load[0] == 1
    connection.close()
    assert emptied(url)


def test_a_body_that_does_not_come_is_not_waited_for(loaded_models):
    begun = (b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
             b"content-length: 100\r\n\r\n{")
    with running(loaded_models[:1], limits=RequestLimits(patience=0.2)) as url, url.raw(begun) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


def test_a_stop_lets_what_is_under_way_finish_and_tells_the_rest(loaded_models):
    with running(loaded_models[:1], slots=1, grace=60) as url, \
            openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        under_way = client.chat.completions.create(model="tiny", messages=talk("tea"), max_tokens=1000, temperature=0,
                                                   stream=True)
        chunks = iter(under_way)
        text = next(chunks).choices[0].delta.content
        waiting = client.chat.completions.create(model="tiny", messages=talk("sea"), max_tokens=5, stream=True)
        url.server.should_exit = True
        with pytest.raises(openai.APIError, match="shutting down"):
            list(waiting)
        ends = [chunk.choices[0] for chunk in chunks]
        text += "".join(end.delta.content for end in ends)
        assert (text, ends[-1].finish_reason) == (alone(loaded_models[0], "tea", max_tokens=1000).text, "length")
