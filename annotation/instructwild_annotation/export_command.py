"""`instructwild annotate export`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from instructwild.console.options import Columns
from instructwild.errors import ConfigError, OutputError
from instructwild.text.quantity import quantity


def export(
    rankings: Annotated[list[Path], typer.Argument(help="Stages of rankings or of candidates, or files of such rows; of the "
                                                        "same answers, they are united.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    format: Annotated[Literal["csv", "label-studio"], typer.Option(help="csv: a table with a line for each answer in "
                                                                   "each ranking. label-studio: tasks with annotations, "
                                                                   "and the labelling interface beside them.")] = "csv",
    with_models: Annotated[bool, typer.Option("--with-models", help="With label-studio: name the models that answered, "
                                              "which people who rank there can see.")] = False,
    columns: Columns = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write rankings, or answers that are still to be ranked, for a spreadsheet or for Label Studio.

    `instructwild annotate import` reads both back, every rank and tie.
    """
    import json

    from instructwild.console.terminal import console
    from instructwild.read.names import parse_map
    from instructwild.stage.atomic import write_atomic
    from instructwild_annotation.interchange.label_studio import labelling_config, to_tasks
    from instructwild_annotation.interchange.spreadsheet import to_csv
    from instructwild_annotation.rows import rankable, read_all
    from instructwild_annotation.settings import LETTERS

    files = [out] if format == "csv" else [out, out.with_suffix(".xml")]
    if existing := [path for path in files if path.exists() and not force]:
        raise OutputError("is there already", where=str(existing[0]),
                          remedy="choose another --out, or --force to replace it")
    rows, dropped = rankable(read_all(rankings, parse_map(columns or ())))
    largest = max((len(row.candidates) for row in rows), default=2)
    if format == "label-studio" and largest > len(LETTERS):
        raise ConfigError(f"a prompt has {quantity(largest, 'answer')}, more than the {len(LETTERS)} that can be shown",
                          where="--format", remedy="use csv")
    try:
        if format == "csv":
            write_atomic(out, to_csv(rows))
        else:
            tasks = to_tasks(rows, with_models=with_models)
            write_atomic(out, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
            write_atomic(files[1], labelling_config(largest))
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", where=str(out),
                          remedy="check the path, its permissions and the free space") from None
    count = sum(len(row.rankings) for row in rows)
    console.print(f"{quantity(len(rows), 'prompt')} with {quantity(count, 'ranking')} written"
                  + (f", {len(dropped):,} left out" if dropped else ""), markup=False)
    for path in files:
        typer.echo(str(path))
