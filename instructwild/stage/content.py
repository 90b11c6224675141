"""What names the content of a file or folder: its sha256, and its size."""

import hashlib
from functools import lru_cache
from pathlib import Path

SCRATCH = ".work"


def is_pipe_or_device(path: Path) -> bool:
    """Whether something is there that is neither a file nor a folder, and may be read without end."""
    return path.exists() and not path.is_file() and not path.is_dir()


def sha256_of(path: Path) -> str:
    """The sha256 of a file, or of a folder's files by name and content."""
    if path.is_dir():
        total = hashlib.sha256()
        for file in _files(path):
            total.update(f"{file.relative_to(path).as_posix()}\x00{sha256_of(file)}\n".encode())
        return total.hexdigest()
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of all of a folder's files."""
    return sum(file.stat().st_size for file in _files(path)) if path.is_dir() else path.stat().st_size


def weights_sha256(folder: Path) -> str:
    """One hash over the weight files of a model folder, by name and content; a single file has its own."""
    files = sorted(folder.glob("*.safetensors"))
    if len(files) == 1:
        return _sha256_of_weights(files[0])
    return hashlib.sha256("".join(f"{file.name}\x00{_sha256_of_weights(file)}\n" for file in files).encode()).hexdigest()


def _sha256_of_weights(file: Path) -> str:
    """As `sha256_of`, read once a process while the file stays as it is: a stage asks three or four times, at 1 GB/s."""
    state = file.stat()
    return _sha256_in_state(file.resolve(), state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=256)
def _sha256_in_state(file: Path, size: int, mtime_ns: int, inode: int) -> str:
    return sha256_of(file)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and SCRATCH not in path.parts)
