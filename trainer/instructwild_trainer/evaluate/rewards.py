"""`instructwild evaluate reward`: what a reward model thinks of answers, in each language, and of one set beside another."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from instructwild import stage
from instructwild.errors import InputError
from instructwild.read.instructions import ReadRows, read_several
from instructwild.schema import Dropped, Reason
from instructwild.stage.frames import instructions
from instructwild.text.quantity import quantity
from instructwild_trainer.adapter import load_chat
from instructwild_trainer.data import languages_of, shown
from instructwild_trainer.evaluate.chunks import in_chunks
from instructwild_trainer.evaluate.models import unique_names
from instructwild_trainer.evaluate.statistics import by_part, estimates_json, interval
from instructwild_trainer.reward.scorer import Scorer, scorer
from instructwild_trainer.templates import turns

if TYPE_CHECKING:
    from instructwild.report.page import Page
    from instructwild.schema import Instruction

SCORED = pl.Schema({"id": pl.String, "response_id": pl.String, "language": pl.String, "type": pl.String,
                    "source": pl.String, "score": pl.Float64})


class AnswerSet:
    """One set of answers: its name, its rows with their languages, and the rows that have no answer to score."""

    def __init__(self, name: str, table: ReadRows) -> None:
        self.name, self.inputs = name, table.inputs
        rows = list(instructions(table.frame))
        self.rows: list[Instruction] = [row for row in rows if row.response]
        self.languages = languages_of((row.language for row in self.rows), (turns(row.messages) for row in self.rows))
        self.dropped = [*table.malformed, *(Dropped(id=row.id, step="evaluate", reason=Reason.NO_ANSWER,
                                                    row=shown(turns(row.messages))) for row in rows if not row.response)]


def score(data: Sequence[str | Path], model: str, out: Path, *, max_length: int = 1024, encoding: str | None = None,
          columns: Mapping[str, str] | None = None, force: bool = False, dry_run: bool = False) -> "stage.Stage | None":
    """Score every answer of every set and write a stage; None after a dry run.

    Args:
        data: sets of answers, each a stage folder or a file; the others are compared with the first, prompt by prompt.
        model: a `train reward` stage.
        max_length: longer conversations lose their beginning.
        columns: NAME -> COLUMN of plain files, as `--map` names them.

    Raises:
        InputError: there is no answer to score.
        ModelError: the model is no reward model.
    """
    judge = scorer(str(model))
    judge.max_length = max_length
    tables = read_several([[item] for item in data], encoding, columns)
    names = unique_names(Path(str(item)).name for item in data)
    inputs = [record for table in tables for record in table.inputs]
    config = {"model": judge.source.label, "sources": names, "max_length": max_length}
    with stage.start(out, "evaluate reward", config=config, inputs=[*inputs, judge.source.record], force=force) as run:
        if run.finished:
            return run.finished
        sets = [AnswerSet(name, table) for name, table in zip(names, tables, strict=True)]
        for item in sets:
            if not item.rows:
                raise InputError("holds no answered row", where=item.name, remedy="answer its prompts: instructwild respond")
        if dry_run:
            return _plan(sets, judge)
        results = {item.name: _scored(run, number, item, judge) for number, item in enumerate(sets)}
        return _finish(run, sets, results)


def _scored(run: stage.Run, number: int, answered: AnswerSet, judge: Scorer) -> list[float]:
    from instructwild.console.terminal import progress

    with progress() as shown_:
        task = shown_.add_task(f"scores of {answered.name}", total=len(answered.rows), note="")
        return in_chunks(run, f"set-{number}", answered.rows, lambda part: judge(
            [row.messages for row in part], lambda count: shown_.update(task, advance=count)))


def _finish(run: stage.Run, sets: Sequence[AnswerSet], results: Mapping[str, list[float]]) -> stage.Stage:
    data = pl.DataFrame([{"id": row.id, "response_id": row.response_id, "language": language, "type": row.labels.type,
                          "source": item.name, "score": value}
                         for item in sets for row, language, value in zip(item.rows, item.languages, results[item.name],
                                                                         strict=True)], schema=SCORED)
    metrics = figures_of(data, [item.name for item in sets])
    return run.finish(data=data, dropped=[lost for item in sets for lost in item.dropped], metrics=metrics,
                      report=page_of(sets, results, metrics))


def figures_of(data: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """The mean score of each set, by language, and how much more than the first set it has on the prompts both answer."""
    result: dict[str, Any] = {"score": {}, "more_than_first": {}}
    first = data.filter(pl.col("source") == names[0]).unique("id", keep="first", maintain_order=True)
    for name in names:
        own = data.filter(pl.col("source") == name)
        result["score"][name] = estimates_json(by_part(own["score"].to_list(), [1.0] * own.height, own["id"].to_list(),
                                              own["language"].to_list()))
        if name != names[0]:
            both = own.unique("id", keep="first", maintain_order=True).join(first.select("id", before="score"), on="id")
            more = (both["score"] - both["before"]).to_list()
            if more:
                result["more_than_first"][name] = estimates_json(by_part(more, [1.0] * both.height, both["id"].to_list(),
                                                                both["language"].to_list()))
    return result


def page_of(sets: Sequence[AnswerSet], results: Mapping[str, list[float]], metrics: Mapping[str, Any]) -> "Page":
    """Mean scores with their intervals, how they spread, and the best and the worst answers of the last set."""
    from instructwild.report import figures
    from instructwild.report.page import Page, Sample, Samples, Table

    names = [item.name for item in sets]
    parts = list(dict.fromkeys(part for name in names for part in metrics["score"][name]))
    lead = "; ".join(f"{name}: mean score {next(iter(metrics['score'][name].values()))['value']:+.3f}" for name in names)
    page = Page(title="Reward scores", lead=lead)

    def cell(values: Mapping[str, Any], part: str) -> str:
        return interval(values[part], 3, sign=True) if part in values else "–"

    more = metrics["more_than_first"]
    page.add("Mean score",
             Table(["language", "answers", *names, *(f"{name} minus {names[0]}" for name in more)],
                   [[part, " / ".join(f"{metrics['score'][name][part]['rows']:,}" if part in metrics["score"][name] else "0"
                                      for name in names),
                     *(cell(metrics["score"][name], part) for name in names),
                     *(cell(values, part) for values in more.values())]
                    for part in parts],
                   caption="95% intervals by bootstrap over prompts. A score has no unit: only differences under one reward "
                           "model mean something, and they are taken on the prompts that both sets answer."),
             figures.histogram({name: results[name] for name in names}, label="score", title="How scores spread"))
    last = sets[-1]
    order = sorted(range(len(last.rows)), key=lambda i: results[last.name][i])

    def samples(places: Sequence[int]) -> Samples:
        return Samples([Sample(last.rows[i].prompt[-1].content, language=last.languages[i], id=last.rows[i].id,
                               reply=last.rows[i].response, badges=[f"score {results[last.name][i]:+.2f}"]) for i in places])

    page.add(f"The best of {last.name}, to this model", samples(order[::-1][:5]))
    page.add("And the worst", samples(order[:5]))
    return page


def _plan(sets: Sequence[AnswerSet], judge: Scorer) -> None:
    chat = load_chat(judge.source)
    for item in sets:
        tokens = sum(min(judge.max_length, len(chat.encode(turns(row.messages)).input_ids)) for row in item.rows)
        print(f"{item.name}: {quantity(len(item.rows), 'answer')} to score with {judge.source.label}, "
              f"{quantity(tokens, 'token')} to read; {quantity(len(item.dropped), 'row leaves', 'rows leave')}")
