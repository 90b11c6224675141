"""A stage folder after something was forgotten: rows, report and manifest agree again, and later stages still match."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from instructwild.errors import InputError
from instructwild.lineage.erase import erase, files
from instructwild.lineage.gone import Gone
from instructwild.lineage.graph import Graph, Node
from instructwild.lineage.search import WEIGHTS as WEIGHT_FILES
from instructwild.lineage.search import search
from instructwild.stage.atomic import write_atomic
from instructwild.stage.content import size_of
from instructwild.stage.folder import DATA, DROPPED_FILE, MODEL, REPORT, WEIGHTS, part_records, sha256_of
from instructwild.stage.manifest import FILE_NAME, FileRecord, Manifest, Rows, read_manifest

TRAINED_ON_FORGOTTEN = "trained_on_forgotten"
"""The setting of a model that learned from rows which were forgotten since."""
NOTE = "Rows of this stage were forgotten on request. The counts below are those of what is left."


def rewrite_stage(node: Node, what: Gone, renamed: Callable[[str, str], None]) -> bool:
    """Take everything of it out of one stage folder; whether anything changed.

    The hashes that later stages know the outputs by are passed to `renamed` before the manifest is replaced, so that an
    interruption between the two loses nothing.
    """
    folder = node.folder
    changed = False
    for name in (DATA, DROPPED_FILE):
        for path in files(folder / name) if (folder / name).is_dir() else [folder / name]:
            changed |= path.exists() and erase(path, what)
    if (folder / MODEL).is_dir():
        for path in files(folder / MODEL):
            changed |= path.suffix not in WEIGHT_FILES and erase(path, what)
    manifest = recounted(node, what)
    report = folder / REPORT
    stale = report.exists() and (manifest.rows != node.manifest.rows or changed or search(report, what).holds)
    if stale:
        write_atomic(report, fresh_report(folder, manifest))
    manifest = manifest.model_copy(update={"outputs": _outputs(folder, manifest)})
    if manifest == node.manifest:
        return False
    after = {record.path: record.sha256 for record in manifest.outputs}
    for name, before in node.made.items():
        renamed(before, after[name])
    write_atomic(folder / FILE_NAME, manifest.to_json())
    return True


def recounted(node: Node, what: Gone) -> Manifest:
    """The manifest with the counts of what is left, and nothing of what was forgotten in its figures and settings."""
    import polars as pl

    manifest = node.manifest
    dropped = pl.scan_parquet(node.folder / DROPPED_FILE) if (node.folder / DROPPED_FILE).exists() else None
    lost = dropped.select(pl.len()).collect().item() if dropped is not None else manifest.rows.dropped
    kept = manifest.rows.kept
    if (node.folder / DATA).exists():
        kept = pl.scan_parquet(node.folder / DATA).select(pl.len()).collect().item()
    reasons = manifest.reasons
    if dropped is not None:
        counted = dropped.group_by("reason").len().sort("len", "reason", descending=[True, False]).collect()
        reasons = {str(reason): int(count) for reason, count in counted.iter_rows()}
    return manifest.model_copy(update={
        "rows": Rows(**{"in": kept + lost, "kept": kept, "dropped": lost}), "reasons": reasons,
        "metrics": what.without(manifest.metrics), "config": what.without(manifest.config)})


def _outputs(folder: Path, manifest: Manifest) -> list[FileRecord]:
    counts = {DATA: manifest.rows.kept, DROPPED_FILE: manifest.rows.dropped}
    return [record if record.path == WEIGHTS else
            FileRecord(path=record.path, sha256=sha256_of(folder / record.path), rows=counts.get(record.path, record.rows),
                       size=size_of(folder / record.path))
            for record in manifest.outputs if record.path == WEIGHTS or _is_whole(folder, record.path)
            ] + part_records(folder)


def _is_whole(folder: Path, name: str) -> bool:
    """Whether an output is there, and is none of the several files of rows."""
    return (folder / name).exists() and not name.startswith(f"{DATA}/")


def fresh_report(folder: Path, manifest: Manifest) -> str:
    """A report of what is left, without samples."""
    import polars as pl

    from instructwild.report.counts import figures_table, rows_section, stage_header
    from instructwild.report.page import Page

    page = stage_header(Page(title=manifest.stage.capitalize(), lead=NOTE), manifest)
    if (folder / DATA).exists():
        rows_section(page, pl.read_parquet(folder / DATA))
    figures_table(page, manifest)
    return page.signed(manifest)


def rename_inputs(node: Node, renamed: Mapping[str, str], root: Path) -> None:
    """Tell a stage the new hashes and row counts of what it read."""
    counts = {}
    for other in Graph(root).nodes:
        counts |= {sha: other.manifest.rows.kept for name, sha in other.made.items() if name == DATA}
    manifest = read_manifest(node.folder)
    inputs = []
    for record in manifest.inputs:
        sha = record.sha256
        while sha in renamed and renamed[sha] != sha:
            sha = renamed[sha]
        rows = counts.get(sha, record.rows) if sha != record.sha256 else record.rows
        inputs.append(record if sha == record.sha256 else record.model_copy(update={"sha256": sha, "rows": rows}))
    if inputs != manifest.inputs:
        write_atomic(node.folder / FILE_NAME, manifest.model_copy(update={"inputs": inputs}).to_json())


def mark_models(root: Path, folders: Iterable[str]) -> None:
    """Let the stages of models say what they were trained on, so that the same command trains them again."""
    for folder in folders:
        manifest = read_manifest(root / folder)
        config = {**manifest.config, TRAINED_ON_FORGOTTEN: True}
        write_atomic(root / folder / FILE_NAME, manifest.model_copy(update={"config": config}).to_json())


def marks_of(graph: Graph, name: str, seeds: Iterable[str], rows: Iterable[str]) -> list[str]:
    """The lines for the forget list: a salted hash for each seed, each row made from one, and the author who is forgotten.

    Raises:
        InputError: the seeds were collected with another salt than the one at hand.
    """
    from instructwild.privacy.forgotten import derived_mark, row_mark
    from instructwild.privacy.salt import SALT, user_salt
    from instructwild.schema.identity import salted_hash

    salt = user_salt()
    for node in graph.nodes:
        known = node.manifest.config.get("salt")
        if node.manifest.stage == "collect" and known and known != salted_hash(salt, "fingerprint"):
            raise InputError("was collected with another salt, so that collect would not know the row again",
                             where=node.name, remedy=f"set {SALT} to the salt of that run")
    seeds = set(seeds)
    marks = [*(row_mark(salt, seed) for seed in sorted(seeds)),
             *(derived_mark(salt, row) for row in sorted({*rows} - seeds))]
    return marks if name in seeds else [*marks, name]


def note_marks(root: Path, marks: Iterable[str]) -> None:
    """Add to the forget list, and let the collect stages say that they were made with it: they hold none of it now."""
    from instructwild.privacy.forgotten import FILE_NAME as LIST
    from instructwild.privacy.forgotten import fingerprint, forgotten

    known = forgotten(root)
    new = [mark for mark in marks if mark not in known]
    if new:
        path = root / LIST
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        write_atomic(path, before + "".join(f"{mark}\n" for mark in new))
    listed = fingerprint(forgotten(root))
    for node in Graph(root).nodes:
        if node.manifest.stage == "collect" and "forgotten" in node.manifest.config:
            config = {**node.manifest.config, "forgotten": listed}
            write_atomic(node.folder / FILE_NAME, node.manifest.model_copy(update={"config": config}).to_json())
