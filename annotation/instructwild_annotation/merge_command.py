"""`instructwild annotate merge`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from instructwild.console.options import Force, Json, Out, announce
from instructwild.errors import ConfigError


def merge(
    rankings: Annotated[list[Path], typer.Argument(help="Stages of rankings, as pull, terminal and respond --judge "
                                                        "leave them; of the same answers, they are united.",
                                                   show_default=False)],
    out: Out,
    method: Annotated[str, typer.Option(help="borda or bradley-terry.")] = "borda",
    by: Annotated[str, typer.Option(help="Whose rankings count, the first kind that ranked a prompt before the "
                                         "others.")] = "person,model,scripted",
    second_look: Annotated[float, typer.Option(min=0, max=1, help="List prompts whose annotators agree on a smaller share "
                                                                  "of pairs.")] = 0.5,
    force: Force = False,
    json: Json = False,
) -> None:
    """Merge the rankings of several annotators into one per prompt, and measure how far they agree, models with people too.

    People's rankings are never mixed with a model's or a script's. Answers that come out even stay tied.
    """
    from instructwild import stage
    from instructwild.schema import Dropped, Reason
    from instructwild.stage.frames import ranking_frame
    from instructwild_annotation import agreement
    from instructwild_annotation.merge import KINDS, METHODS, merged
    from instructwild_annotation.rankings_page import figures_of, rankings_page
    from instructwild_annotation.rows import read_all

    kinds = [name.strip() for name in by.split(",") if name.strip()]
    if method not in METHODS:
        raise ConfigError(f"there is no method {method!r}", where="--method", remedy=f"choose one of {', '.join(METHODS)}")
    if not kinds or not set(kinds) <= set(KINDS):
        raise ConfigError(f"{by!r} names no kinds of annotators", where="--by", remedy=f"give some of {','.join(KINDS)}")
    table = read_all(rankings)
    config = {"method": method, "by": kinds, "second_look": second_look}
    with stage.start(out, "merge", config=config, inputs=table.inputs, force=force) as run:
        if run.finished:
            announce(run.finished, json)
            return
        kept, dropped = [], list(table.dropped)
        for row in table.rows:
            single = merged(row, method, kinds)
            if single is None:
                dropped.append(Dropped(id=row.id, step="merge", reason=Reason.NOT_RANKED, evidence=len(row.rankings),
                                       row=row.model_dump(mode="json")))
            else:
                kept.append(row.model_copy(update={"rankings": (single,)}))
        low = agreement.second_look(table.rows, second_look)
        before = figures_of(table.rows)
        measured = {name: value for name, value in before.items() if "agreement" in name or "alpha" in name}
        metrics = {**figures_of(kept), **measured, "rankings_in": before["rankings"],
                   "second_look": [row.id for row, _ in low]}
        report = rankings_page("Merged rankings", table.rows, second_look=second_look,
                               lead=f"{before['rankings']:,} rankings became {len(kept):,}, one per prompt, by {method}.")
        _print_agreement(before, len(low), second_look)
        finished = run.finish(data=ranking_frame(kept), dropped=dropped, report=report, metrics=metrics)
    announce(finished, json)


def _print_agreement(metrics: dict[str, Any], low: int, second_look: float) -> None:
    """How far annotators agree, in a few lines."""
    from instructwild.console.terminal import console
    from instructwild_annotation.rankings_page import in_words

    def bracketed(ends: list[float] | None, form: str) -> str:
        return f" (95%: {in_words(ends, form)})" if ends else ""

    if metrics["people_agreement"] is not None:
        alpha = "" if metrics["people_alpha"] is None else (f", Krippendorff's alpha {metrics['people_alpha']:.2f}"
                                                            + bracketed(metrics["people_alpha_interval"], ".2f"))
        console.print(f"people agree on {metrics['people_agreement']:.0%} of pairs"
                      f"{bracketed(metrics['people_agreement_interval'], '.0%')}{alpha}", highlight=False)
    for name, share in metrics["agreement_with_people"].items():
        console.print(f"{name} agrees with people on {share:.0%} of pairs", highlight=False, markup=False)
    if low:
        console.print(f"{low:,} prompts with less than {second_look:.0%} agreement: see the report", highlight=False)
