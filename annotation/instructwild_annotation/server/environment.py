"""Argilla's own environment: made once from the lock that ships with this package, apart from ours.

In one environment with ours it would hold pydantic, httpx and urllib3 at old versions.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from instructwild.errors import OutputError
from instructwild.stage.cache import cache_dir

LOCK = Path(__file__).with_name("requirements.lock")
MEGABYTES, SECONDS = 590, 50


def location() -> Path:
    """Where the environment lies in the user's cache: one for each lock and Python, so that an update makes a new one."""
    key = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    return cache_dir() / f"argilla-env-{key}"


def python(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_ready(folder: Path) -> bool:
    """Whether the environment was made to its end."""
    return (folder / "complete").exists() and python(folder).exists()


def ensure(tell: Callable[[str], None], folder: Path | None = None) -> Path:
    """The interpreter of Argilla's environment, which is made now if it is not there.

    Args:
        tell: called with a line about what is going on.
        folder: where it lies; by default `location()`.

    Raises:
        OutputError: it could not be made; the message holds what pip said last.
    """
    folder = folder or location()
    if is_ready(folder):
        return python(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not is_ready(folder):
            shutil.rmtree(folder, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(folder)], tell)
            _run([str(python(folder)), "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
                  "--progress-bar", "off", "--no-deps", "-r", str(LOCK)], tell)
            (folder / "complete").write_text("")
    return python(folder)


def _run(command: list[str], tell: Callable[[str], None]) -> None:
    """Run one step and tell its output line by line."""
    last: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        for line in process.stdout or ():
            last = [*last[-7:], line.rstrip()]
            if line.startswith(("Collecting", "Downloading", "Installing")):
                tell(line.strip()[:90])
    if process.returncode:
        reason = "\n  ".join(line for line in last if line.startswith("ERROR")) or "\n  ".join(last)
        raise OutputError(f"Argilla's environment could not be made:\n  {reason}", where=command[0],
                          remedy="check the connection to a package index and the free space, then run the command again")
