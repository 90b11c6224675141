"""Where people rank: our own page or Argilla; one option of push, pull and status."""

from typing import Annotated, Literal

import typer

To = Annotated[Literal["page", "argilla"],
               typer.Option("--to", help="Where people rank: our own page (--home is its folder) or an Argilla server.")]
