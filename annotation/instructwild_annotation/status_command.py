"""`instructwild annotate status`."""

from pathlib import Path
from typing import Annotated

import typer

from instructwild.errors import EndpointError


def status(
    name: Annotated[str, typer.Option(help="The name that was pushed under.")] = "rankings",
    url: Annotated[str | None, typer.Option(help="The Argilla server; by default the one that runs here.",
                                            show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The embedded server's folder.", show_default=False)] = None,
    judged: Annotated[list[Path] | None, typer.Option(help="A stage of respond --judge: how far do its models agree with "
                                                      "people? May be given again.", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Say how far the ranking has come: done, left, overlap, pace, and how far people agree."""
    import dataclasses
    import json as encoder

    from instructwild_annotation import agreement
    from instructwild_annotation.connection import Connection
    from instructwild_annotation.pull import read_rankings, progress_of
    from instructwild_annotation.rows import joined, read_rows

    by_models = [row for source in judged or [] for row in read_rows(source).rows]
    with Connection(url, workspace, home) as connection:
        found = read_rankings(connection, name)
        if not found.activity:
            raise EndpointError(f"has no datasets {name}-kK in the workspace {connection.workspace!r}", where=connection.url,
                                remedy="push first, or check --name and --workspace")
    far, alpha, share = progress_of(found), agreement.alpha(found.rows), agreement.overall(found.rows).share
    ours = {row.id for row in found.rows}
    models = agreement.with_people(joined([*found.rows, *(row for row in by_models if row.id in ours)]))
    languages = agreement.by_language(found.rows)
    if json:
        told = {**dataclasses.asdict(far), "hours_left": far.hours_left, "agreement": share, "alpha": alpha,
                "agreement_by_language": {tag: one.share for tag, one in languages.items()},
                "agreement_by_annotator": {who: one.share for who, one in agreement.by_annotator(found.rows).items()},
                "agreement_with_people": {who: one.share for who, one in models.items()}, "not_counted": found.others}
        typer.echo(encoder.dumps(told, ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_row("prompts complete", f"{far.complete:,} of {far.records:,}")
    table.add_row("rankings", f"{far.rankings:,} submitted, {far.left:,} to go")
    for status_name, count in found.others.items():
        table.add_row("", f"{count:,} {status_name}, not counted")
    table.add_row("prompts by rankings", ", ".join(f"{count:,} with {size}" for size, count in far.overlap.items()))
    table.add_row("people", ", ".join(f"{who.partition(':')[2][:8]} {count:,}" for who, count in far.people.items()) or "–")
    table.add_row("seconds a ranking", f"{far.seconds:.0f}" if far.seconds else "–")
    table.add_row("pace", f"{far.per_hour:.0f} an hour" + (f", {far.hours_left:.1f} h to go" if far.hours_left else "")
                  if far.per_hour else "–")
    table.add_row("agreement", f"{share:.0%} of pairs" if share is not None else "–")
    for tag, one in languages.items():
        table.add_row(f"  in {tag}", f"{one.share:.0%} of {one.pairs:,} pairs")
    table.add_row("Krippendorff's alpha", f"{alpha:.2f}" if alpha is not None else "–")
    for who, one in models.items():
        table.add_row(f"{who} with people", f"{one.share:.0%} of {one.pairs:,} pairs")
    Console().print(table)
