"""`instructwild annotate push`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.console.options import Columns, DryRun
from instructwild.errors import ConfigError
from instructwild.text.quantity import quantity
from instructwild_annotation.destination import To

if TYPE_CHECKING:
    from instructwild.schema import Dropped, RankingRow


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
    by_language: Annotated[bool, typer.Option("--by-language", help="A set of its own for each language, "
                                              "NAME-LANGUAGE-kK, with the guidelines in that language first; fetched by "
                                              "pull --name NAME-LANGUAGE. On the page people get what they read "
                                              "anyway.")] = False,
    only_disagreements: Annotated[bool, typer.Option("--disagreements", help="Send only prompts where two models, or a "
                                                     "model and people, put answers in opposite orders.")] = False,
    url: Annotated[str | None, typer.Option(help="The Argilla server (ARGILLA_API_URL); by default the one that runs here. "
                                                 "The key comes from ARGILLA_API_KEY.", show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace of an Argilla server.", show_default=False)] = None,
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
    from instructwild_annotation.rows import rankable, read_all, with_languages
    from instructwild_annotation.settings import OPTIONAL

    optional = frozenset(part.strip() for part in ask.split(",") if part.strip() not in ("", "none"))
    if not optional <= set(OPTIONAL):
        raise ConfigError(f"{ask!r} is not understood", where="--ask", remedy=f"give some of {','.join(OPTIONAL)}, or none")
    of_argilla = {"--suggest": suggest, "--url": url, "--workspace": workspace, "--by-language": by_language}
    if to == "page" and any(of_argilla.values()):
        raise ConfigError("is for Argilla only", where=next(option for option, value in of_argilla.items() if value),
                          remedy="leave it out; people judge blind on the page")
    if gold and to != "page":
        raise ConfigError("is for the page only", where="--gold", remedy="add --to page")
    name = name or ("disagreements" if only_disagreements else "rankings")
    table = read_all(candidates, parse_map(columns or ()))
    rows, dropped = rankable(table)
    _print_dropped(dropped)
    if only_disagreements:
        every, rows = len(rows), disagreements(rows)
        console.print(f"on {len(rows):,} of {quantity(every, 'prompt')} a model and people, or two models, disagree")
    rows = rows[:limit]
    if dry_run:
        sizes = sorted({len(row.candidates) for row in rows})
        typer.echo(f"{quantity(len(rows), 'prompt')} would go to "
                   f"{', '.join(f'{name}-k{size}' for size in sizes) or 'no dataset'}; "
                   f"{quantity(len(rows) * overlap, 'ranking')} would be asked for; {quantity(len(dropped), 'row')} left "
                   "out")
        return
    if to == "page":
        _push_to_page(home, rows, name, overlap, sorted(optional), gold=gold, types=table.types)
        return
    with Connection(url, workspace, home) as connection:
        if local_only and not connection.is_loopback:
            raise ConfigError("is not on this machine", where=connection.url,
                              remedy="leave out --local-only to send data there")
        warn_unfiltered(connection.is_embedded)
        sent = [push_rows(connection, part, set_name, overlap=overlap, optional=optional, suggest=suggest, kinds=table.types,
                          language=language)
                for set_name, language, part in _sets(with_languages(rows), name, by_language=by_language)]
    for result in sent:
        for key, reason in result.refused:
            console.print(f"refused: {key}: {reason}", style="yellow", markup=False)
        console.print(result.summary)
        for dataset in result.datasets.values():
            typer.echo(f"{connection.url}/dataset/{dataset}/annotation-mode")
    if any(result.refused for result in sent):
        raise typer.Exit(1)


def warn_unfiltered(is_embedded: bool) -> None:
    """Say what people see on a server that no filter of ours stands before."""
    from instructwild.console.terminal import console

    if not is_embedded:
        console.print("this Argilla server is not ours: its annotators can read each other's answers and the models' names; "
                      "to keep them apart, use `instructwild annotate page` or `annotate serve`", style="yellow",
                      markup=False)


def _sets(rows: list["RankingRow"], name: str, *, by_language: bool) -> list[tuple[str, str, list["RankingRow"]]]:
    """The sets to push: name, language whose guidelines come first, rows."""
    tags = [row.language.partition("-")[0] for row in rows]
    if not by_language:
        return [(name, max(set(tags), key=tags.count, default="en"), rows)]
    return [(f"{name}-{tag}", tag, [row for row, own in zip(rows, tags, strict=True) if own == tag])
            for tag in sorted(set(tags))]


def _print_dropped(dropped: list["Dropped"]) -> None:
    from instructwild.console.terminal import console

    for row in dropped[:20]:
        console.print(f"left out: {row.id or row.evidence} ({row.reason.value})", style="yellow", markup=False)
    if len(dropped) > 20:
        console.print(f"… and {len(dropped) - 20:,} more left out", style="yellow", markup=False)


def _push_to_page(home: Path | None, rows: list[Any], name: str, overlap: int, ask: list[str], *, gold: bool,
                  types: dict[str, str]) -> None:
    from instructwild.console.terminal import console
    from instructwild_annotation.page.exchange import push_rows
    from instructwild_annotation.page.store import GOLD, Store

    with Store(home) as store:
        sent, there = push_rows(store, rows, name + GOLD if gold else name, overlap=0 if gold else overlap, ask=ask,
                                gold=gold, types=types)
        console.print(f"{quantity(sent, 'prompt')} sent, {quantity(there, 'was', 'were')} there already")
        typer.echo(str(store.path))
