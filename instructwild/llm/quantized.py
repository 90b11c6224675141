"""4-bit GPTQ folders: recognised, and read on a CPU without the noise and the compiling that their library brings."""

import json
import os
from pathlib import Path
from typing import Any

from instructwild.llm.quiet import quiet_imports


def quantization_of(folder: Path) -> dict[str, Any] | None:
    """The quantization config of a model folder, or None for a full-precision one; auto-gptq's own file counts too."""
    for name, key in (("config.json", "quantization_config"), ("quantize_config.json", None)):
        try:
            found = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        config = found.get(key) if key else found
        if config:
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


def expand_weights(model: Any) -> Any:
    """Replace every 4-bit linear layer by a dense one with the same weights, in place.

    A CPU without AVX-512 has no quick 4-bit kernel: on it a forward pass over the packed weights takes tens of times longer
    than over these, which are the numbers the file stands for. It costs the memory of a 16-bit model.
    """
    import torch
    from gptqmodel.nn_modules.qlinear import BaseQuantLinear

    for name, layer in list(model.named_modules()):
        if isinstance(layer, BaseQuantLinear):
            dense = torch.nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None, dtype=model.dtype)
            with torch.no_grad():
                dense.weight.copy_(layer.dequantize_weight().T)
                if layer.bias is not None:
                    dense.bias.copy_(layer.bias)
            model.set_submodule(name, dense)
    return model
