"""Argilla's background jobs in a thread of the server, on a Redis that lives in its memory.

Jobs that have not run when the server stops are lost; the one that matters, counting complete records, is made up for at
every start.
"""

import logging
import threading

import fakeredis
import redis
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty

SERVER = fakeredis.FakeServer()


def replace_redis() -> None:
    """Make `redis.from_url` give the Redis in memory; before Argilla is imported."""
    redis.from_url = lambda *args, **options: fakeredis.FakeStrictRedis(server=SERVER)


class ThreadWorker(SimpleWorker):
    """A worker that leaves signals to the server, which owns the main thread."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        pass


def start() -> threading.Thread:
    """Work on Argilla's queues until the process ends."""
    from argilla_server.jobs.queues import DEFAULT_QUEUE, HIGH_QUEUE, REDIS_CONNECTION

    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    worker = ThreadWorker([HIGH_QUEUE, DEFAULT_QUEUE], connection=REDIS_CONNECTION)
    thread = threading.Thread(target=worker.work, kwargs={"logging_level": "WARNING"}, name="jobs", daemon=True)
    thread.start()
    return thread
