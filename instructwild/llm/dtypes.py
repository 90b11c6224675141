"""In which dtype a model computes on this machine: what `auto` means, and what an option that names a dtype brings."""

import platform
import sys
from functools import cache
from typing import TYPE_CHECKING

from instructwild.errors import ConfigError

if TYPE_CHECKING:
    import torch

AUTO, BFLOAT16 = "auto", "bfloat16"
X86 = ("x86_64", "amd64")


def computing_dtype(device: str = "cpu") -> "torch.dtype":
    """What `auto` means: bfloat16 where the hardware multiplies it, else float32."""
    import torch

    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.float32 if device == "mps" or obstacle_on_this_cpu() else torch.bfloat16


def chosen_dtype(name: str, device: str = "cpu") -> "torch.dtype":
    """The dtype that an option names; where that is bfloat16 on a CPU that is slow at it, a line on stderr says so.

    Args:
        name: `auto`, or a dtype of torch.
        device: on which the model computes.

    Raises:
        ConfigError: it is none.
    """
    import torch

    if name == AUTO:
        return computing_dtype(device)
    if not isinstance(dtype := getattr(torch, name, None), torch.dtype) or not dtype.is_floating_point:
        raise ConfigError(f"{name!r} is no dtype of weights", where="--dtype", remedy="auto, float32 or bfloat16")
    if dtype is torch.bfloat16 and device.startswith("cpu"):
        _say_once(obstacle_on_this_cpu())
    return dtype


def bfloat16_obstacle(*, x86: bool, instructions: bool, onednn: bool, capability: str) -> str:
    """Why products in bfloat16 take many times as long as in float32 on a CPU; empty where they do not.

    512 tokens through a 135M model took 38 s without AVX-512 and 5 s in float32. A layer's product of 512 tokens ran at 11
    GFLOP/s without AVX-512, at 26 with AVX-512 alone, at 73 with AVX512_BF16, at 300 to 500 with
    AMX, and in float32 at 100 to 120. Where torch itself is held to AVX2, its attention in bfloat16 ends in an error.

    Args:
        x86: of Intel or AMD; what others have oneDNN alone knows.
        instructions: whether an x86 CPU has AVX512_BF16 or AMX.
        onednn: whether oneDNN computes in bfloat16 here.
        capability: up to which instructions torch's own kernels go, as `torch.backends.cpu` names them.
    """
    if x86 and not instructions:
        return "this CPU has no instructions for it (AVX512_BF16 or AMX)"
    if not onednn:
        return "oneDNN is held to older instructions (ONEDNN_MAX_CPU_ISA)" if x86 else "this CPU has no instructions for it"
    if x86 and not capability.startswith("AVX512"):
        return f"torch is held to older instructions ({capability}, by ATEN_CPU_CAPABILITY)"
    return ""


@cache
def obstacle_on_this_cpu() -> str:
    """The same of this machine's CPU, as this process may use it."""
    import torch

    return bfloat16_obstacle(x86=platform.machine().lower() in X86, instructions=_has_instructions(),
                             onednn=torch.ops.mkldnn._is_mkldnn_bf16_supported(),
                             capability=torch.backends.cpu.get_cpu_capability())


def _has_instructions() -> bool:
    import torch

    if hasattr(torch.cpu, "get_capabilities"):
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


@cache
def _say_once(obstacle: str) -> None:
    if obstacle:
        print(f"bfloat16 is slow here: {obstacle}, so that a run takes up to ten times as long as in float32; "
              "--dtype float32 or auto, which is float32 here, is fast", file=sys.stderr)
