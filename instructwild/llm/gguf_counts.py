"""What a GGUF file says that it holds, checked against its length before a reader believes it.

The `gguf` package loops over as many keys, tensors and array items as the header names, present or not.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ITEMS = 4_000_000
"""Items that all arrays together may hold: the largest vocabularies and their merges come to about one million."""
DEPTH = 4
WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Type of a value -> its bytes; 8 is a string, 9 an array (the GGUF specification, `gguf_metadata_value_type`)."""
STRING, ARRAY = 8, 9
LEAST_KEY, LEAST_TENSOR = 13, 24
"""Bytes that a key with its value, and what the header says of a tensor, take at least."""


@dataclass
class _Header:
    """A GGUF header as it is walked through."""

    file: BinaryIO
    length: int
    order: str = "<"
    items: int = 0

    def number(self, form: str) -> int:
        """The next number, in the form that `struct` names."""
        raw = self.file.read(struct.calcsize(form))
        return int(struct.unpack(self.order + form, raw)[0])

    def skip(self, count: int) -> None:
        """Pass over bytes.

        Raises:
            ValueError: the file has not so many.
        """
        if count > self.length - self.file.tell():
            raise ValueError("it says that it holds more than the file has")
        self.file.seek(count, 1)

    def value(self, kind: int, depth: int = 0) -> None:
        """Pass over a value."""
        if kind == STRING:
            self.skip(self.number("Q"))
        elif kind == ARRAY and depth < DEPTH:
            inner, count = self.number("I"), self.number("Q")
            self.items += count
            if self.items > ITEMS:
                raise ValueError(f"its arrays hold more than {ITEMS:,} items")
            if inner in WIDTHS:
                self.skip(count * WIDTHS[inner])
            else:
                for _ in range(count):
                    self.value(inner, depth + 1)
        elif kind in WIDTHS:
            self.skip(WIDTHS[kind])
        else:
            raise ValueError(f"a value of type {kind}")


def check_counts(path: Path) -> None:
    """Whether the counts in the header fit the file.

    Raises:
        ValueError: they do not.
        struct.error: the file ends within its header.
    """
    with path.open("rb") as file:
        header = _Header(file, path.stat().st_size)
        file.seek(4)
        version = header.number("I")
        if not version & 0xFFFF:
            header.order, version = ">", version >> 24
        if version not in (2, 3):
            raise ValueError(f"version {version} of the format")
        tensors, keys = header.number("Q"), header.number("Q")
        if keys * LEAST_KEY + tensors * LEAST_TENSOR > header.length:
            raise ValueError("it says that it holds more than the file has")
        for _ in range(keys):
            header.value(STRING)
            header.value(header.number("I"))
