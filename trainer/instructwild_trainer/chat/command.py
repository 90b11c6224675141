"""`instructwild chat`: one model or several side by side, in the terminal or for given questions."""

from pathlib import Path
from typing import Annotated

import typer

from instructwild.report.command import Force, Json, announce


def chat(models: Annotated[list[str], typer.Argument(help="Stage folders, model folders, Hub ids, or smollm2.")],
         ask: Annotated[list[str] | None, typer.Option("--ask", help="Ask this and stop; may be repeated.")] = None,
         out: Annotated[Path | None, typer.Option("--out", help="With --ask: keep the answers as a stage folder.")] = None,
         name: Annotated[list[str] | None, typer.Option("--name", help="What to call each model, in their order.")] = None,
         max_tokens: Annotated[int, typer.Option("--max-tokens", help="The longest answer, in tokens.")] = 200,
         temperature: Annotated[float, typer.Option("--temperature", help="0 gives the likeliest answer.")] = 0.0,
         force: Force = False, as_json: Json = False) -> None:
    """Talk with one model, or put one question to several and read the answers side by side."""
    from instructwild.errors import InputError
    from instructwild_trainer.chat.answers import ask_all, converse, show

    if out is not None and not ask:
        raise InputError("keeping answers needs questions", where="--out", remedy="add --ask QUESTION")
    names = name or [Path(model).name for model in models]
    if len(names) != len(models):
        raise InputError(f"{len(names)} names for {len(models)} models", where="--name",
                         remedy="give one per model, or none")
    if not ask:
        converse(models, names, max_tokens, temperature)
        return
    answers, stage = ask_all(models, names, ask, max_tokens, temperature, out, force)
    if not as_json:
        show(answers)
    if stage is not None:
        announce(stage, as_json)
