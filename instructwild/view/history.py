"""What lies behind a row and what became of it, from the stage folders under a root."""

import time
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from instructwild.errors import InputError

if TYPE_CHECKING:
    from instructwild.lineage.graph import Graph

MOST = 50
"""Rows of a kind that the page lists."""
SECONDS = 30.0


class StageHistory:
    """The stages under a root, read again when what was read is some seconds old."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._graph: Graph | None = None
        self._read = 0.0
        self._lock = Lock()

    def of(self, name: str) -> dict[str, Any] | None:
        """Where a row was met, what it was made from and what became of it; None where no stage knows it.

        Raises:
            InputError: a manifest under the root cannot be read.
        """
        from instructwild.lineage.graph import Graph
        from instructwild.lineage.trace import trace

        with self._lock:
            if self._graph is None or time.monotonic() - self._read > SECONDS:
                self._graph, self._read = Graph(self.root), time.monotonic()
            graph = self._graph
            try:
                known = trace(name, str(self.root), graph)
            except InputError as error:
                if error.what.startswith(("nothing here", "holds no finished")):
                    return None
                raise
        traced = asdict(known)
        row = traced["row"] or {}
        return {"seen": row.get("seen", ()), "made_from": row.get("made_from", ())[:MOST],
                "became": row.get("became", ())[:MOST], "became_more": max(0, len(row.get("became", ())) - MOST),
                "used_by": traced["used_by"]}
