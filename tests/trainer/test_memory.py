"""What a run needs is told before weights are loaded, and refused where it cannot fit."""

import pytest

from instructwild.errors import ModelError
from instructwild.llm import dtypes
from instructwild.llm.local import load
from instructwild_trainer.config import SftOptions
from instructwild_trainer.memory import (
    GIB,
    Shape,
    batch_arithmetic,
    check_fits,
    computes_in_bfloat16,
    dtype_of,
    need_of,
    shape_of,
    updates_of,
)

SEVEN_B = Shape(parameters=6_738_415_616, lora_parameters=39_976_960, layers=32, hidden=4096, intermediate=11008,
                vocabulary=32000, context=4096)


def test_sizes_are_read_without_weights(tiny):
    shape = shape_of(tiny, SftOptions(lora_r=4))
    assert (shape.layers, shape.hidden, shape.vocabulary) == (2, 64, 1024)
    # q, o: 64→64; k, v: 64→32; gate, up: 64→128; down: 128→64; two layers
    assert shape.lora_parameters == 2 * 4 * (2 * 128 + 2 * 96 + 3 * 192)


def test_the_parts_of_full_training_are_sixteen_bytes_a_weight():
    need = need_of(SEVEN_B, SftOptions(use_peft=False), "float32")
    assert need.weights + need.gradients + need.optimizer == 16 * SEVEN_B.parameters


def test_seven_billion_fit_into_24_gib_with_lora_and_checkpointing_and_in_no_way_without():
    lora = SftOptions(per_device_train_batch_size=2, gradient_checkpointing=True)
    check_fits(need_of(SEVEN_B, lora, "bfloat16"), lora, 24 * GIB, "a GPU")
    full = SftOptions(use_peft=False)
    with pytest.raises(ModelError, match=r"needs about .* GiB .*a GPU has 24.0 GiB free") as refused:
        check_fits(need_of(SEVEN_B, full, "float32"), full, 24 * GIB, "a GPU")
    assert "--use-peft" in refused.value.remedy


def test_what_helps_needs_less():
    plain = SftOptions(per_device_train_batch_size=8)
    for options in (SftOptions(per_device_train_batch_size=1), SftOptions(per_device_train_batch_size=8, max_length=512),
                    SftOptions(per_device_train_batch_size=8, gradient_checkpointing=True)):
        assert need_of(SEVEN_B, options, "bfloat16").total < need_of(SEVEN_B, plain, "bfloat16").total


def test_measuring_counts_where_training_needs_less():
    small = SftOptions(per_device_train_batch_size=1, max_length=64, gradient_checkpointing=True)
    smaller = SftOptions(per_device_train_batch_size=1, max_length=32, gradient_checkpointing=True)
    need = need_of(SEVEN_B, small, "bfloat16")
    assert need == need_of(SEVEN_B, smaller, "bfloat16")
    assert need.activations == 4096 * (16 * 4096 + 4 * 11008) * 2 + 1024 * 32000 * 10


def test_unknown_memory_refuses_nothing():
    check_fits(need_of(SEVEN_B, SftOptions(), "float32"), SftOptions(), 0, "")


@pytest.mark.parametrize(("options", "rows", "updates"), [
    ({"per_device_train_batch_size": 4}, 10, 3),
    ({"per_device_train_batch_size": 4, "gradient_accumulation_steps": 2}, 10, 2),
    ({"per_device_train_batch_size": 4, "num_train_epochs": 2}, 10, 6), ({"max_steps": 7}, 1000, 7)])
def test_updates_are_counted_as_the_trainer_counts_them(options, rows, updates):
    assert updates_of(SftOptions(**options), rows) == updates


def test_the_arithmetic_shows_its_numbers():
    text = batch_arithmetic(SftOptions(per_device_train_batch_size=2, gradient_accumulation_steps=4), 100, processes=2)
    assert text == "2 rows × 4 accumulated × 2 processes = 16 rows an update; 1 pass over 100 rows: 7 updates"


@pytest.mark.parametrize(("steps", "end"), [(-1, "50 updates"), (3, "50 updates, of which max_steps takes 3"),
                                            (50, "50 updates"), (80, "50 updates, and max_steps goes on to 80")])
def test_the_arithmetic_tells_what_max_steps_does_to_the_passes(steps, end):
    text = batch_arithmetic(SftOptions(per_device_train_batch_size=4, num_train_epochs=2, max_steps=steps), 100)
    assert text.endswith(f"2 passes over 100 rows: {end}")


@pytest.mark.parametrize("use", [
    lambda tiny, name: dtype_of(SftOptions(dtype=name)),
    lambda tiny, name: computes_in_bfloat16(SftOptions(dtype=name, use_peft=False)),
    lambda tiny, name: load(tiny, dtype=name)], ids=["adapters", "all weights", "evaluate"])
@pytest.mark.parametrize(("name", "lines"), [("bfloat16", 1), ("auto", 0), ("float32", 0)])
def test_bfloat16_on_a_cpu_that_is_slow_at_it_is_one_line_wherever_it_is_chosen(use, name, lines, tiny, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(dtypes, "obstacle_on_this_cpu", lambda: "this CPU has no instructions for it")
    dtypes._say_once.cache_clear()
    use(tiny, name)
    use(tiny, name)
    assert capsys.readouterr().err.count("bfloat16 is slow here") == lines
