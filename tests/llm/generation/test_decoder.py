"""One decoding loop for all: what a row is given depends on nothing but the row, however its steps are made."""

import random
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from instructwild.llm.generation import decoder as decoding
from instructwild.llm.generation import sampling
from instructwild.llm.generation.decode_rows import decode
from instructwild.llm.generation.decoder import Decoder
from instructwild.llm.generation.forward import forward_of
from instructwild.llm.generation.noise import key_of, uniform
from instructwild.llm.generation.rows import DecodedRow
from instructwild.llm.generation.sampling import Settings, draw, drawn, nucleus, penalized, repetition_penalized
from instructwild.llm.generation.slot_cache import column_bytes, has_slots, slots_that_fit
from instructwild.llm.local import load


@pytest.fixture(scope="module")
def model(tiny_model, device):
    return load(tiny_model, dtype="float32", device=device)[0]


def rows(count=11, seed=3):
    rng = random.Random(seed)
    return [DecodedRow([rng.randrange(300, 900) for _ in range(rng.choice([1, 2, 7, 30]))], rng.randint(1, 25), seed=n,
                       temperature=rng.choice([0.0, 1.0]), top_p=rng.choice([1.0, 0.7]),
                       repetition_penalty=rng.choice([1.0, 1.3])) for n in range(count)]


def written(model, given, slots, columns=16, **more):
    made = Decoder(forward_of(model), model.config, device=model.device, dtype=model.dtype, slots=slots, columns=columns,
                   **more)
    with torch.inference_mode():
        decode(made, given, lambda row, token: row.append(token, {5}))
    assert not made.rows
    return [(row.generated, row.finish) for row in given]


@pytest.fixture(scope="module")
def alone(model):
    return [written(model, [row], 1)[0] for row in rows()]


@pytest.mark.parametrize("slots", [2, 4, 11])
def test_a_row_gets_what_it_gets_alone_whoever_had_its_slot_before(model, alone, slots):
    assert written(model, rows(), slots) == alone


def test_a_row_gets_the_same_without_slots(model, alone, monkeypatch):
    monkeypatch.setattr(decoding, "has_slots", lambda *_: False)
    assert written(model, rows(), 4) == alone


@pytest.mark.parametrize("slots", [3, 8])
def test_steps_that_are_recorded_and_looked_at_every_few_give_the_same(model, alone, slots):
    played = []

    def recorder():
        def record(work):
            def play():
                played.append(1)
                work()
            return play
        return record

    assert written(model, rows(), slots, graphs=recorder) == alone
    assert len(played) > 10


