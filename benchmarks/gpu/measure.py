"""JSON lines of what was measured, and memory and seconds of a block."""

import json
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

GIB = 2**30
LINES: list[dict] = []
"""What this process measured."""


def emit(part: str, what: str, **figures) -> None:
    """One line."""
    line = {"part": part, "what": what, **figures}
    LINES.append(line)
    print(json.dumps(line, ensure_ascii=False, default=str), file=sys.__stdout__, flush=True)


def missing(part: str, what: str, *packages: str) -> bool:
    """Whether a package for a comparison is not installed; that is said by its name."""
    lacking = [name for name in packages if find_spec(name) is None]
    if lacking:
        emit(part, what, left_out=f"{', '.join(lacking)} not installed")
    return bool(lacking)


def wait() -> None:
    """For the device."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def free() -> None:
    """Give back what nothing holds."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def timed(part: str, what: str, **known) -> Iterator[dict]:
    """Seconds and peaks of a block; what the block puts into the dictionary goes out with them. An error is a line too."""
    import torch

    wait()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    figures: dict = {}
    began = time.perf_counter()
    try:
        yield figures
        wait()
        figures = {"seconds": round(time.perf_counter() - began, 3)} | figures
    except Exception as error:
        traceback.print_exc()
        figures["error"] = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]}"
    if torch.cuda.is_available():
        figures |= {"peak_gib": round(torch.cuda.max_memory_allocated() / GIB, 2),
                    "reserved_gib": round(torch.cuda.max_memory_reserved() / GIB, 2)}
    emit(part, what, **known, **figures)


def table(lines: list[dict]) -> str:
    """All lines as one Markdown table."""
    rows = ["| part | what | figures |", "|---|---|---|"]
    for line in lines:
        figures = "; ".join(f"{name} {value}" for name, value in line.items() if name not in ("part", "what"))
        rows.append(f"| {line['part']} | {line['what']} | {figures.replace('|', '/')} |")
    return "\n".join(rows)
