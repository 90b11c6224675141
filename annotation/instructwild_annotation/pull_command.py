"""`instructwild annotate pull`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from instructwild.console.options import Force, Json, Out, announce
from instructwild.errors import EndpointError


def pull(
    out: Out,
    name: Annotated[str, typer.Option(help="The name that was pushed under.")] = "rankings",
    url: Annotated[str | None, typer.Option(help="The Argilla server (ARGILLA_API_URL); by default the one that runs here. "
                                                 "The key comes from ARGILLA_API_KEY.", show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The embedded server's folder.", show_default=False)] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Read what people have submitted: every rank and every tie; drafts and discards are only counted.

    Run again, it brings the folder up to date, or says that there is nothing new. People appear as salted hashes.
    """
    from instructwild import stage
    from instructwild.stage import FileRecord
    from instructwild.stage.frames import instruction_frame, ranking_frame
    from instructwild_annotation.connection import Connection
    from instructwild_annotation.pull import activity, corrections, figures, read_rankings
    from instructwild_annotation.rankings_page import figures_of, rankings_page

    with Connection(url, workspace, home) as connection:
        config = {"name": name, "workspace": connection.workspace}
        begun = stage.made_from(out)
        ours = begun is not None and (begun["stage"], begun["config"]) == ("pull", config)
        before = stage.load(out) if ours and stage.is_stage(out) else None
        if before and before.manifest.metrics["last_activity"] == activity(connection, name) and not force:
            announce(replace(before, found=True), json)
            return
        found = read_rankings(connection, name)
        if not found.activity:
            raise EndpointError(f"has no datasets {name}-kK in the workspace {connection.workspace!r}", where=connection.url,
                                remedy="push first, or check --name and --workspace")
        inputs = [FileRecord(path=f"argilla:{name}", sha256=found.fingerprint, rows=len(found.records))]
        with stage.start(out, "pull", config=config, inputs=inputs, force=force or ours) as run:
            if run.finished:
                announce(run.finished, json)
                return
            written = corrections(found.records, "argilla")
            if written:
                run.save("corrections.parquet", instruction_frame(written))
            finished = run.finish(data=ranking_frame(found.rows), report=rankings_page("Rankings by people", found.rows),
                                  metrics={**figures_of(found.rows), **figures(found)})
        announce(finished, json)
