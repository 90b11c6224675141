"""The gate's table on the terminal, and the report of an export."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instructwild import stage
from instructwild.report import figures
from instructwild.report.page import Page, Prose, Sample, Samples, Stats, Table
from instructwild.text.quantity import agreeing, quantity
from instructwild_trainer.export.gate import LOOPING, GateVerdict, repetition
from instructwild_trainer.export.probe import PEAK_TOKENS, ROUNDED

if TYPE_CHECKING:
    import rich.table

NAMES = {"source": "source", "export": "export", "rtn symmetric": "RTN symmetric", "rtn asymmetric": "RTN asymmetric"}
MB = 1e6


def comparison(verdict: GateVerdict) -> tuple[list[str], list[list[str]]]:
    """The columns and rows of what the gate compared."""
    result = verdict.perplexity
    rounded = [name for name in ROUNDED if name in result]
    columns = ["", "source", "export", *(NAMES[name] for name in rounded)]
    blank = [""] * len(rounded)
    rows = [[f"perplexity, {language}", *(f"{result[name][language]:.2f}" if language in result[name] else "–"
                                               for name in ("source", "export", *rounded))]
            for language in result["source"]]
    rows += [[f"gap closed, {language}", "", str(share), *blank] for language, share in verdict.gap_closed.items()]
    sides = (verdict.before, verdict.after)
    loops = [str(sum(repetition(text) > LOOPING for text in side.answers)) for side in sides]
    rows += [["same next token", "", agreed(verdict), *blank],
             ["weight files", *(f"{verdict.size[side] / MB:,.1f} MB" for side in ("source", "export")), *blank],
             ["linear weights", *(f"{side.linear / MB:,.1f} MB" for side in sides), *blank],
             [f"peak memory, {PEAK_TOKENS} tokens", *(_megabytes(side.peak) for side in sides), *blank],
             [f"answers that loop, of {len(verdict.questions)}", *loops, *blank],
             ["chat template", "", "same" if sides[0].rendered in (None, sides[1].rendered) else "differs", *blank],
             ["answers end with", *(", ".join(map(str, side.stops)) for side in sides), *blank],
             *([name, "", value, *blank] for name, value in verdict.notes)]
    return columns, rows


def _megabytes(count: int) -> str:
    return f"{count / MB:,.0f} MB" if count else "not measured"


def agreed(verdict: GateVerdict) -> str:
    """The share of positions with the same likeliest token."""
    return "not measured" if verdict.agreement is None else f"{verdict.agreement:.1%}"


def measured_on(text: Mapping[str, Any]) -> str:
    """What perplexity was measured on, in one sentence."""
    parts = [f"{text['rows'][name]:,} {name} {agreeing(text['rows'][name], 'row')} of "
             f"{quantity(count, 'token')}" for name, count in text["tokens"].items()]
    if not parts:
        return "No held-out rows: perplexity and agreement were not measured."
    source = f"Held-out rows of {', '.join(text['from'])}" if text["from"] else \
        "No rows were held out (--calibration gives some); measured on the gate's own questions"
    return f"{source}: {'; '.join(parts)}."


def table_of(verdict: GateVerdict, text: Mapping[str, Any]) -> "rich.table.Table":
    """The comparison for the terminal."""
    import rich.table

    columns, rows = comparison(verdict)
    table = rich.table.Table(title=f"The gate: {'passed' if verdict.passed else 'failed'}", caption=measured_on(text),
                             title_style="bold green" if verdict.passed else "bold red", caption_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    for row in rows:
        table.add_row(*row)
    return table


def page_of(run: stage.Run, model: str, verdict: GateVerdict, text: Mapping[str, Any]) -> Page:
    """What the gate measured, and both models' answers, as a page."""
    result = verdict.perplexity
    before, after = result["source"], result["export"]
    size = verdict.size
    page = Page(title=f"Export: {model} as {run.config['format']}",
                lead="The gate passed: what was written does what its source does." if verdict.passed
                else "The gate failed: " + "; ".join(verdict.failures))
    stats = [("size", f"{size['export'] / MB:.0f} MB", f"source {size['source'] / MB:.0f} MB"),
             ("peak memory", _megabytes(verdict.after.peak), f"source {verdict.before.peak / MB:.0f} MB"),
             ("same next token", agreed(verdict), "of measured positions")]
    if "all" in after:
        stats.insert(0, ("held-out perplexity", f"{after['all']:.2f}", f"source {before['all']:.2f}"))
    if "all" in verdict.gap_closed:
        stats.append(("gap closed", str(verdict.gap_closed["all"]), "from the better round-to-nearest to full precision"))
    page.add("", Stats(stats))
    if after:
        page.add("Perplexity on held-out rows, by language",
                 Prose("Lower is better. Round-to-nearest is what quantization without calibration gives. "
                       f"{measured_on(text)} An interval holds 95% of 2,000 bootstrap draws of the rows."),
                 figures.grouped_bars({NAMES[name]: values for name, values in result.items()}))
    columns, rows = comparison(verdict)
    page.add("What was compared", Table(columns, rows))
    page.add("Greedy answers", Samples([_sample(*lines) for lines in zip(verdict.questions, verdict.before.answers,
                                                                       verdict.after.answers, strict=True)]))
    return page


def _sample(question: str, before: str, after: str) -> Sample:
    return Sample(question, replies=(("source", before), ("export", after)))
