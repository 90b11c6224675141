"""What holds texts packed, by its first bytes, and how much of it may be unpacked."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from instructwild.read.zst import unpacked

NESTED = 256 << 20
"""Bytes of a table, a database or an archive that lies within an archive; larger ones are named as not searched."""
MOST = 4 << 30
"""Bytes that one file may unpack to."""
UNREADABLE = {b"%PDF": "a PDF, whose text is packed", b"7z\xbc\xaf": "a 7z archive", b"Rar!": "a RAR archive",
              b"PARE": "an encrypted Parquet file", b"ORC": "an ORC file", b"Obj\x01": "an Avro file",
              b"\x89HDF": "an HDF5 file", b"\x04\x22\x4d\x18": "an LZ4 archive", b"\x1f\x9d": "a .Z archive",
              b"\x89LZO": "an LZO archive", b"\xff\x06\x00\x00sNaPpY": "a Snappy archive", b"MSCF": "a CAB archive",
              b"\x78\x9c": "a zlib stream", b"\x78\xda": "a zlib stream", b"Salted__": "an encrypted file",
              b"-----BEGIN PGP MESSAGE": "an encrypted message", b"age-encryption.org": "an encrypted file"}


@dataclass
class UnpackBudget:
    """Bytes that may still be unpacked out of one file."""

    left: int = MOST

    def spend(self, count: int) -> None:
        """Count bytes.

        Raises:
            ValueError: it unpacks to more than may be.
        """
        self.left -= count
        if self.left < 0:
            raise ValueError(f"unpacks to more than {MOST >> 30} GiB")


def unreadable(head: bytes) -> str | None:
    """What a file is that nothing here can open, by its first bytes."""
    if head[8:12] == b"DUCK":
        return "a DuckDB database"
    return next((kind for magic, kind in UNREADABLE.items() if head.startswith(magic)), None)


def stream_opener(head: bytes) -> tuple[str, Callable[[Any], IO[bytes]]] | None:
    """What a packed stream is called and what opens it, by its first bytes; None of any other file."""
    if head.startswith(b"\x1f\x8b"):
        return "gz", lambda handle: gzip.GzipFile(fileobj=handle, mode="rb")  # type: ignore[return-value]
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zst", unpacked
    if head.startswith(b"BZh"):
        return "bz2", lambda handle: bz2.BZ2File(handle)  # type: ignore[return-value]
    if head.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return "xz", lambda handle: lzma.LZMAFile(handle)  # type: ignore[return-value]
    return None


def bounded(handle: IO[bytes], budget: UnpackBudget) -> bytes:
    """All bytes of a part that may be unpacked at once."""
    raw = handle.read(NESTED + 1)
    if len(raw) > NESTED:
        raise ValueError(f"larger than {NESTED >> 20} MiB within what holds it")
    budget.spend(len(raw))
    return raw


def seekable(handle: Any, budget: UnpackBudget, depth: int) -> Any:
    """The file itself where it lies on disk, else its bytes."""
    return handle if depth == 0 else io.BytesIO(bounded(handle, budget))
