"""What command lines that ask a model share: what may be spent, how fast, and where."""

from pathlib import Path
from typing import Annotated

import typer

Budget = Annotated[float | None, typer.Option("--budget", help="US$ that are never exceeded.", min=0)]
ListPrice = Annotated[str, typer.Option("--price", help="US$ for a million tokens sent,received; known for most models.")]
Rpm = Annotated[float | None, typer.Option("--rpm", help="Requests a minute, at most.", min=0.1)]
Tpm = Annotated[float | None, typer.Option("--tpm", help="Tokens a minute, at most.", min=1)]
Window = Annotated[int, typer.Option("--window", help="Requests on their way at once; 0: 128, or one batch here.", min=0)]
Batch = Annotated[int, typer.Option("--batch", help="Requests a model in this process answers at once.", min=1)]
LocalOnly = Annotated[bool, typer.Option("--local-only", help="Refuse every endpoint but this machine's own.")]
Cache = Annotated[Path | None, typer.Option("--cache", help="A file of paid answers that several runs share.")]
