"""Looking for forgotten text in files of any kind: how each was searched, and what could not be looked into."""

import codecs
import email
import html
import io
import lzma
import re
import sqlite3
import subprocess
import tarfile
import zipfile
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import polars as pl

from instructwild.lineage.databases import connected, decoded, sqlite_rows
from instructwild.lineage.gone import Gone, squeezed, unescaped
from instructwild.lineage.packed import NESTED, UnpackBudget, bounded, seekable, stream_opener, unreadable
from instructwild.lineage.text_codec import CHUNK, codec_of_text
from instructwild.read.zips import open_zip
from instructwild.stage.panics import panics_held_back

DEPTH = 6
WEIGHTS = {".safetensors", ".gguf"}
MAILS = {".eml", ".mbox", ".mht", ".mhtml"}
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, sqlite3.Error,
          NotImplementedError, RuntimeError, RecursionError, pl.exceptions.PolarsError,
          pl.exceptions.PanicException)


@dataclass
class Search:
    """What was found in one file.

    Args:
        holds: whether anything of the forgotten text is in it.
        how: the kinds of content that were looked into: text, gb18030, zip, parquet, sqlite, …
        unsearched: what could not be looked into, and why, by the name of the part.
    """

    holds: bool = False
    how: list[str] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)

    def note(self, how: str) -> None:
        """Remember a kind of content once."""
        if how not in self.how:
            self.how.append(how)


def search(path: Path, what: Gone) -> Search:
    """Look for a text in a file, in everything packed into it, and in every encoding that it may be in."""
    result = Search()
    if path.suffix in WEIGHTS:
        result.note("weights: their names and metadata")
        with path.open("rb") as handle:
            result.holds = _stream(io.BytesIO(handle.read(16 * CHUNK)), what, Search(), UnpackBudget())
        return result
    try:
        with path.open("rb") as handle:
            _look(path.name, handle, what, result, UnpackBudget(), 0)
    except BROKEN as error:
        result.unsearched.append(f"{path.name}: {_reason(error)}")
    return result


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _look(name: str, handle: IO[bytes], what: Gone, result: Search, budget: UnpackBudget, depth: int) -> None:
    """Search one part by what its first bytes say that it is."""
    buffered = handle if isinstance(handle, io.BufferedReader) else io.BufferedReader(handle)  # type: ignore[type-var]
    head = buffered.peek(600)[:600]
    if depth > DEPTH:
        result.unsearched.append(f"{name}: packed more than {DEPTH} times")
        return
    if kind := unreadable(head):
        result.unsearched.append(f"{name}: {kind}")
        return
    if opened := stream_opener(head):
        how, unpack = opened
        result.note(how)
        with unpack(buffered) as inner:
            _look(Path(name).stem, inner, what, result, budget, depth + 1)
    elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        result.note("zip")
        _zip(name, seekable(buffered, budget, depth), what, result, budget, depth)
    elif head[257:262] == b"ustar":
        result.note("tar")
        _tar(name, buffered, what, result, budget, depth)
    elif head.startswith(b"PAR1"):
        result.note("parquet")
        with panics_held_back():
            frame = pl.read_parquet(seekable(buffered, budget, depth))
        result.holds |= any(what.among(row_texts(frame)))
    elif head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        result.note("arrow")
        read = pl.read_ipc if head.startswith(b"ARROW1") else pl.read_ipc_stream
        with panics_held_back():
            frame = read(io.BytesIO(bounded(buffered, budget)))
        result.holds |= any(what.among(row_texts(frame)))
    elif Path(name).suffix.lower() in MAILS:
        result.note("mail")
        _mail(name, bounded(buffered, budget), what, result, budget, depth)
    elif head.startswith(b"SQLite format 3\x00"):
        result.note("sqlite")
        _sqlite(name, buffered, what, result, budget, depth)
    elif Path(name).suffix.lower() in (".html", ".htm", ".svg", ".xml"):
        result.note("page")
        result.holds |= _page(bounded(buffered, budget), what)
    else:
        if head.startswith(PICTURES):
            result.note("picture: its bytes, not what it shows")
        result.holds |= _stream(buffered, what, result, budget)


def _zip(name: str, handle: Any, what: Gone, result: Search, budget: UnpackBudget, depth: int) -> None:
    with open_zip(handle) as archive:
        result.holds |= what.within(archive.comment.decode("utf-8", "replace"))
        for info in archive.infolist():
            if info.is_dir():
                continue
            result.holds |= what.within(info.filename)
            try:
                with archive.open(info) as member:
                    _look(info.filename, member, what, result, budget, depth + 1)
            except BROKEN as error:
                result.unsearched.append(f"{name}/{info.filename}: {_reason(error)}")


