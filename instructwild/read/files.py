"""What commands read: stage folders and plain files, row by row, each bad row named by file and line.

Plain files are `.jsonl`, `.json`, `.csv`, `.tsv`, `.parquet` and `.xlsx`, the text ones also as `.gz` or `.zst`; a folder of
them, or one that `datasets` saved, is read file by file; all of these may be named by a URL that fsspec knows; `-` is JSON
lines on standard input; a name like `owner/dataset` that is no path is a Hub dataset.
"""

import gzip
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from instructwild.errors import InputError, MissingExtraError
from instructwild.read.excel import excel_sheet
from instructwild.read.json_files import json_file, json_lines
from instructwild.read.line import Line
from instructwild.read.regrouped import regrouped
from instructwild.read.tables import table_rows
from instructwild.read.zips import open_zip
from instructwild.stage.folder import DATA, SCRATCH, parquet_pieces, table
from instructwild.stage.panics import UNREADABLE, panics_held_back, reading_parquet
from instructwild.stage.remote import local_copy, printable
from instructwild.text.quantity import quantity

HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
SPLIT_NAME = re.compile(r"(train|test|validation|valid|val|dev|eval)(?=[-_.])", re.IGNORECASE)
"""How files of a split begin, as the Hub's data sets name them."""
FILE_ENDING = re.compile(r"\.(jsonl|ndjson|json|csv|tsv|parquet|txt|gz|zst|zip)$", re.IGNORECASE)


def lines_of(source: str | Path, encoding: str | None = None) -> Iterator[Line]:
    """The rows of a plain file, of standard input or of a Hub dataset.

    Args:
        source: the path, a URL, `-`, or a Hub id.
        encoding: of text files; by default UTF-8, or what a byte order mark says.

    Raises:
        InputError: the file cannot be read at all: missing, empty, of an unknown kind, damaged or misencoded.
    """
    if str(source) == "-":
        yield from regrouped(json_lines(sys.stdin.buffer, "standard input", encoding))
        return
    path = Path(local_copy(source))
    if not path.exists():
        if _names_a_hub_dataset(str(source)):
            yield from _hub(str(source))
            return
        raise InputError("does not exist", where=printable(source), remedy="check the path")
    if path.is_dir():
        for shard in _shards(path):
            yield from lines_of(shard, encoding)
        return
    reader = _reader(path)
    try:
        if not path.is_file():
            raise InputError("is no regular file", where=printable(path), remedy="give a file, or - for standard input")
        if path.stat().st_size == 0:
            raise InputError("is empty", where=printable(path), remedy="check how the file was made")
        yield from _lines_of_file(path, reader, encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:   # read.zst raises EOFError too
        raise InputError(f"is damaged ({error})", where=printable(path), remedy="fetch or compress the file again") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", where=printable(path),
                         remedy="check its permissions") from None


def _lines_of_file(path: Path, reader: Callable[..., object], encoding: str | None) -> Iterator[Line]:
    if reader is _zipped:
        yield from regrouped(_zipped(path, encoding))
    elif reader in TABLES:
        for number, row in enumerate(_table(path).iter_rows(named=True), start=1):
            yield Line(number, row)
    else:
        with _opened(path) as handle:
            yield from regrouped(TEXT_FILES[_ending(path)](handle, printable(path), encoding))


def _zipped(path: Path, encoding: str | None) -> Iterator[Line]:
    """The rows of the one file in a zip archive.

    Raises:
        InputError: it holds several files of rows, or none that is text, or is damaged.
    """
    try:
        with open_zip(path) as archive:
            members = [member for member in archive.namelist() if Path(member).suffix.lower() in TEXT_FILES
                       and not Path(member).name.startswith((".", "_")) and "__MACOSX" not in member]
            if len(members) != 1:
                raise InputError(f"holds {quantity(len(members), 'file')} of rows as text "
                                 f"({', '.join(members[:5]) or 'none'}), where "
                                 "one is read", where=printable(path), remedy="unpack it, and give its folder or files")
            with archive.open(members[0]) as handle:
                yield from TEXT_FILES[Path(members[0]).suffix.lower()](handle, f"{printable(path)}/{members[0]}", encoding)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"is damaged, or locked by a password ({error})", where=printable(path),
                         remedy="unpack it, and give the file") from None


