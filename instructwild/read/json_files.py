"""JSON files: values one a line, an array of rows, one object around a list, columns of lists, objects one after another."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from instructwild.errors import InputError
from instructwild.read.encoding import codec_of, decoded, misencoded
from instructwild.read.json_rows import _messages, rows_within
from instructwild.read.line import LONGEST_LINE, Line
from instructwild.read.unique_keys import DECODER, REPEATED, RepeatedKeyError, noted, objects_within, quick_value
from instructwild.text.quantity import agreeing, quantity

MISENCODED_SHARE = 0.1
CHUNK = 2**20
SPACE = " \t\r\n"


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
            yield Line(number, _parsed(line, codec))
        except UnicodeDecodeError as error:
            undecodable += 1
            yield Line(number, _shown(line), f"not {codec}: {error.reason} at byte {error.start}")
        except (ValueError, RecursionError) as error:
            yield Line(number, _shown(line), f"not JSON: {error}")
    if undecodable > MISENCODED_SHARE * count:
        raise misencoded(name, f"{undecodable} of {quantity(count, 'line')} "
                               f"{agreeing(undecodable, 'is', 'are')} not {codec}", encoding)
    if not count:
        raise _empty(name)


def _whole(head: bytes, handle: IO[bytes], name: str) -> bytes:
    """All of a file that may be JSON, as far as its texts are no longer than a row may be.

    Raises:
        InputError: no text begins or ends for longer than that: zeros, blanks, or one text that unpacks to gigabytes.
    """
    whole, quoted = bytearray(head), 0
    while piece := handle.read(CHUNK):
        if (last := piece.rfind(b'"')) >= 0:
            quoted = len(whole) + last
        whole += piece
        if len(whole) - quoted > LONGEST_LINE:
            raise InputError(f"holds nothing that is a row for more than {LONGEST_LINE >> 20} MiB after byte {quoted:,}",
                             where=name, remedy="check how the file was made, or give JSON lines")
    return bytes(whole)


def _parsed(line: bytes, codec: str) -> Any:
    """The value of a line. What pydantic's parser does not take is left to Python's own.

    Raises:
        UnicodeDecodeError, ValueError, RecursionError: as `json.loads`.
        RepeatedKeyError: an object names a key twice.
    """
    if codec == "utf-8":
        try:
            return quick_value(line)
        except RepeatedKeyError:
            raise
        except ValueError:
            pass
    return DECODER.decode(line.decode(codec))


def json_file(handle: IO[bytes], name: str, encoding: str | None) -> Iterator[Line]:
    """The rows of a `.json` file, whichever of its forms it has.

    Raises:
        InputError: it holds no rows, is in another encoding, or is no JSON from some line on.
    """
    head, codec = codec_of(handle, encoding)
    text = decoded(_whole(head, handle, name), codec, name)
    start = _skip_space(text, 0)
    if start == len(text):
        raise _empty(name)
    if text[start] == "[" and (conversation := _one_conversation(text, start)) is not None:
        yield Line(1, conversation)
        return
    if text[start] == "[":
        yield from _array(text, start, name)
        return
    try:
        first, end = json.JSONDecoder(object_pairs_hook=noted).raw_decode(text, start)
    except (ValueError, RecursionError):
        yield from json_lines(io.BytesIO(text.encode()), name, None)
        return
    if _skip_space(text, end) == len(text) and isinstance(first, Mapping):
        if REPEATED in first:
            raise InputError(first[REPEATED], where=name, remedy="mend the file there: all but the last value would be lost")
        yield from _checked(rows_within(first, name))
    elif "\n" not in text[start:end] and not text.startswith("{", end):
        yield from json_lines(io.BytesIO(text.encode()), name, None)
    else:
        yield from _objects(text, start, name)


def _checked(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, of which one that holds an object with a repeated key cannot be read."""
    for line in lines:
        problem = next((problem for item in objects_within(line.value) if (problem := item.pop(REPEATED, None))), None)
        yield line if problem is None else Line(line.number, line.value, f"not JSON: {problem}")


