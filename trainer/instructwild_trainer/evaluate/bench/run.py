"""`instructwild evaluate bench`: a model's score on a suite, against others on the same items."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from instructwild import stage
from instructwild.errors import InputError
from instructwild.llm.open import Limits, price_of
from instructwild.llm.request import Request, Sampling
from instructwild.read.instructions import read
from instructwild.schema import Dropped, Message, Reason
from instructwild.stage.frames import instructions
from instructwild.text.quantity import quantity
from instructwild_trainer.evaluate.bench.items import BenchItem, Measured, tasks_of
from instructwild_trainer.evaluate.bench.overlap import rows_behind, seen_in
from instructwild_trainer.evaluate.bench.suites import Suite, load_suite
from instructwild_trainer.evaluate.forecast import BYTES_A_TOKEN
from instructwild_trainer.evaluate.models import (
    AnswerCost,
    ComparedModel,
    compared_model,
    generate_answers,
    unique_names,
    with_templates,
)
from instructwild_trainer.evaluate.statistics import by_part, estimates_json

BENCHED = pl.Schema({"id": pl.String, "task": pl.String, "language": pl.String, "model": pl.String, "score": pl.Float64,
                     "response": pl.String, "in_training": pl.Boolean})
BENCH = "evaluate bench"


@dataclass(frozen=True)
class BenchPlan:
    """What is measured.

    Args:
        suite: `quick`, `bilingual` or a file.
        data: the folder with the files of `quick`.
        against: models, or stages of this command, to compare with: the base, the stage before.
        trained_on: stage folders or files that the model was trained on; by default what the manifests of its stages name.
        limit: at most so many items of each task.
        harness: whether lm-evaluation-harness measures `quick`, `bilingual` and files with items; its own tasks it always
            measures.
        fewshot: examples in the prompts of its tasks; None for what each says.
        chat: whether its tasks that are answered in words are asked as a chat, not as a text to continue.
        max_tokens: the longest response, where an item allows a longer one; None for what each item says.
    """

    suite: str
    data: Path | None = None
    against: tuple[str, ...] = ()
    trained_on: tuple[str, ...] = ()
    limit: int | None = None
    harness: bool = False
    fewshot: int | None = None
    chat: bool = True
    max_tokens: int | None = None


def bench(model: str, out: Path, plan: BenchPlan, *, limits: Limits | None = None, force: bool = False,
          dry_run: bool = False) -> "stage.Stage | None":
    """Measure a model on a suite and write a stage; None after a dry run.

    Args:
        model: a model `M`.
        out: the stage folder.
        plan: what is measured.
        limits: what may be spent.

    Raises:
        InputError: the suite cannot be used.
        ModelError, ConfigError, EndpointError: a model cannot be used.
    """
    limits = limits or Limits()
    suite = load_suite(plan.suite, plan.data, harness=plan.harness, fewshot=plan.fewshot)
    items = _shortened(_limited(suite.items, plan.limit), plan.max_tokens)
    if suite.harness is not None:
        if plan.max_tokens is not None:
            raise InputError("is not for what lm-evaluation-harness measures: its tasks say how long a response may be",
                             where="--max-tokens", remedy="leave it out, or leave out --harness")
        from instructwild_trainer.evaluate.bench.harness.measure import with_prompts

        items = with_prompts(suite.harness, items, plan.chat)
    before = [stage.load(name) for name in plan.against if _is_bench(name)]
    models = [compared_model(name, limits) for name in (model, *(name for name in plan.against if not _is_bench(name)))]
    for each in models:
        if each.model is None:
            raise InputError("holds answers, not a model", where=each.spec,
                             remedy="give the stage of a training, or a model")
    models = with_templates(models) if suite.harness is None or plan.chat else models
    if dry_run:
        return _show(suite, items, models, limits)
    trained_on = plan.trained_on or tuple(rows_behind(model))
    records = [*(stage.input_record(file) for file in suite.files), *(r for each in models for r in each.inputs),
               *(stage.input_record(name) for name in (*trained_on, *filter(_is_bench, plan.against)))]
    names = unique_names(each.name for each in models)
    config = {"model": names[0], "against": [*names[1:], *(Path(earlier.path).name for earlier in before)],
              "suite": suite.name, "limit": plan.limit, **_harness_config(suite, plan),
              **({"max_tokens": plan.max_tokens} if plan.max_tokens is not None else {})}
    with stage.start(out, BENCH, config=config, inputs=records, force=force) as run:
        if run.finished:
            return run.finished
        seen = _seen(items, trained_on)
        spent, results = AnswerCost(), []
        for number, (name, each) in enumerate(zip(names, models, strict=True)):
            result, cost = _measured(run, number, name, each, suite, items, _left(limits, spent), plan.chat)
            results.append(result)
            spent += cost
        results += [_earlier(earlier, items) for earlier in before]
        return _finish(run, suite, items, results, seen, spent)


def _is_bench(name: str) -> bool:
    path = Path(name)
    return path.is_dir() and stage.is_stage(path) and stage.load(path, even_failed=True).manifest.stage == BENCH


def _limited(items: Sequence[BenchItem], limit: int | None) -> list[BenchItem]:
    """At most `limit` items of each task, spread evenly over it."""
    if limit is None:
        return list(items)
    kept = []
    for task in tasks_of(items):
        own = [item for item in items if item.task == task]
        step = max(1.0, len(own) / limit)
        kept += [own[int(number * step)] for number in range(min(limit, len(own)))]
    return kept


def _shortened(items: Sequence[BenchItem], most: int | None) -> list[BenchItem]:
    return [item if most is None else replace(item, max_tokens=min(item.max_tokens, most)) for item in items]


def _show(suite: Suite, items: Sequence[BenchItem], models: Sequence[ComparedModel], limits: Limits) -> None:
    """Print items, tokens and the most that it can cost."""
    count = sum(item.requests for item in items)
    sent = int(sum(len(item.prompt.encode()) * item.requests for item in items) / BYTES_A_TOKEN)
    received = sum(item.max_tokens * item.requests for item in items)
    for task, number in Counter(item.task for item in items).items():
        out = suite.left_out.get(task, 0)
        print(f"{task}: {quantity(number, 'item')}" + (f"; {out:,} more that nothing here can check are left "
                                                       "out" if out else ""))
    for note in suite.harness.notes if suite.harness is not None else ():
        print(note)
    for each in models:
        price = price_of(each.model, limits) if each.model else None
        cost = "price not known: give --price" if price is None else f"US$ {price.of(sent, received):.4f} at most"
        print(f"{each.name}: {quantity(count, 'request')}, about {quantity(sent, 'token')} sent, up to {received:,} "
              f"received, {cost}; the time left is shown once the first batch is answered")


def _seen(items: Sequence[BenchItem], trained_on: Sequence[str]) -> list[bool] | None:
    if not trained_on:
        return None

    def texts() -> Iterator[str]:
        for row in instructions(read(list(trained_on)).frame):
            yield "\n".join(message.content for message in row.messages)

    return seen_in(items, texts())


def _harness_config(suite: Suite, plan: BenchPlan) -> dict[str, Any]:
    """What decides a score beside model and items, where lm-evaluation-harness measures."""
    if suite.harness is None:
        return {}
    from instructwild_trainer.evaluate.bench.harness.tasks import VERSION

    return {"harness": f"lm-evaluation-harness {VERSION}", "fewshot": plan.fewshot, "chat": plan.chat}


def _left(limits: Limits, spent: AnswerCost) -> Limits:
    """The limits with what is left of the budget: each ledger counts its own calls only."""
    if limits.budget is None:
        return limits
    return replace(limits, budget=max(0.0, limits.budget - spent.usd - spent.possible))


def _measured(run: stage.Run, number: int, name: str, each: ComparedModel, suite: Suite, items: Sequence[BenchItem],
              limits: Limits, chat: bool) -> tuple[Measured, AnswerCost]:
    if suite.harness is None:
        return _measure(run, number, name, each, items, limits)
    from instructwild_trainer.evaluate.bench.harness.measure import measure

    return measure(run, number, name, each, suite.harness, items, limits, chat)


def _measure(run: stage.Run, number: int, name: str, each: ComparedModel, items: Sequence[BenchItem], limits: Limits,
             ) -> tuple[Measured, AnswerCost]:
    """Ask a model; each task has a length of its own. What was answered before an interruption is in the ledger."""
    spent, result = AnswerCost(), Measured(name, {}, {}, {})
    for task in tasks_of(items):
        own = [item for item in items if item.task == task]
        sampling = Sampling(max_tokens=max(item.max_tokens for item in own), temperature=0.0)
        requests = [Request(messages=(Message(role="user", content=item.prompt),), sampling=sampling) for item in own]
        replies, cost = generate_answers(each, requests, _left(limits, spent), run.scratch / f"{task}-{number}.sqlite", task)
        spent += cost
        for item, reply in zip(own, replies, strict=True):
            if reply.finish in ("failed", "refused"):
                result.lost[item.id] = reply.problem or reply.text
            else:
                result.scores[item.id], result.responses[item.id] = item.score(reply.text), reply.text
    return result, spent


def _earlier(made: stage.Stage, items: Sequence[BenchItem]) -> Measured:
    """The scores of the model that another stage of this command measured.

    Raises:
        InputError: it measured none of these items.
    """
    frame = made.frame().filter(pl.col("model") == made.manifest.config["model"])
    ids = {item.id for item in items}
    rows = [row for row in frame.iter_rows(named=True) if row["id"] in ids]
    if not rows:
        raise InputError("measured none of these items", where=str(made.path), remedy="give a stage of the same suite")
    return Measured(made.manifest.config["model"], {row["id"]: row["score"] for row in rows},
                    {row["id"]: row["response"] for row in rows}, {})


def _finish(run: stage.Run, suite: Suite, items: Sequence[BenchItem], results: Sequence[Measured],
            seen: Sequence[bool] | None, spent: AnswerCost) -> stage.Stage:
    from instructwild_trainer.evaluate.bench.page import page_of

    results = [replace(each, name=name)
               for name, each in zip(unique_names(each.name for each in results), results, strict=True)]
    marks = dict(zip((item.id for item in items), seen, strict=True)) if seen is not None else {}
    data = pl.DataFrame([{"id": item.id, "task": item.task, "language": item.language, "model": each.name,
                          "score": each.scores[item.id], "response": each.responses[item.id],
                          "in_training": marks.get(item.id)}
                         for each in results for item in items if item.id in each.scores], schema=BENCHED)
    dropped = [Dropped(id=item.id, step="evaluate", reason=Reason.FAILED, evidence=each.lost[item.id],
                       row={"model": each.name, "prompt": item.prompt[:2000]})
               for each in results for item in items if item.id in each.lost]
    measured_by = _with_means(results)
    metrics = {**figures_of(items, results, seen), "suite": suite.name, "left_out": suite.left_out,
               **({"harness": measured_by, "notes": suite.harness.notes} if suite.harness is not None else {}),
               "possibly_charged": spent.possible}
    return run.finish(data=data, dropped=dropped, metrics=metrics, usd=round(spent.usd, 6),
                      tokens=stage.Tokens(prompt=spent.prompt, completion=spent.completion),
                      report=page_of(suite, items, results, metrics))


def _with_means(results: Sequence[Measured]) -> dict[str, Any]:
    """How each task was measured, and by model the mean of every metric and filter that lm-evaluation-harness has of it."""
    tasks: dict[str, Any] = {}
    for each in results:
        for task, how in each.tasks.items():
            entry = tasks.setdefault(task, {**{key: value for key, value in how.items() if key != "means"}, "means": {}})
            entry["means"][each.name] = {label: round(total / count, 4) for label, (total, count) in how["means"].items()}
    return tasks


def figures_of(items: Sequence[BenchItem], results: Sequence[Measured], seen: Sequence[bool] | None) -> dict[str, Any]:
    """Each model's share of right items by task, the first model's lead on the same items, and how many it was trained on.

    Args:
        items: of the suite.
        results: the first is the model, the others are what it is compared with.
        seen: of each item whether it stands in the training rows; None where these are not known.
    """
    figures: dict[str, Any] = {"bench": {}, "more_than": {}, "in_training": {}}
    first = results[0]
    for each in results:
        own = [item for item in items if item.id in each.scores]
        if own:
            figures["bench"][each.name] = _shares(own, [each.scores[item.id] for item in own])
        both = [item for item in own if item.id in first.scores]
        if each is not first and both:
            figures["more_than"][each.name] = _shares(both, [first.scores[item.id] - each.scores[item.id] for item in both])
    if seen is not None:
        for task in tasks_of(items):
            marks = [mark for item, mark in zip(items, seen, strict=True) if item.task == task]
            figures["in_training"][task] = round(sum(marks) / len(marks), 4)
    return figures


def _shares(items: Sequence[BenchItem], values: Sequence[float]) -> dict[str, Any]:
    parts = estimates_json(by_part(values, [1.0] * len(items), [f"{item.task} {item.id}" for item in items],
                                   [item.task for item in items]))
    return {name: part for name, part in parts.items() if name != "all"}
