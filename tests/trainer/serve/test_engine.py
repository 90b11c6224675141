"""Rows that come and go in one batch say what they would say alone."""

import queue
import random
import time

import pytest

from instructwild.llm.decoded_text import TextDecoder
from instructwild.llm.generation.decoder import Decoder
from instructwild.llm.local import LocalModel
from instructwild.llm.request import Request, Sampling
from instructwild_trainer.serve import engine as engine_module
from instructwild_trainer.serve.detokenizer import Detokenizer
from instructwild_trainer.serve.engine import BatchEngine, Busy, Closed, TooLarge, seed_of


@pytest.fixture(scope="module")
def local(tiny_model):
    return LocalModel(tiny_model, dtype="float32")


@pytest.fixture
def engine(local):
    made = BatchEngine({"tiny": local}, slots=8)
    yield made
    made.stop()


def ask(text, seed=0, **sampling):
    return Request(text=text, sampling=Sampling(**{"max_tokens": 24, "temperature": 0.0, **sampling}), seed=seed)


def submitted(engine, local, *requests, top=None):
    chunks = queue.SimpleQueue()
    job = engine.submit("tiny", [(request, local.encode(request)) for request in requests], chunks.put, top)
    return job, chunks


def answers(job, chunks):
    """(text, tokens, finish) of each row, once all have ended."""
    texts, ends = [""] * len(job.rows), {}
    while len(ends) < len(job.rows):
        chunk = chunks.get(timeout=60)
        assert chunk.problem is None, chunk.problem
        texts[chunk.index] += chunk.text
        if chunk.finish:
            ends[chunk.index] = (chunk.tokens, chunk.finish)
    return [(text, *ends[i]) for i, text in enumerate(texts)]


def emptied(engine):
    """The last chunk is heard a moment before its slot is free."""
    until = time.monotonic() + 30
    while engine.load != (0, 0) and time.monotonic() < until:
        time.sleep(0.01)
    return engine.load == (0, 0)


WORDS = ["Write a poem", "请写一首关于大海的诗", "1", "green tea " * 30, "List three", "好", "为什么天空是蓝色的？", "sea"]


def test_thirty_two_at_once_get_what_they_get_alone(engine, local, monkeypatch):
    monkeypatch.setattr(engine_module, "PREFILL_TOKENS", 24)       # long prompts are read in several chunks
    rng = random.Random(1)
    requests = [ask(f"{WORDS[n % 8]} {n}", n, max_tokens=rng.randint(1, 40), temperature=rng.choice([0.0, 0.0, 1.0]),
                    top_p=rng.choice([1.0, 0.8]), repetition_penalty=rng.choice([1.0, 1.3])) for n in range(32)]
    alone = [local.generate([request])[0] for request in requests]
    jobs = [submitted(engine, local, request) for request in requests]
    together = [answers(*job)[0] for job in jobs]
    assert together == [(reply.text, reply.completion_tokens, reply.finish) for reply in alone]
    assert emptied(engine)


def test_several_answers_of_one_call_differ_by_seed_and_come_again(engine, local):
    requests = [ask("Write", seed_of(7, index), temperature=1.0) for index in range(4)]
    first = answers(*submitted(engine, local, *requests))
    assert first == answers(*submitted(engine, local, *requests))
    assert len({text for text, *_ in first}) == 4
    assert seed_of(None, 0) != seed_of(None, 0)


def test_a_client_that_leaves_frees_its_slot_and_disturbs_nobody(engine, local):
    stays = ask("Write a poem", max_tokens=60)
    kept, chunks = submitted(engine, local, stays)
    left = [submitted(engine, local, ask(f"tea {n}", max_tokens=1500)) for n in range(7)]
    for job, heard in left:
        heard.get(timeout=60)
        engine.cancel(job)
    assert answers(kept, chunks)[0][0] == local.generate([stays])[0].text
    free = [submitted(engine, local, ask(f"sea {n}")) for n in range(8)]
    assert all(answers(*job)[0][2] in ("stop", "length") for job in free)
    assert not any(row.finish for job, _ in left for row in job.rows)


def test_more_than_it_holds_is_refused_with_a_time(local):
    engine = BatchEngine({"tiny": local}, slots=2, waiting=1, kv_budget=4000)
    try:
        held = [submitted(engine, local, ask("tea", max_tokens=1500)) for _ in range(3)]
        with pytest.raises(Busy) as busy:
            submitted(engine, local, ask("tea"))
        assert 1 <= busy.value.seconds <= 60
        with pytest.raises(TooLarge, match="3 answers at once"):
            submitted(engine, local, *[ask("tea")] * 3)
        with pytest.raises(TooLarge, match="memory of 4,000 tokens"):
            submitted(engine, local, *[ask("tea", max_tokens=2040)] * 2)
        for job, _ in held:
            engine.cancel(job)
    finally:
        engine.stop()
    with pytest.raises(Closed):
        submitted(engine, local, ask("tea"))


