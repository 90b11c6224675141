"""Which dtype models compute in here, and what is said of one that is slow."""

import pytest
import torch

from instructwild.errors import ConfigError
from instructwild.llm import dtypes
from instructwild.llm.dtypes import bfloat16_obstacle, chosen_dtype, computing_dtype

QUICK = {"x86": True, "instructions": True, "onednn": True, "capability": "AVX512"}


@pytest.mark.parametrize(("change", "named"), [
    ({}, ""),
    ({"instructions": False}, "AVX512_BF16"),                                # AVX-512 alone emulates it
    ({"instructions": False, "onednn": False, "capability": "AVX2"}, "AVX512_BF16"),
    ({"onednn": False}, "ONEDNN_MAX_CPU_ISA"),
    ({"capability": "AVX2"}, "AVX2, by ATEN_CPU_CAPABILITY"),
    ({"capability": "DEFAULT"}, "ATEN_CPU_CAPABILITY"),
    ({"x86": False, "instructions": False, "capability": "DEFAULT"}, ""),    # an ARM CPU whose instructions oneDNN knows
    ({"x86": False, "instructions": False, "onednn": False, "capability": "DEFAULT"}, "this CPU has no instructions for it"),
])
def test_what_keeps_bfloat16_from_being_quick_is_named(change, named):
    obstacle = bfloat16_obstacle(**{**QUICK, **change})
    assert named in obstacle
    assert bool(obstacle) == bool(named)


@pytest.fixture
def cpu(monkeypatch):
    def with_obstacle(text):
        monkeypatch.setattr(dtypes, "obstacle_on_this_cpu", lambda: text)
        dtypes._say_once.cache_clear()
    return with_obstacle


def test_bfloat16_on_a_slow_cpu_is_said_once_with_what_helps(cpu, capsys):
    cpu("this CPU has no instructions for it")
    assert [chosen_dtype("bfloat16", "cpu") for _ in range(3)] == [torch.bfloat16] * 3
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("bfloat16 is slow here: this CPU has no instructions for it")
    assert "--dtype float32 or auto" in line


@pytest.mark.parametrize(("name", "device", "obstacle"), [
    ("float32", "cpu", "none"), ("auto", "cpu", "none"), ("bfloat16", "cuda:0", "none"), ("bfloat16", "cpu", "")])
def test_nothing_is_said_of_what_is_quick(name, device, obstacle, cpu, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    cpu(obstacle)
    chosen_dtype(name, device)
    assert capsys.readouterr().err == ""


def test_auto_is_bfloat16_only_where_that_is_quick(cpu):
    cpu("")
    assert computing_dtype("cpu") == chosen_dtype("auto", "cpu") == torch.bfloat16
    cpu("this CPU has no instructions for it")
    assert computing_dtype("cpu") == chosen_dtype("auto", "cpu") == torch.float32


@pytest.mark.parametrize("name", ["bfloat", "int8", "Tensor", "float8"])
def test_what_is_no_dtype_of_weights_is_one_message(name):
    with pytest.raises(ConfigError, match="auto, float32 or bfloat16"):
        chosen_dtype(name)
