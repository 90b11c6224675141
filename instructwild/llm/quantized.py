"""4-bit GPTQ folders: recognised, and read on a CPU without the noise and the compiling that their library brings."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from instructwild.errors import ModelError
from instructwild.llm.quiet import quiet_imports


def quantization_of(folder: Path) -> dict[str, Any] | None:
    """The quantization config of a model folder, or None for a full-precision one; auto-gptq's own file counts too."""
    for name, key in (("config.json", "quantization_config"), ("quantize_config.json", None)):
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        config = content.get(key) if key and isinstance(content, dict) else content
        if config and isinstance(config, dict):
            return dict(config)
    return None


def prepare() -> None:
    """Make gptqmodel ready to be loaded by transformers: quiet, two workers at least, no compiling on a CPU.

    gptqmodel compiles its CPU kernel anew for every input length, which costs more than it gains. It refuses one or two
    cores unless GPTQMODEL_CPU_WORKERS says so.

    Raises:
        ModuleNotFoundError: gptqmodel or optimum is not installed; transformers reads GPTQ files through both.
    """
    os.environ.setdefault("GPTQMODEL_CPU_WORKERS", str(min(8, max(2, (os.cpu_count() or 2)))))
    os.environ.setdefault("GPTQMODEL_DISABLE_GIL_WARNING", "1")
    quiet_imports()
    import torch
    from logbar import LogBar

    LogBar.shared().setLevel("ERROR")
    import gptqmodel  # noqa: F401
    import optimum  # noqa: F401

    if not torch.cuda.is_available():
        torch.compiler.set_stance("force_eager")


def loading(folder: Path) -> dict[str, Any]:
    """The arguments `from_pretrained` needs to load a 4-bit folder; nothing for one that says it all in its config.json.

    auto-gptq writes the grid into a file of its own, `quantize_config.json`, and names the weights after it, as in
    `gptq_model-4bit-128g.safetensors`.

    Raises:
        ModelError: the grid is none that GPTQ files have.
    """
    from transformers import AutoConfig, GPTQConfig

    prepare()
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    plain = not getattr(config, "quantization_config", None)
    if plain:
        grid = quantization_of(folder) or {}
        settings = ("bits", "group_size", "desc_act", "sym", "damp_percent", "true_sequential")
        try:
            config.quantization_config = GPTQConfig(
                **{"bits": 4, **{key: grid[key] for key in settings if key in grid}},
                checkpoint_format=grid.get("checkpoint_format") or "gptq").to_dict()
        except (TypeError, ValueError) as error:
            raise ModelError(f"is no grid of GPTQ ({error})", where=str(folder / "quantize_config.json"),
                             remedy="quantize the model again, or mend the file") from None
    named = sorted(file.name for file in folder.glob("*.safetensors"))
    if named and not any(name.startswith("model") for name in named):
        config.transformers_weights = next((file.name for file in folder.glob("*.safetensors.index.json")), named[0])
        plain = True
    return {"config": config} if plain else {}


def on_device(device: str) -> dict[str, Any]:
    """What `from_pretrained` must be given so that the kernel is one for the device.

    gptqmodel chooses the kernel by the device that the map names. Without one it takes that of a CPU, which a GPU then runs
    at a tenth of the speed.
    """
    return {} if device == "cpu" else {"device_map": device}


GROUPS_OF_THE_KERNEL = (32, 64, 128, 256)


def packed_is_quick(bits: int, group: int) -> bool:
    """Whether this processor multiplies such weights without unpacking them: with AVX-512 it does, quicker than bf16.

    One token through a layer of 4096 x 4096: 0.46 ms packed, 1.85 ms in bf16 (one thread, AVX-512 with bf16). Without
    AVX-512 the same kernel takes tens of times as long as dense float32; other groups it does not know.
    """
    import torch

    return bits == 4 and group in GROUPS_OF_THE_KERNEL and torch.backends.cpu.get_cpu_capability() == "AVX512"


def settle_on_cpu(model: Any) -> Any:
    """Leave the weights packed where that is quick, else replace every 4-bit layer by a dense one, in place.

    The dense weights are the numbers that the file stands for. They cost the memory of a 16-bit model. A packed layer is
    called once, for it lays its weights out for the kernel when it is first used; what that needed is given back.
    """
    import torch
    from gptqmodel.nn_modules.qlinear import BaseQuantLinear

    for name, layer in list(model.named_modules()):
        if not isinstance(layer, BaseQuantLinear):
            continue
        with torch.inference_mode():
            if packed_is_quick(layer.bits, layer.group_size) and model.dtype in (torch.bfloat16, torch.float16):
                layer.eval()(torch.zeros(1, layer.in_features, dtype=model.dtype))
                continue
        dense = torch.nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None, dtype=model.dtype)
        with torch.no_grad():
            dense.weight.copy_(layer.dequantize_weight().T)
            if layer.bias is not None:
                dense.bias.copy_(layer.bias)
        model.set_submodule(name, dense)
    _give_back()
    return model


def _give_back() -> None:
    """Let the C library return what it keeps of freed memory: after the layout of 30 layers twice the model's size."""
    import ctypes
    import gc

    gc.collect()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
