"""The report of an export."""

from instructwild import stage
from instructwild.report import figures
from instructwild.report.page import Page, Prose, Sample, Samples, Stats, Table
from instructwild_trainer.export.gate import Verdict


def page_of(run: stage.Run, model: str, verdict: Verdict) -> str:
    """What the gate measured, and both models' answers, as a page."""
    before, after = verdict.perplexity["source"], verdict.perplexity["export"]
    size = verdict.size
    page = Page(title=f"Export: {model} as {run.config['format']}",
                lead="The gate passed: what was written does what its source does." if verdict.passed
                else "The gate failed: " + "; ".join(verdict.failures))
    stats = [("size", f"{size['export'] / 1e6:.0f} MB", f"source {size['source'] / 1e6:.0f} MB"),
             ("same next token", f"{verdict.agreement:.1%}", "of held-out positions")]
    if "all" in after:
        stats.insert(0, ("held-out perplexity", f"{after['all']:.2f}", f"source {before['all']:.2f}"))
    if verdict.gap_closed is not None:
        stats.append(("gap closed", f"{verdict.gap_closed:.0%}", "from round-to-nearest to full precision"))
    page.add("", Stats(stats))
    if after:
        languages = list(after)
        page.add("Perplexity on held-out rows, by language",
                 Prose("Lower is better. Round-to-nearest is what quantization without calibration gives."),
                 figures.grouped_bars({name: {language: found[language] for language in languages}
                                       for name, found in verdict.perplexity.items()}),
                 Table(["model", *languages], [[name, *(round(found[language], 2) for language in languages)]
                                               for name, found in verdict.perplexity.items()]))
    page.add("Greedy answers", Samples([Sample(answer["question"], replies=(("source", answer["source"]),
                                                                             ("export", answer["export"])))
                                        for answer in verdict.answers]))
    return page.html()
