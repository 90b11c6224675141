"""The files of an export, wherever they lie: alone, in a folder, in a zip, packed as .gz or .zst.

Nothing is unpacked to disk, and JSON is read one element at a time.
"""

import gzip
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal

import ijson

from instructwild.errors import InputError
from instructwild.read.files import json_lines
from instructwild.read.line import Line

HEAD = 4096
Event = tuple[str, str, Any]
DAMAGED = (EOFError, zipfile.BadZipFile, gzip.BadGzipFile)


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
                    handle = stack.enter_context(stack.enter_context(zipfile.ZipFile(handle)).open(self.inside))
                yield _unpacked(handle, self.name, stack)
        except DAMAGED as error:
            raise InputError(f"is damaged ({error})", where=self.where, remedy="fetch or export it again") from None
        except OSError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"cannot be read ({error.strerror or error})", where=self.where,
                             remedy="check its permissions") from None

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.path}!{self.inside}" if self.inside else str(self.path)


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
    if not path.exists():
        raise InputError("does not exist", where=str(path), remedy="check the path")
    if path.is_dir():
        found = [Member(file) for file in sorted(path.rglob("*")) if file.is_file() and _matches(file.name, patterns)]
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            found = [Member(path, name) for name in sorted(packed.namelist())
                     if _matches(PurePosixPath(name).name, patterns)]
    elif path.stat().st_size == 0:
        raise InputError("is empty", where=str(path), remedy="check how the export was made")
    else:
        return [Member(path)]
    if not found:
        raise InputError(f"holds no file named {' or '.join(patterns)}", where=str(path),
                         remedy="give the export's folder, its zip or the file itself; docs/sources.md tells how to get one")
    return found


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name.lower(), pattern) for pattern in patterns)


def json_rows(member: Member, encoding: str | None = None) -> Iterator[tuple[str, Line]]:
    """The rows of a file of JSON lines or of one JSON array, one at a time: where each stands, and what it is.

    A file that one object fills is one row.
    """
    form = _json_form(member)
    if form in ("array", "object"):
        prefix = "item" if form == "array" else ""
        yield from ((f"{member.name}#{n}", Line(n, value)) for n, value in json_items(member, prefix))
        return
    with member.opened() as handle:
        for line in json_lines(handle, member.where, encoding):
            yield f"{member.name}:{line.number}", line


def _json_form(member: Member) -> Literal["array", "object", "lines"]:
    """Whether a file is one JSON array, one object that fills it, or JSON lines, as far as its beginning tells."""
    with member.opened() as handle:
        head = handle.read(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"["):
        return "array"
    first, _, rest = head.partition(b"\n")
    return "object" if len(first) < HEAD and rest.strip() and not rest.lstrip().startswith(b"{") else "lines"


def json_items(member: Member, prefix: str, *, after: bytes = b"",
               watch: Callable[[Iterable[Event]], Iterable[Event]] | None = None) -> Iterator[tuple[int, Any]]:
    """The elements of one array of a JSON file, numbered from 1, one at a time: memory does not grow with the file.

    Args:
        prefix: where the array's elements are, in ijson's words: `messages.item`.
        after: what precedes the JSON: `=` for a script that assigns it.
        watch: sees, and may rename, ijson's events (prefix, event, value) as they pass.

    Raises:
        InputError: it is not JSON.
    """
    with member.opened() as handle:
        try:
            events = ijson.parse(_Tail(handle, after), use_float=True)
            yield from enumerate(ijson.items(watch(events) if watch else events, prefix), start=1)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise InputError(f"is not whole JSON ({str(error).strip().splitlines()[0]})", where=member.where,
                             remedy="export or fetch it again: it may have been cut off") from None


def json_first(member: Member, prefix: str, *, after: bytes = b"") -> Any:
    """The first value under `prefix`, or None."""
    return next((value for _, value in json_items(member, prefix, after=after)), None)


class _Tail:
    """A handle that begins after a byte order mark and after the first `after` within its head."""

    def __init__(self, handle: IO[bytes], after: bytes) -> None:
        head = handle.read(HEAD).removeprefix(b"\xef\xbb\xbf")
        self._head = head.partition(after)[2] if after and after in head else head
        self._handle = handle

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._handle.read(size)
