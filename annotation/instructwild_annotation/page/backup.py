"""A copy of a page's file while it runs, and a copy put back in its place."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from filelock import FileLock, Timeout

from instructwild.errors import InputError, OutputError
from instructwild.stage.atomic import atomic_path
from instructwild_annotation.page.store import Store
from instructwild_annotation.page.tables import VERSION

BESIDE = ("-wal", "-shm")       # what SQLite keeps beside a file that is open


def back_up(store: Store, target: Path) -> None:
    """Copy the file while the page runs. The copy is complete, and appears only when it is.

    Raises:
        OutputError: the target is there already or cannot be written.
    """
    if target.exists():
        raise OutputError("is there already", where=str(target), remedy="choose another file for --backup")
    with store.read() as db, store.writable(target), atomic_path(target) as temporary:
        os.close(os.open(temporary, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(temporary)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")


def restore(home: Path, source: Path) -> Path | None:
    """Put a backup in the place of a page's file; what was there is kept beside it.

    Args:
        home: the page's folder; made where it is not there.
        source: a file that `back_up` made.

    Returns:
        Where the file that was there lies now, or None where there was none.

    Raises:
        InputError: the source is no complete file of a page.
        OutputError: a page is running from the folder, or it cannot be written.
    """
    _check(source)
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(home / "lock", timeout=0):
            path = home / "page.sqlite"
            replaced = _free(home)
            kept = replaced if path.exists() else None
            with atomic_path(path) as temporary:
                os.close(os.open(temporary, os.O_CREAT | os.O_RDWR, 0o600))
                with closing(sqlite3.connect(source)) as copied, closing(sqlite3.connect(temporary)) as copy:
                    copied.backup(copy)
                if kept is not None:
                    _fold(path)
                    os.link(path, replaced)         # so that there is a file at every moment
                for suffix in BESIDE:
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
            return kept
    except Timeout:
        raise OutputError("a page is running from this folder", where=str(home),
                          remedy="stop it with Ctrl-C, then restore") from None
    except (OSError, sqlite3.DatabaseError) as error:
        raise OutputError(f"cannot be written ({getattr(error, 'strerror', None) or error})", where=str(home),
                          remedy="check the folder, its permissions and the free space; nothing was replaced") from None


def _check(source: Path) -> None:
    """Raise unless the source is a whole file of a page, of a version that is understood."""
    try:
        if not source.is_file():
            raise InputError("there is no such file", where=str(source), remedy="give a file that --backup made")
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as db:
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            whole = [row[0] for row in db.execute("PRAGMA integrity_check(1)")]
            version = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise InputError(f"is no file of a page ({error})", where=str(source),
                         remedy="give a file that --backup made") from None
    if not {"people", "records", "work"} <= tables or whole != ["ok"]:
        raise InputError("is no whole file of a page", where=str(source), remedy="give a file that --backup made")
    if version > VERSION:
        raise InputError("was written by a newer version", where=str(source), remedy="upgrade instructwild")


def _fold(path: Path) -> None:
    """Bring what SQLite keeps beside a file into it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _free(home: Path) -> Path:
    stem = time.strftime("page-before-restore-%Y%m%d-%H%M%S")
    names = (f"{stem}{mark}.sqlite" for mark in ("", *(f"-{number}" for number in range(1, 1000))))
    return next(path for path in (home / name for name in names) if not path.exists())
