"""Damage in files of columns: an error that names the file, and nothing of polars' own report on the screen."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from instructwild.errors import InputError
from instructwild.stage.remote import url_of

UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What polars raises at a damaged file; a panic of its own is no `Exception`."""
STDERR = 2
_one_at_a_time = threading.RLock()


@contextmanager
def reading_parquet(path: Path) -> Iterator[None]:
    """A block that reads a Parquet file.

    Raises:
        InputError: it is missing, damaged or no Parquet.
    """
    with panics_held_back():
        try:
            yield
        except UNREADABLE as error:
            why = (str(error).splitlines() or [type(error).__name__])[0][:300]
            if isinstance(error, pl.exceptions.PanicException):
                why = "damaged: what it says of itself does not fit what it holds"
            raise InputError(f"cannot be read as Parquet ({why})", where=url_of(path) or str(path),
                             remedy="check how the file was made") from None


@contextmanager
def panics_held_back() -> Iterator[None]:
    """Keep off the screen what Rust writes to file descriptor 2 when polars panics; what else is written there is shown.

    The panic is raised as an exception as well, and that is what the user is told.
    """
    with _one_at_a_time:
        try:
            sys.stderr.flush()
            before = os.dup(STDERR)
        except (OSError, ValueError, AttributeError):        # no such descriptor, as under some servers
            yield
            return
        with tempfile.TemporaryFile() as written:
            os.dup2(written.fileno(), STDERR)
            try:
                yield
            finally:
                os.dup2(before, STDERR)
                os.close(before)
                written.seek(0)
                text = written.read()
                if text and b"panicked at" not in text:
                    os.write(STDERR, text)
