"""A limit on the time that a chat template may take: Jinja bounds one `range`, and nothing bounds loops within loops."""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from instructwild.errors import InstructwildError

SECONDS = 20.0
"""The longest conversations of real templates take well under a second."""
LOOK = 0.5
BROKEN = (OverflowError, MemoryError, RecursionError)
"""What templates raise beside Jinja's own errors: too large a range, text or depth."""


class TemplateTimeoutError(InstructwildError, ValueError):
    """A chat template took longer than it may."""


class _Interrupted(Exception):
    """What rises in a thread that is past its deadline."""


class _Watch:
    """A thread that ends what runs past its deadline in other threads; it lives only while something runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deadlines: dict[int, float] = {}
        self._running = False

    def begin(self, thread: int, deadline: float) -> None:
        with self._lock:
            self._deadlines[thread] = deadline
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="template-limit", daemon=True).start()

    def end(self, thread: int) -> bool:
        """Whether the thread was not interrupted: no exception is on its way to it any more."""
        with self._lock:
            return self._deadlines.pop(thread, None) is not None

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(LOOK)
            with self._lock:
                now = time.monotonic()
                for thread in [thread for thread, deadline in self._deadlines.items() if deadline < now]:
                    del self._deadlines[thread]
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread),
                                                               ctypes.py_object(_Interrupted))
                idle = 0 if self._deadlines else idle + 1
                if idle > 10:
                    self._running = False
                    return


_WATCH = _Watch()


@contextmanager
def limited_rendering(name: str) -> Iterator[None]:
    """Let what stands within take `SECONDS` at most.

    Only Python code is interrupted, as that of templates is. It must not nest.

    `name` is that of the model, for the message.

    Raises:
        TemplateTimeoutError: it takes longer.
    """
    thread = threading.get_ident()
    _WATCH.begin(thread, time.monotonic() + SECONDS)
    try:
        try:
            yield
        finally:
            if not _WATCH.end(thread):
                time.sleep(LOOK)            # the exception may still be on its way: it rises here, and nowhere else
    except _Interrupted:
        raise TemplateTimeoutError(
            f"the chat template does not write a conversation within {SECONDS:g} seconds: its loops do not end in useful "
            "time", where=name, remedy="give another template: with training by --chat-template FILE, else as "
            "chat_template.jinja of the model's folder") from None
