"""The page a person reads after responding."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.llm.charges import in_words
from instructwild.report import figures
from instructwild.report.page import Page, Prose, Samples, Table
from instructwild.schema import Dropped
from instructwild.schema.message import readable_calls
from instructwild.text.quantity import quantity

SHOWN = 8


def page(kept: Sequence[Any], dropped: Sequence[Dropped], metrics: Mapping[str, Any], k: int, usd: float) -> Page:
    """The report: how many prompts were answered, what went wrong, and answers to look at."""
    what = "answered" if k == 1 else "prompts with candidates"
    lead = (f"{quantity(len(kept) + len(dropped), 'prompt')} in, {len(kept):,} {what}, from "
            f"{quantity(metrics['requests'], 'request')}.")
    shown = Page(title="Respond", lead=lead + in_words(usd, metrics["possibly_charged"]))
    if k > 1:
        counts = Counter(len(row.candidates) for row in kept)
        rows = [[str(n), f"{counts[n]:,}"] for n in sorted(counts)]
        shown.add("Candidates a prompt", Table(["candidates", "prompts"], rows))
    if metrics.get("judges"):
        shown.add("Judges", Prose(
            "A model that reads sees the answers of a prompt twice, the second time in the opposite order. Answers that its "
            "two readings do not part the same way are tied. A reward model reads each answer by itself."),
            Table(["judge", "prompts ranked", "without a verdict", "pairs tied", "pairs both readings agree on"],
                  [_judge(each) for each in metrics["judges"]]))
    if metrics["answers_not_taken"]:
        shown.add("Answers that were not taken", figures.bars(metrics["answers_not_taken"]))
    lost = Counter(row.reason.value for row in dropped)
    if lost:
        shown.add("Prompts that left", Table(["reason", "prompts"], [[name, f"{n:,}"] for name, n in lost.most_common()]))
    lengths: dict[str, list[float]] = {}
    for row in kept:
        answers = [_answer(row)] if k == 1 else [candidate.shown for candidate in row.candidates]
        lengths.setdefault(row.language.split("-")[0], []).extend(len(answer) for answer in answers)
    if lengths:
        shown.add("Length of answers", figures.histogram(lengths, label="characters"))
    step = max(1, len(kept) // SHOWN)
    samples = []
    for row in kept[::step][:SHOWN]:
        answers = [_answer(row)] if k == 1 else [_placed(row, i) for i in range(len(row.candidates))]
        samples.append("\n\n".join([row.messages[0].content, *(f"→ {answer}" for answer in answers)]))
    if samples:
        shown.add("Some of them", Samples(samples))
    return shown


def _answer(row: Any) -> str:
    """The answer of a row, its calls of tools included."""
    return "\n".join(filter(None, (row.response, readable_calls(row.answer.tool_calls if row.answer else None))))


def _judge(figures: Mapping[str, Any]) -> list[str]:
    agree = figures["both_readings_agree"]
    return [figures["annotator"], f"{figures['ranked']:,}", f"{figures['unread']:,}",
            f"{figures['tied_pairs']:,} of {figures['pairs']:,}", "–" if agree is None else f"{agree:.0%}"]


def _placed(row: Any, index: int) -> str:
    """An answer after the places it was given."""
    ranks = ", ".join(f"{ranking.annotator.partition(':')[0]} {ranking.ranks[index]}" for ranking in row.rankings)
    return f"[{ranks}] {row.candidates[index].shown}" if ranks else row.candidates[index].shown
