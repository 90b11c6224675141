"""The page of a benchmark: scores with intervals, the lead on the same items, and responses to look at."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from instructwild.report.page import Page, Sample, Samples, Table
from instructwild.text.quantity import quantity
from instructwild_trainer.evaluate.bench.items import BenchItem, Measured, tasks_of
from instructwild_trainer.evaluate.statistics import interval

if TYPE_CHECKING:
    from instructwild_trainer.evaluate.bench.suites import Suite

SHOWN = 5


def page_of(suite: "Suite", items: Sequence[BenchItem], results: Sequence["Measured"], metrics: Mapping[str, Any]) -> Page:
    """One HTML page.

    Args:
        suite: what was measured.
        items: of it, that were asked.
        results: the model first, then what it is compared with.
        metrics: as the manifest has them.
    """
    tasks, first = tasks_of(items), results[0].name
    scores, more, trained = metrics["bench"], metrics["more_than"], metrics["in_training"]
    lead = "; ".join(f"{task}: {_cell(scores.get(first, {}), task)}" for task in tasks)
    page = Page(title=f"Benchmark {suite.name}: {first}", lead=lead)

    def items_of(task: str) -> str:
        count = sum(item.task == task for item in items)
        left = suite.left_out.get(task, 0)
        return f"{count:,}" + (f" ({left:,} more cannot be checked here)" if left else "")

    page.add("Scores", Table(
        ["task", "items", *(each.name for each in results), *(f"more than {name}" for name in more),
         "items in its training rows"],
        [[task, items_of(task), *(_cell(scores.get(each.name, {}), task) for each in results),
          *(_cell(parts, task, sign=True) for parts in more.values()),
          f"{trained[task]:.1%}" if task in trained else "not known: --trained-on"] for task in tasks],
        caption="The share of items that are right, with 95% intervals by bootstrap over items. Differences are on the "
                "same items: an interval that leaves out 0 is no chance. " + how(suite, metrics)))
    for task in tasks:
        own = [item for item in items if item.task == task and item.id in results[0].scores][:SHOWN]
        page.add(task, Samples([Sample(item.prompt, language=item.language, id=item.id,
                                       replies=tuple((each.name, each.responses.get(item.id) or "(nothing)")
                                                     for each in results),
                                       badges=[f"{each.name}: {'right' if each.scores.get(item.id) else 'wrong'}"
                                               for each in results if item.id in each.scores]) for item in own]))
    return page


def how(suite: "Suite", metrics: Mapping[str, Any]) -> str:
    """How the scores came about, in a sentence or two."""
    if suite.harness is None:
        return ("Responses are greedy, without examples in the prompt, so scores are not those of leaderboards that give "
                "some.")
    return "By lm-evaluation-harness: " + "; ".join(
        [f"{task} {each['metric']}, {quantity(each['fewshot'], 'example')}, by {each['measured_by']}"
         for task, each in metrics["harness"].items()] + list(metrics["notes"])) + "."


def _cell(parts: Mapping[str, Any], task: str, sign: bool = False) -> str:
    return interval(parts[task], 1, percent=True, sign=sign) if task in parts else "–"
