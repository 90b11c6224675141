"""What is there to publish: the stages behind a folder, and the rows of each config of a dataset."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.errors import GateError, InputError
from instructwild.lineage.graph import Graph, Node
from instructwild.lineage.rewrite import TRAINED_ON_FORGOTTEN
from instructwild.privacy.json_texts import texts_in
from instructwild.privacy.turns import texts_of
from instructwild.schema import Candidate, RankingRow
from instructwild.schema.columns import compact
from instructwild.stage.check import check_unaltered
from instructwild.stage.folder import REPORT
from instructwild.stage.frames import INSTRUCTION, RANKING, is_ranking, rankings
from instructwild.stage.manifest import read_manifest

FOR_READING = ("chat", "evaluate")
"""Stages whose answers are there to be read, and are no part of a dataset."""
MESSAGES = INSTRUCTION["messages"]
PREFERENCE = pl.Schema({"id": pl.String, "prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES, "language": pl.String,
                        "annotator": pl.String, "agreement": pl.Float64, "tools": pl.String})
ORIGIN = ("kind", "source", "url", "license", "collected_at")


@dataclass(frozen=True)
class Gathered:
    """A folder's stages in the order of the chain, and what of them is to be published."""

    root: Path
    chain: tuple[Node, ...]
    instructions: Node | None = None
    rankings: Node | None = None
    model: Node | None = None
    evaluations: tuple[Node, ...] = ()


def gather(folder: str | Path) -> Gathered:
    """Find what a folder offers: itself if it is a stage, else the last stages of the chain in it.

    Raises:
        InputError: there is nothing to publish, a model behind it learned from what was forgotten since, or a file of a
            stage that it rests on was altered.
        GateError: the gate of a stage that it rests on failed.
    """
    path = Path(folder)
    if not path.exists():
        raise InputError("does not exist", where=str(path), remedy="check the path")
    alone = (path / "manifest.json").exists()
    graph = Graph(path.resolve().parent if alone else path)
    here = next((node for node in graph.nodes if node.folder.resolve() == path.resolve()), None) if alone else None
    if alone and here is None:                      # or the stages beside it would be published in its place
        read_manifest(path)
        raise InputError("is no stage folder", where=str(path), remedy="give a stage folder, or the folder of a chain")
    known = [node for node in graph.nodes if here is None or node is here or node in graph.above(here)]
    if here is not None and here.model:
        measured = tuple(node for node in graph.children(here) if node.manifest.stage.startswith("evaluate"))
        gathered = Gathered(graph.root, tuple(known), model=here, evaluations=measured)
    else:
        data = [node for node in known if "messages" in node.columns
                and node.manifest.stage.partition(" ")[0] not in FOR_READING]
        unranked = [node for node in data if not is_ranking(node.rows.head(0).collect())]
        ranked = [node for node in data if node not in unranked]
        if not data:
            raise InputError("holds no stage with rows to publish", where=str(path),
                             remedy="give a stage folder, or the folder of a chain; a model by its own stage folder")
        last = [nodes[-1] if nodes else None for nodes in (unranked, ranked)]
        used = [node for node in known if node in last or any(each and node in graph.above(each) for each in last)]
        gathered = Gathered(graph.root, tuple(used), last[0], last[1])
    for node in gathered.chain:
        if gathered.model is not None and node.manifest.config.get(TRAINED_ON_FORGOTTEN):
            raise InputError("was trained on rows that were forgotten since", where=str(node.folder),
                             remedy="train it again: the command that made it, with --force")
        if node.manifest.gate == "failed":
            raise GateError(f"the gate of this {node.manifest.stage} stage failed", where=str(node.folder),
                            remedy=f"read {node.folder / REPORT}, mend the cause and run the stage again")
        check_unaltered(node.folder, node.manifest)
    return gathered


def frames(gathered: Gathered,
           change: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows) -> dict[str, pl.DataFrame]:
    """The rows of each config: `sft` (or `prompts`, where nothing has an answer), `ranking`, `preference`.

    Args:
        gathered: the stages.
        change: what is done to instruction and ranking rows before anything is derived from them.
    """
    configs: dict[str, pl.DataFrame] = {}
    ranked = gathered.rankings.rows.select(RANKING.names()).collect() if gathered.rankings else pl.DataFrame(schema=RANKING)
    questions = gathered.instructions.rows.select(INSTRUCTION.names()).collect() if gathered.instructions \
        else pl.DataFrame(schema=INSTRUCTION)
    ranked, questions = change(ranked), change(questions)
    answered = questions.filter(pl.col("response_id").is_not_null())
    if answered.height:
        configs["sft"] = _public(answered)
    elif ranked.height:
        configs["sft"] = _public(best_answers(questions, ranked))
    else:
        configs["prompts"] = _public(questions)
    if ranked.height:
        configs["ranking"] = _unnamed(ranked)
        pairs = preference_frame(rankings(configs["ranking"]))
        if pairs.height:
            configs["preference"] = pairs
    return {name: frame for name, frame in configs.items() if frame.height}


