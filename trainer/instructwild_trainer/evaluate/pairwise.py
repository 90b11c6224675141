"""`instructwild evaluate pairwise`: two models answer the same prompts, and a judge says whose answers are better."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from instructwild import stage
from instructwild.errors import InputError
from instructwild.llm.charges import charges
from instructwild.llm.judge import REWARD, Matchup, by_score, judge, scorer
from instructwild.llm.ledger import Ledger, run_name
from instructwild.llm.name import understand
from instructwild.llm.open import SORTED_OVER, Limits, check, check_endpoints, open_model
from instructwild.llm.request import Request
from instructwild.llm.stage_models import models_asked
from instructwild.read.instructions import read
from instructwild.schema import Candidate, Dropped, Message, Ranking, RankingRow, Reason, response_id
from instructwild.stage.frames import RANKING, instructions, ranking_frame
from instructwild.text.quantity import quantity
from instructwild_trainer.data import languages_of, shown
from instructwild_trainer.evaluate.chunks import in_chunks
from instructwild_trainer.evaluate.comparison import Comparison, PairwisePlan
from instructwild_trainer.evaluate.models import (
    AnswerCost,
    ComparedModel,
    compared_model,
    generate_answers,
    unique_names,
    with_templates,
)
from instructwild_trainer.evaluate.rubric import Rubric, named, read_rubric
from instructwild_trainer.evaluate.statistics import by_part, estimates_json, length_controlled
from instructwild_trainer.templates import turns

OWN_PROMPTS = "questions.jsonl"
OTHER = "other"
COMPARED = pl.Schema({**RANKING, "category": pl.String, "winner": pl.String, "consistent": pl.Boolean,
                      "said": pl.List(pl.String)})


def compare(pair: Sequence[str], out: Path, plan: PairwisePlan, *, limits: Limits | None = None,
            cache: Path | None = None, encoding: str | None = None, columns: Mapping[str, str] | None = None,
            force: bool = False, dry_run: bool = False) -> "stage.Stage | None":
    """Compare two models and write a stage of rankings; None after a dry run.

    Args:
        pair: the two models, each a model `M`, or a stage folder or file with answers.
        out: the stage folder to write.
        plan: how they are compared.
        cache: a file of paid verdicts that several runs share.
        columns: NAME -> COLUMN of plain files, as `--map` names them.

    Raises:
        InputError, ConfigError, ModelError, EndpointError: a model or the prompts cannot be used.
    """
    limits = limits or Limits()
    rubric = read_rubric(plan.rubric)
    models = with_templates([compared_model(name, limits, encoding, columns) for name in pair])
    names = list(plan.names) or unique_names(item.name for item in models)
    called, judged_by, scores = _judge(plan.judge, limits)
    check_endpoints([*(item.model for item in models if item.model), *([] if scores else [understand(plan.judge)])], limits)
    comparisons, inputs, malformed = _comparisons(models, plan, encoding, columns)
    config = {"sides": names, "judge": called, "answer": plan.answer.plain(), "verdict": plan.verdict.plain(),
              "rubric": rubric.digest, "limit": plan.limit, "budget": limits.budget}
    inputs = [*inputs, *(record for item in models for record in item.inputs), *judged_by]
    if dry_run:
        from instructwild_trainer.evaluate.forecast import show

        return show(models, names, comparisons, rubric, plan, None if scores else plan.judge, limits)
    with stage.start(out, "evaluate pairwise", config=config, inputs=inputs, force=force) as run:
        if run.finished:
            return run.finished
        spent = _answer(run, models, comparisons, plan, limits)
        open_ = [item for item in comparisons if item.lost is None]
        for item in open_:
            if item.answers[0] == item.answers[1]:
                item.decide((1, 1))
        open_ = [item for item in open_ if item.value is None]
        if scores is not None:
            _score(run, open_, scores)
        else:
            spent += _judge_pairs(run, open_, rubric, plan, limits, cache)
        return _finish(run, comparisons, malformed, names, called, spent)


def _judge(spec: str, limits: Limits) -> tuple[str, list[stage.FileRecord], Any]:
    """The judge's name in rankings, how the manifest names it, and a reward model's scores."""
    if spec.startswith(REWARD):
        from instructwild_trainer.adapter import source_of

        result = source_of(spec.removeprefix(REWARD))
        return f"{REWARD}{result.label}", [result.record], scorer(spec)
    name = understand(spec)
    check(name, limits)
    return name.label, list(compared_model(spec, limits).inputs) if name.location == "local" else [], None


def _comparisons(models: Sequence[ComparedModel], plan: PairwisePlan, encoding: str | None,
                 columns: Mapping[str, str] | None) -> tuple[list[Comparison], list[stage.FileRecord], list[Dropped]]:
    """The prompts to compare on, in order."""
    inputs: list[stage.FileRecord] = []
    malformed: list[Dropped] = []
    before = [item for item in models if item.rows is not None]
    if plan.prompts:
        table = read(plan.prompts, encoding, columns)
        rows, inputs, malformed = list(instructions(table.frame)), table.inputs, table.malformed
    elif before:
        rows = list((before[0].rows or {}).values())
    else:
        own = Path(str(files("instructwild_trainer.evaluate").joinpath(OWN_PROMPTS)))
        rows = list(instructions(read([own]).frame))
    known = dict.fromkeys(row.id for row in rows if row.prompt)
    firsts = {row.id: row for row in reversed(rows)}
    requests = [firsts[id_] for id_ in known]
    languages = languages_of((row.language for row in requests), (turns(row.prompt) for row in requests))
    result = [Comparison(row, named(row.labels.type or OTHER), language)
             for row, language in zip(requests, languages, strict=True)]
    result = _spread(result, plan.limit)
    if not result:
        raise InputError("holds no prompt", where=", ".join(plan.prompts) or "the answers", remedy="give --prompts")
    for item in result:
        for index, each in enumerate(models):
            if each.rows is not None:
                answered = each.rows.get(item.row.id)
                item.answers[index] = (answered.response or "") if answered else ""
                item.lost = item.lost if answered else Reason.NO_ANSWER
    if all(item.lost for item in result):
        raise InputError(f"none of {quantity(len(result), 'prompt')} is answered by both",
                         where=" and ".join(each.name for each in models),
                         remedy="answer the same prompts with both: instructwild respond")
    return result, inputs, malformed


def _spread(result: list[Comparison], limit: int | None) -> list[Comparison]:
    """At most `limit` of them, taken in turn from each category in each language, in their order."""
    if limit is None or limit >= len(result):
        return result
    seen: dict[tuple[str, str], int] = {}
    ranked = []
    for index, item in enumerate(result):
        key = (item.category, item.language)
        seen[key] = seen.get(key, 0) + 1
        ranked.append((seen[key], index))
    return [result[index] for index in sorted(index for _, index in sorted(ranked)[:limit])]


def _answer(run: stage.Run, models: Sequence[ComparedModel], comparisons: Sequence[Comparison], plan: PairwisePlan,
            limits: Limits) -> AnswerCost:
    """Let each side that is a model answer; a side's answers have a ledger of their own, for two models may share a name."""
    spent = AnswerCost()
    for index, each in enumerate(models):
        open_ = [item for item in comparisons if item.lost is None]
        if each.model is None:
            continue
        requests = [Request(messages=item.row.prompt, sampling=plan.answer) for item in open_]
        replies, cost = generate_answers(each, requests, limits, run.scratch / f"answers-{index + 1}.sqlite", "answers")
        spent += cost
        for item, reply in zip(open_, replies, strict=True):
            item.answers[index] = reply.text.strip()
            if reply.finish in ("failed", "refused"):
                item.lost, item.replies = Reason.FAILED, (reply.problem or reply.text,)
    return spent


