"""Making a stage folder: begun, resumed or finished before; each file whole or not at all; the manifest last."""

import json
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol

import polars as pl

from instructwild.errors import OutputError
from instructwild.schema.verdict import Dropped
from instructwild.stage.atomic import atomic_path, write_atomic
from instructwild.stage.check import altered
from instructwild.stage.content import size_of
from instructwild.stage.fingerprint import PLAN, TEMPORARY, clear, differences, fingerprint, fingerprint_of, nothing_done
from instructwild.stage.folder import (
    DATA,
    DROPPED_FILE,
    MODEL,
    REPORT,
    SCRATCH,
    WEIGHTS,
    Stage,
    is_stage,
    part_name,
    part_records,
    sha256_of,
    weights_sha256,
)
from instructwild.stage.frames import dropped_frame
from instructwild.stage.lock import locked, unwritten
from instructwild.stage.manifest import (
    FILE_NAME,
    FileRecord,
    Manifest,
    Rows,
    Tokens,
    environment,
    peak_memory_mb,
    read_manifest,
)
from instructwild.stage.pieces import Pieces, pieces_of, write_parquet
from instructwild.stage.remote import as_url, public, uploading, url_of
from instructwild.stage.shards import split_frames, write_lines


class Report(Protocol):
    """A page that can say how its stage was made: `instructwild.report.page.Page`."""

    def signed(self, manifest: Manifest) -> str:
        """The page as HTML."""


