"""One row or model, back to the posts it came from and forward to every stage and model that used it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import permutations
from typing import Any

import polars as pl

from instructwild.errors import InputError, ModelError
from instructwild.lineage.graph import Graph, Node
from instructwild.llm.gguf_keys import LINEAGE, SOURCE, keys_of, open_gguf
from instructwild.report.counts import text_of
from instructwild.schema import pair_id


@dataclass(frozen=True)
class Seen:
    """Where a row was met: the stage, and how it fared there."""

    stage: str
    folder: str
    fate: str
    reason: str | None = None
    evidence: Any = None


@dataclass(frozen=True)
class Row:
    """One row on the way: what it says, where it was met, and what lies behind it."""

    id: str
    text: str
    language: str | None
    seen: tuple[Seen, ...]
    origin: tuple[dict[str, Any], ...] = ()
    made_by: dict[str, Any] | None = None
    made_from: tuple["Row", ...] = ()
    became: tuple["Row", ...] = ()


@dataclass(frozen=True)
class Use:
    """A stage that read rows or a model on the way, and the model it made, if it made one."""

    stage: str
    folder: str
    model: str | None
    rows: int
    used_by: tuple["Use", ...] = ()


@dataclass(frozen=True)
class Trace:
    """The answer: a row with its past and its uses, or a stage with what it was made from."""

    id: str
    kind: str
    row: Row | None = None
    used_by: tuple[Use, ...] = ()
    made_from: tuple[dict[str, Any], ...] = ()
    posts: tuple[dict[str, Any], ...] = field(default=())

    def to_json(self) -> str:
        """Readable JSON with everything in it."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, default=str) + "\n"


def trace(name: str, root: str = ".", graph: Graph | None = None) -> Trace:
    """Find a row (by its id, its answer's or a candidate's) or a stage or model (by folder or sha256) and all around it.

    A GGUF file is found by the hash of its source, which it carries; where no stage here made that, what the file itself
    says is the answer.

    Args:
        name: what to find.
        root: the folder that all stage folders lie in.
        graph: its stages, where they were read before.

    Raises:
        InputError: nothing under the root has that name.
        ModelError: a GGUF file that is none, or that this toolkit did not write.
    """
    graph = graph or Graph(root)
    if name.endswith(".gguf"):
        return _file_trace(graph, name)
    if (node := graph.named(name)) is not None:
        return _stage_trace(graph, node)
    if not graph.nodes:
        raise InputError("holds no finished stages", where=str(root), remedy="give the folder they lie in with --root")
    ids = _row_ids(graph, name)
    if not ids:
        raise InputError(f"nothing here is called {name!r}", where=str(root),
                         remedy="give a row's id, a candidate's id, a stage folder or a model's sha256; or another --root")
    family = Family(graph, ids[0])
    return Trace(name, "row", family.row(ids[0]), tuple(_uses(graph, list(family.holders.values()))),
                 posts=tuple(_posts(graph, ids)))


def _file_trace(graph: Graph, name: str) -> Trace:
    """A GGUF file by the lineage in its keys."""
    keys = {key.removeprefix(LINEAGE): str(value) for key, value in keys_of(open_gguf(name)).items()
            if key.startswith(LINEAGE)}
    source = keys.get(SOURCE.removeprefix(LINEAGE))
    if source is None:
        raise ModelError("carries no lineage: this toolkit did not write it", where=name,
                         remedy="trace a file that `instructwild export --format gguf` wrote")
    node = graph.named(source)
    if node is not None:
        return replace(_stage_trace(graph, node), id=name, kind="model")
    inputs = [value for key, value in keys.items() if key.startswith("input.")]
    made_from = {"stage": keys.get("source.stage", "model"), "folder": keys.get("source.name", ""), "rows": 0,
                 "model": source, "outside": inputs}
    return Trace(name, "model", made_from=(made_from,))


def _row_ids(graph: Graph, name: str) -> list[str]:
    """The ids of the rows that the name stands for: their own, their answer's, a candidate's, or a preference's."""
    for node in graph.nodes:
        if "id" in node.columns and not (kept := node.holding([name])).is_empty():
            return kept["id"].to_list()[:1]
    for node in graph.nodes:
        if not (lost := node.losing([name])).is_empty():
            return lost["id"].to_list()[:1]
    if name and name in set(graph.edges["parent"]):
        return [name]
    return [row for node in graph.nodes if "candidates" in node.columns for row in _ranked_as(node, name)][:1]


def _ranked_as(node: Node, pair: str) -> Iterator[str]:
    """The ids of the rows of rankings that a published preference was made from."""
    for row, candidates in node.rows.select("id", "candidates").collect().iter_rows():
        answers = [candidate["id"] for candidate in candidates or ()]
        if any(pair_id(row, better, worse) == pair for better, worse in permutations(answers, 2)):
            yield row