class DeviceReads(TorchDispatchMode):
    """Operations whose result the processor must wait for, on a device."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.name().removeprefix("aten::").split(".")[0]
        by_mask = name.startswith("index") and any(
            isinstance(index, torch.Tensor) and index.dtype == torch.bool
            for index in (args[1] if len(args) > 1 and isinstance(args[1], list | tuple) else ()))
        if by_mask or name in ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal", "_unique2"):
            self.seen.append(name)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("recorded", [True, False])
def test_the_processor_looks_at_a_device_once_in_eight_steps_and_never_within_them(model, monkeypatch, recorded):
    """As on a GPU: ends are looked for every eight steps, the nucleus is found without a branch."""
    monkeypatch.setattr(sampling, "_redrawn", lambda probability, settings, number: drawn(
        nucleus(probability, settings.top_p), number(0)))
    made = Decoder(forward_of(model), model.config, device=model.device, dtype=model.dtype, slots=4, columns=64,
                   graphs=(lambda: lambda work: work) if recorded else None)
    made.lookahead = 8
    read = [DecodedRow([301 + n] * (3 + n), 40, seed=n, temperature=1.0, top_p=0.7, repetition_penalty=1.1)
            for n in range(4)]
    looks = []
    for name in ("tolist", "item", "cpu", "numpy", "__bool__", "__int__", "__float__", "__index__"):
        plain = getattr(torch.Tensor, name)
        monkeypatch.setattr(torch.Tensor, name, lambda tensor, *args, plain=plain, name=name: (
            looks.append(name), plain(tensor, *args))[1])
    with torch.inference_mode(), DeviceReads() as reads:
        made.read(read)
        while not made.advance():
            pass
        made.join()
        looks.clear()
        reads.seen.clear()
        written_tokens = [made.step(made.lookahead) for _ in range(3)]
    assert [len(row) for tokens in written_tokens for row in tokens] == [8] * 12
    assert (looks, reads.seen) == (["tolist"] * 3, [])


def test_rows_that_wait_take_the_slots_of_those_that_end_and_slots_are_what_memory_holds(model, monkeypatch):
    """Six rows of which two end early, on a device with room for two: none waits for a whole batch to end."""
    width = 128 * column_bytes(model.config, model.dtype.itemsize)
    monkeypatch.setattr(decoding, "slots_that_fit", lambda config, dtype, device, columns, most: slots_that_fit(
        config, dtype, torch.device("cuda"), columns, most))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda *_: 0)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda *_: 0)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_: (int(2.9 * width * 10 / 9), 0))
    made = Decoder(forward_of(model), model.config, device=model.device, dtype=model.dtype, slots=6, columns=100,
                   graphs=lambda: lambda work: work)
    assert made.slots == 2
    given, steps = [DecodedRow([301 + n] * 4, most) for n, most in enumerate((40, 8, 8, 8, 8, 8))], []
    step = made._step
    made._step = lambda observe: (steps.append(len(made.rows)), step(observe))
    with torch.inference_mode():
        decode(made, given, lambda row, token: row.append(token, ()))
    assert [len(row.generated) for row in given] == [40, 8, 8, 8, 8, 8]
    assert len(steps) <= 48                          # five short rows one after another beside the long one
    assert steps.count(2) >= 35


def test_where_a_step_cannot_be_recorded_it_is_made_as_it_is(model, alone):
    def recorder():
        def record(work):
            raise RuntimeError("operation not permitted when stream is capturing")
        return record

    assert written(model, rows(), 4, graphs=recorder) == alone


def test_prompts_are_read_in_pieces_and_long_batches_in_parts(model, alone, monkeypatch):
    monkeypatch.setattr(decoding, "READ_TOKENS", 20)
    assert written(model, rows(), 6) == alone


@pytest.mark.parametrize("slots", [3, 7, 16])
def test_a_prompt_that_several_rows_have_is_read_once_and_changes_none_of_them(model, slots):
    def repeated():
        return [replace(row, seed=row.seed + 40 * turn, generated=[]) for row in rows() for turn in range(3)]

    passed = []

    def counted(ids, *more):
        passed.append(ids.numel())
        return forward_of(model)(ids, *more)

    made = Decoder(counted, model.config, device=model.device, dtype=model.dtype, slots=slots, columns=16)
    answers = repeated()
    with torch.inference_mode():
        decode(made, answers, lambda row, token: row.append(token, {5}))
    assert [row.generated for row in answers] == [written(model, [row], 1)[0][0] for row in repeated()]
    passed.clear()
    with torch.inference_mode():
        made.read([DecodedRow([7, 8, 9], 4, seed=n, temperature=1.0) for n in range(3)], once=True)
        assert made.advance()
        made.join()
        assert passed == [3]
        assert len({tuple(row) for row in made.step(4)}) == 3, "each draws its own tokens"


def test_figures_belong_to_the_tokens_of_their_row(model):
    def record(logits, hidden, tokens):
        return {"logprobs": logits.log_softmax(-1).gather(1, tokens[:, None])[:, 0]}

    given, kept = rows(), {}
    made = Decoder(forward_of(model), model.config, device=model.device, dtype=model.dtype, slots=3, columns=16,
                   record=record)
    with torch.inference_mode():
        decode(made, given, lambda row, token: row.append(token, {5}),
               lambda row, figures: kept.update({id(row): figures["logprobs"].tolist()}))
        for row in given:
            ids = torch.tensor([row.prompt + row.generated], device=model.device)
            logs = model(ids).logits[0, len(row.prompt) - 1:-1].log_softmax(-1)
            expected = logs.gather(1, ids[0, len(row.prompt):, None])[:, 0]
            assert kept[id(row)] == pytest.approx(expected.tolist(), abs=1e-4)


def test_nothing_is_copied_when_a_row_ends_but_the_row_that_takes_its_slot(model, monkeypatch):
    moves, cats = [], []
    made = Decoder(forward_of(model), model.config, device=model.device, dtype=model.dtype, slots=4, columns=40)
    monkeypatch.setattr(made._cache, "move", lambda *move: moves.append(move))
    with torch.inference_mode():
        made.read([DecodedRow([400 + n, 5, 6], 9) for n in range(4)])
        assert made.advance()
        made.join()
        before = [layer.keys.data_ptr() for layer in made._cache.layers]
        real = torch.cat
        monkeypatch.setattr(torch, "cat", lambda *given, **more: cats.append(given) or real(*given, **more))
        made.step()
        made.leave([1])
        made.step()
        made.leave([2])
    assert [row.prompt[0] for row in made.rows] == [400, 403]
    assert moves == [(3, 1, 4)]
    assert [layer.keys.data_ptr() for layer in made._cache.layers] == before
    assert all(tensor.shape[-1] < 40 for given in cats for tensor in given[0]), "rotary halves only"


def test_what_each_model_can(model):
    config = model.config
    assert has_slots(config, 4000)
    for name, value in (("_attn_implementation", "flash_attention_2"), ("alibi", True)):
        before = getattr(config, name, None)
        try:
            setattr(config, name, value)
            assert not has_slots(config, 10)
        finally:
            setattr(config, name, before)
    kept = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 4
    assert column_bytes(config, 4) == kept
    assert slots_that_fit(config, torch.float32, torch.device("cpu"), 10, 7) == 7


def test_a_window_as_long_as_the_rows_is_none(tiny_model):
    from transformers import MistralConfig

    config = MistralConfig(sliding_window=64, num_hidden_layers=2, hidden_size=32, num_attention_heads=2)
    config._attn_implementation = "sdpa"
    assert has_slots(config, 64)
    assert not has_slots(config, 65)


def test_random_numbers_follow_from_seed_and_index_alone():
    keys = torch.tensor([key_of(seed) for seed in range(3000)])
    numbers = torch.stack([uniform(keys, torch.full_like(keys, index)) for index in range(20)])
    assert numbers.unique().numel() == numbers.numel()
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert numbers.mean().item() == pytest.approx(0.5, abs=0.01)
    assert numbers.var().item() == pytest.approx(1 / 12, abs=0.005)
    assert torch.histc(numbers, 10, 0, 1).tolist() == pytest.approx([6000] * 10, rel=0.05)
    assert torch.corrcoef(torch.stack([numbers[0], numbers[1], uniform(keys, torch.zeros_like(keys), 1)])).fill_diagonal_(
        0).abs().max() < 0.06
    assert uniform(keys[7:8], torch.tensor([4])).item() == numbers[4, 7].item()


def settings(count, temperature=1.0, top_p=1.0):
    return Settings(torch.full((count,), temperature), torch.full((count,), top_p), torch.ones(count))


@pytest.mark.parametrize("way", ["drawn again", "nucleus"])
def test_sampling_follows_the_distribution(way):
    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05])).repeat(2000, 1)
    keys = torch.tensor([key_of(seed) for seed in range(2000)])
    index = torch.zeros_like(keys)
    for top_p, expected in ((1.0, [0.5, 0.3, 0.15, 0.05]), (0.7, [0.625, 0.375, 0, 0]), (0.1, [1, 0, 0, 0])):
        if way == "nucleus":
            tokens = drawn(nucleus(logits.softmax(-1), torch.full((2000,), top_p)), uniform(keys, index))
        else:
            tokens = draw(logits, settings(2000, top_p=top_p), lambda count: uniform(keys, index, count))
        assert (torch.bincount(tokens, minlength=4) / 2000).tolist() == pytest.approx(expected, abs=0.04)


def test_the_nucleus_is_that_of_the_ordered_vocabulary():
    generator = torch.Generator().manual_seed(0)
    probability = torch.softmax(4 * torch.randn(64, 500, generator=generator), -1)
    share = torch.rand(64, generator=generator)
    kept = nucleus(probability, share)
    ordered, order = probability.sort(descending=True)
    inside = ordered.cumsum(-1) - ordered < share[:, None]
    assert torch.equal(kept > 0, torch.zeros_like(inside).scatter(1, order, inside))
    assert torch.equal(nucleus(probability, torch.ones(64)), probability)


def test_the_repetition_penalty_always_makes_a_token_less_likely():
    assert penalized(torch.tensor([[2.0, -2.0]]), torch.tensor([[2.0]])).tolist() == [[1.0, -4.0]]
    logits = torch.tensor([[2.0, -2.0, 3.0]])
    assert repetition_penalized(logits, torch.tensor([[0, 1, 0, 0]]), torch.tensor([2.0])).tolist() == [[1.0, -4.0, 3.0]]
