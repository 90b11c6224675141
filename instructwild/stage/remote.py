"""Object stores and other file systems behind a URL, as fsspec knows them: `s3://`, `hf://`, `gs://`, `https://`, `memory://`.

What is read is fetched once a process into a temporary folder and then read as any file is; its name stays the URL. A stage
that is written is made in a local folder and uploaded when it is finished, its manifest last. What an interrupted run left
stays in the user's cache, where the same command goes on with it.
"""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from instructwild.errors import InputError, MissingExtraError, OutputError
from instructwild.stage.cache import cache_dir
from instructwild.stage.content import SCRATCH
from instructwild.stage.manifest import FILE_NAME

URL = re.compile(r"[a-z][a-z0-9+.:-]*://", re.IGNORECASE)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
"""Of two letters or more: one is a drive."""
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "adl": "adlfs",
            "hf": "huggingface_hub", "http": "aiohttp", "https": "aiohttp", "ssh": "paramiko", "sftp": "paramiko"}


def as_url(source: object) -> str | None:
    """The URL that an input or output is named by; None for a local one. A `Path` has lost one of its slashes."""
    if isinstance(source, Path):
        scheme, *rest = source.parts or ("",)
        if not SCHEME.fullmatch(scheme) or source.exists():
            return None
        return f"{scheme}//{'/' if scheme.lower() == 'file:' else ''}{'/'.join(rest)}"
    return source if isinstance(source, str) and URL.match(source) else None


def is_url(source: object) -> bool:
    """Whether an input or output is named by a URL."""
    return as_url(source) is not None


def public(url: str) -> str:
    """A URL without user, password, query and fragment, which may be secrets."""
    scheme, _, rest = url.partition("://")
    rest = rest.partition("?")[0].partition("#")[0]
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


_FETCHED: dict[Path, str] = {}
"""Local copy -> the URL that it was fetched from, as it may be shown."""


def url_of(path: Path) -> str | None:
    """What a local copy, or a file in one, is a copy of; None for any other path."""
    for local, url in _FETCHED.items():
        if path == local or local in path.parents:
            return "/".join([url.rstrip("/"), *path.relative_to(local).parts])
    return None


@lru_cache(maxsize=256)
def fetched(url: str) -> Path:
    """A local copy of a file, or of a folder with all its files, until this process ends.

    Raises:
        MissingExtraError: the package of that file system is not installed.
        InputError: there is nothing at the URL, or it cannot be read.
    """
    store, path = _store(url)
    name = PurePosixPath(path.rstrip("/")).name or "root"
    target = Path(tempfile.mkdtemp(prefix="instructwild-"))
    atexit.register(shutil.rmtree, target, ignore_errors=True)
    local = target / name
    _FETCHED[local] = public(url)
    try:
        if store.isfile(path):
            store.get_file(path, str(local))
            return local
        listed = sorted(store.find(path))
        for file in listed:
            inner = PurePosixPath(file.lstrip("/")).relative_to(PurePosixPath(path.strip("/")))
            to = local / inner
            to.parent.mkdir(parents=True, exist_ok=True)
            store.get_file(file, str(to))
    except Exception as error:  # each file system raises its own kinds: access, connection, quota
        raise InputError(f"cannot be read ({_reason(error)})", where=public(url),
                         remedy="check the address, the connection and the credentials in the environment") from None
    if not listed:
        raise InputError("does not exist", where=public(url), remedy="check the address")
    return local


def local_copy(source: str | Path) -> str | Path:
    """An input as it is, or the local copy of one that is named by a URL."""
    url = as_url(source)
    return source if url is None else fetched(url)


@contextmanager
def uploading(url: str, *, force: bool = False) -> Iterator[Path]:
    """A local folder for a stage that is uploaded to the URL when the block ends well, the manifest last.

    The folder holds the manifest that is there already, so that the same work is not done twice and another's is not
    replaced without `force`. It stays where the block fails: the same command goes on there.

    Raises:
        MissingExtraError: the package of that file system is not installed.
        OutputError: it cannot be read or written.
    """
    store, path = _store(url)
    path = path.rstrip("/")
    folder = cache_dir() / "uploads" / sha256(public(url).encode()).hexdigest()[:16] / (PurePosixPath(path).name or "stage")
    manifest = f"{path}/{FILE_NAME}"
    try:
        before = store.cat_file(manifest) if store.exists(manifest) else None
        if before is None and store.exists(path) and store.find(path):
            raise OutputError("holds files that are no finished stage", where=public(url), remedy="choose another --out")
    except OutputError:
        raise
    except Exception as error:
        raise _unwritten(error, url) from None
    _FETCHED[folder] = public(url)
    if before is not None and not (force and (folder / SCRATCH).exists()):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).write_bytes(before)
    try:
        yield folder
    except BaseException:
        _forget(folder, before)
        raise
    if not (folder / FILE_NAME).exists() or (folder / FILE_NAME).read_bytes() == before:
        _forget(folder, before)
        return
    _upload(store, folder, path, url, replacing=before is not None)
    fetched.cache_clear()
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)


def _upload(store: Any, folder: Path, path: str, url: str, *, replacing: bool) -> None:
    try:
        if replacing:
            store.rm(path, recursive=True)
        for file in sorted((file for file in folder.rglob("*") if file.is_file()), key=lambda file: file.name == FILE_NAME):
            to = f"{path}/{file.relative_to(folder).as_posix()}"
            store.makedirs(to.rpartition("/")[0], exist_ok=True)
            store.put_file(str(file), to)
    except Exception as error:
        raise _unwritten(error, url) from None


def _forget(folder: Path, before: bytes | None) -> None:
    """Take away the manifest that came from the store, and the folder where nothing else is in it."""
    if before is not None and (folder / FILE_NAME).exists() and (folder / FILE_NAME).read_bytes() == before:
        (folder / FILE_NAME).unlink()
    if not (folder / SCRATCH).exists() and not (folder / FILE_NAME).exists():
        shutil.rmtree(folder.parent, ignore_errors=True)


def _store(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path there."""
    import fsspec  # type: ignore[import-untyped]

    protocol = urlsplit(url).scheme.lower()
    try:
        return fsspec.core.url_to_fs(url)  # type: ignore[no-any-return]
    except ImportError:
        package = PACKAGES.get(protocol, "the fsspec package of that store")
        raise MissingExtraError(f"{protocol}:// needs {package}, which is not installed", where=public(url),
                                remedy=f"pip install {package}") from None
    except Exception as error:
        unknown = f"{protocol}:// is no file system that fsspec knows" if isinstance(error, ValueError) else _reason(error)
        raise InputError(unknown, where=public(url), remedy="check the address, such as s3://bucket/folder") from None


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__


def _unwritten(error: Exception, url: str) -> OutputError:
    return OutputError(f"cannot be written ({_reason(error)})", where=public(url),
                       remedy="check the address, the connection and the credentials in the environment")


def printable(source: str | Path) -> str:
    """A path or URL as text that any file can hold, whatever bytes its name has; without what may be secret."""
    if (url := as_url(source)) is not None:
        return public(url)
    if (url := url_of(Path(source))) is not None:
        return url
    return os.fsencode(source).decode("utf-8", "replace")
