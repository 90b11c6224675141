"""`instructwild annotate terminal`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from instructwild.console.options import Columns, Force, Json, Out, announce
from instructwild.errors import ConfigError

ASKED_BESIDE_SCRIPT = 5
"""Prompts that a person is asked about by default where a script ranks the rest."""


def terminal(
    candidates: Annotated[Path, typer.Argument(help="A respond stage, or a file of rows with messages and candidates.",
                                               show_default=False)],
    out: Out,
    limit: Annotated[int | None, typer.Option(min=0, help="How many prompts to ask a person about: by default all, or 5 "
                                                          "where --scripted ranks the rest. 0 asks nobody: a script ranks "
                                                          "all, by default tidy.", show_default=False)] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for a first key; then the script ranks everything, "
                                                       "or without one the command stops as by q. Once a key was pressed: "
                                                       "nine times as long. 0 waits without end.")] = 0,
    scripted: Annotated[str | None, typer.Option(help="A rule that ranks what people were not asked about: tidy, complete, "
                                                      "brief; by default, or with none, nothing does. --list-rules "
                                                      "describes them.", show_default=False)] = None,
    language: Annotated[str | None, typer.Option(help="Language of the screen: en or zh; by default the terminal's.",
                                                 show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="Who ranks; only a salted hash of it is kept. By default the user name.",
                                             show_default=False)] = None,
    columns: Columns = None,
    force: Force = False,
    json: Json = False,
    list_rules: Annotated[bool, typer.Option("--list-rules", is_eager=True, callback=lambda listed: _list_rules(listed),
                                             help="Say what each rule prefers, and stop.")] = False,
) -> None:
    """Rank answers with number keys; where you ask for it, a script with a stated rule ranks the rest, marked as such.

    Type one digit for each answer: "1 2 2" says that the first is best and the others are tied. Every ranking is on disk
    before the next question; the same command goes on after `q` or an interruption.
    """
    from instructwild import stage
    from instructwild.read.names import parse_map
    from instructwild_annotation.rows import rankable, read_rows
    from instructwild_annotation.scripted import rule_named

    if language is not None and not language.casefold().startswith(("en", "zh")):
        raise ConfigError(f"there is no screen in {language!r}", where="--language", remedy="choose en or zh")
    if scripted is None and limit == 0:
        scripted = "tidy"       # nobody is asked: there is nobody else to rank
    rule = None if scripted in (None, "none") else rule_named(scripted)
    limit = (None if rule is None else ASKED_BESIDE_SCRIPT) if limit is None else limit
    table = read_rows(candidates, parse_map(columns or ()))
    rows, dropped = rankable(table)
    with stage.start(out, "annotate", config={"by": "terminal", "limit": limit, "scripted": scripted or "none"},
                     inputs=table.inputs, force=force) as run:
        if run.finished:
            announce(run.finished, json)
            return
        by_person = _ask(run.scratch / "rankings.jsonl", rows, limit, timeout or None, language, name,
                         script_ranks=rule is not None)
        finished = _finish(run, rows, by_person, rule, dropped)
    announce(finished, json)


def _list_rules(listed: bool) -> None:
    if listed:
        from instructwild_annotation.scripted import RULES

        for rule in RULES.values():
            typer.echo(f"{rule.name}: {rule.says}")
        raise typer.Exit


def _ask(kept: Path, rows: list[Any], limit: int | None, timeout: float | None, language: str | None,
         name: str | None, *, script_ranks: bool) -> dict[str, Any]:
    """Rankings by a person, by row id: those of an interrupted run, and new ones where somebody is there.

    Raises:
        ConfigError: there is no terminal to ask in, and no script that ranks instead.
    """
    from rich.console import Console

    from instructwild_annotation.people import person
    from instructwild_annotation.terminal.keys import has_terminal, terminal_keys
    from instructwild_annotation.terminal.ledger import KeptRankings
    from instructwild_annotation.terminal.screen import Screen
    from instructwild_annotation.terminal.session import MOST_CANDIDATES, TerminalSession
    from instructwild_annotation.terminal.wording import wording

    ledger, console, words = KeptRankings(kept), Console(stderr=True, highlight=False), wording(language)
    if limit == 0:
        return dict(ledger.rankings)
    if not has_terminal() and not script_ranks:
        raise ConfigError("there is no terminal to ask a person in", where="annotate terminal",
                          remedy="run it in a terminal, use `instructwild annotate page`, or let a script rank all: "
                                 "--scripted tidy")
    if not has_terminal():
        console.print("no terminal to ask a person in: the script ranks all", style="dim")
        return dict(ledger.rankings)
    who = person(name or _user())
    new = [row for row in rows if who not in {ranking.annotator for ranking in row.rankings}]
    shown = [row for row in new if len(row.candidates) <= MOST_CANDIDATES]
    if len(shown) < len(new):
        console.print(words.too_many.format(count=len(new) - len(shown), most=MOST_CANDIDATES), style="yellow", markup=False)
    if shown[:limit]:
        with terminal_keys() as keys:
            finished = TerminalSession(keys, Screen(console, words), ledger, who, timeout,
                                       script_ranks=script_ranks).run(shown[:limit])
        if not finished:
            raise KeyboardInterrupt     # kept, and unfinished: the same command goes on
    return dict(ledger.rankings)


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _finish(run: Any, rows: list[Any], by_person: dict[str, Any], rule: Any, dropped: list[Any]) -> Any:
    from instructwild.stage.frames import ranking_frame
    from instructwild_annotation.agreement import compare
    from instructwild_annotation.rankings_page import figures_of, rankings_page

    ranked, compared = [], []
    for row in rows:
        new = []
        if row.id in by_person:
            new.append(by_person[row.id])
            if rule is not None:
                compared.append(compare(by_person[row.id].ranks, rule.rank(row).ranks))
        elif rule is not None and not row.rankings:
            new.append(rule.rank(row))
        ranked.append(row.model_copy(update={"rankings": (*row.rankings, *new)}))
    return run.finish(data=ranking_frame(ranked), dropped=dropped, report=rankings_page("Rankings", ranked, rule, compared),
                      metrics=figures_of(ranked, rule, compared))
