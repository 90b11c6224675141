"""`instructwild clean`."""

from pathlib import Path
from typing import Annotated

import typer

from instructwild.report.command import Encoding, Force, Json, Out, announce


def clean(
    inputs: Annotated[list[str], typer.Argument(help="Stage folders, files (.json .jsonl .csv .parquet, .gz .zst) or -.",
                                                show_default=False)],
    out: Out,
    steps: Annotated[str, typer.Option(help="Steps to run, in this order.")] = "language,rules,exact,near",
    languages: Annotated[str, typer.Option(help="Keep only these, such as en,zh; by default all.")] = "",
    threshold: Annotated[float, typer.Option(help="Near-duplicates have an F above this.")] = 0.7,
    encoding: Encoding = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Clean instruction data: language, quality rules, exact and near-duplicates; every dropped row says why."""
    from instructwild.clean.pipeline import clean as run
    from instructwild.clean.pipeline import made

    options = {"language": {"keep": tuple(filter(None, languages.split(",")))}, "near": {"threshold": threshold}}
    chosen = [made(name, **options.get(name, {})) for name in filter(None, steps.split(","))]
    announce(run(list(map(Path, inputs)), out, chosen, encoding=encoding, force=force), as_json)
