"""One process at a time writes a stage, and what is said where it cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from instructwild.errors import OutputError


@contextmanager
def locked(scratch: Path, folder: Path) -> Iterator[None]:
    """Hold a stage's folder for one process.

    Args:
        scratch: where the lock lies.
        folder: the stage's.

    Raises:
        OutputError: another process holds it, or the lock cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(scratch / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError("is being written by another instructwild process", where=str(folder),
                          remedy="wait for it to end, or choose another --out") from None
    except OSError as error:
        raise unwritten(str(error.strerror or error), folder) from None
    try:
        yield
    finally:
        lock.release()


def unwritten(why: str, where: Path) -> OutputError:
    """The error of a file that could not be written."""
    return OutputError(f"could not be written ({why})", where=str(where),
                       remedy="check its permissions and the free space, then run the command again")
