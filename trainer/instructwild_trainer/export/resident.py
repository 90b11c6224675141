"""How much memory this process holds for its model: on a GPU what torch has allocated there, else resident memory."""

import sys
from pathlib import Path

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def model_bytes() -> int:
    """Bytes held now; measured before a model is loaded, the share of interpreter and libraries."""
    import psutil
    import torch

    return torch.cuda.memory_allocated() if torch.cuda.is_available() else int(psutil.Process().memory_info().rss)


def watch_peak() -> None:
    """From here on `peak_bytes` counts. Where the system cannot forget an earlier peak, loading is counted too."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    elif FORGET.exists():
        FORGET.write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The most bytes held since `watch_peak`."""
    import torch

    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else _peak_resident()


def _peak_resident() -> int:
    """The peak since it was last forgotten, which psutil does not tell; not on Linux, that of the whole run."""
    try:
        return 1024 * int(STATUS.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        if sys.platform == "win32":                      # which counts it by itself
            import psutil

            return int(psutil.Process().memory_info().peak_wset)
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
