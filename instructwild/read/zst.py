"""Zstandard files read as a stream, in which a file that was cut off is told from one that ends; and bytes packed."""

import io
import sys
from typing import IO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1 << 17
SLICE = 1 << 11
"""Packed bytes that are unpacked at once: they make at most 64 MiB, however hard a file was packed."""
WINDOW = {int(zstd.DecompressionParameter.window_log_max): 31}
"""Logarithm of the bytes that a file may look back over, which a reader has to allow: Reddit's dumps are packed with
`--long=31`."""


def packed(raw: bytes) -> bytes:
    """Bytes as one frame."""
    return zstd.compress(raw)


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """The decompressed bytes of a file of one or more frames; closing them closes the file.

    Reading raises EOFError where the file is damaged, or ends in the middle of a frame.
    """
    return io.BufferedReader(_Frames(file), CHUNK)


class _Frames(io.RawIOBase):
    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._frame = file, zstd.ZstdDecompressor(options=WINDOW)
        self._packed, self._packed_at = b"", 0
        self._ready, self._ready_at = b"", 0
        self._inside_frame = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while self._ready_at == len(self._ready):
            if self._packed_at == len(self._packed):
                self._packed, self._packed_at = self._file.read(CHUNK), 0
                if not self._packed:
                    if self._inside_frame:
                        raise EOFError("it ends in the middle of a frame")
                    return 0
            self._decompress(self._packed[self._packed_at:self._packed_at + SLICE])
        count = min(len(buffer), len(self._ready) - self._ready_at)
        buffer[:count] = self._ready[self._ready_at:self._ready_at + count]
        self._ready_at += count
        return count

    def _decompress(self, packed: bytes) -> None:
        try:
            self._ready, self._ready_at = self._frame.decompress(packed), 0
        except zstd.ZstdError as error:
            raise EOFError(str(error)) from None
        self._packed_at += len(packed)
        self._inside_frame = not self._frame.eof
        if self._frame.eof:
            self._packed_at -= len(self._frame.unused_data)
            self._frame = zstd.ZstdDecompressor(options=WINDOW)

    def close(self) -> None:
        self._file.close()
        super().close()
