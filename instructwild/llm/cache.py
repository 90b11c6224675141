"""Where models that the toolkit makes or converts itself are kept between runs."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "INSTRUCTWILD_CACHE"


def cache_dir() -> Path:
    """The user's cache folder: $INSTRUCTWILD_CACHE, else $XDG_CACHE_HOME/instructwild, else ~/.cache/instructwild."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "instructwild"


@contextmanager
def made_whole(final: Path) -> Iterator[Path]:
    """A temporary folder that becomes `final` when the block ends well. Two processes may race; either result serves."""
    final.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    try:
        yield aside
        aside.chmod(0o755)
        if not final.exists():
            try:
                aside.rename(final)
            except OSError:
                if not final.exists():
                    raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
