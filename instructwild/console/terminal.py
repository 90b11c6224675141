"""The terminal: messages and progress on stderr, so that stdout stays for data."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Item = TypeVar("Item")

console = Console(stderr=True, soft_wrap=True)


LEAST_FOR_ETA = 10
"""Of fewer items no ETA is shown: they are seldom alike."""
LINE_SECONDS = 30.0
"""Seconds between two lines on work under way, where no progress can be drawn."""
_under_way: Progress | None = None


@contextmanager
def progress() -> Iterator[Progress]:
    """A live progress display with counts, elapsed time and an ETA; where stderr is no terminal, a line every 30 seconds.

    A task's field `note` stands at the end of its line; `before` is what an interrupted run had completed, of which no speed
    can be told. Inside another one it is that one: there is one display at a time.
    """
    global _under_way
    if _under_way is not None:
        yield _under_way
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                  TimeRemainingColumn(), TextColumn("{task.fields[note]}"), console=console, transient=False,
                  disable=not console.is_terminal) as shown, heartbeat(lambda: state_of(shown)):
        _under_way = shown
        try:
            yield shown
        finally:
            _under_way = None


def tracked(items: Collection[Item], what: str) -> Iterator[Item]:
    """The items one after the other, with progress: `what` they are, in the plural."""
    with progress() as shown:
        task = shown.add_task(what, total=len(items), note="")
        for item in items:
            yield item
            shown.advance(task)


@contextmanager
def heartbeat(state: Callable[[], Iterable[str]], seconds: float | None = None) -> Iterator[None]:
    """Print what `state` gives every so many seconds (`LINE_SECONDS`), where the console is no terminal."""
    done, pause = threading.Event(), LINE_SECONDS if seconds is None else seconds

    def beat() -> None:
        while not done.wait(pause):
            for line in state():
                console.print(line, highlight=False, markup=False)

    if console.is_terminal or console.quiet:
        yield
        return
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def state_of(shown: Progress) -> list[str]:
    """A line for each task under way: what, how far, how long it will still take by what was measured, and its note."""
    return [_line(task) for task in shown.tasks if not task.finished]


def _line(task: Task) -> str:
    total = "" if task.total is None else f" of {task.total:,.0f}"
    elapsed, measured = task.elapsed or 0.0, task.completed - task.fields.get("before", 0)
    if task.total and task.total >= LEAST_FOR_ETA and measured > 0 and elapsed:
        time = f", about {_duration(elapsed * (task.total - task.completed) / measured)} to go"
    else:
        time = f", {_duration(elapsed)} so far"
    note = str(task.fields.get("note") or "")
    return f"{task.description}: {task.completed:,.0f}{total}{time}" + (f"; {note}" if note else "")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
