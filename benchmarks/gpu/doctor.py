"""The machine and the versions."""

import platform
from importlib.metadata import PackageNotFoundError, version

from benchmarks.gpu.measure import emit, timed, wait

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "liger-kernel", "gptqmodel", "bitsandbytes",
            "torchao", "triton", "vllm")


def doctor() -> None:
    """Card, driver, memory, versions, and what the card does at best: products and copies."""
    import time

    import torch

    here = {}
    for name in PACKAGES:
        try:
            here[name] = version(name)
        except PackageNotFoundError:
            here[name] = None
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    emit("doctor", "machine", card=card, python=platform.python_version(), cuda=torch.version.cuda, **here)
    if card is None:
        return
    with timed("doctor", "at best") as figures:
        left = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
        for repeats in (3, 10):
            wait()
            began = time.perf_counter()
            for _ in range(repeats):
                left @ left
            wait()
        figures["tflops"] = round(10 * 2 * 8192**3 / (time.perf_counter() - began) / 1e12)
        block = torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
        other = torch.empty_like(block)
        for repeats in (2, 10):
            wait()
            began = time.perf_counter()
            for _ in range(repeats):
                other.copy_(block)
            wait()
        figures["copy_tb_s"] = round(10 * 2 * (1 << 30) / (time.perf_counter() - began) / 1e12, 2)