def files_of(source: str | Path) -> list[str | Path]:
    """The files that a folder of rows consists of, in the order of their names; any other source alone.

    Raises:
        InputError: it is a folder that holds no files of rows, or several kinds.
    """
    local = local_copy(source)
    return [*_shards(Path(local))] if str(source) != "-" and Path(local).is_dir() else [source]


def columns_of(source: str | Path) -> pl.DataFrame | None:
    """All columns of a Parquet, Arrow or Excel file at once; None for every other kind of source, which `lines_of` reads.

    Raises:
        InputError: the file cannot be read as such.
    """
    path = Path(local_copy(source))
    return _table(path) if path.is_file() and path.stat().st_size and _reader(path) in TABLES else None


def pieces_of_columns(source: str | Path, rows: int) -> "Columns | None":
    """The columns of a Parquet, Arrow or Excel file, so many rows at a time; None for every other kind of source.

    A Parquet file is read piece by piece, the others at once.

    Raises:
        InputError: the file cannot be read as such.
    """
    path = Path(local_copy(source))
    if not (path.is_file() and path.stat().st_size and _reader(path) in TABLES):
        return None
    if _reader(path) is _parquet:
        head = next(parquet_pieces(path, 1), None)
        if head is None:
            raise _no_rows(path)
        return Columns(path, head.head(0), pl.scan_parquet(path, glob=False), lambda: parquet_pieces(path, rows))
    whole = _table(path)
    return Columns(path, whole.head(0), whole.lazy(), lambda: whole.iter_slices(rows))


@dataclass(frozen=True)
class Columns:
    """A file of columns that is read piece by piece.

    Attributes:
        path: where it stands.
        head: no rows of it, with all columns.
        lazy: all of its rows, not read yet.
        pieces: gives its rows, in their order.
    """

    path: Path
    head: pl.DataFrame
    lazy: pl.LazyFrame
    pieces: Callable[[], Iterator[pl.DataFrame]]

    def first(self, rows: int) -> pl.DataFrame:
        """So many of its rows.

        Raises:
            InputError: the file is damaged.
        """
        with reading_parquet(self.path):
            return self.lazy.head(rows).collect()

    def labels(self) -> Iterator[pl.Series]:
        """The different values of the column `label`, where there is one."""
        if "label" in self.head.columns:
            with reading_parquet(self.path):
                labels = self.lazy.select("label").unique().collect(engine="streaming")["label"]
            yield labels


def _names_a_hub_dataset(name: str) -> bool:
    """Whether a name that is no path can be a Hub id. A mistyped path is not sent to any server."""
    return bool(HUB_ID.fullmatch(name)) and not FILE_ENDING.search(name) and not Path(name).parent.exists()


def _parquet(path: Path) -> pl.DataFrame:
    return table(path)


def _arrow(path: Path) -> pl.DataFrame:
    """An Arrow file as `datasets` writes it: a stream, or else a file of record batches."""
    for reader in (pl.read_ipc_stream, pl.read_ipc):
        try:
            with panics_held_back():
                return reader(path)
        except UNREADABLE:
            continue
    raise InputError("cannot be read as Arrow", where=printable(path), remedy="check how the file was made")


def _excel(path: Path) -> pl.DataFrame:
    return excel_sheet(path, printable(path))


TextReader = Callable[[IO[bytes], str, str | None], Iterator[Line]]
TEXT_FILES: dict[str, TextReader] = {
    ".jsonl": json_lines, ".ndjson": json_lines, ".json": json_file, ".csv": table_rows, ".tsv": table_rows}
