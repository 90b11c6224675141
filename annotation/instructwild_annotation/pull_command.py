"""`instructwild annotate pull`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.console.options import Force, Json, Out, announce
from instructwild.errors import EndpointError
from instructwild.stage.remote import is_url
from instructwild_annotation.destination import To

if TYPE_CHECKING:
    from instructwild_annotation.pull import PullResult


def pull(
    out: Out,
    name: Annotated[str, typer.Option(help="The name that was pushed under.")] = "rankings",
    to: To = "argilla",
    url: Annotated[str | None, typer.Option(help="The Argilla server (ARGILLA_API_URL); by default the one that runs here. "
                                                 "The key comes from ARGILLA_API_KEY.", show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace of an Argilla server.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The folder of the page or the embedded server.",
                                             show_default=False)] = None,
    root: Annotated[Path | None, typer.Option(help="Where the forget list lies; by default beside --out.",
                                              show_default=False)] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Read what people have submitted: every rank and every tie; drafts and discards are only counted.

    Run again, it brings the folder up to date, or says that there is nothing new. People appear as salted hashes.
    """
    from instructwild import stage

    if to == "page":
        from instructwild_annotation.page.exchange import read_rankings as read_page
        from instructwild_annotation.page.store import Store

        with Store(home, must_exist=True) as store:
            result = _without_forgotten(read_page(store, name), root or (Path() if is_url(out) else out.parent),
                                        "annotate page --forget ROOT removes them from the page too")
        _write(out, "page", result, {"name": name, "to": "page"}, force=force, json=json)
        return
    from instructwild_annotation.connection import Connection
    from instructwild_annotation.pull import activity, read_rankings

    with Connection(url, workspace, home) as connection:
        config = {"name": name, "workspace": connection.workspace}
        before = stage.load(out) if _is_ours(out, config) and stage.is_stage(out) else None
        if before and not force and before.manifest.metrics["last_activity"] == activity(connection, name):
            announce(replace(before, existed=True), json)
            return
        result = _without_forgotten(read_rankings(connection, name), root or (Path() if is_url(out) else out.parent),
                                    "delete their records in Argilla too")
        if not result.activity:
            raise EndpointError(f"has no datasets {name}-kK in the workspace {connection.workspace!r}", where=connection.url,
                                remedy="push first, or check --name and --workspace")
        _write(out, "argilla", result, config, force=force, json=json)


def _without_forgotten(result: "PullResult", root: Path, remedy: str) -> "PullResult":
    """The result without prompts that were asked to be forgotten; says how many these are, and what is left to do."""
    from instructwild.console.terminal import console
    from instructwild.privacy.forgotten import forgotten, row_mark
    from instructwild.privacy.salt import user_salt

    if marks := forgotten(root):
        salt = user_salt()
        kept = [record for record in result.records if row_mark(salt, record.row.id) not in marks]
        if gone := len(result.records) - len(kept):
            console.print(f"{gone:,} prompts are on the forget list and were left out; {remedy}", style="yellow",
                          markup=False)
            result.records = kept
    return result


def _is_ours(out: Path, config: dict[str, Any]) -> bool:
    """Whether the folder holds an earlier pull of the same set, which is brought up to date without --force."""
    from instructwild import stage

    begun = stage.fingerprint_of(out)
    return begun is not None and (begun["stage"], begun["config"]) == ("pull", config)


def _write(out: Path, source: str, result: "PullResult", config: dict[str, Any], *, force: bool, json: bool) -> None:
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
                              metrics={**figures_of(result.rows, types=result.types), **figures(result)})
    announce(finished, json)
