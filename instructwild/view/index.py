"""The index of a source: facts of every row in Parquet files, made once beside the page and kept in the user's cache.

The first part is made before the page opens, the others by a thread while people look at it: what is there can be searched.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout

from instructwild.errors import InputError, InstructwildError, OutputError
from instructwild.lineage.indexes import index_folder
from instructwild.stage.atomic import atomic_path, write_atomic
from instructwild.view.facts import FACTS, dropped_facts, kept_facts
from instructwild.view.source import RowPart, ViewSource

VERSION = 1
FINISHED, LOCK = "finished.json", "lock"
KEPT_DAYS = 14
"""Days after which an index that nobody opened is taken away."""
GROUP = 16_384
PAUSE = 1.0
"""Seconds before further rows are read: the page that shows the first ones comes first."""


class ViewIndex:
    """The facts of all rows of a source, as far as they are read.

    Attributes:
        source: what it is of.
        folder: where its files lie.
        problem: why it could not be finished; empty where it was, or is being made.
    """

    def __init__(self, source: ViewSource, *, wait: bool = False) -> None:
        """Find a finished index, or make the first part of a new one and go on in a thread.

        Args:
            wait: return when all parts are made.

        Raises:
            InputError: the first rows cannot be read, or there are none.
            OutputError: the index cannot be written.
        """
        self.source, self.problem = source, ""
        self._fingerprint = source.fingerprint()
        self._files: list[Path] = []
        self._counts = [0, 0]
        self._stop, self._lock, self._temporary = threading.Event(), None, False
        self.folder = index_folder() / f"{self._fingerprint}-{VERSION}"
        self._thread: threading.Thread | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _forget_old(self.folder)
            if not self._reopened():
                self._begin(wait=wait)
        except OSError as error:
            if isinstance(error, InstructwildError):
                raise
            raise OutputError(f"cannot be written ({error.strerror})", where=str(self.folder),
                              remedy="set INSTRUCTWILD_CACHE to a folder that can be written") from None
        if wait and self._thread is not None:
            self._thread.join()

    @property
    def rows(self) -> tuple[int, int]:
        """Rows kept and dropped, as far as they are read."""
        return self._counts[0], self._counts[1]

    @property
    def building(self) -> bool:
        """Whether further rows are still being read."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def version(self) -> int:
        """How many parts there are: what was counted before is out of date where this has grown."""
        return len(self._files)

    def current(self) -> bool:
        """Whether the source and the index are still as they were opened."""
        try:
            return self.source.fingerprint() == self._fingerprint and all(path.exists() for path in self._files)
        except OSError:
            return False

    def facts(self) -> pl.LazyFrame:
        """The facts of all rows that are read, in their order."""
        return pl.scan_parquet(self._files, glob=False)

    def whole(self, n: int) -> dict[str, Any] | None:
        """The whole row of that number; a dropped one in the columns of `dropped.parquet`; None where there is none."""
        location = self.facts().filter(pl.col("n") == n).select("part", "pos", "kept").collect()
        if location.is_empty():
            return None
        part, pos, kept = location.row(0)
        return self.source.row(self.folder, part, pos, kept=kept)

    def close(self) -> None:
        """Stop reading, and take an index away that is of this process alone."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._lock is not None:
            self._lock.release()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _reopened(self) -> bool:
        try:
            finished = json.loads((self.folder / FINISHED).read_text(encoding="utf-8"))
            files = [self.folder / name for name in finished["files"]]
            self._counts = [int(count) for count in finished["rows"]]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if not files or not all(path.is_file() for path in files):
            return False
        self._files = files
        with suppress(OSError):
            os.utime(self.folder)
        return True

    def _begin(self, *, wait: bool) -> None:
        lock = FileLock(self.folder / LOCK, timeout=0)
        try:
            lock.acquire()
            self._lock = lock
        except Timeout:     # another process is making it
            self.folder, self._temporary = Path(tempfile.mkdtemp(prefix="own-", dir=self.folder.parent)), True
        for path in self.folder.iterdir():
            if path.suffix == ".parquet":
                path.unlink()
        parts = self.source.parts()
        first = next(parts, None)
        if first is None:
            raise InputError("holds no rows", where=self.source.name, remedy="look at the stage that it was made from")
        self._add(first)
        self._thread = threading.Thread(target=self._rest, args=(parts, 0.0 if wait else PAUSE), name="view index",
                                        daemon=True)
        self._thread.start()

    def _rest(self, parts: Any, pause: float) -> None:
        self._stop.wait(pause)
        try:
            for part in parts:
                if self._stop.is_set():
                    return
                self._add(part)
            write_atomic(self.folder / FINISHED, json.dumps({"files": [path.name for path in self._files],
                                                             "rows": self._counts}))
        except InstructwildError as error:
            self.problem = str(error)
        except (OSError, pl.exceptions.PolarsError) as error:
            self.problem = str(error).splitlines()[0]
        finally:
            if self._lock is not None:
                self._lock.release()

    def _add(self, part: RowPart) -> None:
        number, first = len(self._files), sum(self._counts)
        facts = []
        for name, rows, of in (("rows", part.kept, kept_facts), ("dropped", part.dropped, dropped_facts)):
            if not rows.height:
                continue
            facts.append(of(rows).with_columns(pos=pl.int_range(pl.len(), dtype=pl.UInt32) + (part.offset or 0)))
            if not self.source.in_place:
                _written(self.folder / f"{name}-{number:05d}.parquet", rows)
        if not facts:
            return
        counted = pl.int_range(pl.len(), dtype=pl.UInt32) + first
        frame = pl.concat(facts).with_columns(part=pl.lit(number, pl.UInt32), n=counted)
        path = self.folder / f"facts-{number:05d}.parquet"
        _written(path, frame.select(FACTS.names()).cast(dict(FACTS)))
        self._counts = [self._counts[0] + part.kept.height, self._counts[1] + part.dropped.height]
        self._files = [*self._files, path]


def _written(path: Path, frame: pl.DataFrame) -> None:
    with atomic_path(path) as temporary:
        frame.write_parquet(temporary, row_group_size=GROUP, compression="lz4")


def _forget_old(current: Path) -> None:
    """Take indexes away that nobody opened for long."""
    oldest = time.time() - KEPT_DAYS * 86_400
    for folder in current.parent.iterdir():
        with suppress(OSError):
            if folder != current and folder.is_dir() and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder)
