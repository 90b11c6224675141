"""The stages under a root and how they hang together: by the hashes in their manifests, row by row by ids and parents."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.errors import InputError
from instructwild.stage.folder import DATA, DROPPED_FILE, MODEL, SCRATCH, WEIGHTS
from instructwild.stage.manifest import FILE_NAME, Manifest, read_manifest
from instructwild.stage.panics import reading_parquet

PASSED_BY = {".git", ".venv", "node_modules", "__pycache__", SCRATCH, MODEL}
NO_EDGES = pl.DataFrame(schema={"id": pl.String, "parent": pl.String})


@dataclass(frozen=True)
class Node:
    """One finished stage: its folder as seen from the root, its manifest, and the hashes others know its output by."""

    name: str
    folder: Path
    manifest: Manifest = field(compare=False, hash=False)

    @property
    def made(self) -> dict[str, str]:
        """Output name -> sha256 of what later stages can read: data, or a model, also known by its weights alone."""
        return {record.path: record.sha256 for record in self.manifest.outputs if record.path in (DATA, MODEL, WEIGHTS)}

    @property
    def model(self) -> str | None:
        """The sha256 of the model that the stage made, if it made one."""
        return self.made.get(MODEL)

    @cached_property
    def rows(self) -> pl.LazyFrame:
        """The rows that stayed; no columns where the stage made a model."""
        path = self.folder / DATA
        return pl.scan_parquet(path) if path.exists() else pl.LazyFrame()

    @cached_property
    def columns(self) -> list[str]:
        """The columns of the rows that stayed.

        Raises:
            InputError: the file is no Parquet file any more.
        """
        with reading_parquet(self.folder / DATA):
            return self.rows.collect_schema().names()

    @cached_property
    def dropped(self) -> pl.LazyFrame:
        """The rows that left."""
        path = self.folder / DROPPED_FILE
        return pl.scan_parquet(path) if path.exists() else pl.LazyFrame(schema=dict.fromkeys(("id", "row"), pl.String))

    @cached_property
    def edges(self) -> pl.DataFrame:
        """(id, parent) for every row, kept or dropped, that was made from others."""
        edges_of = [NO_EDGES]
        if {"id", "parents"} <= set(self.columns):
            edges_of.append(self.rows.select("id", parent="parents").explode("parent").drop_nulls().collect())
        lost = self.dropped.select("id", parent=pl.col("row").str.extract(r'"parents": ?\[([^\]]*)\]', 1)).drop_nulls()
        edges_of.append(lost.with_columns(pl.col("parent").str.extract_all(r"[0-9a-f]{16}")).explode("parent").drop_nulls()
                     .collect().cast(NO_EDGES.schema))
        return pl.concat(edges_of)

    def holding(self, ids: Collection[str]) -> pl.DataFrame:
        """The kept rows that are, answer with, or rank one of the ids."""
        names = pl.Series(list(ids), dtype=pl.String).implode()
        tests = [pl.col(name).is_in(names) for name in ("id", "response_id") if name in self.columns]
        if "candidates" in self.columns:
            tests.append(pl.col("candidates").list.eval(pl.element().struct.field("id").is_in(list(ids))).list.any())
        return self.rows.filter(pl.any_horizontal(tests)).collect() if tests else pl.DataFrame()

    def losing(self, ids: Collection[str]) -> pl.DataFrame:
        """The dropped rows that have one of the ids."""
        return self.dropped.filter(pl.col("id").is_in(list(ids))).collect()


class Graph:
    """Every finished stage under a root."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise InputError("is no folder", where=str(root), remedy="give the folder that the stage folders lie in")
        self.nodes = [Node(os.path.relpath(folder, self.root), folder, read_manifest(folder))
                      for folder in stage_folders(self.root)]
        self.nodes = sorted(self.nodes, key=lambda node: (len(self.above(node)), node.name))

    def parents(self, node: Node) -> list[Node]:
        """The stages whose rows or model this one read."""
        return [other for other in self.nodes if other is not node and self._read(node, other)]

    def children(self, node: Node) -> list[Node]:
        """The stages that read this one."""
        return [other for other in self.nodes if other is not node and self._read(other, node)]

    def _read(self, reader: Node, source: Node) -> bool:
        made = set(source.made.values())
        for record in reader.manifest.inputs:
            if record.sha256 in made:
                twins = [node for node in self.nodes if record.sha256 in node.made.values()]
                named = [node for node in twins if node.folder.name == Path(record.path).name]
                if source in (named or twins):
                    return True
        return False

    def above(self, node: Node) -> list[Node]:
        """Everything the stage was made from, nearest first."""
        return self._walk(node, self.parents)

    def below(self, node: Node) -> list[Node]:
        """Everything made from the stage, nearest first."""
        return self._walk(node, self.children)

    @staticmethod
    def _walk(node: Node, step: Any) -> list[Node]:
        seen, queue = [], list(step(node))
        while queue:
            if (node := queue.pop(0)) not in seen:
                seen.append(node)
                queue += step(node)
        return seen

    @cached_property
    def edges(self) -> pl.DataFrame:
        """(id, parent) over all stages."""
        return pl.concat([NO_EDGES, *(node.edges for node in self.nodes)]).unique(maintain_order=True)

    def descendants(self, ids: Collection[str]) -> set[str]:
        """The ids of all rows made from these rows, in however many steps; without the rows themselves."""
        return self._closure(ids, "parent", "id")

    def ancestors(self, ids: Collection[str]) -> set[str]:
        """The ids of all rows that these were made from; without the rows themselves."""
        return self._closure(ids, "id", "parent")

    def _closure(self, ids: Collection[str], known: str, target: str) -> set[str]:
        reached, front = set(ids), set(ids)
        while front:
            front = set(self.edges.filter(pl.col(known).is_in(list(front)))[target]) - reached
            reached |= front
        return reached - set(ids)

    def next_of(self, ids: Collection[str], *, back: bool) -> set[str]:
        """The ids one step back (parents) or forward (rows made from these)."""
        known, target = ("id", "parent") if back else ("parent", "id")
        return set(self.edges.filter(pl.col(known).is_in(list(ids)))[target])

    def named(self, name: str) -> Node | None:
        """The stage of that folder, or whose data or model has that sha256 (eight digits will do)."""
        places = {name, os.path.relpath(name, self.root)} if name else set()
        for node in self.nodes:
            if places & {node.name, f"{node.name}/{MODEL}"}:
                return node
        if len(name) >= 8:
            return next((node for node in self.nodes if any(sha.startswith(name) for sha in node.made.values())), None)
        return None


def stage_folders(root: Path) -> Iterator[Path]:
    """The finished stage folders under a root, the root included."""
    for path, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in PASSED_BY)
        if FILE_NAME in files and _is_manifest(Path(path)):
            yield Path(path)


def _is_manifest(folder: Path) -> bool:
    """Whether the manifest is one of ours: other programs write files of that name too."""
    try:
        read_manifest(folder)
    except InputError:
        return False
    return True
