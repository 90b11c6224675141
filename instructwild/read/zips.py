"""Zip archives, opened once it is known that the list of what they hold is of a bearable length."""

import struct
import zipfile
from pathlib import Path
from typing import IO

MOST_LISTING = 32 * 2**20
"""Bytes of the list; each file in it takes 46 and its name there, and some 450 in memory."""
END, END_64 = b"PK\x05\x06", b"PK\x06\x06"
LONGEST_END = 2**16 + 256
"""How far from its end an archive says where its list is: a comment of 64 KiB may follow (APPNOTE 4.3.16)."""


def open_zip(source: Path | IO[bytes]) -> zipfile.ZipFile:
    """An archive to be read.

    Raises:
        BadZipFile: it is none, or its list of files is too long to be held.
        OSError: it cannot be read.
    """
    if isinstance(source, Path):
        with source.open("rb") as handle:
            _check(handle)
    else:
        _check(source)
    return zipfile.ZipFile(source)


def _check(handle: IO[bytes]) -> None:
    handle.seek(0, 2)
    length = handle.tell()
    handle.seek(max(0, length - LONGEST_END))
    tail = handle.read()
    handle.seek(0)
    sizes = []
    if (at := tail.rfind(END)) >= 0 and len(tail) >= at + 16:
        sizes.append(struct.unpack_from("<I", tail, at + 12)[0])
    if (at := tail.rfind(END_64)) >= 0 and len(tail) >= at + 48:
        sizes = [struct.unpack_from("<Q", tail, at + 40)[0]]
    if sizes and min(sizes[-1], length) > MOST_LISTING:
        raise zipfile.BadZipFile(f"its list of files is {min(sizes[-1], length) >> 20} MiB long")
