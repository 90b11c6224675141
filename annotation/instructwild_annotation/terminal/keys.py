"""Single key presses from a terminal, with a time-out."""

import codecs
import os
import select
import signal
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

ENTER, ERASE, ESCAPE, END, RESIZE = "enter", "erase", "escape", "end", "resize"
NAMES = {"\r": ENTER, "\n": ENTER, "\x7f": ERASE, "\b": ERASE, "\x04": END}


class Keys(Protocol):
    """Where key presses come from."""

    def read(self, timeout: float | None) -> str | None:
        """The next key as one lower-case character or a name, or None when none came in `timeout` seconds."""


class TerminalKeys:
    """Key presses of the terminal on standard input."""

    def __init__(self, handle: int, resized: int | None = None) -> None:
        """Read from a terminal's file descriptor, and from `resized`, where a byte stands for a change of its size."""
        self._handle, self._resized = handle, resized
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._waiting = ""

    def read(self, timeout: float | None) -> str | None:
        """The next key; full-width digits of Chinese input methods count as digits, arrows and the like as ESCAPE,
        a change of the window's size as RESIZE.
        """
        while not self._waiting:
            ready = select.select([self._handle, *([] if self._resized is None else [self._resized])], [], [], timeout)[0]
            if not ready:
                return None
            if self._resized in ready:
                os.read(self._resized, 1024)
                return RESIZE
            raw = os.read(self._handle, 1024)
            if not raw:
                return END
            if raw.startswith(b"\x1b"):
                return ESCAPE
            self._waiting = self._decoder.decode(raw)
        key, self._waiting = self._waiting[0], self._waiting[1:]
        return NAMES.get(key) or unicodedata.normalize("NFKC", key).casefold()


def has_terminal() -> bool:
    """Whether a person can be asked: both standard input and standard error are a terminal that gives single keys."""
    try:
        import termios  # noqa: F401
    except ImportError:
        return False
    return sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def terminal_keys() -> Iterator[TerminalKeys]:
    """Key presses without waiting for Enter; the terminal is set back at the end. Ctrl-C still interrupts."""
    import termios
    import tty

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    read, write = os.pipe()
    os.set_blocking(write, False)

    def resized(*signal_and_frame: object) -> None:
        with suppress(BlockingIOError):     # 64 KB of changes wait already
            os.write(write, b"r")

    handler = signal.signal(signal.SIGWINCH, resized)
    try:
        tty.setcbreak(handle, termios.TCSADRAIN)      # keys that were pressed before count too
        yield TerminalKeys(handle, read)
    finally:
        signal.signal(signal.SIGWINCH, handler)
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
        os.close(read)
        os.close(write)
