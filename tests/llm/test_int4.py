"""4-bit weights by torch's own kernel: the numbers that gptqmodel reads from the file, without a compiler or a network."""

import pytest
import torch

from instructwild.llm import quantized
from instructwild.llm.int4 import Int4Linear, from_gptq

IN, OUT, GROUP = 256, 32, 64


class Packed:
    """What `from_gptq` reads of a layer of gptqmodel: int32 words of eight numbers, and a zero that is no power of two."""

    def __init__(self, bits=4, order=None, group=GROUP, inputs=IN, outputs=OUT, bias=True):
        draw = torch.Generator().manual_seed(1)
        self.in_features, self.out_features, self.bits, self.group_size = inputs, outputs, bits, group
        self.numbers = torch.randint(0, 16, (inputs, outputs), generator=draw)
        words = self.numbers.view(inputs // 8, 8, outputs) << torch.arange(0, 32, 4)[:, None]
        words = words.sum(1)
        self.qweight = torch.where(words >= 2**31, words - 2**32, words).int()
        self.scales = (torch.rand(inputs // group, outputs, generator=draw) / 50 + 0.01).half()
        self.zeros = torch.randint(0, 16, (inputs // group, outputs), generator=draw)
        self.g_idx = torch.arange(inputs) // group if order is None else order
        self.bias = torch.randn(outputs, generator=draw) if bias else None

    def dequantize_weight(self):
        group = torch.arange(self.in_features) // self.group_size
        return (self.numbers - self.zeros[group]).half() * self.scales[group]


@pytest.mark.parametrize("bias", [True, False])
def test_the_product_is_that_of_the_weights_of_the_file(bias):
    layer = Packed(bias=bias)
    ours = from_gptq(layer)
    assert isinstance(ours, Int4Linear)
    x = torch.randn(3, 5, IN, generator=torch.Generator().manual_seed(0))
    expected = x @ layer.dequantize_weight().float() + (layer.bias if bias else 0)
    out = ours(x)
    assert out.shape == (3, 5, OUT)
    assert out.dtype == x.dtype
    assert (out - expected).norm() / expected.norm() < 0.01     # bfloat16


@pytest.mark.parametrize("layer", [
    Packed(bits=8), Packed(order=torch.arange(IN).flip(0) // GROUP), Packed(inputs=192), Packed(outputs=20),
    Packed(group=16)], ids=["bits", "order", "inputs", "outputs", "group"])
def test_what_the_kernel_does_not_take_stays_as_it_is(layer):
    assert from_gptq(layer) is None


@pytest.mark.parametrize(("capability", "grid", "backend"), [
    ((9, 0), {"bits": 4, "group_size": 128}, "gptq_torch"), ((7, 5), {"bits": 4, "group_size": 128}, None),
    ((9, 0), {"bits": 8, "group_size": 128}, None), ((9, 0), {"bits": 4, "group_size": -1}, None)],
    ids=["taken", "old card", "eight bits", "one scale"])
def test_nothing_is_built_where_torch_has_a_kernel(monkeypatch, tiny_model, tmp_path, capability, grid, backend):
    import json
    import shutil

    shutil.copytree(tiny_model, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "gptq", "desc_act": False, "sym": True, **grid}
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(quantized, "prepare", lambda: None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    options = quantized.loading(tmp_path / "model", "cuda")
    assert options["device_map"] == "cuda"
    chosen = options["config"].quantization_config.get("backend") if "config" in options else None
    assert chosen == backend
    assert quantized.loading(tmp_path / "model") == {}
