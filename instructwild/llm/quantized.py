"""4-bit GPTQ folders: recognised, and read without the noise and the compiling that their library brings."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.quiet import quiet_imports

if TYPE_CHECKING:
    import torch


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


def loading(folder: Path, device: str = "cpu") -> dict[str, Any]:
    """The arguments `from_pretrained` needs to load a 4-bit folder; on a CPU nothing for one that says it all itself.

    gptqmodel chooses the kernel by the device that the map names. Without one it takes that of a CPU, which a GPU then runs
    at a tenth of the speed. Where torch has a kernel of its own, see `settle`, gptqmodel need not build or fetch any.

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
    grid = config.quantization_config
    if device != "cpu" and grid.get("quant_method") == "gptq" and packed_on_gpu(grid.get("bits"), grid.get("group_size")):
        grid["backend"], plain = "gptq_torch", True
    return ({"config": config} if plain else {}) | ({} if device == "cpu" else {"device_map": device})


GROUPS = (32, 64, 128, 256)
"""Of weights that share a scale, as torch's packed 4-bit kernels take them."""
OUTPUTS = 16
"""A layer's outputs are a multiple of this, or torch's packed 4-bit kernels refuse it when they are called."""


def takes(bits: int, group: int) -> bool:
    """Whether torch's packed 4-bit kernels know such a grid."""
    return bits == 4 and group in GROUPS


def takes_layer(layer: Any) -> bool:
    """Whether torch's packed 4-bit kernels take a layer of gptqmodel: its grid and its widths."""
    return (takes(layer.bits, layer.group_size) and layer.in_features % layer.group_size == 0
            and layer.out_features % OUTPUTS == 0)


def packed_on_gpu(bits: int, group: int) -> bool:
    """Whether torch's own kernel takes such weights on this GPU: it computes in bfloat16, from compute capability 8.0 on."""
    import torch

    return takes(bits, group) and torch.cuda.get_device_capability() >= (8, 0)


def packed_is_quick(bits: int, group: int) -> bool:
    """Whether this processor multiplies such weights without unpacking them: with AVX-512 it does, quicker than bf16.

    One token through a layer of 4096 x 4096: 0.46 ms packed, 1.85 ms in bf16 (one thread, AVX-512 with bf16). Without
    AVX-512 the same kernel takes tens of times as long as dense float32; other groups it does not know.
    """
    import torch

    return takes(bits, group) and torch.backends.cpu.get_cpu_capability() == "AVX512"


def kernel_of(device: str, bits: int = 4, group: int = 128) -> str:
    """What multiplies the weights of a GPTQ model on a device, without loading one; `export` writes this grid by default.

    It is what `settle` leaves, and where that changes nothing what gptqmodel chooses for the device, as transformers asks
    it to.

    Raises:
        ModuleNotFoundError: gptqmodel or optimum is not installed, and the device is no CPU.
        ValueError: no kernel of gptqmodel is for the device.
    """
    if device == "cpu":
        return ("torch's packed 4-bit kernel for AVX-512" if packed_is_quick(bits, group)
                else "dense weights: this processor has no AVX-512")
    if packed_on_gpu(bits, group):
        return "torch's packed 4-bit kernel"
    prepare()
    from gptqmodel.utils.importer import hf_select_quant_linear_v2

    kernel = hf_select_quant_linear_v2(bits=bits, group_size=group, desc_act=False, sym=True, format="gptq",
                                       quant_method="gptq", pack=False, device_map={"": device}, backend="auto")
    return str(kernel.__name__)


def settle(model: Any, device: str) -> Any:
    """Have every 4-bit layer multiply by the quickest kernel that needs no compiler, in place.

    On a GPU torch's own, layers of other grids stay as they were loaded. On a CPU the weights stay packed where that is
    quick and the kernel takes the layer, else dense ones take their place, which cost the memory of a 16-bit model; both
    are the numbers that the file stands for. A packed layer of a CPU is called once, for it lays its weights out when it
    is first used; what that needed is given back.
    """
    import torch
    from gptqmodel.nn_modules.qlinear import BaseQuantLinear

    for name, layer in list(model.named_modules()):
        if isinstance(layer, BaseQuantLinear):
            with torch.no_grad():
                other = _settled_on_cpu(layer, model.dtype) if device == "cpu" else _settled_on_gpu(layer)
            if other is not None:
                model.set_submodule(name, other)
    _give_back()
    return model


def _settled_on_gpu(layer: Any) -> Any:
    """What takes the layer's place, None where it stays."""
    from gptqmodel.nn_modules.qlinear.torch import TorchLinear

    from instructwild.llm.int4 import from_gptq

    return from_gptq(layer) if type(layer) is TorchLinear else None


def _settled_on_cpu(layer: Any, dtype: "torch.dtype") -> Any:
    """What takes the layer's place, None where it stays."""
    import torch

    if packed_is_quick(layer.bits, layer.group_size) and takes_layer(layer) and dtype in (torch.bfloat16, torch.float16):
        layer.eval()(torch.zeros(1, layer.in_features, dtype=dtype))
        return None
    dense = torch.nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None, dtype=dtype)
    dense.weight.copy_(layer.dequantize_weight().T)
    if layer.bias is not None:
        dense.bias.copy_(layer.bias)
    return dense


def _give_back() -> None:
    """Let the C library return what it keeps of freed memory: after the layout of 30 layers twice the model's size."""
    import ctypes
    import gc

    gc.collect()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
