"""Text as bytes: which encoding it is in, and what to say where it is not."""

import codecs
import io
from typing import IO, Any

from instructwild.errors import InputError

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def codec_of(handle: IO[bytes], encoding: str | None) -> tuple[bytes, str]:
    """The first bytes after any byte order mark, and the codec that reads the file.

    Raises:
        InputError: there is no such encoding.
    """
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise InputError(f"{encoding!r} is no encoding of text", where="--encoding",
                         remedy="try utf-8, gb18030, big5 or utf-16") from None
    head = handle.read(4)
    for mark, codec in BOMS:
        if head.startswith(mark):
            return (head[len(mark):], "utf-8") if mark == codecs.BOM_UTF8 else (head, codec)
    return head, encoding or "utf-8"


def decoded(raw: bytes, codec: str, name: str) -> str:
    """All of a file as text.

    Raises:
        InputError: it is not in that encoding.
    """
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        raise misencoded(name, f"byte {raw[error.start]:#04x} at offset {error.start} is not {codec}", codec) from None


def streamed(head: bytes, handle: IO[bytes], codec: str) -> IO[str]:
    """A file as text that is decoded as it is read, ends of lines as they are; `head` has been read from it already."""
    return io.TextIOWrapper(io.BufferedReader(_Begun(head, handle)), codec, newline="")


def misencoded(name: str, problem: str, encoding: str | None) -> InputError:
    """What to say of a file that is not in the encoding it was read with; `problem` is what was seen."""
    return InputError(f"is not in the encoding it was read with: {problem}", where=name,
                      remedy="name the right one: --encoding gb18030 for Chinese text, big5 for traditional Chinese, cp1252 "
                             "for what Excel and Windows write in Western Europe, cp1251 for Cyrillic, shift_jis for "
                             "Japanese, or utf-16"
                      if encoding in (None, "utf-8") else "name another --encoding")


class _Begun(io.RawIOBase):
    """A handle of which some bytes have been read already, from its beginning."""

    def __init__(self, head: bytes, handle: IO[bytes]) -> None:
        self._head, self._handle = head, handle

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head[:len(buffer)] or self._handle.read(len(buffer))
        self._head = self._head[len(buffer):]
        buffer[:len(data)] = data
        return len(data)
