"""`instructwild annotate import`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from instructwild.console.options import Force, Json, Out, announce
from instructwild.errors import InputError


def import_rankings(
    files: Annotated[list[Path], typer.Argument(help="Tables with a line for each answer and its rank, or with answers side "
                                                     "by side and a verdict (CSV, TSV, JSON lines, Parquet); exports of "
                                                     "Label Studio (JSON); any layout of preferences that `train reward` "
                                                     "reads.",
                                                show_default=False)],
    out: Out,
    format: Annotated[Literal["auto", "csv", "label-studio"], typer.Option(help="What the files are: csv is a table of any "
                                                                           "kind. auto: what they look like.")] = "auto",
    annotator: Annotated[str, typer.Option(help="Who ranked, where a file does not say so: a name, or model:NAME.")]
        = "imported",
    columns: Annotated[list[str] | None, typer.Option("--map", metavar="NAME=COLUMN", show_default="usual names need none",
                                                      help="Read a column of tables as NAME: prompt, answer, rank, "
                                                           "annotator, seconds and others that a table of `annotate "
                                                           "export` has. Repeatable.")] = None,
    encoding: Annotated[str | None, typer.Option(help="The encoding of tables; by default UTF-8.",
                                                 show_default=False)] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Read rankings that people made elsewhere; `merge` unites them with others of the same answers.

    Names become salted hashes. Rankings that lack an answer or name ranks that cannot be read are listed in dropped.parquet.
    """
    from instructwild import stage
    from instructwild.console.terminal import console
    from instructwild.privacy.salt import user_salt
    from instructwild.read.names import parse_map
    from instructwild.schema import Dropped, RankingRow
    from instructwild.stage import input_record
    from instructwild.stage.frames import ranking_frame
    from instructwild_annotation.interchange.existing import read_existing
    from instructwild_annotation.interchange.spreadsheet import COLUMNS
    from instructwild_annotation.rankings_page import figures_of, rankings_page
    from instructwild_annotation.rows import joined

    mapping = parse_map(columns or (), COLUMNS)
    user_salt()     # names become hashes with it: what is wrong with it is no fault of a row
    rows: list[RankingRow] = []
    dropped: list[Dropped] = []
    for file in files:
        own, malformed, unknown = read_existing(file, annotator, encoding, mapping, format)
        if unknown:
            console.print(f"{file}: columns that are not known were passed over: {', '.join(unknown)}", style="yellow",
                          markup=False)
        if not own:
            problem = (malformed[0].row or {}).get("problem", "no rows") if malformed else "no rows"
            raise InputError(f"holds no ranking that can be read ({problem})", where=str(file), remedy="check --format")
        rows, dropped = rows + own, dropped + malformed
    rows = joined(rows)
    for row in dropped[:20]:
        console.print(f"left out: {row.evidence}: {(row.row or {})['problem']}", style="yellow", markup=False)
    inputs = [input_record(file) for file in files]
    config = {"format": format, "annotator": annotator, "encoding": encoding, **({"map": mapping} if mapping else {})}
    with stage.start(out, "import", config=config, inputs=inputs, force=force) as run:
        if run.finished:
            announce(run.finished, json)
            return
        finished = run.finish(data=ranking_frame(rows), dropped=dropped, report=rankings_page("Imported rankings", rows),
                              metrics=figures_of(rows))
    announce(finished, json)
