"""The LoRA layer in fewer passes: the same numbers and gradients as PEFT's own, and PEFT's way for everything else."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn

from instructwild_trainer.lora import FusedLora, follow_base


def adapted(dtype=torch.float64, bias=True, **options):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(12, 10, bias=bias), nn.Tanh(), nn.Linear(10, 6, bias=bias))
    model = get_peft_model(net, LoraConfig(r=3, lora_alpha=7, target_modules=["0", "2"], **options))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(0, 0.3)
    return model.to(dtype)


def outcome(model, x):
    x = x.clone().requires_grad_()
    out = model(x)
    out.square().sum().backward()
    return [out.detach(), x.grad, *[p.grad for p in model.parameters() if p.grad is not None]]


@pytest.mark.parametrize("bias", [True, False])
def test_numbers_and_gradients_are_those_of_peft(bias):
    plain = adapted(bias=bias)
    fused = copy.deepcopy(plain)
    follow_base(fused)
    assert sum(type(layer) is FusedLora for layer in fused.modules()) == 2
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    theirs, ours = outcome(plain, x), outcome(fused, x)
    assert len(theirs) == len(ours) == 6
    for expected, figure in zip(theirs, ours, strict=True):
        assert torch.allclose(expected, figure, atol=1e-12)


def test_the_derivative_is_the_slope():
    model = adapted()
    follow_base(model)
    assert torch.autograd.gradcheck(model, (torch.randn(3, 12, dtype=torch.float64, requires_grad=True),))


def test_what_is_no_single_plain_adapter_goes_peft_s_way(monkeypatch):
    def fused(*_):
        raise AssertionError("fused")

    monkeypatch.setattr("instructwild_trainer.lora._Fused.apply", fused)
    x = torch.randn(4, 12, dtype=torch.float64)
    dropping, variant = adapted(lora_dropout=0.5), adapted(use_dora=True)
    two, off, merged = adapted(), adapted(), adapted()
    two.add_adapter("other", LoraConfig(r=2, target_modules=["0", "2"]))
    two.base_model.set_adapter(["default", "other"])
    merged.merge_adapter()
    for model in (dropping, variant, two, off, merged):
        follow_base(model)
    off.base_model.disable_adapter_layers()
    dropping.train()
    for model in (dropping, variant, two.double(), off, merged):
        assert model(x).shape == (4, 6)
    with pytest.raises(AssertionError, match="fused"):
        dropping.eval()(x)


def test_a_base_of_another_precision_than_autocast_computes_as_before():
    model = adapted(torch.float32)
    follow_base(model)
    x = torch.randn(4, 12)
    with torch.autocast("cpu", torch.bfloat16):
        assert model(x).dtype == torch.bfloat16
