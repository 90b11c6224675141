"""What forgetting a row or an author comes to: rows made from it or quoting it, and models trained on them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from instructwild.errors import InputError
from instructwild.lineage import rewrite
from instructwild.lineage.gone import QUOTED, Gone, gone, ids_of, said_by, weight
from instructwild.lineage.graph import Graph, Node
from instructwild.text.quantity import agreeing, quantity


@dataclass
class Plan:
    """What is to be done, before any of it is done."""

    name: str
    seeds: list[str]
    rows: list[str]
    ids: list[str]
    texts: list[str]
    whole: list[str]
    marks: list[str]
    stages: dict[str, int]
    models: list[dict[str, Any]]
    renamed: dict[str, str] = field(default_factory=dict)
    """Output hash before -> after, so that the stages that read it can be told."""

    @property
    def what(self) -> Gone:
        """What to look for."""
        return Gone(frozenset(self.ids), tuple(self.texts), tuple(self.whole))

    def lines(self) -> list[str]:
        """The plan for people."""
        text = [f"{quantity(len(self.seeds), 'seed')} and {quantity(len(self.rows) - len(self.seeds), 'row')} made from "
                "them or quoting them"]
        text += [f"  {count:>8,} {agreeing(count, 'row')} in {stage}" for stage, count in self.stages.items() if count]
        return text + models_in_words(self.models)


def models_in_words(models: list[dict[str, Any]]) -> list[str]:
    """Lines on the models that were trained on forgotten rows, or that there are none."""
    if not models:
        return ["no model here was trained on it"]
    return ["models trained on it, which cannot forget and have to be trained again:",
            *(f"  {model['folder']}  {model['sha256'][:12]}  ({model['how']})" for model in models)]


def planned(name: str, graph: Graph) -> Plan:
    """What forgetting a row, or all rows of an author, comes to.

    Raises:
        InputError: nothing under the root has that name.
    """
    seeds = _seeds(graph, name)
    if not seeds:
        raise InputError(f"no row or author here is called {name!r}", where=str(graph.root),
                         remedy="give an id as `instructwild trace` shows it, or an author's hash from `origin`")
    rows = {*seeds, *graph.descendants(seeds)}
    texts, ids = _said(graph, rows)
    while True:
        quoting = _quoting(graph, {text for text in texts if weight(text) >= QUOTED}, rows)
        if not quoting:
            break
        rows |= quoting | graph.descendants(quoting)
        texts, ids = _said(graph, rows)
    others = list(_others(graph, rows))
    ids -= set().union(*(borne for _, borne, _ in others))  # the same answer to another prompt bears the same id
    what = gone(ids | rows, texts, {text for _, _, texts_of in others for text in texts_of})
    return Plan(name, sorted(seeds), sorted(rows), sorted(what.ids), list(what.texts), list(what.whole),
                rewrite.marks_of(graph, name, seeds, rows), _counts(graph, rows), _trained(graph, rows))


def _seeds(graph: Graph, name: str) -> set[str]:
    seeds: set[str] = set()
    for node in graph.nodes:
        if "id" in node.columns:
            seeds |= set(node.rows.filter(pl.col("id") == name).select("id").collect()["id"])
        if "origin" in node.columns:
            by = pl.col("origin").list.eval(pl.element().struct.field("author") == name).list.any()
            seeds |= set(node.rows.filter(by).select("id").collect()["id"])
        seeds |= set(node.losing([name])["id"])
        seeds |= set(node.dropped.filter(pl.col("row").str.contains(f'"author": ?"{name}"')).collect()["id"]) \
            if name.isalnum() else set()
    return seeds - {""}


def _said(graph: Graph, rows: set[str]) -> tuple[set[str], set[str]]:
    texts: set[str] = set()
    ids: set[str] = set()
    for node in graph.nodes:
        rows_of = list(node.holding(rows).iter_rows(named=True)) if "id" in node.columns else []
        for held in (*rows_of, *map(_held, node.losing(rows)["row"])):
            texts |= said_by(held)
            ids |= ids_of(held)
    return texts, ids


def _held(row: str) -> dict[str, Any]:
    try:
        held = json.loads(row or "null")
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}


def _others(graph: Graph, rows: set[str]) -> Iterable[tuple[str, set[str], set[str]]]:
    """(id, all ids it bears, texts) of every kept row that is not among the rows."""
    known = ("id", "response_id", "messages", "candidates", "prompt", "chosen", "rejected")
    for node in graph.nodes:
        if "id" in node.columns:
            others = node.rows.filter(~pl.col("id").is_in(list(rows))).select([c for c in known if c in node.columns])
            for row in others.collect().iter_rows(named=True):
                yield row["id"], ids_of(row), said_by(row)


def _quoting(graph: Graph, texts: set[str], rows: set[str]) -> set[str]:
    """Other rows that hold one of the long texts."""
    if not texts:
        return set()
    ids, joined = [], []
    for identity, _, texts_of in _others(graph, rows):
        ids.append(identity)
        joined.append("\n".join(sorted(texts_of)))
    hits = pl.Series(joined, dtype=pl.String).str.contains_any(pl.Series(sorted(texts), dtype=pl.String).implode())
    return {identity for identity, hit in zip(ids, hits, strict=True) if hit}


def _counts(graph: Graph, rows: set[str]) -> dict[str, int]:
    return {node.name: (node.holding(rows).height if "id" in node.columns else 0) + node.losing(rows).height
            for node in graph.nodes}


def _trained(graph: Graph, rows: set[str]) -> list[dict[str, Any]]:
    """The models that read a row, were made from a model that did, or learned from what such a model wrote."""
    touched: dict[str, str] = {}

    def how(node: Node) -> str:
        for source in graph.parents(node):
            if node.model and source.model is None and "id" in source.columns and not source.holding(rows).is_empty():
                return f"read {source.name}"
            if source.name in touched:
                return f"made from {source.name}"
        return ""

    for node in graph.nodes:  # in the order of the chain
        if why := how(node):
            touched[node.name] = why
    return [{"folder": node.name, "sha256": node.model, "stage": node.manifest.stage, "how": touched[node.name]}
            for node in graph.nodes if node.model and node.name in touched]
