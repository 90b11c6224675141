"""`instructwild annotate status`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.console.options import Columns
from instructwild.errors import EndpointError
from instructwild.text.quantity import quantity
from instructwild_annotation.destination import To

if TYPE_CHECKING:
    from instructwild.schema import RankingRow


def status(
    name: Annotated[str, typer.Option(help="The name that was pushed under.")] = "rankings",
    to: To = "argilla",
    url: Annotated[str | None, typer.Option(help="The Argilla server; by default the one that runs here.",
                                            show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace of an Argilla server.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The folder of the page or the embedded server.",
                                             show_default=False)] = None,
    judged: Annotated[list[Path] | None, typer.Option(help="A stage of respond --judge: how far do its models agree with "
                                                      "people? Repeatable.", show_default=False)] = None,
    curve: Annotated[bool, typer.Option("--curve", help="Measure whether more rankings help: the accuracy of a small "
                                                        "reward model against the number of rankings. Takes seconds.")]
        = False,
    columns: Columns = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Say how far the ranking has come: done, left, overlap, pace, and how far people agree."""
    import json as encoder

    from instructwild.read.names import parse_map
    from instructwild_annotation.rows import read_rows

    mapping = parse_map(columns or ())
    by_models = [row for source in judged or [] for row in read_rows(source, mapping).rows]
    figures = (_of_page(home, name, by_models, curve=curve) if to == "page"
               else _of_argilla(url, workspace, home, name, by_models, curve=curve))
    if json:
        typer.echo(encoder.dumps(figures, ensure_ascii=False, indent=2))
        return
    _print(figures)


def _of_page(home: Path | None, name: str, by_models: list["RankingRow"], *, curve: bool) -> dict[str, Any]:
    """The page's figures; its people by name, on the lead's own screen."""
    from instructwild_annotation.curve import MOST
    from instructwild_annotation.page.exchange import read_rankings
    from instructwild_annotation.page.overview import overview
    from instructwild_annotation.page.set_figures import SetFigures
    from instructwild_annotation.page.store import Store

    with Store(home, must_exist=True) as store:
        rows = read_rankings(store, name).rows if by_models else []
        sample = read_rankings(store, name, sample=MOST).rows if curve else []
        return {**overview(store, SetFigures.read(store, name)), "agreement_with_people": _with_models(rows, by_models),
                **_curve(sample, curve)}


def _curve(rows: list["RankingRow"], measured: bool) -> dict[str, Any]:
    """The figure that `--curve` adds."""
    import dataclasses

    from instructwild_annotation.curve import learning_curve

    return {"curve": [dataclasses.asdict(point) for point in learning_curve(rows)]} if measured else {}


def _of_argilla(url: str | None, workspace: str | None, home: Path | None, name: str,
                by_models: list["RankingRow"], *, curve: bool) -> dict[str, Any]:
    """The figures of the sets on an Argilla server; its people by user name, on the lead's own screen."""
    import dataclasses

    from instructwild_annotation.alpha import alpha, alpha_interval
    from instructwild_annotation.comparisons import Comparisons, as_shares
    from instructwild_annotation.connection import Connection
    from instructwild_annotation.people import person
    from instructwild_annotation.pull import progress_of, read_rankings

    with Connection(url, workspace, home) as connection:
        result = read_rankings(connection, name)
        if not result.activity:
            raise EndpointError(f"has no datasets {name}-kK in the workspace {connection.workspace!r}", where=connection.url,
                                remedy="push first, or check --name and --workspace")
        users = {person(str(user["id"])): user["username"] for user in connection.get("/users")["items"]}
    rows, progress = result.rows, progress_of(result)
    compared = Comparisons.of(rows)
    overall = compared.overall()
    return {**dataclasses.asdict(progress), "hours_left": progress.hours_left, "not_counted": result.others,
            "people": [{"name": users.get(who, who), "annotator": who, "done": count}
                       for who, count in progress.people.items()],
            "agreement": overall.share, "agreement_interval": overall.interval,
            "alpha": alpha(compared), "alpha_interval": alpha_interval(compared),
            "agreement_by_language": as_shares(compared.by_label([row.language for row in rows])),
            "agreement_by_type": as_shares(compared.by_label([result.types.get(row.id, "unlabelled") for row in rows])
                                           if result.types else {}),
            "agreement_by_annotator": {who: each.share for who, each in compared.by_annotator().items()},
            "agreement_with_people": _with_models(rows, by_models), **_curve(rows, curve)}


def _with_models(rows: list["RankingRow"], by_models: list["RankingRow"]) -> dict[str, float | None]:
    from instructwild_annotation.comparisons import Comparisons
    from instructwild_annotation.rows import joined

    ids = {row.id for row in rows}
    united = joined([*rows, *(row for row in by_models if row.id in ids)])
    return {who: each.share for who, each in Comparisons.of(united).with_people().items()}


def _print(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from instructwild_annotation.rankings_page import in_words

    def share(value: float | None, ends: Any = None) -> str:
        return "–" if value is None else f"{value:.0%} of pairs" + (f" (95%: {in_words(ends)})" if ends else "")

    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_row("prompts complete", f"{figures['complete']:,} of {figures['records']:,}")
    table.add_row("rankings", f"{figures['rankings']:,} submitted, {figures['left']:,} to go")
    for status_name, count in figures["not_counted"].items():
        table.add_row("", f"{count:,} {status_name}, not counted")
    table.add_row("prompts by rankings", ", ".join(f"{count:,} with {size}" for size, count in figures["overlap"].items()))
    table.add_row("seconds a ranking", f"{figures['seconds']:.0f}" if figures["seconds"] else "–")
    left = figures["hours_left"]
    table.add_row("pace", f"{figures['per_hour']:.0f} an hour" + (f", {left:.1f} h to go" if left else "")
                  if figures["per_hour"] else "–")
    table.add_row("agreement", share(figures["agreement"], figures["agreement_interval"]))
    for key in ("agreement_by_language", "agreement_by_type"):
        for label, each in figures[key].items():
            table.add_row(f"  in {label}" if key.endswith("language") else f"  on {label}",
                          share(each["share"], each["interval"]))
    ends = figures["alpha_interval"]
    table.add_row("Krippendorff's alpha", "–" if figures["alpha"] is None else f"{figures['alpha']:.2f}"
                  + (f" (95%: {in_words(ends, '.2f')})" if ends else ""))
    for who, value in figures["agreement_with_people"].items():
        table.add_row(f"{who} with people", share(value))
    for number, point in enumerate(figures.get("curve", ())):
        measured = share(point["accuracy"], point["interval"])
        table.add_row("" if number else "a small reward model",
                      f"{quantity(point['rankings'], 'ranking')} on {quantity(point['prompts'], 'prompt')}: {measured} "
                      "in people's order")
    if figures.get("curve") == []:
        table.add_row("a small reward model", "too few ranked prompts to measure")
    for each in figures["people"]:
        notes = [f"{each['done']:,} ranked"]
        notes += [f"{each['skipped']:,} skipped"] if each.get("skipped") else []
        notes += [f"{each['seconds']:.0f} s each"] if each.get("seconds") else []
        notes += [f"agrees on {share(each['agreement']['share'], each['agreement']['interval'])}"] \
            if each.get("agreement") else []
        notes += [f"gold {each['gold_score']:.0%} of {each['gold']}"] if each.get("gold") else []
        notes += ["set aside"] if each.get("set_aside") else []
        table.add_row(f"{each['name']} ({each['annotator'].partition(':')[2][:8]})", ", ".join(notes))
    Console(markup=False).print(table)
