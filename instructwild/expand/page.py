"""The page a person reads after expanding."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from instructwild.clean.near import tokens
from instructwild.expand.pool import Pool
from instructwild.llm.charges import in_words
from instructwild.report import figures
from instructwild.report.page import Page, Prose, Samples, Table
from instructwild.text.quantity import quantity

SHOWN = 12


def page(pool: Pool, metrics: Mapping[str, Any], usd: float) -> Page:
    """The report: what came of how many requests, what was dropped, and rows to look at."""
    seeds = pool.seeds
    people = sum(len(rows) for rows in seeds.values())
    lead = (f"{quantity(people, 'seed')}, {quantity(len(pool.kept), 'new instruction')} from "
            f"{quantity(metrics['requests'], 'request')}.")
    shown = Page(title="Expand", lead=lead + in_words(usd, metrics["possibly_charged"]))
    rows = [[str(bucket), f"{len(seeds[bucket.language]):,}", f"{state.target:,}", f"{state.taken:,}", f"{state.answered:,}",
             f"{state.taken / state.answered:.2f}" if state.answered else "–"]
            for bucket, state in pool.progress.items()]
    shown.add("By language", Table(["language and kind", "seeds", "target", "new", "requests", "new a request"], rows))
    for bucket, reasons in pool.given_up.items():
        shown.add(f"Given up: {bucket}", Prose(
            f"The last {quantity(pool.rules.max_empty, 'request')} brought no new row: "
            + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) + "."))
    lost = Counter(row.reason.value for row in pool.dropped)
    if lost:
        shown.add("Why candidates were not taken", figures.bars(dict(lost.most_common())),
                  Table(["reason", "candidates"], [[reason, f"{count:,}"] for reason, count in lost.most_common()]))
    lengths = {"seeds": [len(tokens(row.messages[0].content)) for group in seeds.values() for row in group],
               "new": [len(tokens(row.messages[0].content)) for row in pool.kept]}
    shown.add("Length", figures.histogram({name: values for name, values in lengths.items() if values}, label="tokens",
                                          percent=True, caption="As shares of the rows of each."))
    shown.add("Diversity and topics", Prose(
        "Distinct words and pairs of words as shares of all; F with the nearest row of the same group, and with the nearest "
        "seed: low F means unlike. Topics are words, in Chinese pairs of characters, that few rows have: the share of the "
        "seeds' topics that is met, and the share of topics that no seed has. Each group is cut to the same size."),
        Table(["", "rows", "distinct words", "distinct pairs", "F nearest", "F nearest seed", "openings",
               "topics met", "topics beyond"],
              [[name, *map(_figure, measures.values())] for name, measures in metrics["diversity"].items()]))
    for language in seeds:
        some = ["\n".join(message.content for message in row.messages) for row in pool.kept
                if row.language.split("-")[0] == language]
        if some:
            step = max(1, len(some) // SHOWN)
            shown.add(f"Some new instructions: {language}", Samples(some[::step][:SHOWN]))
    return shown


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