def _tar(name: str, handle: Any, what: Gone, result: Search, budget: UnpackBudget, depth: int) -> None:
    with tarfile.open(fileobj=handle, mode="r|") as archive:
        for member in archive:
            result.holds |= what.within(member.name)
            if (inner := archive.extractfile(member)) is not None:
                try:
                    _look(member.name, inner, what, result, budget, depth + 1)
                except BROKEN as error:
                    result.unsearched.append(f"{name}/{member.name}: {_reason(error)}")


def _sqlite(name: str, handle: Any, what: Gone, result: Search, budget: UnpackBudget, depth: int) -> None:
    """The rows of a database, packed values among them, and the pages in which deleted rows may stay."""
    packed: list[bytes] = []
    with closing(_database(handle, budget, depth)) as base:
        for _, values in sqlite_rows(base, packed):
            result.holds |= what.in_value(values)
            while packed:
                _look(f"{name}: packed value", io.BytesIO(packed.pop()), what, result, budget, depth + 1)
    if depth == 0 and not result.holds:
        with Path(handle.name).open("rb") as pages:
            result.holds = _stream(pages, what, Search(), UnpackBudget())


def _mail(name: str, raw: bytes, what: Gone, result: Search, budget: UnpackBudget, depth: int) -> None:
    """The parts of a mail, or of each mail of a box, out of base64 and quoted-printable."""
    result.holds |= _stream(io.BytesIO(raw), what, result, UnpackBudget())
    for text in re.split(rb"(?m)^From \S+ .*\n", raw):
        for part in email.message_from_bytes(text).walk():
            body = part.get_payload(decode=True)
            if isinstance(body, bytes) and body:
                _look(part.get_filename() or f"{name} part", io.BytesIO(body), what, result, budget, depth + 1)


def search_repository(folder: Path, what: Gone) -> Search:
    """Look for a text in everything that a git repository keeps, earlier versions of files included."""
    result = Search(how=["git objects"])
    command = ["git", "--git-dir", str(folder), "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"]
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as git:
            objects = git.stdout
            while objects is not None and not result.holds and (line := objects.readline()):
                name, kind, size = line.split()
                if int(size) > NESTED:
                    raise ValueError(f"object {name.decode()} is larger than {NESTED >> 20} MiB")
                content = objects.read(int(size) + 1)[:-1]
                if kind == b"blob":
                    _blob(f"object {name.decode()}", content, what, result)
                else:
                    result.holds |= what.within(content.decode("utf-8", "replace"))
            if result.holds:
                git.kill()
        if not result.holds and git.returncode:
            raise ValueError("git cannot read it")
    except (OSError, ValueError) as error:
        result.unsearched.append(f"{folder.name}: {_reason(error)}")
    return result


def _blob(name: str, content: bytes, what: Gone, result: Search) -> None:
    try:
        _look(name, io.BytesIO(content), what, result, UnpackBudget(), 1)
    except BROKEN as error:
        result.unsearched.append(f"{name}: {_reason(error)}")


def _database(handle: Any, budget: UnpackBudget, depth: int) -> sqlite3.Connection:
    if depth == 0:
        return connected(Path(handle.name))
    base = sqlite3.connect(":memory:")
    base.deserialize(bounded(handle, budget))
    base.text_factory = decoded
    return base


def row_texts(frame: pl.DataFrame) -> list[str]:
    """Each row as one text."""
    if not frame.columns or frame.is_empty():
        return []
    return [squeezed(text) for text in frame.select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()]


def _stream(handle: IO[bytes], what: Gone, result: Search, budget: UnpackBudget) -> bool:
    """Search text or bytes of any length in constant memory; what lies on the edge of two chunks is found as well."""
    longest = max(map(len, what.patterns), default=0)
    raw = handle.read(CHUNK)
    codec = codec_of_text(raw)
    result.note("text" if codec == "utf-8" else f"text as {codec}")
    decoder = codecs.getincrementaldecoder(codec)("replace")
    mixed = codec != "utf-8"       # binary files hold texts of their own encoding
    before, bytes_before = "", b""
    while raw:
        budget.spend(len(raw))
        text = squeezed(before + decoder.decode(raw))
        if what.within(text) or ("\\u" in text and what.within(squeezed(unescaped(text)))):
            return True
        if mixed and what.within(squeezed((bytes_before + raw).decode("utf-8", "replace"))):
            return True
        before, bytes_before = text[-2 * longest:] if longest else "", raw[-8 * longest:] if longest else b""
        raw = handle.read(CHUNK)
    return False


def _page(raw: bytes, what: Gone) -> bool:
    text = raw.decode(codec_of_text(raw), "replace")
    return what.begun_in(text) or what.begun_in(html.unescape(re.sub(r"<[^>]*>", "", text)))
