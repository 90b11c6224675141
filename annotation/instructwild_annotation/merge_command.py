"""`instructwild annotate merge`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from unicodedata import normalize

import typer

from instructwild.console.options import Columns, Force, Json, Out, announce
from instructwild.errors import ConfigError
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild.schema import RankingRow


def merge(
    rankings: Annotated[list[Path], typer.Argument(help="Stages of rankings, as pull, terminal and respond --judge "
                                                        "leave them; of the same answers, they are united.",
                                                   show_default=False)],
    out: Out,
    method: Annotated[str, typer.Option(help="borda or bradley-terry.")] = "borda",
    by: Annotated[str, typer.Option(help="Whose rankings count, the first kind that ranked a prompt before the "
                                         "others.")] = "person,model,scripted",
    exclude: Annotated[list[str] | None, typer.Option(help="Leave an annotator's rankings out: as in the data "
                                                           "(person:HASH, model:NAME), or a person's name. "
                                                           "Repeatable.", show_default=False)] = None,
    weights: Annotated[str, typer.Option(help="equal, or reliability: each annotator counts by how often they agree "
                                              "with the others.")] = "equal",
    second_look: Annotated[float, typer.Option(min=0, max=1, help="List prompts whose annotators agree on a smaller share "
                                                                  "of pairs.")] = 0.5,
    columns: Columns = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Merge the rankings of several annotators into one per prompt, and measure how far they agree, models with people too.

    People's rankings are never mixed with a model's or a script's. Answers that come out even stay tied.
    """
    from instructwild import stage
    from instructwild.console.terminal import tracked
    from instructwild.read.names import parse_map
    from instructwild.schema import Dropped, Reason
    from instructwild.stage.frames import ranking_frame
    from instructwild_annotation.comparisons import Comparisons
    from instructwild_annotation.comparisons import second_look as disputed
    from instructwild_annotation.merge import KINDS, METHODS, merged
    from instructwild_annotation.rankings_page import figures_of, rankings_page
    from instructwild_annotation.reliability import WEIGHTS, reliabilities
    from instructwild_annotation.rows import read_all

    kinds = [name.strip() for name in by.split(",") if name.strip()]
    if method not in METHODS:
        raise ConfigError(f"there is no method {method!r}", where="--method", remedy=f"choose one of {', '.join(METHODS)}")
    if not kinds or not set(kinds) <= set(KINDS):
        raise ConfigError(f"{by!r} names no kinds of annotators", where="--by", remedy=f"give some of {','.join(KINDS)}")
    if weights not in WEIGHTS:
        raise ConfigError(f"there are no weights {weights!r}", where="--weights",
                          remedy=f"choose one of {', '.join(WEIGHTS)}")
    table = read_all(rankings, parse_map(columns or ()))
    rows = _without(table.rows, exclude or [])
    config = {"method": method, "by": kinds, "second_look": second_look}
    config |= {"exclude": sorted(exclude)} if exclude else {}
    config |= {"weights": weights} if weights != "equal" else {}
    measured_weights = reliabilities(rows) if weights == "reliability" else None
    with stage.start(out, "merge", config=config, inputs=table.inputs, force=force) as run:
        if run.finished:
            announce(run.finished, json)
            return
        kept, dropped = [], list(table.dropped)
        for row in tracked(rows, "prompts merged"):
            single = merged(row, method, kinds, measured_weights)
            if single is None:
                dropped.append(Dropped(id=row.id, step="merge", reason=Reason.NOT_RANKED, evidence=len(row.rankings),
                                       row=row.model_dump(mode="json")))
            else:
                kept.append(row.model_copy(update={"rankings": (single,)}))
        low = disputed(rows, Comparisons.of(rows), second_look)
        before = figures_of(rows, types=table.types)
        measured = {name: value for name, value in before.items() if "agreement" in name or "alpha" in name}
        if measured_weights is not None:
            measured["weights"] = {who: round(weight, 4) for who, weight in sorted(measured_weights.items())}
        metrics = {**figures_of(kept), **measured, "rankings_in": before["rankings"],
                   "second_look": [row.id for row, _ in low]}
        report = rankings_page("Merged rankings", rows, below=second_look, types=table.types,
                               lead=f"{quantity(before['rankings'], 'ranking')} became {len(kept):,}, one per prompt, by "
                                    f"{method}.")
        _print_agreement(before, len(low), second_look)
        finished = run.finish(data=ranking_frame(kept), dropped=dropped, report=report, metrics=metrics)
    announce(finished, json)


def _without(rows: list["RankingRow"], names: list[str]) -> list["RankingRow"]:
    """The rows without the rankings of some annotators.

    Raises:
        ConfigError: somebody named is not among the annotators.
    """
    from instructwild_annotation.people import person

    known = {ranking.annotator for row in rows for ranking in row.rankings}
    out = {next((who for who in (name, person(name)) if who in known), person(normalize("NFC", name))): name
           for name in names}
    if missing := [name for who, name in out.items() if who not in known]:
        raise ConfigError(f"{', '.join(missing)} ranked nothing here", where="--exclude",
                          remedy=f"choose among {', '.join(sorted(known)[:20]) or 'nobody'}, or give a person's name")
    return [row.model_copy(update={"rankings": tuple(ranking for ranking in row.rankings if ranking.annotator not in out)})
            for row in rows]


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
        console.print(f"{quantity(low, 'prompt')} with less than {second_look:.0%} agreement: see the "
                      "report", highlight=False)
