"""Worker processes on one machine: the same function over many items, results in the order of the items.

The processes are started anew (no fork: polars and numba run threads), once, when the first item comes. They end with
their parent however it ends. A function and its items travel between the processes of this program only.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, TypeVar

from instructwild.console.terminal import console

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")
QUEUED = 2
"""Items per worker that are under way or wait at once: memory is bounded by these, not by the number of all."""


class Workers:
    """So many processes, or with one the process itself.

    Args:
        count: how many; 0 stands for one a core.

    Attributes:
        elsewhere: all work is done in other processes, even where there is one.
    """

    elsewhere: ClassVar[bool] = False

    def __init__(self, count: int = 1) -> None:
        self.count = count or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            workers = list((pool._processes or {}).values())    # Python 3.14 has `terminate_workers`
            pool.shutdown(wait=kind is None, cancel_futures=True)
            for worker in workers if kind is not None else ():  # or the program would wait for what they compute
                worker.terminate()

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The function's result for each item, in their order; items are taken as results are handed out.

        Where a worker is killed (by the system, for memory), its item and the following ones are computed in this process.

        Args:
            function: of a module, or a `functools.partial` of one: it is run in other processes.
            items: what it is called with.
        """
        if self.count == 1:
            yield from map(function, items)
            return
        from concurrent.futures.process import BrokenProcessPool

        rest = iter(items)
        under_way: deque[tuple[Item, Future[Result]]] = deque()
        try:
            while True:
                for item in islice(rest, self.count * QUEUED - len(under_way)):
                    under_way.append((item, self._started().submit(function, item)))
                if not under_way:
                    return
                yield under_way[0][1].result()
                under_way.popleft()
        except BrokenProcessPool:
            console.print("a worker process was ended from outside (too little memory?): going on in this process",
                          markup=False, highlight=False, soft_wrap=True)
            self._pool, self.count = None, 1
        yield from map(function, (item for item, _ in under_way))
        yield from map(function, rest)

    def _started(self) -> "ProcessPoolExecutor":
        if self._pool is None:
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"), _prepare)
        return self._pool


def _prepare() -> None:
    """In a worker: leave Ctrl-C to the parent, and end where the parent is gone."""
    import multiprocessing
    import signal
    from multiprocessing.connection import wait
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end_with_parent() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    Thread(target=end_with_parent, name="parent", daemon=True).start()