def unanswered(gathered: Gathered) -> int:
    """How many rows have no answer and stay behind, because others of their stage have one."""
    if gathered.instructions is None:
        return 0
    answers = gathered.instructions.rows.select(pl.col("response_id").is_not_null().alias("answered")).collect()["answered"]
    return int((~answers).sum()) if answers.any() else 0


def _public(frame: pl.DataFrame) -> pl.DataFrame:
    """Instruction rows without what points at a person: authors go, also as hashes; the address stays, to credit them."""
    origin = pl.element().struct
    return frame.with_columns(origin=pl.col("origin").list.eval(pl.struct([origin.field(name) for name in ORIGIN])))


def _unnamed(frame: pl.DataFrame) -> pl.DataFrame:
    """Ranking rows with people numbered instead of named by a hash."""
    people: dict[str, str] = {}
    rows = frame.to_dicts()
    for row in rows:
        for ranking in row["rankings"]:
            if ranking["annotator"].startswith("person:"):
                ranking["annotator"] = people.setdefault(ranking["annotator"], f"person:{len(people) + 1}")
    return pl.DataFrame(rows, schema=RANKING)


def preference_frame(rows: Iterable[RankingRow]) -> pl.DataFrame:
    """The preference pairs of ranking rows, in TRL's columns."""
    return pl.DataFrame([
        {"id": pair.id, "prompt": [message.model_dump() for message in row.messages],
         "chosen": _answer(row.candidates[pair.chosen]), "rejected": _answer(row.candidates[pair.rejected]),
         "language": row.language, "annotator": pair.annotator, "agreement": pair.agreement,
         "tools": compact(row.tools) if row.tools else None}
        for row in rows for pair in row.preference_pairs()], schema=PREFERENCE)


def _answer(candidate: Candidate) -> list[dict[str, Any]]:
    return [message.model_dump() for message in candidate.messages]


def best_answers(questions: pl.DataFrame, ranked: pl.DataFrame) -> pl.DataFrame:
    """Each ranked prompt with its best candidate as the answer: the lowest mean rank, the first of equals."""
    from instructwild.stage.frames import instruction_frame, instructions

    known = {row.id: row for row in instructions(questions)}
    rows = []
    for row in rankings(ranked):
        _, counting = row.submitted()
        if not row.candidates or not counting:
            continue
        means = [sum(ranking.ranks[i] for ranking in counting) / len(counting) for i in range(len(row.candidates))]
        best = row.candidates[means.index(min(means))]
        made = {"made_by": {"model": best.model}} if best.model else {}
        base = known.get(row.id) or _instruction(row)
        if best.turns:
            base = _instruction(row.model_copy(update={"id": "", "messages": (*row.messages, *best.messages)}))
        rows.append(base.answered(best.message, **({} if base.made_by or not made else {"made_by": _made_by(best.model)})))
    return instruction_frame(rows)


def _instruction(row: RankingRow) -> Any:
    from instructwild.schema import Instruction

    return Instruction(id=row.id, messages=row.messages, language=row.language, tools=row.tools)


def _made_by(model: str | None) -> Any:
    from instructwild.schema import MadeBy

    return MadeBy(model=model or "unknown")


def licences(gathered: Gathered) -> dict[tuple[str, str], int]:
    """(source, licence) -> rows, over everything the data rests on: the posts behind machine-made rows included."""
    counted: Counter[tuple[str, str]] = Counter()
    for node in gathered.chain:
        if "origin" in node.columns and not any(record.path == "model" for record in node.manifest.outputs):
            places = node.rows.select("id", "origin").explode("origin").drop_nulls("origin").unnest("origin").collect()
            for row in places.iter_rows(named=True):
                counted[f"{row['kind']} {row['source']}", row["license"] or ""] += 1
    return dict(counted)


def texts(configs: dict[str, pl.DataFrame]) -> Iterator[tuple[str, str, str, str]]:
    """(config, row id, role, text) of all that would be published; pairs repeat the rankings' texts and stay out."""
    for name, frame in configs.items():
        if name == "preference" and "ranking" in configs:
            continue
        for row in frame.iter_rows(named=True):
            for role, text in texts_of([*_messages(row), *(row.get("candidates") or ())]):
                yield name, row["id"], role, text or ""
            for column in ("tools", "extra"):
                for text in texts_in(json.loads(row.get(column) or "null")):
                    yield name, row["id"], "system", text


def _messages(row: dict[str, Any]) -> Sequence[dict[str, str]]:
    return [message for key in ("messages", "prompt", "chosen", "rejected") for message in row.get(key) or ()]
