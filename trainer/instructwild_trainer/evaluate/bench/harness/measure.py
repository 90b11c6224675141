"""What tasks of lm-evaluation-harness ask, as items of a benchmark, and a model's score on them."""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import lm_eval
from jinja2 import TemplateError
from lm_eval.api.instance import Instance

from instructwild import stage
from instructwild.errors import InputError
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits
from instructwild.llm.request import Reply, Request
from instructwild_trainer.evaluate.bench.harness.model import HarnessModel, conversation
from instructwild_trainer.evaluate.bench.harness.tasks import (
    OWN_ID,
    SEED,
    VERSION,
    HarnessTasks,
    first_line,
    other_columns,
    questions_of,
    silent,
)
from instructwild_trainer.evaluate.bench.items import BenchItem, Measured
from instructwild_trainer.evaluate.chunks import in_chunks
from instructwild_trainer.evaluate.models import AnswerCost, ComparedModel, generate_answers

HAN = re.compile("[\u4e00-\u9fff]")
Pair = tuple[str, str]
PAIRS_AT_ONCE = 64
"""Log probabilities that are kept together for a run that is interrupted."""


def items_of(loaded: HarnessTasks) -> list[BenchItem]:
    """Every item of the tasks; its prompt is the question until `with_prompts` writes what is sent."""
    items = []
    for name, task in loaded.tasks.items():
        own = loaded.own.get(name)
        if own is not None:
            for number, doc in enumerate(task.eval_docs):
                loaded.numbers[doc[OWN_ID]] = name, number
            items += own.values()
            continue
        generated = task.OUTPUT_TYPE == "generate_until"
        most = int((task.config.generation_kwargs or {}).get("max_gen_toks") or 256) if generated else 1
        for number, question in enumerate(questions_of(name, task)):
            id_ = f"{name}-{number}"
            loaded.numbers[id_] = name, number
            language = "zh" if HAN.search(question) else "en"
            items.append(BenchItem(id_, loaded.shown[name], language, question, question, most))
    return items


def with_prompts(loaded: HarnessTasks, items: Sequence[BenchItem], chat: bool) -> list[BenchItem]:
    """The items with the prompts that are sent, examples included, and with how many requests each takes.

    Raises:
        InputError: the rows of a task have other columns than it reads.
    """
    contexts: dict[str, list[str]] = {}
    for name, numbers in _numbers(loaded, items).items():
        task = loaded.tasks[name]
        task.set_fewshot_seed(seed=SEED)
        try:
            with silent():
                task.build_all_requests(samples=numbers, rank=0, world_size=1, apply_chat_template=_as_chat(task, chat),
                                        fewshot_as_multiturn=True, chat_template=conversation)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, TemplateError) as error:
            raise other_columns(name, task, error) from None
        ids = {position: id_ for id_, position in loaded.numbers.items()}
        for instance in task.instances:
            contexts.setdefault(ids[name, numbers[instance.doc_id]], []).append(str(instance.args[0]))
    return [dataclasses.replace(item, prompt=contexts[item.id][0], requests=len(contexts[item.id])) for item in items]


def measure(run: stage.Run, number: int, name: str, each: ComparedModel, loaded: HarnessTasks, items: Sequence[BenchItem],
            limits: Limits, chat: bool) -> tuple[Measured, AnswerCost]:
    """A model's score on the items; what was answered or scored before an interruption is not asked again.

    Args:
        run: whose scratch folder keeps answers and log probabilities.
        number: of the model in this run.
        name: of the model, to show.
        each: the model.
        loaded: the tasks.
        items: of them, that are measured.
        limits: what may be spent.
        chat: whether tasks that are answered in words are asked as a chat.

    Raises:
        InputError: a task cannot read its rows or the answers.
        EndpointError: the endpoint gives no log probabilities, where a task needs them.
    """
    numbers = _numbers(loaded, items)
    spent, result = [AnswerCost()], Measured(name, {}, {}, {})

    def left() -> Limits:
        used = spent[0].usd + spent[0].possible
        return limits if limits.budget is None else dataclasses.replace(limits, budget=max(0.0, limits.budget - used))

    def answer(requests: Sequence[Request]) -> list[Reply]:
        kind = "chat" if requests[0].messages else "text"
        replies, cost = generate_answers(each, requests, left(), run.scratch / f"{kind}-{number}.sqlite", kind)
        spent[0] += cost
        return replies

    def score(pairs: Sequence[Pair]) -> list[tuple[float, bool]]:
        if each.model is not None and each.model.location == "endpoint":
            scores, cost = _scored_by_endpoint(run, number, each, pairs, left())
            spent[0] += cost
            return scores
        return _scored_here(run, number, each, pairs, limits.batch)

    for as_chat in (True, False):
        tasks = {each_name: loaded.tasks[each_name] for each_name in numbers
                 if _as_chat(loaded.tasks[each_name], chat) == as_chat}
        if not tasks:
            continue
        for task in tasks.values():
            task.set_fewshot_seed(seed=SEED)
        model = HarnessModel(answer, score, as_chat)
        samples = _evaluated(model, tasks, numbers, as_chat)
        _take(result, loaded, samples, tasks, model.lost)
    return result, spent[0]


def _evaluated(model: HarnessModel, tasks: Mapping[str, Any], numbers: Mapping[str, list[int]], chat: bool,
               ) -> dict[str, list[dict[str, Any]]]:
    try:
        with silent():
            results = lm_eval.evaluate(lm=model, task_dict={"tasks": dict(tasks), "groups": {}}, log_samples=True,
                                       samples={name: numbers[name] for name in tasks}, bootstrap_iters=0,
                                       apply_chat_template=chat, fewshot_as_multiturn=True)
    except (KeyError, TypeError, ValueError, AttributeError, TemplateError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"lm-evaluation-harness cannot score the answers ({type(error).__name__}: {first_line(error)})",
                         where=", ".join(tasks), remedy="check that the rows have the columns of the task") from error
    assert results is not None
    samples: dict[str, list[dict[str, Any]]] = results["samples"]
    return samples