def test_a_shutdown_tells_everyone_and_a_close_lets_the_running_finish(local):
    engine = BatchEngine({"tiny": local}, slots=1)
    running, heard = submitted(engine, local, ask("tea", max_tokens=40))
    first = heard.get(timeout=60)
    waiting = submitted(engine, local, ask("sea"))
    engine.close()
    assert waiting[1].get(timeout=60).problem == "the server is shutting down"
    text, _, finish = answers(running, heard)[0]
    assert (first.text + text, finish) == (local.generate([ask("tea", max_tokens=40)])[0].text, "length")
    engine.stop()
    assert not engine._thread.is_alive()


def test_a_model_that_fails_tells_its_clients_and_goes_on(engine, local, monkeypatch):
    def broken(self, count=1, observe=None):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(Decoder, "step", broken)
        _, chunks = submitted(engine, local, ask("tea"))
        while (last := chunks.get(timeout=60)).finish is None:
            pass
    assert (last.finish, "out of memory" in last.problem) == ("failed", True)
    assert answers(*submitted(engine, local, ask("tea")))[0][2] == "length"


def test_likelihoods_are_those_of_the_model(engine, local):
    import torch

    heard = {0: [], 1: []}
    ended = 0
    _, chunks = submitted(engine, local, ask("Write", max_tokens=5), ask("tea", max_tokens=2), top=3)
    while ended < 2:
        chunk = chunks.get(timeout=60)
        heard[chunk.index] += chunk.logprobs
        ended += chunk.finish is not None
    said = [one.token for one in heard[0]]
    ids = torch.tensor([[*local.encode(ask("Write")), *said]], device=local.model.device)
    with torch.inference_mode():
        logits = local.model(ids).logits[0, -len(said) - 1:-1].log_softmax(-1)
    for one, expected in zip(heard[0], logits, strict=True):
        assert one.logprob == pytest.approx(float(expected[one.token]), abs=1e-4)
        assert [place for place, _ in one.top] == expected.topk(3).indices.tolist()
    assert len(heard[1]) == 2


def pieces_of(tokenizer, text, stops=()):
    detokenizer = Detokenizer(TextDecoder(tokenizer), stops)
    said = [detokenizer.add(token) for token in tokenizer(text)["input_ids"]]
    return [*said, detokenizer.end()], detokenizer.stopped


@pytest.mark.parametrize("text", ["天空为什么是蓝色的？🌊🌊", "A poem, of  two   spaces\n\n and lines.", "é ü 한국어 🏳️‍🌈"])
def test_streamed_text_is_the_whole_text_and_never_half_a_character(local, text):
    chunks, stopped = pieces_of(local.tokenizer, text)
    assert "".join(chunks) == text
    assert not any("\N{REPLACEMENT CHARACTER}" in chunk for chunk in chunks)
    assert not stopped


def test_nothing_of_a_stop_string_is_ever_said(local):
    chunks, stopped = pieces_of(local.tokenizer, "one two STOP three", ("STOP", "zzz"))
    assert ("".join(chunks), stopped) == ("one two ", True)
    chunks, stopped = pieces_of(local.tokenizer, "one two STO", ("STOP",))
    assert ("".join(chunks), stopped) == ("one two STO", False)
    chunks, _ = pieces_of(local.tokenizer, "ab", ("b", "ab"))
    assert "".join(chunks) == ""


def test_a_client_that_leaves_while_its_prompt_is_read_disturbs_nobody(engine, local, monkeypatch):
    monkeypatch.setattr(engine_module, "PREFILL_TOKENS", 2)
    requests = [ask("green tea " * 40, n) for n in range(3)]
    reading, chunks = submitted(engine, local, requests[0])
    cancelled, kept = submitted(engine, local, requests[1]), submitted(engine, local, ask("green tea " * 39))
    while not (engine.queues["tiny"].reading and engine.queues["tiny"].reading.read > 4):
        time.sleep(0.001)
    engine.cancel(cancelled[0])
    assert answers(reading, chunks)[0][0] == local.generate([requests[0]])[0].text
    assert answers(*kept)[0][0] == local.generate([ask("green tea " * 39)])[0].text
    assert emptied(engine)
    assert not any(row.generated for row in cancelled[0].rows)


def test_models_whose_rows_cannot_be_put_together_later_are_batched_from_the_start(engine, local, monkeypatch):
    monkeypatch.setattr("instructwild.llm.generation.decoder.has_slots", lambda *_: False)
    requests = [ask(f"{WORDS[n % 8]} {n}", n, max_tokens=5 + n) for n in range(12)]
    jobs = [submitted(engine, local, request) for request in requests]
    assert [answers(*job)[0][0] for job in jobs] == [local.generate([request])[0].text for request in requests]