def _judge_pairs(run: stage.Run, open_: Sequence[Comparison], rubric: Rubric, plan: PairwisePlan, limits: Limits,
          cache: Path | None) -> AnswerCost:
    """Ask the judge model."""
    from instructwild.console.terminal import console, progress

    matchups = [Matchup(item.row.prompt, tuple(item.answers), item.language, rubric.of(item.category, item.language))
                for item in open_]
    spec = compared_model(plan.judge, limits).spec
    with closing(Ledger(cache or run.scratch / "verdicts.sqlite", run_name(run.scratch))) as ledger, \
            progress() as shown_:
        session = open_model(*models_asked([spec]), limits, ledger, sort=SORTED_OVER)
        task = shown_.add_task(f"verdicts of {session.name.label}", total=2 * len(matchups), note="")
        session.on_known = lambda known: shown_.update(task, completed=min(known, 2 * len(matchups)))
        result = asyncio.run(judge(session, matchups, words=rubric.words, sampling=plan.verdict))
        cost = charges([session], ledger)
    for item, output in zip(open_, result, strict=True):
        item.decide(output.ranks)
        item.consistent = output.consistent if output.ranks else None
        item.replies = tuple(reply.text or reply.problem or "" for reply in output.replies)
        places = [reading if turn == 0 else reading[::-1] for turn, reading in enumerate(output.readings) if reading]
        item.first_place = tuple(0.5 if a == b else float(a < b) for a, b in places)
        item.lost = Reason.FAILED if item.value is None else None
    if session.stopped is not None:
        console.print(f"[bold yellow]--budget[/] {session.stopped.what}: stopped with what is there.")
    return AnswerCost(cost.prompt_tokens, cost.completion_tokens, cost.usd, cost.possible)


