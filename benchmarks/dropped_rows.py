"""Which of given conversations `clean` drops, for benchmarks of single steps."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

Turn = dict[str, str]
"""A role and a content."""


def talk(*contents: str) -> list[Turn]:
    """Turns of the user and the assistant in turns."""
    return [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(contents)]


def write_lines(path: Path, rows: Sequence[object]) -> None:
    """One JSON value a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def dropped(rows: Sequence[list[Turn]], *options: str | Path) -> set[int]:
    """The numbers of the rows that `clean` with these options drops."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_lines(folder / "rows.jsonl", [{"messages": turns, "number": str(at)} for at, turns in enumerate(rows)])
        command = [sys.executable, "-m", "instructwild", "clean", folder / "rows.jsonl", "--out", folder / "out"]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "PYTHONHASHSEED": "0"})
        lost = pl.read_parquet(folder / "out" / "dropped.parquet")["row"]
        return {int(json.loads(json.loads(row)["extra"])["number"]) for row in lost}
