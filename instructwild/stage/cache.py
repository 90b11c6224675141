"""Where models that the toolkit makes or converts itself are kept between runs."""

import os
from pathlib import Path

VARIABLE = "INSTRUCTWILD_CACHE"


def cache_dir() -> Path:
    """The user's cache folder: $INSTRUCTWILD_CACHE, else $XDG_CACHE_HOME/instructwild, else ~/.cache/instructwild."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "instructwild"
