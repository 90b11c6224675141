"""The manifest: what a stage did, to what, and what it cost. It is written last, so its presence means the stage is done."""

import os
import platform
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from instructwild import __version__
from instructwild.errors import InputError
from instructwild.text.quantity import quantity

FILE_NAME = "manifest.json"
_UNIT = 1024 * 1024 if sys.platform == "darwin" else 1024
NOTED_PACKAGES = ("polars", "rapidfuzz", "numba", "datasets", "torch", "transformers", "trl", "peft", "gptqmodel", "argilla")


class ReadAs(BaseModel):
    """What a plain file was understood as."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layouts: dict[str, int] = Field(description="how many of its rows are of each layout")
    columns: dict[str, str] = Field(description="what each column was read as")
    extra: tuple[str, ...] = Field(default=(), description="columns that nothing reads: they are kept in `extra`")
    more: int = Field(default=0, description="how many further columns are kept in `extra`")
    hint: str = Field(default="", description="the `--map` that probably reads more of it")

    def summary(self) -> str:
        """One line for people."""
        layouts = ", ".join(f"{quantity(count, 'row')} of {layout}" for layout, count in self.layouts.items())
        names = ", ".join(column if column == field else f"{column} → {field}" for column, field in self.columns.items())
        extra = ", ".join(self.extra) + (f" and {self.more:,} more" if self.more else "")
        return f"{layouts or 'no rows'}; read: {names or 'nothing'}" + (f"; kept in extra: {extra}" if extra else "") + (
            f"; perhaps to be read too: {self.hint}" if self.hint else "")


class FileRecord(BaseModel):
    """One file a stage read or wrote, by its content. Fields after `rows` are left out where they say nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(description="relative: to the working folder for inputs, to the stage folder for outputs")
    sha256: str = Field(description="of the file; of a model, of its weights or its folder")
    rows: int | None = Field(default=None, description="where it holds rows")
    size: int | None = Field(default=None, description="of an output, in bytes")
    read_as: ReadAs | None = Field(default=None, description="of a plain file of rows: its layouts, what its columns were "
                                                             "read as, and which are kept in `extra`")

    @model_serializer(mode="wrap")
    def _brief(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items()
                if value is not None or name not in ("size", "read_as")}


class Rows(BaseModel):
    """Rows in, kept and dropped. The first is always the sum of the others."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    in_: int = Field(alias="in")
    kept: int
    dropped: int

    @model_validator(mode="after")
    def _reconcile(self) -> "Rows":
        if self.in_ != self.kept + self.dropped:
            raise ValueError(f"rows do not reconcile: {self.in_} in, {self.kept} kept + {self.dropped} dropped")
        return self


class Tokens(BaseModel):
    """Tokens sent to and received from models."""

    prompt: int = 0
    completion: int = 0


class Manifest(BaseModel):
    """Everything about a finished stage but its rows."""

    model_config = ConfigDict(extra="forbid")

    stage: str = Field(description="the command that made it")
    version: str = Field(default=__version__, description="of the toolkit")
    config: dict[str, Any] = Field(description="every setting that decides the result")
    inputs: list[FileRecord] = Field(default=[], description="what it read, by content")
    outputs: list[FileRecord] = Field(default=[], description="what it wrote, by content")
    rows: Rows = Field(description="`in`, `kept` and `dropped`: the first is always the sum of the others")
    reasons: dict[str, int] = Field(default={}, description="dropped rows by reason")
    tokens: Tokens = Field(default=Tokens(), description="`prompt` and `completion`: sent to and received from models")
    usd: float = Field(default=0.0, description="what that cost")
    seconds: float = Field(default=0.0, description="of work, those of interrupted runs included")
    peak_memory_mb: int = Field(default=0, description="the most memory it held")
    gate: Literal["passed", "failed"] | None = Field(default=None, description="whether later stages may build on it, where "
                                                                               "it judges that")
    metrics: dict[str, Any] = Field(default={}, description="figures of the stage's own: losses, agreement, perplexity")
    environment: dict[str, str] = Field(default={}, description="versions it ran with; nothing that names a machine")

    def to_json(self) -> str:
        """Readable JSON, the text of `manifest.json`."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a finished stage folder.

    Raises:
        InputError: there is none, or it is not a manifest.
    """
    path = folder / FILE_NAME
    try:
        return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("is no finished stage folder: it has no manifest.json", where=str(folder),
                         remedy="run the command that makes it again; it goes on where it stopped") from None
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InputError(f"cannot be read as a manifest ({first})", where=str(path),
                         remedy="make the stage again into another --out") from None


def environment() -> dict[str, str]:
    """What the stage ran on: versions only, nothing that names a machine or a person."""
    versions = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    named = _versions_of_folders()
    for package in NOTED_PACKAGES:
        if package in named:
            versions[package] = named[package]
        elif find_spec(package) is not None:            # installed in another way than pip's
            from importlib.metadata import PackageNotFoundError, version

            with suppress(PackageNotFoundError):
                versions[package] = version(package)
    return versions


def _versions_of_folders() -> dict[str, str]:
    """Package -> its version as the folder of its metadata names it: `importlib.metadata` takes 30 ms to say so."""
    versions: dict[str, str] = {}
    for path in sys.path:
        with suppress(OSError):
            for name in os.listdir(path or "."):
                if name.endswith(".dist-info"):
                    package, _, version = name.removesuffix(".dist-info").partition("-")
                    versions.setdefault(package.lower(), version)
    return versions


def peak_memory_mb() -> int:
    """The most memory that this process, or the largest child it waited for, has held so far, in MiB; 0 on Windows, which
    does not say.
    """
    if sys.platform == "win32":
        return 0
    import resource

    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // _UNIT
    try:  # a process's own ru_maxrss starts at that of the process which started it; VmHWM starts anew
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return max(children, int(status.partition("VmHWM:")[2].split()[0]) // 1024)
    except (OSError, IndexError, ValueError):
        return max(children, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _UNIT)
