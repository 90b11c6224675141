"""A finished stage folder, and what names its content."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from instructwild.errors import GateError, InputError, MissingExtraError
from instructwild.stage.check import DATA, check_unaltered
from instructwild.stage.content import SCRATCH, sha256_of, size_of, weights_sha256
from instructwild.stage.frames import DROPPED, upgraded
from instructwild.stage.manifest import (
    FILE_NAME,
    FileRecord,
    Manifest,
    ReadAs,
    read_manifest,
)
from instructwild.stage.panics import reading_parquet
from instructwild.stage.remote import as_url, local_copy, public

if TYPE_CHECKING:
    import datasets  # type: ignore[import-untyped]

DROPPED_FILE, REPORT, MODEL = "dropped.parquet", "report.html", "model"
JUDGEMENTS = "judgements.parquet"
"""Every reading of a model that judges rows or candidates: what it said, and what that cost."""
WEIGHTS = f"{MODEL}/*.safetensors"
"""What later stages know a model by: its weights, whatever tokenizer files lie beside them."""
__all__ = ["DATA", "DROPPED_FILE", "JUDGEMENTS", "MODEL", "REPORT", "SCRATCH", "WEIGHTS", "Stage", "input_record",
           "is_stage", "load", "parquet_pieces", "part_name", "part_records", "sha256_of", "table", "weights_sha256"]


@dataclass(frozen=True)
class Stage:
    """A finished stage folder.

    `existed` tells that the same run had finished it before, `url` where it was uploaded to.
    """

    path: Path
    manifest: Manifest
    existed: bool = False
    url: str | None = None

    def frame(self) -> pl.DataFrame:
        """The rows that stayed, as a polars frame.

        Raises:
            InputError: the stage made a model, not rows; or its rows cannot be read.
        """
        path = self.path / DATA
        if not path.exists() and (self.path / MODEL).is_dir():
            raise InputError(f"is a {self.manifest.stage} stage: it holds a model and no rows", where=str(self.path),
                             remedy="give a stage of rows: collect, expand, clean, respond, annotate or convert")
        return upgraded(table(path))

    def pieces(self, rows: int) -> Iterator[pl.DataFrame]:
        """The rows that stayed, at most so many at a time.

        Raises:
            InputError: as `frame`.
        """
        path = self.path / DATA
        return map(upgraded, parquet_pieces(path, rows)) if path.exists() else iter([self.frame()])

    def dataset(self) -> "datasets.Dataset":
        """The rows that stayed, as a `datasets.Dataset`.

        Raises:
            MissingExtraError: `datasets` is not installed.
        """
        try:
            from datasets import Dataset
        except ModuleNotFoundError as error:
            raise MissingExtraError.named("datasets", error.name or "datasets") from None

        return Dataset.from_polars(self.frame())

    def dropped(self) -> pl.DataFrame:
        """The rows that left, each with its step, reason and evidence."""
        path = self.path / DROPPED_FILE
        return table(path) if path.exists() else pl.DataFrame(schema=DROPPED)

    @property
    def model(self) -> Path:
        """The folder of the model that the stage made.

        Raises:
            InputError: the stage made rows, not a model.
        """
        path = self.path / MODEL
        if not path.is_dir():
            raise InputError(f"is a {self.manifest.stage} stage and holds no model", where=str(self.path),
                             remedy="give the folder of a train or export stage")
        return path


def table(path: Path) -> pl.DataFrame:
    """A Parquet file.

    Raises:
        InputError: it is missing, damaged or no Parquet.
    """
    with reading_parquet(path):
        return pl.read_parquet(path, glob=False)


def parquet_pieces(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """A Parquet file, or a folder of several, at most so many rows at a time, in their order.

    Raises:
        InputError: it is missing, damaged or no Parquet.
    """
    for file in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
        with reading_parquet(file):
            lazy = pl.scan_parquet(file, glob=False)
            height = int(lazy.select(pl.len()).collect().item())
        for begin in range(0, height, rows):
            with reading_parquet(file):
                piece = lazy.slice(begin, rows).collect()
            yield piece


def part_name(number: int, count: int) -> str:
    """The name of one of so many files of rows, as the Hub names them."""
    return f"part-{number:05d}-of-{count:05d}.parquet"


def part_records(folder: Path) -> list[FileRecord]:
    """The files of rows of a stage that has several, each by its content."""
    return [FileRecord(path=path.relative_to(folder).as_posix(), sha256=sha256_of(path), size=size_of(path),
                       rows=int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()))
            for path in sorted((folder / DATA).glob("*.parquet"))]


def is_stage(path: str | Path) -> bool:
    """Whether the folder, or what is at the URL, is a finished stage."""
    return (Path(local_copy(path)) / FILE_NAME).is_file()


def load(path: str | Path, *, even_failed: bool = False) -> Stage:
    """A finished stage folder, ready to be read; of one that is named by a URL, a local copy.

    Args:
        even_failed: to be looked at, not to be built on: neither a failed gate nor a file that was altered is an obstacle.

    Raises:
        InputError: the folder is not there, is unfinished, its manifest cannot be read, or one of its files was altered.
        GateError: the stage finished but its gate failed.
    """
    folder = Path(local_copy(path))
    if not folder.exists():
        raise InputError("does not exist", where=str(folder), remedy="check the path")
    manifest = read_manifest(folder)
    if manifest.gate == "failed" and not even_failed:
        raise GateError(f"the gate of this {manifest.stage} stage failed", where=str(folder),
                        remedy=f"read {folder / REPORT}, mend the cause and run the stage again")
    if not even_failed:
        check_unaltered(folder, manifest)
    return Stage(folder, manifest)


def input_record(path: str | Path, rows: int | None = None, read_as: ReadAs | None = None) -> FileRecord:
    """How the manifest names an input: a stage folder by its data or model, a plain file or model folder by itself.

    Args:
        path: the input.
        rows: how many it holds; of a stage known by itself.
        read_as: what a plain file was understood as.

    Raises:
        InputError: it is not there, or cannot be read.
        GateError: it is a stage whose gate failed.
    """
    source = Path(local_copy(path))
    if not source.exists():
        raise InputError("does not exist", where=str(source), remedy="check the path")
    url = as_url(path)
    name = os.fsencode(os.path.relpath(source)).decode("utf-8", "replace") if url is None else public(url)
    if is_stage(source):
        manifest = load(source).manifest
        made = DATA if (source / DATA).exists() else MODEL
        known = next((record.sha256 for record in manifest.outputs if record.path == made), None)
        if known is not None:                            # `load` has seen that it is still what the manifest says
            return FileRecord(path=name, sha256=known, rows=manifest.rows.kept if rows is None else rows)
        source = source / made
    try:
        return FileRecord(path=name, sha256=sha256_of(source), rows=rows, read_as=read_as)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(source), remedy="check its permissions") from None