TABLE_FILES: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": _parquet, ".arrow": _arrow, ".feather": _arrow, ".xlsx": _excel}
TABLES = (*TABLE_FILES.values(),)


def _ending(path: Path) -> str:
    kinds = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    return kinds[-1] if kinds else ""


def _reader(path: Path) -> Callable[..., object]:
    known: dict[str, Callable[..., object]] = {**TEXT_FILES, **TABLE_FILES, ".zip": _zipped}
    if _ending(path) not in known:
        raise InputError(f"is of an unknown kind ({path.suffix or 'no ending'})", where=printable(path),
                         remedy=f"give a file that ends in one of {', '.join(known)} (text also .gz, .zst)")
    return known[_ending(path)]


def _shards(folder: Path) -> list[Path]:
    """The files of a folder that hold rows, in the order of their names.

    Raises:
        InputError: it holds none, several splits, or an unfinished stage.
    """
    if (folder / "dataset_dict.json").is_file():
        splits = sorted(path.name for path in folder.iterdir() if path.is_dir())
        if len(splits) == 1:
            return _shards(folder / splits[0])
        raise InputError(f"holds several splits: {', '.join(splits)}", where=printable(folder),
                         remedy=f"name one of them: {printable(folder / splits[0]) if splits else 'its folder'}")
    saved = (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()
    endings = (".arrow",) if saved else (*TEXT_FILES, ".parquet", ".arrow")
    shards = sorted(path for path in folder.iterdir() if path.is_file() and _ending(path) in endings
                    and not path.name.startswith((".", "_")) and not path.name.startswith("dataset_info"))
    inner = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    if not shards and inner and not (folder / SCRATCH).exists():
        raise InputError(f"holds no files of rows, only folders: {', '.join(inner)}", where=printable(folder),
                         remedy=f"name one of them: {printable(folder / inner[0])}")
    if (folder / DATA).exists() and not (folder / SCRATCH).exists():
        raise InputError(f"is a folder without a manifest.json, so no finished stage, and holds a {DATA} as a stage does",
                         where=printable(folder),
                         remedy=f"give the file itself, {printable(folder / DATA)}, or run the stage's command again")
    if not shards or (folder / SCRATCH).exists():
        raise InputError("is a folder without a manifest.json, so no finished stage, and holds no files of rows",
                         where=printable(folder), remedy="give a file, or finish the stage by running its command again")
    kinds = sorted({_ending(path) for path in shards})
    if len(kinds) > 1:
        raise InputError(f"holds files of several kinds: {', '.join(kinds)}", where=printable(folder),
                         remedy="name the files one by one")
    splits = sorted({match.group(1).lower() for path in shards if (match := SPLIT_NAME.match(path.name))})
    if len(splits) > 1:
        raise InputError(f"holds several splits: {', '.join(splits)}", where=printable(folder),
                         remedy=f"name the files of one of them: {printable(shards[0])}")
    return shards


def _opened(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix.lower() == ".zst":
        from instructwild.read.zst import unpacked

        return unpacked(path.open("rb"))
    return path.open("rb")


def _table(path: Path) -> pl.DataFrame:
    frame = TABLE_FILES[_ending(path)](path)
    if frame.is_empty():
        raise _no_rows(path)
    return frame


def _no_rows(path: Path) -> InputError:
    return InputError("holds no rows", where=printable(path), remedy="check how the file was made")


def _hub(name: str) -> Iterator[Line]:
    try:
        import datasets  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise MissingExtraError.named("datasets", error.name or "datasets") from None

    try:
        rows = datasets.load_dataset(name, split="train")
    except Exception as error:  # the Hub client raises many kinds: connection, HTTP, layout, gated access
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"is neither a path nor a Hub dataset that can be read ({reason})", where=name,
                         remedy="check the name, the connection, and HF_TOKEN for a private one") from None
    for number, row in enumerate(rows, start=1):
        yield Line(number, row)
