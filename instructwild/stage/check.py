"""Whether a stage's files are still those that its manifest names; where nothing changed, by their sizes and times."""

import os
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from instructwild.errors import InputError
from instructwild.stage.content import is_pipe_or_device, sha256_of, size_of
from instructwild.stage.manifest import FILE_NAME, FileRecord, Manifest

DATA = "data.parquet"


def altered(folder: Path, manifest: Manifest, *, complete: bool = False) -> str | None:
    """Which file is no longer what the manifest says, with both hashes; None where all are.

    Pages for people and patterns of several files are left out, as is a file that is gone, unless all have to be there
    (`complete`, where the stage is taken for finished): whoever else needs it says so. A file
    that was neither changed nor moved after the manifest was written, and has the size that it names, is not read. Where all
    files had to be read (a copied folder), the manifest's time is set to now, and the next look is a quick one.
    """
    noted, read = (folder / FILE_NAME).stat().st_mtime_ns, False
    if (folder / DATA).exists() and not any(fnmatch(DATA, record.path) for record in manifest.outputs):
        return f"{DATA} is not named in its manifest"
    for record in manifest.outputs:
        path = folder / record.path
        if record.path.endswith(".html") or "*" in record.path:
            continue
        if Path(record.path).is_absolute() or ".." in Path(record.path).parts:
            return f"{record.path} is named in its manifest and lies outside the folder"
        if is_pipe_or_device(path):
            return f"{record.path} is a pipe or a device now"
        if not path.exists():
            if complete:
                return f"{record.path} is gone since the stage finished"
            continue
        if _untouched(path, record, noted):
            continue
        if (now := sha256_of(path)) != record.sha256:
            return f"{record.path} was altered after the stage finished: sha256 {now} now, {record.sha256} in its manifest"
        read = True
    if read:
        with suppress(OSError):
            os.utime(folder / FILE_NAME)
    return None


def check_unaltered(folder: Path, manifest: Manifest) -> None:
    """Refuse a stage whose files are no longer those that its manifest names.

    Raises:
        InputError: one was altered; the message names it and both hashes.
    """
    if (what := altered(folder, manifest)) is not None:
        name = what.partition(" ")[0]
        raise InputError(what, where=str(folder), remedy=f"make the stage again with its command and --force; where the "
                                                         f"change is meant, give {folder / name} itself instead")


def _untouched(path: Path, record: FileRecord, noted: int) -> bool:
    """Whether a file, or all of a folder, was last touched before the manifest was written and has its size."""
    if record.size is None or size_of(path) != record.size:
        return False
    paths = [path, *path.rglob("*")] if path.is_dir() else [path]
    return all(max(status.st_mtime_ns, status.st_ctime_ns) <= noted for status in (item.stat() for item in paths))