class Family:
    """A row with all its ancestors and descendants, each stage read once."""

    def __init__(self, graph: Graph, identity: str) -> None:
        everybody = {identity, *graph.ancestors([identity]), *graph.descendants([identity])}
        self.parents: dict[str, set[str]] = {}
        self.children: dict[str, set[str]] = {}
        for child, parent in graph.edges.filter(pl.col("id").is_in(list(everybody))).iter_rows():
            if child != parent:
                self.parents.setdefault(child, set()).add(parent)
                self.children.setdefault(parent, set()).add(child)
        self.facts: dict[str, dict[str, Any]] = {}
        self.holders: dict[str, Node] = {}
        for node in graph.nodes:
            self._read(node, everybody, {identity, *graph.descendants([identity])})

    def _read(self, node: Node, ids: set[str], itself: set[str]) -> None:
        for row in node.holding(ids).iter_rows(named=True) if "id" in node.columns else ():
            if row["id"] in itself:
                self.holders[node.name] = node
            self._meet(row["id"], row, Seen(node.manifest.stage, node.name, "kept"))
        for row in node.losing(ids).iter_rows(named=True):
            self._meet(row["id"], _json(row["row"]),
                       Seen(node.manifest.stage, node.name, "dropped", row["reason"], _json(row["evidence"])))

    def _meet(self, identity: str, held: Any, seen: Seen) -> None:
        fact = self.facts.setdefault(identity, {"seen": [], "text": "", "language": None, "origin": {}, "made_by": None})
        fact["seen"].append(seen)
        fact["text"] = fact["text"] or text_of(held)
        if isinstance(held, dict):
            fact["language"] = fact["language"] or held.get("language")
            fact["made_by"] = fact["made_by"] or held.get("made_by")
            fact["origin"] |= {json.dumps(origin, sort_keys=True): origin for origin in held.get("origin") or ()}

    def row(self, identity: str) -> Row:
        """The row with its past and what became of it; a row met twice on the way is spelled out once."""
        shown: set[str] = set()
        return self._row(identity, shown, back=True, ahead=True)

    def _row(self, identity: str, shown: set[str], *, back: bool, ahead: bool) -> Row:
        again = identity in shown
        shown.add(identity)
        fact = self.facts.get(identity, {"seen": [], "text": "", "language": None, "origin": {}, "made_by": None})
        parents = sorted(self.parents.get(identity, ())) if back and not again else []
        children = sorted(self.children.get(identity, ())) if ahead and not again else []
        return Row(identity, fact["text"], fact["language"], tuple(fact["seen"]), tuple(fact["origin"].values()),
                   fact["made_by"],
                   tuple(self._row(parent, shown, back=True, ahead=False) for parent in parents),
                   tuple(self._row(child, shown, back=False, ahead=True) for child in children))


def _uses(graph: Graph, holders: list[Node]) -> list[Use]:
    """What was made from the stages that hold the row: each stage under the one it read, told once."""
    shown: set[str] = set()

    def below(node: Node) -> list[Use]:
        uses = []
        for reader in graph.children(node):
            if reader.name not in shown:
                shown.add(reader.name)
                uses.append(Use(reader.manifest.stage, reader.name, reader.model, reader.manifest.rows.in_,
                                tuple(below(reader))))
        return uses

    tops = [node for node in holders if not any(above in holders for above in graph.above(node))]
    return [Use(node.manifest.stage, node.name, node.model, node.manifest.rows.kept, tuple(below(node))) for node in tops]


def _posts(graph: Graph, ids: list[str]) -> list[dict[str, Any]]:
    """The origins of the rows and of all that they were made from."""
    posts: dict[str, dict[str, Any]] = {}
    everything = [*ids, *sorted(graph.ancestors(ids))]
    for node in graph.nodes:
        if {"id", "origin"} <= set(node.columns):
            for row in node.holding(everything).iter_rows(named=True):
                for origin in row["origin"] or ():
                    posts[json.dumps(origin, sort_keys=True)] = {"id": row["id"], **origin}
    return list(posts.values())


def _stage_trace(graph: Graph, node: Node) -> Trace:
    above = graph.above(node)
    made_from = [{"stage": other.manifest.stage, "folder": other.name, "rows": other.manifest.rows.kept,
                  "model": other.model, "outside": _outside(graph, other)} for other in above]
    posts = {json.dumps(post, sort_keys=True): post for other in (node, *above) if {"id", "origin"} <= set(other.columns)
             for row in other.rows.select("id", "origin").collect().iter_rows(named=True)
             for post in ({"id": row["id"], **origin} for origin in row["origin"] or ())}
    here = {"stage": node.manifest.stage, "folder": node.name, "rows": node.manifest.rows.kept, "model": node.model,
            "outside": _outside(graph, node)}
    return Trace(node.name, "model" if node.model else "stage", None, tuple(_uses(graph, [node])[0].used_by),
                 (here, *made_from), tuple(posts.values()))


def _outside(graph: Graph, node: Node) -> list[str]:
    """Inputs that no stage under the root made: exports, base models."""
    made = {sha for other in graph.nodes for sha in other.made.values()}
    return [record.path.rsplit("/", 1)[-1] for record in node.manifest.inputs if record.sha256 not in made]


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