@dataclass
class Run:
    """One command's work on its output folder, while it is under way.

    `shards` tells in how many files to write the rows: `data.parquet` is a folder of them then, which polars, `datasets` and
    Spark read as they read a file.

    `finished` is the stage itself when the same work was done before: there is nothing left to do. `resumed` tells that
    an earlier, interrupted run of the same work left files in `scratch`. `url` tells where the stage is uploaded to.
    """

    folder: Path
    stage: str
    config: dict[str, Any]
    inputs: list[FileRecord]
    finished: Stage | None = None
    resumed: bool = False
    shards: int | None = None
    url: str | None = None
    _began: float = field(default_factory=time.monotonic)

    @property
    def scratch(self) -> Path:
        """Where work in progress lives: caches, checkpoints. Gone once the stage is finished."""
        return self.folder / SCRATCH

    @contextmanager
    def atomic(self, name: str) -> Iterator[Path]:
        """A temporary path that becomes OUT/`name` when the block ends well: a file or a folder."""
        final = self.folder / name
        try:
            with atomic_path(final, self.scratch / TEMPORARY / name) as temporary:
                yield temporary
        except (OSError, pl.exceptions.PolarsError) as error:
            # polars tells a full disk by its own kinds of error, without a number
            if any(words in str(error) for words in ("os error", "transport error")):
                raise unwritten(str(error).splitlines()[0], final) from error
            raise


    def save(self, name: str, content: str | bytes | pl.DataFrame | pl.LazyFrame | Pieces) -> Path:
        """Write one file of the folder, whole or not at all; lazy frames and pieces stream and are never whole in memory."""
        with self.atomic(name) as path:
            if isinstance(content, str | bytes):
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            else:
                rows = pieces_of(content)
                write_parquet(path, rows.schema, rows.frames())
        return self.folder / name

    def save_rows(self, data: pl.DataFrame | pl.LazyFrame | Pieces) -> None:
        """Write `data.parquet`: a file, or a folder of as many as `shards` tells, none of them without rows."""
        if self.shards is None:
            self.save(DATA, data)
            return
        rows = pieces_of(data)
        ends = self.shard_ends(rows.height)
        with self.atomic(DATA) as path:
            path.mkdir()
            for number, frames in enumerate(split_frames(rows.frames(), ends)):
                write_parquet(path / part_name(number, len(ends)), rows.schema, frames)

    def save_lines(self, name: str, count: int, lines: Iterable[str]) -> None:
        """Write a file of so many lines, or a folder of as many files as `shards` tells."""
        rest = iter(lines)
        with self.atomic(name) as path:
            if self.shards is None:
                write_lines(path, rest)
                return
            path.mkdir()
            ends = self.shard_ends(count)
            for number, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
                write_lines(path / Path(part_name(number, len(ends))).with_suffix(Path(name).suffix),
                            islice(rest, end - begin))

    def shard_ends(self, height: int) -> list[int]:
        """Where each shard of so many rows ends."""
        count = max(1, min(self.shards or 1, height))         # no file without rows
        return [height * (number + 1) // count for number in range(count)]

    def finish(self, *, data: pl.DataFrame | pl.LazyFrame | Pieces | None = None,
               dropped: pl.DataFrame | pl.LazyFrame | Pieces | Iterable[Dropped] = (),
               rows: Rows | None = None, report: str | Report | None = None,
               tokens: Tokens | None = None, usd: float = 0.0,
               gate: Literal["passed", "failed"] | None = None, metrics: dict[str, Any] | None = None,
               inputs: list[FileRecord] | None = None) -> Stage:
        """Write rows, drops and report, then the manifest, and clear the scratch folder.

        Args:
            data: the rows that stay; None for a stage that made a model. A lazy frame over files in `scratch` and
                pieces are streamed to their place.
            dropped: the rows that left.
            rows: counts of a stage without `data`; otherwise they follow from `data` and `dropped`.
            report: the page a person reads: HTML, or a `Page`, which is signed with the manifest.
            tokens: what models were sent and sent back.
            usd: what they were paid.
            gate: whether the result is good enough to build on, where the stage judges that.
            metrics: figures of the stage's own.
            inputs: the input records again, once their row counts are known.

        Returns:
            The finished stage, also when its gate failed; `Run` itself never raises for that.
        """
        self.save(DROPPED_FILE, dropped if isinstance(dropped, pl.DataFrame | pl.LazyFrame | Pieces)
                  else dropped_frame(dropped))
        lost = pl.scan_parquet(self.folder / DROPPED_FILE, glob=False)
        if data is not None:
            self.save_rows(data)
            kept, gone = _height(pl.scan_parquet(self.folder / DATA, glob=False)), _height(lost)
            rows = Rows(**{"in": kept + gone, "kept": kept, "dropped": gone})
        if rows is None:
            raise TypeError("finish() needs data or rows")
        reasons = {str(reason): int(count) for reason, count in
                   lost.group_by("reason").len().sort("len", "reason", descending=[True, False]).collect(engine="streaming")
                   .iter_rows()}
        manifest = Manifest(
            stage=self.stage, config=self.config, inputs=inputs or self.inputs, rows=rows, reasons=reasons,
            tokens=tokens or Tokens(), usd=usd, seconds=round(self.seconds, 3), peak_memory_mb=peak_memory_mb(),
            gate="failed" if rows.in_ and not rows.kept else gate,
            metrics=metrics or {}, environment=environment())
        if report is not None:
            self.save(REPORT, report if isinstance(report, str) else report.signed(manifest))
        manifest = manifest.model_copy(update={"outputs": self._outputs(rows)})
        self.save(FILE_NAME, manifest.to_json())
        shutil.rmtree(self.scratch, ignore_errors=True)
        return Stage(self.folder, manifest, url=self.url)

    def _outputs(self, rows: Rows) -> list[FileRecord]:
        names = ((DATA, rows.kept), (DROPPED_FILE, rows.dropped), (REPORT, None), (MODEL, None))
        made = [FileRecord(path=name, sha256=sha256_of(self.folder / name), rows=count, size=size_of(self.folder / name))
                for name, count in names if (self.folder / name).exists()]
        made += part_records(self.folder)
        if any(self.folder.glob(WEIGHTS)):
            made.append(FileRecord(path=WEIGHTS, sha256=weights_sha256(self.folder / MODEL)))
        return made

    @property
    def seconds(self) -> float:
        """Seconds of work, those of interrupted runs included."""
        return self._earlier + time.monotonic() - self._began

    _earlier: float = 0.0


@contextmanager
def start(out: str | Path, stage: str, *, config: dict[str, Any], inputs: Sequence[FileRecord] = (),
          force: bool = False, shards: int | None = None) -> Iterator[Run]:
    """Begin a stage, go on with it, or find it finished.

    The same stage, config, inputs and version: a finished folder is handed back in `run.finished`, an unfinished one is
    resumed. Anything else in the folder is refused, unless `force` allows a stage of another run to be replaced.

    Args:
        out: the folder, or the URL of one, to which it is uploaded in the end.
        stage, config, inputs: what is made, and of what.
        force: replace what another run left.
        shards: in how many files to write the rows; None for one file that is no folder.

    Raises:
        OutputError: the folder belongs to another run or holds files of no stage, cannot be written, or is in use.
    """
    config = config | ({"shards": shards} if shards else {})
    if (url := as_url(out)) is not None:
        with (uploading(url, force=force) as local,
              _start_here(local, stage, config, inputs, force=force, shards=shards) as run):
            run.url = public(url)
            run.finished = replace(run.finished, url=run.url) if run.finished else None
            yield run
        return
    with _start_here(Path(out), stage, config, inputs, force=force, shards=shards) as run:
        yield run


@contextmanager
def _start_here(folder: Path, stage: str, config: dict[str, Any], inputs: Sequence[FileRecord], *, force: bool,
                shards: int | None) -> Iterator[Run]:
    shown = url_of(folder) or str(folder)
    plain = json.loads(json.dumps(config, default=str))
    current = fingerprint(stage, plain, inputs)
    there = fingerprint_of(folder)
    unlike = differences(there, current) if there is not None else []
    if there is None and folder.exists() and not nothing_done(folder):
        raise OutputError("holds files that are no stage of this toolkit", where=shown, remedy="choose another --out")
    if unlike and not force:
        raise OutputError(f"holds the result of another run ({'; '.join(unlike)})", where=shown,
                          remedy="choose another --out, or --force to replace it")
    fresh = not folder.exists()
    run = Run(folder, stage, plain, list(inputs), shards=shards)
    if there is not None and not unlike and is_stage(folder):
        manifest = read_manifest(folder)
        complete = url_of(folder) is None       # of an output at a URL the manifest alone is on this machine
        if (what := altered(folder, manifest, complete=complete)) is None:
            yield Run(folder, stage, plain, list(inputs), finished=Stage(folder, manifest, existed=True))
            return
        if not force:
            raise OutputError(what, where=shown, remedy="choose another --out, or --force to make it again")
        unlike = [what]
    try:
        if unlike:
            clear(folder)
        run.resumed = run.scratch.exists()
        run.scratch.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=shown,
                          remedy="check the path, its permissions and the free space") from None
    with locked(run.scratch, folder):
        seconds = run.scratch / "seconds"
        try:
            _begin(run, current)
            yield run
        except OSError as error:
            if isinstance(error, OutputError | ConnectionError) or error.errno is None:
                raise
            raise unwritten(str(error.strerror), Path(error.filename or folder)) from error
        finally:
            if run.scratch.exists():
                with suppress(OSError):
                    seconds.write_text(str(run.seconds))
                if fresh and nothing_done(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def _begin(run: Run, current: dict[str, Any]) -> None:
    """Note what the run is made from, whole or not at all, and read how long an earlier one worked on it."""
    plan, seconds = run.scratch / PLAN, run.scratch / "seconds"
    if not plan.exists():
        write_atomic(plan, json.dumps(current, ensure_ascii=False))
    earlier = seconds.read_text() if seconds.exists() else ""
    run._earlier = float(earlier or 0)


def _height(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())