def _take(result: Measured, loaded: HarnessTasks, samples: Mapping[str, Sequence[Mapping[str, Any]]],
          tasks: Mapping[str, Any], lost: Mapping[tuple[str, int], str]) -> None:
    """Put the scores of samples into the result: by the first metric of the task, after its last filter."""
    ids = {position: id_ for id_, position in loaded.numbers.items()}
    for name, rows in samples.items():
        task = tasks[name]
        metric, last = _metric(name, task, rows), rows[-1]["filter"]
        means: dict[str, list[float]] = defaultdict(list)
        order = {number: position for position, number in enumerate(sorted({row["doc_id"] for row in rows}))}
        for row in rows:
            id_ = ids[name, row["doc_id"]]
            problem = lost.get((name, order[row["doc_id"]]))
            if problem is not None:
                result.lost[id_] = problem
                continue
            for each in row["metrics"]:
                if isinstance(row[each], bool | int | float):
                    means[f"{each},{row['filter']}"].append(float(row[each]))
            if row["filter"] == last:
                result.scores[id_], result.responses[id_] = float(row[metric]), _response(row)
        shown = result.tasks.setdefault(loaded.shown[name], {
            "metric": f"{metric},{last}", "fewshot": task.get_config("num_fewshot"), "version": str(task.VERSION),
            "by": f"lm-evaluation-harness {VERSION}",
            "measured_by": "answers" if task.OUTPUT_TYPE == "generate_until" else "log probabilities", "means": {}})
        for label, values in means.items():
            total, count = shown["means"].get(label, (0.0, 0))
            shown["means"][label] = total + sum(values), count + len(values)


def _metric(name: str, task: Any, rows: Sequence[Mapping[str, Any]]) -> str:
    """The first metric of a task that has one number for each item."""
    for listed in task.config.metric_list or ():
        metric = listed["metric"] if isinstance(listed["metric"], str) else listed["metric"].__name__
        if all(metric in row and isinstance(row[metric], bool | int | float) for row in rows):
            return str(metric)
    raise InputError(f"the task {name} has no metric with one number for each item", where="--suite",
                     remedy="choose a task that is scored item by item, or run lm-evaluation-harness itself")


def _response(row: Mapping[str, Any]) -> str:
    """What the model wrote, or the option that it finds likeliest."""
    first = row["resps"][0][0]
    if isinstance(first, str):
        return first
    values = [float(resps[0][0]) for resps in row["resps"]]
    best = max(range(len(values)), key=values.__getitem__)
    return f"{str(row['arguments'][best][1]).strip()} ({', '.join(f'{value:.2f}' for value in values)} nats)"


def _scored_by_endpoint(run: stage.Run, number: int, each: ComparedModel, pairs: Sequence[Pair], limits: Limits,
                        ) -> tuple[list[tuple[float, bool]], AnswerCost]:
    from instructwild.console.terminal import progress
    from instructwild.llm.charges import charges
    from instructwild.llm.prompt_logprobs import log_likelihoods

    assert each.model is not None
    with closing(Ledger(run.scratch / f"likelihoods-{number}.sqlite", "likelihoods")) as ledger, progress() as shown:
        task = shown.add_task(f"log probabilities of {each.name}", total=len(set(pairs)), note="")
        scores, usage = log_likelihoods(each.model, limits, ledger, pairs, lambda: shown.update(task, advance=1))
        cost = charges((), ledger)
    return scores, AnswerCost(usage.prompt_tokens, usage.completion_tokens, usage.usd + cost.usd, cost.possible)


def _scored_here(run: stage.Run, number: int, each: ComparedModel, pairs: Sequence[Pair], batch: int,
                 ) -> list[tuple[float, bool]]:
    """Log probabilities by the harness's own code for transformers, some at a time."""
    from instructwild.console.terminal import progress
    from instructwild_trainer.adapter import load_chat

    if each.model is None or each.model.location != "local":
        raise InputError("has no log probabilities", where=each.name, remedy="give a model")
    loaded: list[Any] = []
    with progress() as shown:
        task = shown.add_task(f"log probabilities of {each.name}", total=len(pairs), note="")

        def work(part: Sequence[Pair]) -> list[Any]:
            from lm_eval.models.huggingface import HFLM

            from instructwild.llm.local import load

            if not loaded:
                loaded.append(HFLM(pretrained=load(Path(each.spec))[0], tokenizer=load_chat(each.spec).tokenizer,
                                   batch_size=batch))
            scores = loaded[0].loglikelihood([Instance("loglikelihood", {}, tuple(pair), 0) for pair in part],
                                             disable_tqdm=True)
            shown.update(task, advance=len(part))
            return [[float(value), bool(greedy)] for value, greedy in scores]

        results = in_chunks(run, f"likelihoods-{number}", list(pairs), work, PAIRS_AT_ONCE)
    return [(value, greedy) for value, greedy in results]


def _as_chat(task: Any, chat: bool) -> bool:
    return chat and task.OUTPUT_TYPE == "generate_until"


def _numbers(loaded: HarnessTasks, items: Sequence[BenchItem]) -> dict[str, list[int]]:
    """The numbers of the items in each task, ascending."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for item in items:
        name, number = loaded.numbers[item.id]
        numbers[name].append(number)
    return {name: sorted(values) for name, values in numbers.items()}
