"""Batched generation: every row is answered as if it were alone."""

import pytest

from instructwild.errors import ModelError
from instructwild.llm.local import LocalModel
from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message


@pytest.fixture(scope="module")
def model(tiny_model, device):
    return LocalModel(tiny_model, batch=4, dtype="float32", device=device)


def ask(text, seed=0, **sampling):
    return Request(text=text, sampling=Sampling(**{"max_tokens": 12, "temperature": 1.0, **sampling}), seed=seed)


MIXED = [ask("Write a poem", 1), ask("请写一首关于大海的诗，要短", 2), ask("1", 3, max_tokens=3),
         ask("green tea " * 9, 4, top_p=0.5), ask("List three", 5, repetition_penalty=1.3), ask("好", 6, temperature=0.0),
         Request(messages=(Message(role="user", content="你好"),), sampling=Sampling(max_tokens=6), seed=7)]


def test_a_row_does_not_depend_on_what_it_is_batched_with(model):
    together = model.generate(MIXED)
    alone = [model.generate([request])[0] for request in MIXED]
    assert [reply.text for reply in together] == [reply.text for reply in alone]
    assert together == model.generate(MIXED)
    assert model.generate([MIXED[0]])[0] != model.generate([ask("Write a poem", 11)])[0]


def test_replies_are_in_the_order_of_requests_and_batches_hold_like_lengths(model):
    replies = model.generate(MIXED)
    assert [reply.prompt_tokens for reply in replies] == [len(model.encode(request)) for request in MIXED]
    lengths = [reply.prompt_tokens for reply in replies]
    batches = model.batches(lengths)
    assert sorted(i for batch in batches for i in batch) == list(range(len(MIXED)))
    assert [len(batch) for batch in batches] == [4, 3]
    assert min(lengths[i] for i in batches[0]) >= max(lengths[i] for i in batches[1])


def test_greedy_rows_equal_transformers_own_generation(model):
    request = ask("Explain the history of green tea.", temperature=0.0, repetition_penalty=1.2, max_tokens=20)
    ids = model.tokenizer(request.text, return_tensors="pt").to(model.model.device)
    made = model.model.generate(**ids, max_new_tokens=20, do_sample=False, repetition_penalty=1.2)[0]
    said = model.tokenizer.decode(made[ids["input_ids"].shape[1]:], skip_special_tokens=True)
    assert model.generate([request])[0].text == said


def test_a_row_ends_at_its_limit_its_stop_string_or_its_end_token(model):
    full = model.generate([ask("Write", temperature=0.0, max_tokens=30)])[0]
    assert (full.finish, full.completion_tokens) == ("length", 30)
    stop = full.text[4:7]
    cut = model.generate([ask("Write", temperature=0.0, max_tokens=30, stop=(stop,))])[0]
    assert (cut.finish, cut.text) == ("stop", full.text[: full.text.find(stop)])
    first = model.tokenizer(full.text)["input_ids"][0]
    ends, model.ends = model.ends, frozenset({first})
    try:
        ended = model.generate([ask("Write", temperature=0.0)])[0]
    finally:
        model.ends = ends
    assert (ended.finish, ended.text, ended.completion_tokens) == ("stop", "", 1)


def test_a_prompt_too_long_for_the_context_costs_that_row_only(model):
    replies = model.generate([ask("tea " * 3000), ask("Write", max_tokens=2)])
    assert [reply.finish for reply in replies] == ["failed", "length"]
    assert "do not fit the model's context of 2048" in replies[0].problem


def test_messages_need_a_chat_template(model):
    template, model.tokenizer.chat_template = model.tokenizer.chat_template, None
    try:
        with pytest.raises(ModelError, match="no chat template"):
            model.generate([MIXED[-1]])
    finally:
        model.tokenizer.chat_template = template


def test_a_folder_with_broken_weights_is_one_message(tiny_model, tmp_path):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes((20).to_bytes(8, "little") + b"not weights, no JSON")
    with pytest.raises(ModelError, match="cannot be loaded"):
        LocalModel(tmp_path)


@pytest.mark.parametrize(("target", "expected"), [("cpu", None), ("cuda", "cuda")])
def test_four_bit_weights_are_loaded_where_their_kernel_is_to_run(tiny_model, monkeypatch, target, expected):
    import transformers

    from instructwild.llm import local

    seen = {}

    def refused(folder, **given):
        seen.update(given)
        raise OSError("no weights")

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", refused)
    monkeypatch.setattr(local, "quantization_of", lambda folder: {"bits": 4})
    monkeypatch.setattr(local, "loading", lambda folder, device: {} if device == "cpu" else {"device_map": device})
    with pytest.raises(ModelError, match="no weights"):
        local.load(tiny_model, dtype="float32", device=target)
    assert seen.get("device_map") == expected
