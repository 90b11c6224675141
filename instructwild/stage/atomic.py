"""Files and folders that are there whole or not at all: written under a temporary name beside their own, then renamed."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def remove(path: Path) -> None:
    """Take a file or a folder away, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def atomic_path(final: Path, temporary: Path | None = None) -> Iterator[Path]:
    """A temporary path that becomes `final`, a file or a folder, when the block ends well; else nothing is left of it.

    Args:
        final: what is made or replaced; a file keeps the permissions of the one that it replaces.
        temporary: where it is written, on the same file system; by default a hidden name beside `final`.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    if temporary is None:
        temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    if os.path.lexists(temporary):
        remove(temporary)
    temporary.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
        if (final.is_dir() and not final.is_symlink()) or (final.is_file() and temporary.is_dir()):
            remove(final)
        elif final.is_file() and temporary.is_file():
            shutil.copymode(final, temporary)
        os.replace(temporary, final)
    except BaseException:
        with suppress(OSError):
            remove(temporary)
        raise


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write one file, whole or not at all.

    Raises:
        OSError: it cannot be written, or is a folder; what was there before is still there.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """A temporary folder that becomes `final` when the block ends well, unless another process made it meanwhile.

    Two processes may race; either result serves.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if not final.exists():
            try:
                temporary.rename(final)
            except OSError:
                if not final.exists():
                    raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
