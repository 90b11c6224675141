"""`instructwild annotate pull`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.console.options import Force, Json, Out, announce
from instructwild.errors import EndpointError
from instructwild.stage.remote import is_url
from instructwild.text.quantity import quantity
from instructwild_annotation.destination import To

if TYPE_CHECKING:
    from instructwild_annotation.pull import PullResult
    from instructwild_annotation.wire import PulledRecord


def pull(
    out: Out,
    name: Annotated[str, typer.Option(help="The name that was pushed under.")] = "rankings",
    to: To = "argilla",
    url: Annotated[str | None, typer.Option(help="The Argilla server (ARGILLA_API_URL); by default the one that runs here. "
                                                 "The key comes from ARGILLA_API_KEY.", show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace of an Argilla server.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The folder of the page or the embedded server.",
                                             show_default=False)] = None,
    root: Annotated[Path | None, typer.Option(help="Folder of the forget list; by default beside --out.",
                                              show_default=False)] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Read what people have submitted: every rank and every tie; drafts and discards are only counted.

    Run again, it brings the folder up to date, or says that there is nothing new. People appear as salted hashes.
    """
    from instructwild import stage
    from instructwild.privacy.forgotten import fingerprint, forgotten

    marks = forgotten(root or (Path() if is_url(out) else out.parent))
    listed = fingerprint(marks)
    if to == "page":
        from instructwild_annotation.page.exchange import read_rankings as read_page
        from instructwild_annotation.page.store import Store

        with Store(home, must_exist=True) as store:
            result = read_page(store, name)
            if gone := _take_out(result, marks):
                _say_left_out(len(gone), "; annotate page --forget ROOT removes them from the page too")
        _write(out, "page", result, {"name": name, "to": "page"}, listed, force=force, json=json)
        return
    from instructwild_annotation.connection import Connection
    from instructwild_annotation.pull import activity, delete_records, read_rankings

    with Connection(url, workspace, home) as connection:
        config = {"name": name, "workspace": connection.workspace}
        before = stage.load(out) if _is_ours(out, config) and stage.is_stage(out) else None
        if before and not force and before.manifest.metrics.get("forgotten") == listed \
                and before.manifest.metrics["last_activity"] == activity(connection, name):
            announce(replace(before, existed=True), json)
            return
        result = read_rankings(connection, name)
        if gone := _take_out(result, marks):
            delete_records(connection, gone)
            _say_left_out(len(gone), ", and their records and answers are deleted from the server")
            result.activity = activity(connection, name)
        if not result.activity:
            raise EndpointError(f"has no datasets {name}-kK in the workspace {connection.workspace!r}", where=connection.url,
                                remedy="push first, or check --name and --workspace")
        _write(out, "argilla", result, config, listed, force=force, json=json)


def _take_out(result: "PullResult", marks: frozenset[str]) -> "list[PulledRecord]":
    """Take the prompts that are on the forget list out of the result, and give them back."""
    from instructwild.privacy.forgotten import is_forgotten
    from instructwild.privacy.salt import user_salt

    if not marks:
        return []
    salt = user_salt()
    gone = [record for record in result.records if is_forgotten(salt, record.row.id, marks)]
    if gone:
        result.records = [record for record in result.records if not is_forgotten(salt, record.row.id, marks)]
    return gone


def _say_left_out(count: int, more: str) -> None:
    from instructwild.console.terminal import console

    console.print(f"{quantity(count, 'prompt is', 'prompts are')} on the forget list and left "
                  f"out{more}", style="yellow", markup=False)


def _is_ours(out: Path, config: dict[str, Any]) -> bool:
    """Whether the folder holds an earlier pull of the same set, which is brought up to date without --force."""
    from instructwild import stage

    begun = stage.fingerprint_of(out)
    return begun is not None and (begun["stage"], begun["config"]) == ("pull", config)


def _write(out: Path, source: str, result: "PullResult", config: dict[str, Any], listed: str | None, *, force: bool,
           json: bool) -> None:
    from instructwild import stage
    from instructwild.stage import FileRecord
    from instructwild.stage.frames import instruction_frame, ranking_frame
    from instructwild_annotation.pull import corrections, figures
    from instructwild_annotation.rankings_page import figures_of, rankings_page

    inputs = [FileRecord(path=f"{source}:{config['name']}", sha256=result.fingerprint, rows=len(result.records))]
    with stage.start(out, "pull", config=config, inputs=inputs, force=force or _is_ours(out, config)) as run:
        if run.finished:
            announce(run.finished, json)
            return
        written = corrections(result.records, source)
        if written:
            run.save("corrections.parquet", instruction_frame(written))
        finished = run.finish(data=ranking_frame(result.rows),
                              report=rankings_page("Rankings by people", result.rows, types=result.types),
                              metrics={**figures_of(result.rows, types=result.types), **figures(result),
                                       "forgotten": listed})
    announce(finished, json)
