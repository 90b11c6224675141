"""Zstandard files read as a stream, in which a file that was cut off is told from one that ends."""

import io
from typing import IO

CHUNK = 1 << 17
WINDOW = 2**31
"""Bytes that a file may look back over, which a reader has to allow: Reddit's dumps are packed with `--long=31`."""


def unpacked(packed: IO[bytes]) -> IO[bytes]:
    """The decompressed bytes of a file of one or more frames; closing them closes the file.

    Reading raises EOFError where the file is damaged, or ends in the middle of a frame.
    """
    return io.BufferedReader(_Frames(packed), CHUNK)


class _Frames(io.RawIOBase):
    def __init__(self, packed: IO[bytes]) -> None:
        import zstandard

        self._error, self._new = zstandard.ZstdError, zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj
        self._file, self._frame = packed, self._new()
        self._given, self._ready, self._at = b"", b"", 0

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        while self._at == len(self._ready):
            given = self._given or self._file.read(CHUNK)
            if not given:
                if self._inside:
                    raise EOFError("it ends in the middle of a frame")
                return 0
            self._decompress(given)
        count = min(len(room), len(self._ready) - self._at)
        room[:count] = self._ready[self._at:self._at + count]
        self._at += count
        return count

    _inside = False

    def _decompress(self, given: bytes) -> None:
        try:
            self._ready, self._at = self._frame.decompress(given), 0
        except self._error as error:
            raise EOFError(str(error)) from None
        self._given, self._inside = b"", not self._frame.eof
        if self._frame.eof:
            self._given, self._frame = self._frame.unused_data, self._new()

    def close(self) -> None:
        self._file.close()
        super().close()
