"""The Hub's side: what is there already, what would change, and the upload itself."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from instructwild.errors import EndpointError, InputError
from instructwild.text.quantity import quantity

RepoType = Literal["dataset", "model"]
REPO_ID = re.compile(r"[\w-][\w.-]*/[\w][\w.-]*")
VERSION = re.compile(r"v(\d+)")


@dataclass(frozen=True)
class PublishDifference:
    """What publishing would change: files, and rows by id for each config."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    rows: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """config -> rows added, rows removed, rows that stay."""

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def lines(self) -> list[str]:
        """The difference for people."""
        text = [f"  {config}: {quantity(added, 'row')} added, {removed:,} removed, {same:,} stay"
                for config, (added, removed, same) in self.rows.items()]
        for sign, paths in (("+", self.new), ("~", self.changed), ("-", self.gone)):
            text += [f"  {sign} {path}" for path in paths]
        return text


def require_token(repo_id: str) -> None:
    """Raise where this machine has no token for the Hub: nothing can be uploaded without.

    Raises:
        EndpointError: there is none, in HF_TOKEN or where `hf auth login` keeps it.
    """
    from huggingface_hub import get_token

    if get_token() is None:
        raise EndpointError("needs a token", where=repo_id, remedy="set HF_TOKEN to a token that may write; or --dry-run")


class Repository:
    """One repository on the Hub."""

    def __init__(self, repo_id: str, kind: RepoType) -> None:
        from huggingface_hub import HfApi

        if not REPO_ID.fullmatch(repo_id):
            raise InputError(f"{repo_id!r} is no repository id", where="REPO_ID", remedy="give owner/name")
        self.id = repo_id
        self.kind: RepoType = kind
        self.api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"{self.api.endpoint}/{'datasets/' if self.kind == 'dataset' else ''}{self.id}"

    def exists(self) -> bool:
        """Whether the repository is there."""
        with _spoken(self.url):
            return bool(self.api.repo_exists(self.id, repo_type=self.kind))

    def tags(self) -> dict[str, str]:
        """Tag -> commit."""
        with _spoken(self.url):
            return {tag.name: tag.target_commit for tag in self.api.list_repo_refs(self.id, repo_type=self.kind).tags}

    def next_tag(self) -> str:
        """v1, v2, … after the highest that is there."""
        taken = [int(match[1]) for tag in self.tags() if (match := VERSION.fullmatch(tag))]
        return f"v{max(taken, default=0) + 1}"

    def difference(self, folder: Path) -> PublishDifference:
        """What of the folder is not there yet, or is there in another state."""
        from huggingface_hub.hf_api import RepoFile

        with _spoken(self.url):
            there = {file.path: file for file in self.api.list_repo_tree(self.id, recursive=True, repo_type=self.kind)
                     if isinstance(file, RepoFile) and file.path != ".gitattributes"}
        here = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
        changed = [name for name, path in here.items() if name in there and not _same(path, there[name])]
        rows = {}
        for config in sorted({name.partition("/")[0] for name in (*here, *there) if name.endswith(".parquet")}):
            new = _ids_in([path for name, path in here.items() if name.startswith(f"{config}/")])
            theirs = [name for name in there if name.startswith(f"{config}/")]
            same = [name for name in theirs if name in here and name not in changed]
            old = _ids_in([here[name] for name in same]) | self._ids([name for name in theirs if name not in same])
            rows[config] = (len(new - old), len(old - new), len(new & old))
        return PublishDifference([name for name in here if name not in there], changed,
                          [name for name in there if name not in here], rows)

    def _ids(self, names: list[str]) -> set[str]:
        """The ids in files that are there, fetched."""
        with _spoken(self.url):
            paths = [Path(self.api.hf_hub_download(self.id, name, repo_type=self.kind)) for name in names]
        return _ids_in(paths)

    def upload(self, folder: Path, tag: str, *, private: bool, message: str, gone: list[str]) -> str:
        """Send the folder and tag it; what a broken upload has sent already is not sent again.

        Returns:
            The commit that the tag names.
        """
        with _spoken(self.url):
            self.api.create_repo(self.id, repo_type=self.kind, private=private, exist_ok=True)
            self.api.upload_folder(repo_id=self.id, folder_path=folder, repo_type=self.kind, commit_message=message,
                                   delete_patterns=gone or None)
            head = self.head()
            self.api.create_tag(self.id, tag=tag, tag_message=message, revision=head, repo_type=self.kind)
        return head

    def tag(self, tag: str, message: str) -> None:
        """Tag what is there."""
        with _spoken(self.url):
            self.api.create_tag(self.id, tag=tag, tag_message=message, repo_type=self.kind)

    def head(self) -> str:
        """The commit that main stands at."""
        with _spoken(self.url):
            return str(self.api.repo_info(self.id, repo_type=self.kind).sha)


def _same(path: Path, there: Any) -> bool:
    from huggingface_hub.utils import sha

    if there.lfs is not None:
        from instructwild.stage.folder import sha256_of

        return bool(there.lfs.sha256 == sha256_of(path))
    return bool(there.blob_id == sha.git_hash(path.read_bytes()))


def _ids_in(paths: list[Path]) -> set[str]:
    import polars as pl

    return {identity for path in paths for identity in pl.scan_parquet(path).select("id").collect()["id"]}


@contextmanager
def _spoken(url: str) -> Iterator[None]:
    """The Hub's own errors as one message that says what to do."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled:
        raise EndpointError("is not asked: HF_HUB_OFFLINE is set", where=url, remedy="unset it, or --dry-run") from None
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else None
        remedy = {401: "set HF_TOKEN to a token that may write", 403: "take a token that may write to this repository"}
        first = (str(error).strip().splitlines() or ["no answer"])[0]
        raise EndpointError(f"answered {status}: {first}" if status else first, where=url,
                            remedy=remedy.get(status or 0, "run the command again: what was sent already is not sent "
                                                           "twice")) from None
    except Exception as error:
        transport = type(error).__module__.startswith("http")  # the client brings its own httpx
        if isinstance(error, EndpointError) or not (transport or isinstance(error, OSError | RuntimeError)):
            raise
        raise EndpointError(f"does not answer ({error})", where=url,
                            remedy="check the connection and HF_ENDPOINT, then run the command again") from None
