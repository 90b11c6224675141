"""How long polars keeps memory that it has freed: it asks for as much again a moment later."""

import os
import sys

KEPT_MS = 5000
"""A step of `clean` takes a second or two. By default memory goes back after half a second, and each page of it that is
asked for again is filled with zeros first: a thirtieth of a whole run. The peak is 3% higher on two cores."""


def keep_freed_memory() -> None:
    """Let polars keep freed memory for some seconds, in fewer arenas than four a core, so that threads use it in turns.

    To be called before polars is loaded; afterwards it does nothing. What the user has set stays.
    """
    if "polars" not in sys.modules:
        arenas = max(1, (os.cpu_count() or 1) // 2)
        os.environ.setdefault("_RJEM_MALLOC_CONF", f"narenas:{arenas},dirty_decay_ms:{KEPT_MS}")
