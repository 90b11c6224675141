"""The page a person reads after expanding."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.clean.near import tokens
from instructwild.expand.growth import Growth
from instructwild.schema import Instruction

SHOWN = 12


def page(growth: Growth, seeds: Mapping[str, Sequence[Instruction]], metrics: Mapping[str, Any], usd: float) -> str:
    """One self-contained HTML page: what came of how many requests, what was dropped, and rows to look at."""
    from instructwild.report import figures
    from instructwild.report.page import Page, Prose, Samples, Table

    people = sum(len(rows) for rows in seeds.values())
    lead = f"{people:,} seeds, {len(growth.kept):,} new instructions from {metrics['requests']:,} requests."
    shown = Page(title="Expand", lead=lead + (f" US$ {usd:.4f}." if usd else ""))
    rows = [[language, f"{len(seeds[language]):,}", f"{state.target:,}", f"{state.taken:,}", f"{state.answered:,}",
             f"{state.taken / state.answered:.2f}" if state.answered else "–"]
            for language, state in growth.progress.items()]
    shown.add("By language", Table(["language", "seeds", "wanted", "new", "requests", "new a request"], rows))
    for language, reasons in growth.given_up.items():
        shown.add(f"Given up: {language}", Prose(
            f"The last {growth.patience} requests brought no new row: "
            + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) + "."))
    lost = Counter(row.reason.value for row in growth.dropped)
    if lost:
        shown.add("Why candidates were not taken", figures.bars(dict(lost.most_common())),
                  Table(["reason", "candidates"], [[reason, f"{count:,}"] for reason, count in lost.most_common()]))
    lengths = {"seeds": [len(tokens(row.messages[0].content)) for group in seeds.values() for row in group],
               "new": [len(tokens(row.messages[0].content)) for row in growth.kept]}
    shown.add("Length", figures.histogram({name: values for name, values in lengths.items() if values}, label="tokens"))
    for language in growth.targets:
        some = [row.messages[0].content for row in growth.kept if row.language.split("-")[0] == language]
        if some:
            step = max(1, len(some) // SHOWN)
            shown.add(f"Some new instructions: {language}", Samples(some[::step][:SHOWN]))
    return shown.html()
