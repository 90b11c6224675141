"""A finished stage folder, and what names its content."""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from instructwild.errors import GateError, InputError
from instructwild.stage.frames import DROPPED, upgraded
from instructwild.stage.manifest import (
    FILE_NAME,
    FileRecord,
    Manifest,
    read_manifest,
)

if TYPE_CHECKING:
    import datasets

DATA, DROPPED_FILE, REPORT, MODEL = "data.parquet", "dropped.parquet", "report.html", "model"
WEIGHTS = f"{MODEL}/*.safetensors"
"""What later stages know a model by: its weights, whatever tokenizer files lie beside them."""
SCRATCH = ".work"


@dataclass(frozen=True)
class Stage:
    """A finished stage folder.

    `found` tells that the same run had finished it before.
    """

    path: Path
    manifest: Manifest
    found: bool = False

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

    def dataset(self) -> "datasets.Dataset":
        """The rows that stayed, as a `datasets.Dataset`."""
        from datasets import Dataset

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


UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What polars raises at a damaged file; a panic of its own is no `Exception`."""


def table(path: Path) -> pl.DataFrame:
    """A Parquet file.

    Raises:
        InputError: it is missing, damaged or no Parquet.
    """
    try:
        return pl.read_parquet(path, glob=False)
    except UNREADABLE as error:
        raise InputError(f"cannot be read as Parquet ({str(error).splitlines()[0]})", where=str(path),
                         remedy="check how the file was made") from None


def is_stage(path: str | Path) -> bool:
    """Whether the folder is a finished stage."""
    return (Path(path) / FILE_NAME).is_file()


def load(path: str | Path, *, even_failed: bool = False) -> Stage:
    """A finished stage folder, ready to be read.

    Args:
        even_failed: to be looked at, not to be built on: a failed gate is no obstacle.

    Raises:
        InputError: the folder is not there, is unfinished, or its manifest cannot be read.
        GateError: the stage finished but its gate failed.
    """
    folder = Path(path)
    if not folder.exists():
        raise InputError("does not exist", where=str(folder), remedy="check the path")
    manifest = read_manifest(folder)
    if manifest.gate == "failed" and not even_failed:
        raise GateError(f"the gate of this {manifest.stage} stage failed", where=str(folder),
                        remedy=f"read {folder / REPORT}, mend the cause and run the stage again")
    return Stage(folder, manifest)


def sha256_of(path: Path) -> str:
    """The sha256 of a file, or of a folder's files by name and content."""
    if path.is_dir():
        total = hashlib.sha256()
        for file in sorted(p for p in path.rglob("*") if p.is_file() and SCRATCH not in p.parts):
            total.update(f"{file.relative_to(path).as_posix()}\x00{sha256_of(file)}\n".encode())
        return total.hexdigest()
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def weights_sha256(folder: Path) -> str:
    """One hash over the weight files of a model folder, by name and content; a single file has its own."""
    files = sorted(folder.glob("*.safetensors"))
    if len(files) == 1:
        return _sha256_of_weights(files[0])
    return hashlib.sha256("".join(f"{file.name}\x00{_sha256_of_weights(file)}\n" for file in files).encode()).hexdigest()


def _sha256_of_weights(file: Path) -> str:
    """As `sha256_of`, read once a process while the file stays as it is: a stage asks three or four times, at 1 GB/s."""
    state = file.stat()
    return _sha256_in_state(file.resolve(), state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=256)
def _sha256_in_state(file: Path, size: int, mtime_ns: int, inode: int) -> str:
    return sha256_of(file)


def input_record(path: str | Path, rows: int | None = None) -> FileRecord:
    """How the manifest names an input: a stage folder by its data or model, a plain file or model folder by itself."""
    given = Path(path)
    if not given.exists():
        raise InputError("does not exist", where=str(given), remedy="check the path")
    content = given
    if is_stage(given):
        manifest = load(given).manifest
        content = given / (DATA if (given / DATA).exists() else MODEL)
        rows = manifest.rows.kept if rows is None else rows
    try:
        name = os.fsencode(os.path.relpath(given)).decode("utf-8", "replace")
        return FileRecord(path=name, sha256=sha256_of(content), rows=rows)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(given), remedy="check its permissions") from None
