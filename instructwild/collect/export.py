"""The files of an export, wherever they lie: alone, in a folder, in a zip, packed as .gz or .zst.

Nothing is unpacked to disk.
"""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO, Any

from instructwild.errors import InputError
from instructwild.read.zips import open_zip
from instructwild.stage.content import is_pipe_or_device
from instructwild.stage.remote import url_of

DAMAGED = (EOFError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class Member:
    """One file of an export."""

    path: Path
    inside: str | None = None
    """Its name in the zip at `path`."""

    @property
    def name(self) -> str:
        """What provenance calls it: the bare file name, which tells nothing of the machine."""
        return PurePosixPath(self.inside).name if self.inside else self.path.name

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The unpacked bytes, to be read once from start to end.

        Raises:
            InputError: it is damaged or cannot be read.
        """
        try:
            with ExitStack() as stack:
                handle: Any = stack.enter_context(self.path.open("rb"))
                if self.inside:
                    handle = stack.enter_context(self._unzipped(stack.enter_context(zipfile.ZipFile(handle)), self.inside))
                yield _unpacked(handle, self.name, stack)
        except DAMAGED as error:
            raise InputError(f"is damaged ({error})", where=self.where, remedy="fetch or export it again") from None
        except OSError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"cannot be read ({error.strerror or error})", where=self.where,
                             remedy="check its permissions") from None

    def _unzipped(self, packed: zipfile.ZipFile, inside: str) -> IO[bytes]:
        try:
            return packed.open(inside)
        except (RuntimeError, NotImplementedError) as error:  # a password, or a method that is not known
            raise InputError(f"cannot be unpacked ({error})", where=self.where,
                             remedy="unpack it by another program, and give the folder") from None

    def beside(self, name: str) -> "Member":
        """The file of that name in the same folder, which need not be there."""
        if self.inside:
            return Member(self.path, str(PurePosixPath(self.inside).with_name(name)))
        return Member(self.path.with_name(name))

    @property
    def where(self) -> str:
        """What messages call it."""
        path = url_of(self.path) or str(self.path)
        return f"{path}!{self.inside}" if self.inside else path


def _unpacked(handle: Any, name: str, stack: ExitStack) -> IO[bytes]:
    ending = name.lower().rpartition(".")[2]
    if ending == "gz":
        return stack.enter_context(gzip.GzipFile(fileobj=handle))  # type: ignore[return-value]
    if ending == "zst":
        from instructwild.read.zst import unpacked

        return stack.enter_context(unpacked(handle))
    return handle  # type: ignore[no-any-return]


def members(path: Path, patterns: Sequence[str]) -> list[Member]:
    """The files of an export whose names match, in a fixed order. A single file that is no zip is taken as it is.

    Raises:
        InputError: there is nothing at `path`, or nothing in it that matches.
    """
    check(path)
    if path.is_dir():
        matching = [Member(file) for file in sorted(path.rglob("*")) if file.is_file() and _matches(file.name, patterns)]
    elif zipfile.is_zipfile(path):
        matching = [Member(path, name) for name in sorted(_names(path)) if _matches(PurePosixPath(name).name, patterns)]
    elif path.stat().st_size == 0:
        raise InputError("is empty", where=str(path), remedy="check how the export was made")
    elif path.suffix.lower() == ".zip":
        raise InputError("is no whole zip", where=str(path), remedy="fetch or export it again: it may have been cut off")
    else:
        return [Member(path)]
    if not matching:
        raise InputError(f"holds no file named {' or '.join(patterns)}", where=str(path),
                         remedy="give the export's folder, its zip or the file itself; docs/sources.md tells how to get one")
    return matching


def check(path: Path) -> None:
    """Refuse what is no export before anything of it is read.

    Raises:
        InputError: there is nothing at `path`, a pipe or a device, or a name that no file of ours can hold.
    """
    if not path.exists():
        raise InputError("does not exist", where=str(path), remedy="check the path")
    if is_pipe_or_device(path):
        raise InputError("is neither a file nor a folder", where=str(path), remedy="save what it holds to a file first")
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InputError("has a name that is not UTF-8", where=ascii(str(path)), remedy="rename it") from None


def _names(path: Path) -> list[str]:
    try:
        with open_zip(path) as packed:
            return packed.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError(f"is damaged ({error})", where=str(path), remedy="fetch or export it again") from None


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name.lower(), pattern) for pattern in patterns)