def _score(run: stage.Run, open_: Sequence[Comparison], scores: Callable[..., list[float]]) -> None:
    """Ask the reward model: the higher score wins."""
    from instructwild.console.terminal import progress

    requests = [(*item.row.prompt, Message(role="assistant", content=answer)) for item in open_ for answer in item.answers]
    with progress() as shown_:
        task = shown_.add_task("scores", total=len(requests), note="")
        result = in_chunks(run, "scores", requests,
                           lambda part: scores(part, lambda count: shown_.update(task, advance=count)))
    for number, item in enumerate(open_):
        pair = result[2 * number: 2 * number + 2]
        item.decide(by_score(pair))
        item.replies = tuple(f"score {value:+.3f}" for value in pair)


def _finish(run: stage.Run, comparisons: Sequence[Comparison], malformed: list[Dropped], names: Sequence[str], called: str,
            spent: AnswerCost) -> stage.Stage:
    from instructwild_trainer.evaluate.pairwise_page import page_of

    decided = [item for item in comparisons if item.lost is None]
    dropped = [*malformed, *(Dropped(id=item.row.id, step="evaluate", reason=item.lost, evidence=list(item.replies) or None,
                                     row=shown(turns(item.row.prompt))) for item in comparisons if item.lost is not None)]
    metrics = {"sides": list(names), "judge": called, **figures_of(decided), "characters_of_an_answer": {
        name: _mean([len(item.answers[index]) for item in decided]) for index, name in enumerate(names)}}
    data = pl.concat([ranking_frame(_row(item, names, f"model:{called}") for item in decided), pl.DataFrame(
        {"category": [item.category for item in decided], "winner": [item.winner for item in decided],
         "consistent": [item.consistent for item in decided], "said": [list(item.replies) for item in decided]},
        schema={name: kind for name, kind in COMPARED.items() if name not in RANKING})], how="horizontal")
    return run.finish(data=data, dropped=dropped, metrics={**metrics, "possibly_charged": spent.possible},
                      usd=round(spent.usd, 6), gate=None if decided else "failed",
                      tokens=stage.Tokens(prompt=spent.prompt, completion=spent.completion),
                      report=page_of(decided, names, called, metrics))


def figures_of(decided: Sequence[Comparison]) -> dict[str, Any]:
    """Wins, ties and losses of the first side and its win rate with intervals, by language and by category.

    `length_controlled` is the win rate at equal length, by language.

    A tie counts one half. `first_place` is how often the answer that stood first was preferred, over all single readings;
    0.5 is a judge without a leaning.
    """
    values = [float(item.value or 0.0) for item in decided]
    ids, ones = [item.row.id for item in decided], [1.0] * len(decided)
    parts = {"language": [item.language for item in decided], "category": [item.category for item in decided]}
    parts["both"] = [f"{item.category}, {item.language}" for item in decided]
    rates = {name: by_part(values, ones, ids, part) for name, part in parts.items()}
    places = [value for item in decided for value in item.first_place]
    received = [item for item in decided if item.consistent is not None]
    lengths = [(len(item.answers[0]), len(item.answers[1])) for item in decided]
    return {"win_rate": estimates_json(rates["language"]),
            "length_controlled": estimates_json(length_controlled(values, lengths, ids, parts["language"])),
            **{key: {name: item for name, item in estimates_json(rates[part]).items() if name != "all"}
               for key, part in (("by_category", "category"), ("by_category_and_language", "both"))},
            "results": {name: _counted([item for item, winner in zip(decided, part, strict=True) if winner == name])
                        for part in parts.values() for name in dict.fromkeys(part)} | {"all": _counted(decided)},
            "consistent": _mean([float(bool(item.consistent)) for item in received]), "first_place": _mean(places)}


def _counted(some: Sequence[Comparison]) -> dict[str, int]:
    return {"wins": sum(item.value == 1 for item in some), "ties": sum(item.value == 0.5 for item in some),
            "losses": sum(item.value == 0 for item in some)}


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _row(item: Comparison, names: Sequence[str], annotator: str) -> RankingRow:
    output = [message.turn for message in item.row.prompt]
    candidates = tuple(Candidate(id=response_id([*output, ("assistant", answer)]) or "", text=answer, model=name)
                       for answer, name in zip(item.answers, names, strict=True))
    ranks = {1.0: (1, 2), 0.0: (2, 1)}.get(float(item.value or 0.0), (1, 1))
    return RankingRow(id=item.row.id, messages=item.row.prompt, language=item.row.language, candidates=candidates,
                      rankings=(Ranking(annotator=annotator, ranks=ranks),))
