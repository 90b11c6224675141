"""The page of a pairwise evaluation: who won, by how much, and every answer beside the other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from instructwild.report import figures
from instructwild.report.page import Page, Prose, Sample, Samples, Stats, Table
from instructwild.text.quantity import quantity
from instructwild_trainer.evaluate.statistics import interval

if TYPE_CHECKING:
    from instructwild_trainer.evaluate.comparison import Comparison

SHOWN = 60


def page_of(decided: Sequence["Comparison"], names: Sequence[str], judge: str, metrics: Mapping[str, Any]) -> Page:
    """One HTML page.

    Args:
        decided: comparisons with a verdict.
        names: what the two models are called.
        judge: what the judge is called.
        metrics: as the manifest has them.
    """
    first, second = names
    results, rates = metrics["results"], metrics["win_rate"]
    whole = rates.get("all") or next(iter(rates.values()), None)
    lead = "No prompt has a verdict." if whole is None else (
        f"{first} wins {interval(whole, 0, percent=True)} of {quantity(len(decided), 'prompt')}, ties counted half; "
        f"the judge is {judge}.")
    page = Page(title=f"{first} against {second}", lead=lead)
    if whole is None:
        return page
    page.add("", Stats(_headline(metrics, names)))
    labels = {"wins": f"{first} wins", "ties": "ties", "losses": f"{second} wins"}
    shares = {part: {labels[key]: count for key, count in results[part].items()} for part in ("all", *metrics["win_rate"])}
    page.add("Who wins", figures.stacked(shares, title="By language", sort=False),
             _rates("language", metrics["win_rate"], results, labels),
             Table(["language", "win rate", "win rate at equal length"],
                   [[part, interval(rates[part], 0, percent=True), interval(item, 0, percent=True)]
                    for part, item in metrics["length_controlled"].items()],
                   caption="Judges like long answers. At equal length: a logistic regression of the outcome on the lengths, "
                           "read where they do not differ (length-controlled AlpacaEval)."))
    if len(metrics["by_category"]) > 1:
        page.add("By category", figures.stacked({part: {labels[key]: count for key, count in results[part].items()}
                                                 for part in metrics["by_category"]}, sort=False),
                 _rates("category", metrics["by_category"], results, labels))
    if len(metrics["by_category_and_language"]) > len(metrics["by_category"]) > 1:
        page.add("By category and language", _crossed(metrics))
    page.add("How far to trust this", Prose(_trust(decided, metrics, judge)))
    step = max(1.0, len(decided) / SHOWN)
    chosen = [decided[int(i * step)] for i in range(min(SHOWN, len(decided)))]
    page.add("The answers side by side", Samples([_sample(item, names) for item in chosen],
                                                 caption=f"{len(chosen):,} of {len(decided):,}, spread evenly. All are in "
                                                         "data.parquet." if len(chosen) < len(decided) else ""))
    return page


def _headline(metrics: Mapping[str, Any], names: Sequence[str]) -> list[tuple[Any, ...]]:
    counts = metrics["results"]["all"]
    items: list[tuple[Any, ...]] = [(f"{names[0]} wins", counts["wins"]), ("ties", counts["ties"]),
                                    (f"{names[1]} wins", counts["losses"])]
    if metrics["consistent"] is not None:
        items.append(("both readings agree", f"{metrics['consistent']:.0%}"))
        items.append(("first place preferred", f"{metrics['first_place']:.0%}", "50% is no leaning"))
    return items + [(f"{name}, characters an answer", f"{length:,.0f}")
                    for name, length in metrics["characters_of_an_answer"].items()]


def _rates(called: str, rates: Mapping[str, Any], results: Mapping[str, Any], labels: Mapping[str, str]) -> Table:
    return Table([called, "prompts", *labels.values(), "win rate"],
                 [[part, item["rows"], *(results[part][key] for key in labels), interval(item, 0, percent=True)]
                  for part, item in rates.items()],
                 caption="A tie counts half. 95% intervals by bootstrap over prompts; few prompts give wide ones.")


def _crossed(metrics: Mapping[str, Any]) -> Table:
    languages = [part for part in metrics["win_rate"] if part != "all"]
    result = metrics["by_category_and_language"]
    rows = [[category, *(interval(result[key], 0, percent=True) + f" of {result[key]['rows']}"
                         if (key := f"{category}, {language}") in result else "–" for language in languages)]
            for category in metrics["by_category"]]
    return Table(["category", *languages], rows, caption="Win rate, its interval, and of how many prompts.")


def _trust(decided: Sequence["Comparison"], metrics: Mapping[str, Any], judge: str) -> str:
    notes = [f"{quantity(len(decided), 'prompt')}. An interval of the win rate that holds 50% tells no winner."]
    if metrics["consistent"] is not None:
        notes.append("Every pair was read twice, the second time with the answers in the other order; where the two "
                     f"readings disagree it is a tie. {judge} agreed with itself on {metrics['consistent']:.0%} of the "
                     f"pairs and preferred what stood first in {metrics['first_place']:.0%} of its readings.")
    else:
        notes.append("A reward model scores each answer by itself, so the order cannot matter. It knows what its annotators "
                    "preferred and nothing of truth.")
    return "\n\n".join(notes)


def _sample(item: "Comparison", names: Sequence[str]) -> Sample:
    verdict = {"first": f"{names[0]} wins", "second": f"{names[1]} wins"}.get(item.winner or "", "tie")
    notes = [" ".join(text.split())[:300] for text in item.replies]
    note = f"The judge: {notes[0]} With the two swapped: {notes[1]}" if item.consistent is not None else ", ".join(notes)
    replies = tuple((name, text or "(nothing)") for name, text in zip(names, item.answers, strict=True))
    return Sample(item.row.prompt[-1].content, language=item.language, id=item.row.id, badges=[verdict, item.category],
                  replies=replies, note=note)
