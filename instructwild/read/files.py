"""What commands read: stage folders and plain files, row by row, each bad row named by file and line.

Plain files are `.jsonl`, `.json`, `.csv`, `.tsv` and `.parquet`, the text ones also as `.gz` or `.zst`; `-` is JSON lines
on standard input; a name like `owner/dataset` that is no path is a Hub dataset.
"""

import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl

from instructwild.errors import InputError
from instructwild.read.encoding import codec_of, decoded, misencoded, streamed
from instructwild.stage.folder import table

LONGEST_LINE = 16 * 2**20
MISENCODED_SHARE = 0.1
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
FILE_ENDING = re.compile(r"\.(jsonl|ndjson|json|csv|tsv|parquet|txt|gz|zst|zip)$", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One row as it was found: its value, or why it has none, and the line it starts on, counted from 1."""

    number: int
    value: Any = None
    problem: str | None = None


def lines_of(source: str | Path, encoding: str | None = None) -> Iterator[Line]:
    """The rows of a plain file, of standard input or of a Hub dataset.

    Args:
        source: the path, `-`, or a Hub id.
        encoding: of text files; by default UTF-8, or what a byte order mark says.

    Raises:
        InputError: the file cannot be read at all: missing, empty, of an unknown kind, damaged or misencoded.
    """
    if str(source) == "-":
        yield from json_lines(sys.stdin.buffer, "standard input", encoding)
        return
    path = Path(source)
    if not path.exists():
        if _names_a_hub_dataset(str(source)):
            yield from _hub(str(source))
            return
        raise InputError("does not exist", where=str(source), remedy="check the path")
    reader = _reader(path)
    try:
        if path.stat().st_size == 0:
            raise InputError("is empty", where=str(path), remedy="check how the file was made")
        if reader is _parquet:
            yield from _parquet(path)
            return
        with _opened(path) as handle:
            yield from reader(handle, str(path), encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:   # stage.zst raises EOFError too
        raise InputError(f"is damaged ({error})", where=str(path), remedy="fetch or compress the file again") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", where=str(path),
                         remedy="check its permissions") from None


def columns_of(source: str | Path) -> pl.DataFrame | None:
    """All columns of a Parquet file at once; None for every other kind of source, which `lines_of` reads.

    Raises:
        InputError: the file cannot be read as Parquet.
    """
    path = Path(source)
    return _table(path) if path.is_file() and path.stat().st_size and _reader(path) is _parquet else None


def _names_a_hub_dataset(name: str) -> bool:
    """Whether a name that is no path can be a Hub id. A mistyped path is not sent to any server."""
    return bool(HUB_ID.fullmatch(name)) and not FILE_ENDING.search(name) and not Path(name).parent.exists()


def _reader(path: Path) -> Callable[..., Iterator[Line]]:
    if path.is_dir():
        raise InputError("is a folder without a manifest.json, so no finished stage", where=str(path),
                         remedy="give a file, or finish the stage by running its command again")
    kinds = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    known: dict[str, Callable[..., Iterator[Line]]] = {
        ".jsonl": json_lines, ".ndjson": json_lines, ".json": _json, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet}
    if not kinds or kinds[-1] not in known:
        raise InputError(f"is of an unknown kind ({path.suffix or 'no ending'})", where=str(path),
                         remedy=f"give a file that ends in one of {', '.join(known)} (also .gz, .zst)")
    return known[kinds[-1]]


def _opened(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix.lower() == ".zst":
        from instructwild.read.zst import unpacked

        return unpacked(path.open("rb"))
    return path.open("rb")


def json_lines(handle: IO[bytes], name: str, encoding: str | None) -> Iterator[Line]:
    """JSON values, one a line, in constant memory; a bad line costs itself.

    Raises:
        InputError: it holds no line, or most lines are in another encoding.
    """
    head, codec = codec_of(handle, encoding)
    if codec.startswith(("utf-16", "utf-32")):
        raw: Iterator[bytes] = (line.encode() for line in io.StringIO(decoded(head + handle.read(), codec, name)))
        codec = "utf-8"
    else:
        raw = _raw_lines(head, handle)
    count = undecodable = 0
    for number, line in enumerate(raw, start=1):
        if not line.strip():
            continue
        count += 1
        if len(line) > LONGEST_LINE:
            yield Line(number, problem=f"the line is longer than {LONGEST_LINE >> 20} MiB")
            continue
        try:
            yield Line(number, json.loads(line.decode(codec)))
        except UnicodeDecodeError as error:
            undecodable += 1
            yield Line(number, _shown(line), f"not {codec}: {error.reason} at byte {error.start}")
        except (ValueError, RecursionError) as error:
            yield Line(number, _shown(line), f"not JSON: {error}")
    if undecodable > MISENCODED_SHARE * count:
        raise misencoded(name, f"{undecodable} of {count} lines are not {codec}", encoding)
    if not count:
        raise InputError("holds no rows", where=name, remedy="check how the file was made")


def _shown(line: bytes) -> str:
    """The beginning of a line that cannot be read, to be looked at."""
    return line[:2000].decode("utf-8", "replace").strip()


def _raw_lines(head: bytes, handle: IO[bytes]) -> Iterator[bytes]:
    """Lines with a bounded memory: what goes on past the longest allowed line is thrown away."""
    buffer = io.BytesIO(head + handle.readline(LONGEST_LINE + 1 if head and not head.endswith(b"\n") else 0))
    yield from _bounded(buffer)
    yield from _bounded(handle)


def _bounded(handle: IO[bytes]) -> Iterator[bytes]:
    while line := handle.readline(LONGEST_LINE + 1):
        rest = line
        while rest and len(line) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = handle.readline(LONGEST_LINE)
        yield line


def _json(handle: IO[bytes], name: str, encoding: str | None) -> Iterator[Line]:
    head, codec = codec_of(handle, encoding)
    text = decoded(head + handle.read(), codec, name)
    start = _skip_space(text, 0)
    if start == len(text):
        raise InputError("holds no rows", where=name, remedy="check how the file was made")
    if text[start] != "[":
        yield from json_lines(io.BytesIO(text.encode()), name, None)
        return
    decoder, line, counted = json.JSONDecoder(), 1, 0
    at = _skip_space(text, start + 1)
    while at < len(text) and text[at] != "]":
        line += text.count("\n", counted, at)
        counted = at
        try:
            value, end = decoder.raw_decode(text, at)
            following = _skip_space(text, end)
            if text[following:following + 1] not in (",", "]"):
                raise json.JSONDecodeError("Expecting ',' or ']'", text, following)
        except json.JSONDecodeError as error:
            raise InputError(f"is not JSON from line {error.lineno}, column {error.colno}: {error.msg}", where=name,
                             remedy="mend the file there, or give JSON lines, where a bad line costs only itself") from None
        except RecursionError:
            raise InputError(f"is nested too deeply at line {line}", where=name, remedy="mend the file there") from None
        yield Line(line, value)
        at = _skip_space(text, following + 1) if text[following] == "," else following
    if at >= len(text):
        raise InputError("ends before its closing ']'", where=name, remedy="fetch the file again: it was cut off")
    if not counted:
        raise InputError("holds no rows", where=name, remedy="check how the file was made")
    if (rest := _skip_space(text, at + 1)) < len(text):
        raise InputError(f"goes on after its closing ']' at line {text.count(chr(10), 0, rest) + 1}", where=name,
                         remedy="mend the file there, or give JSON lines")


def _csv(handle: IO[bytes], name: str, encoding: str | None) -> Iterator[Line]:
    head, codec = codec_of(handle, encoding)
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.DictReader(streamed(head, handle, codec), delimiter="\t" if ".tsv" in name.lower() else ",", strict=True)
    names = _header(reader, name, codec)
    number, count = 2, 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except UnicodeError as error:
            raise _misencoded_after(reader, error, name, codec) from None
        except csv.Error as error:
            yield Line(number, problem=f"not CSV: {error}")
        else:
            bad = None in row or None in row.values()
            yield Line(number, problem=f"expected {len(names)} fields") if bad else Line(number, dict(row))
        count += 1
        number = reader.line_num + 1
    if not count:
        raise InputError("holds no rows", where=name, remedy="check how the file was made")


def _header(reader: "csv.DictReader[str]", name: str, codec: str) -> list[str]:
    try:
        names = list(reader.fieldnames or ())
    except UnicodeError as error:
        raise _misencoded_after(reader, error, name, codec) from None
    except csv.Error as error:
        raise InputError(f"is not CSV in its first line: {error}", where=name, remedy="mend the file there") from None
    if len({*names}) < len(names):
        twice = next(column for column in names if names.count(column) > 1)
        raise InputError(f"names the column {twice!r} more than once", where=name, remedy="rename one of them")
    return names


def _misencoded_after(reader: "csv.DictReader[str]", error: UnicodeError, name: str, codec: str) -> InputError:
    if not isinstance(error, UnicodeDecodeError):          # UTF-16 or UTF-32 without a byte order mark
        return misencoded(name, str(error), codec)
    return misencoded(name, f"byte {error.object[error.start]:#04x} after line {reader.line_num} is not {codec}", codec)


def _parquet(path: Path) -> Iterator[Line]:
    for number, row in enumerate(_table(path).iter_rows(named=True), start=1):
        yield Line(number, row)


def _table(path: Path) -> pl.DataFrame:
    frame = table(path)
    if frame.is_empty():
        raise InputError("holds no rows", where=str(path), remedy="check how the file was made")
    return frame


def _hub(name: str) -> Iterator[Line]:
    import datasets

    try:
        rows = datasets.load_dataset(name, split="train")
    except Exception as error:  # the Hub client raises many kinds: connection, HTTP, layout, gated access
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"is neither a path nor a Hub dataset that can be read ({reason})", where=name,
                         remedy="check the name, the connection, and HF_TOKEN for a private one") from None
    for number, row in enumerate(rows, start=1):
        yield Line(number, row)


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
