"""`instructwild annotate push`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from instructwild.console.options import Columns, DryRun
from instructwild.errors import ConfigError
from instructwild_annotation.destination import To


def push(
    candidates: Annotated[list[Path], typer.Argument(help="Respond stages, or files of rows with messages and "
                                                          "candidates; of the same answers, they are united.",
                                                     show_default=False)],
    name: Annotated[str, typer.Option(help="The datasets are called NAME-kK, one for each number K of candidates. By "
                                           "default rankings; disagreements with --disagreements.", show_default=False)]
        = "",
    to: To = "argilla",
    gold: Annotated[bool, typer.Option("--gold", help="With --to page: the rows' own rankings are right, and measure people "
                                                      "who meet them without knowing.")] = False,
    overlap: Annotated[int, typer.Option(min=1, help="How many annotators should rank each prompt.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="Send at most so many prompts.", show_default=False)] = None,
    ask: Annotated[str, typer.Option(help="Optional questions beside the ranking: rating, safety, correction; or none.")]
        = "rating,safety,correction",
    suggest: Annotated[str | None, typer.Option(help="Pre-fill with the ranking of this annotator, such as model:NAME or "
                                                "model: for the first. People tend to accept what is pre-filled: by "
                                                "default they judge blind.", show_default=False)] = None,
    only_disagreements: Annotated[bool, typer.Option("--disagreements", help="Send only prompts where two models, or a "
                                                     "model and people, put answers in opposite orders.")] = False,
    url: Annotated[str | None, typer.Option(help="The Argilla server (ARGILLA_API_URL); by default the one that runs here. "
                                                 "The key comes from ARGILLA_API_KEY.", show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The folder of the page or the embedded server.",
                                             show_default=False)] = None,
    local_only: Annotated[bool, typer.Option("--local-only", help="Refuse a server that is not on this machine.")] = False,
    columns: Columns = None,
    dry_run: DryRun = False,
) -> None:
    """Send prompts and their answers to the page or to Argilla, blind and in random order, to be ranked by people.

    What is there already stays as it is: after an interruption the same command sends the rest.
    """
    from instructwild.console.terminal import console
    from instructwild.read.names import parse_map
    from instructwild_annotation.connection import Connection
    from instructwild_annotation.push import disagreements, push_rows
    from instructwild_annotation.rows import rankable, read_all
    from instructwild_annotation.settings import OPTIONAL

    optional = frozenset(part.strip() for part in ask.split(",") if part.strip() not in ("", "none"))
    if not optional <= set(OPTIONAL):
        raise ConfigError(f"{ask!r} is not understood", where="--ask", remedy=f"give some of {','.join(OPTIONAL)}, or none")
    if to == "page" and (suggest or url or workspace):
        raise ConfigError("is for Argilla only", where="--suggest" if suggest else "--url" if url else "--workspace",
                          remedy="leave it out; people judge blind on the page")
    if gold and to != "page":
        raise ConfigError("is for the page only", where="--gold", remedy="add --to page")
    name = name or ("disagreements" if only_disagreements else "rankings")
    table = read_all(candidates, parse_map(columns or ()))
    rows, dropped = rankable(table)
    for row in dropped[:20]:
        console.print(f"left out: {row.id or row.evidence} ({row.reason.value})", style="yellow", markup=False)
    if only_disagreements:
        every, rows = len(rows), disagreements(rows)
        console.print(f"on {len(rows):,} of {every:,} prompts a model and people, or two models, disagree")
    rows = rows[:limit]
    if dry_run:
        sizes = sorted({len(row.candidates) for row in rows})
        typer.echo(f"{len(rows)} prompts would go to {', '.join(f'{name}-k{size}' for size in sizes) or 'no dataset'}; "
                   f"{len(rows) * overlap} rankings would be asked for; {len(dropped)} rows left out")
        return
    if to == "page":
        _push_to_page(home, rows, f"{name}:gold" if gold else name, 0 if gold else overlap, sorted(optional), gold=gold)
        return
    with Connection(url, workspace, home) as connection:
        if local_only and not connection.is_loopback:
            raise ConfigError("is not on this machine", where=connection.url,
                              remedy="leave out --local-only to send data there")
        done = push_rows(connection, rows, name, overlap=overlap, optional=optional, suggest=suggest, kinds=table.types)
    for key, reason in done.refused:
        console.print(f"refused: {key}: {reason}", style="yellow", markup=False)
    console.print(done.summary)
    for dataset in done.datasets.values():
        typer.echo(f"{connection.url}/dataset/{dataset}/annotation-mode")
    if done.refused:
        raise typer.Exit(1)


def _push_to_page(home: Path | None, rows: list[Any], name: str, overlap: int, ask: list[str], *, gold: bool) -> None:
    from instructwild.console.terminal import console
    from instructwild_annotation.page.exchange import push_rows
    from instructwild_annotation.page.store import Store

    with Store(home) as store:
        sent, there = push_rows(store, rows, name, overlap=overlap, ask=ask, gold=gold)
        console.print(f"{sent:,} prompts sent, {there:,} were there already")
        typer.echo(str(store.path))
