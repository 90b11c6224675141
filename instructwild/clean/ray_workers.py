"""Worker processes of Ray, on this machine or on a cluster: the same functions over the same items, with the same results.

Nothing is computed otherwise than by `Workers`: items travel to Ray's processes and results come back in their order. A
process that is killed is started again by Ray, and its item computed anew.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Any, Literal

from instructwild.clean.workers import QUEUED, Item, Result, Workers
from instructwild.console.terminal import console
from instructwild.errors import MissingExtraError
from instructwild.text.quantity import quantity

Engine = Literal["local", "ray"]
RETRIES = 5
"""How often an item is given to another process where the first one was killed."""


def workers_of(engine: Engine, count: int = 1) -> Workers:
    """Processes of this program, or of Ray.

    Args:
        engine: whose processes.
        count: how many; 0 stands for one a core. A cluster that is there already uses all that it has.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    return RayWorkers(count) if engine == "ray" else Workers(count)


class RayWorkers(Workers):
    """Tasks of Ray: of the cluster that `RAY_ADDRESS` names, else of processes that are started here and end with this one.

    Args:
        count: how many processes to start here; 0 stands for one a core. A cluster uses all that it has.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    elsewhere = True

    def __init__(self, count: int = 0) -> None:
        super().__init__(count)
        try:
            import ray
        except ImportError:
            raise MissingExtraError.named("ray", "ray") from None

        self._ray: Any = ray
        self._started_here = not ray.is_initialized()
        if self._started_here:
            here = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": self.count, "include_dashboard": False}
            ray.init(logging_level="ERROR", log_to_driver=False, **here)
        self.count = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._started_here:
            self._ray.shutdown()

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The function's result for each item, in their order; items are taken as results are handed out.

        Args:
            function: of a module, or a `functools.partial` of one: it is run in other processes.
            items: what it is called with.
        """
        task = self._ray.remote(max_retries=RETRIES)(_called)
        shared = self._ray.put(function)
        rest = iter(items)
        under_way: deque[tuple[Item, Any]] = deque()
        while True:
            for item in islice(rest, self.count * QUEUED - len(under_way)):
                under_way.append((item, task.remote(shared, item)))
            if not under_way:
                return
            yield self._result(function, *under_way[0])
            under_way.popleft()

    def _result(self, function: Callable[[Item], Result], item: Item, reference: Any) -> Result:
        try:
            result: Result = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except (self._ray.exceptions.WorkerCrashedError, self._ray.exceptions.OutOfMemoryError,
                self._ray.exceptions.ObjectLostError):
            console.print(f"a task was ended from outside {quantity(RETRIES + 1, 'time')} (too little memory?): it is "
                          "computed in this process", markup=False, highlight=False, soft_wrap=True)
            return function(item)
        return result


def _called(function: Callable[[Item], Result], item: Item) -> Result:
    return function(item)