def _one_conversation(text: str, start: int) -> list[Any] | None:
    """The messages of a file that is one conversation, and no list of rows; None where it is none."""
    try:
        first, _ = DECODER.raw_decode(text, _skip_space(text, start + 1))
        if not isinstance(first, Mapping) or not _messages([first]):
            return None
        items = DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return items if _messages(items) else None


def _array(text: str, start: int, name: str) -> Iterator[Line]:
    line, counted = 1, 0
    at = _skip_space(text, start + 1)
    while at < len(text) and text[at] != "]":
        line += text.count("\n", counted, at)
        counted = at
        value, end, problem = _value(text, at, name, line)
        following = _skip_space(text, end)
        if text[following:following + 1] not in (",", "]"):
            raise _no_json(json.JSONDecodeError("Expecting ',' or ']'", text, following), name)
        yield Line(line, value, problem)
        at = _skip_space(text, following + 1) if text[following] == "," else following
    if at >= len(text):
        raise InputError("ends before its closing ']'", where=name, remedy="fetch the file again: it was cut off")
    if not counted:
        raise _empty(name)
    if (rest := _skip_space(text, at + 1)) < len(text):
        raise InputError(f"goes on after its closing ']' at line {text.count(chr(10), 0, rest) + 1}", where=name,
                         remedy="mend the file there, or give JSON lines")


def _objects(text: str, at: int, name: str) -> Iterator[Line]:
    """Objects one after another, each over several lines, with or without commas between them."""
    line, counted = 1, 0
    while at < len(text):
        line += text.count("\n", counted, at)
        counted = at
        value, end, problem = _value(text, at, name, line)
        yield Line(line, value, problem)
        at = _skip_space(text, end)
        if text[at:at + 1] == ",":
            at = _skip_space(text, at + 1)


def _value(text: str, at: int, name: str, line: int) -> tuple[Any, int, str | None]:
    """The value at a place, where it ends, and why it is no row."""
    try:
        return *DECODER.raw_decode(text, at), None
    except json.JSONDecodeError as error:
        raise _no_json(error, name) from None
    except RecursionError:
        raise InputError(f"is nested too deeply at line {line}", where=name, remedy="mend the file there") from None
    except RepeatedKeyError as error:
        _, end = json.JSONDecoder(parse_int=str).raw_decode(text, at)
        return text[at:end], end, f"not JSON: {error}"
    except ValueError as error:                    # an integer of thousands of digits, which costs its row
        value, end = json.JSONDecoder(parse_int=str).raw_decode(text, at)
        return value, end, f"not JSON: {error}"


def _no_json(error: json.JSONDecodeError, name: str) -> InputError:
    return InputError(f"is not JSON from line {error.lineno}, column {error.colno}: {error.msg}", where=name,
                      remedy="mend the file there, or give JSON lines, where a bad line costs only itself")


def _empty(name: str) -> InputError:
    return InputError("holds no rows", where=name, remedy="check how the file was made")


def _shown(line: bytes) -> str:
    """The beginning of a line that cannot be read, to be looked at."""
    return line[:2000].decode("utf-8", "replace").strip()


def _raw_lines(head: bytes, handle: IO[bytes]) -> Iterator[bytes]:
    """Lines with a bounded memory: what goes on past the longest allowed line is thrown away."""
    rest = tail = handle.readline(LONGEST_LINE + 1 if head and not head.endswith(b"\n") else 0)
    while rest and not rest.endswith(b"\n"):
        rest = handle.readline(LONGEST_LINE)
    buffer = io.BytesIO(head + tail)
    yield from _bounded(buffer)
    yield from _bounded(handle)


def _bounded(handle: IO[bytes]) -> Iterator[bytes]:
    while line := handle.readline(LONGEST_LINE + 1):
        rest = line
        while rest and len(line) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = handle.readline(LONGEST_LINE)
        yield line


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in SPACE:
        at += 1
    return at
