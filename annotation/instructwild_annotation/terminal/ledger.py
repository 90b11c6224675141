"""Finished rankings, each on disk before the next question is asked."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from instructwild.schema import Ranking


@dataclass
class KeptRankings:
    """An append-only file of what one person did: rankings, skips and what was taken back.

    A line that a crash cut short is ignored, and the next one starts on its own line.
    """

    path: Path
    rankings: dict[str, Ranking] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.path.exists():
            return
        raw = self.path.read_bytes()
        for line in raw.split(b"\n"):
            try:
                self._apply(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue
        if raw and not raw.endswith(b"\n"):
            self._append(b"\n")

    @property
    def answered(self) -> int:
        """How many questions were ranked or skipped."""
        return len(self.rankings) + len(self.skipped)

    def rank(self, row: str, ranking: Ranking) -> None:
        """Keep a ranking of the row."""
        self._write({"row": row, "ranking": ranking.model_dump(mode="json")})

    def skip(self, row: str) -> None:
        """Note that the person passed the row over."""
        self._write({"row": row, "skip": True})

    def take_back(self, row: str) -> None:
        """Undo what was last done to the row."""
        self._write({"row": row, "undo": True})

    def _apply(self, entry: dict[str, object]) -> None:
        row = str(entry["row"])
        ranking = Ranking.model_validate(entry["ranking"]) if "ranking" in entry else None
        self.rankings.pop(row, None)
        if row in self.skipped:
            self.skipped.remove(row)
        if ranking is not None:
            self.rankings[row] = ranking
        elif entry.get("skip"):
            self.skipped.append(row)

    def _write(self, entry: dict[str, object]) -> None:
        self._append(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._apply(entry)

    def _append(self, raw: bytes) -> None:
        handle = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            while raw:      # a disk that fills up takes a part first; the rest raises
                raw = raw[os.write(handle, raw):]
            os.fsync(handle)
        finally:
            os.close(handle)
