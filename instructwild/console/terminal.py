"""The terminal: messages and progress on stderr, so that stdout stays for data."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

console = Console(stderr=True, soft_wrap=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """A live progress display with counts, elapsed time and an ETA; plain silence where stderr is no terminal."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                  TimeRemainingColumn(), TextColumn("{task.fields[note]}"), console=console, transient=False,
                  disable=not console.is_terminal) as shown:
        yield shown
