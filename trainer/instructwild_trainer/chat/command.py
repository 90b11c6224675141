"""`instructwild chat`: one model or several side by side, in the terminal or for given questions."""

from pathlib import Path
from typing import Annotated

import typer

from instructwild.console.options import Force, Json, announce


def chat(models: Annotated[list[str], typer.Argument(metavar="MODEL", show_default=False,
                                                     help="Stage folders, model folders, Hub ids, or smollm2.")],
         ask: Annotated[list[str] | None, typer.Option("--ask", help="Ask this and stop. Repeatable.",
                                                       show_default=False)] = None,
         out: Annotated[Path | None, typer.Option("--out", help="With --ask: keep the answers as a stage folder.",
                                                  show_default=False)] = None,
         name: Annotated[list[str] | None, typer.Option("--name", help="What to call each model, in their order.",
                                                        show_default=False)] = None,
         max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="The longest answer, in tokens.")] = 200,
         temperature: Annotated[float, typer.Option("--temperature", min=0,
                                                         help="Sampling temperature; 0 is greedy.")] = 0.0,
         votes: Annotated[Path | None, typer.Option("--votes", metavar="DIR", show_default=False,
                                                    help="With two models: ask which answer is better, and keep the votes "
                                                         "in this stage folder.")] = None,
         history: Annotated[Path | None, typer.Option("--history", metavar="FILE.jsonl", show_default=False,
                                                      help="Keep conversations in this file, one a line.")] = None,
         force: Force = False, as_json: Json = False) -> None:
    """Talk with one model or several side by side; or put questions to them and read the answers.

    Ctrl-C stops an answer. With several models the conversation goes on from the better answer, or the first; with --votes
    who said which is told after the vote.
    """
    from instructwild.errors import ConfigError, InputError

    if out is not None and not ask:
        raise InputError("keeping answers needs questions", where="--out", remedy="add --ask QUESTION")
    if votes is not None and (ask or len(models) != 2):
        raise ConfigError("votes are between two models, in a conversation", where="--votes",
                          remedy="name two models, and leave --ask out")
    if ask:
        _ask(models, name, ask, max_tokens, temperature, out, force, as_json)
        return
    from instructwild.console.terminal import console
    from instructwild_trainer.chat.terminal import converse
    from instructwild_trainer.serve.loaded_model import named, opened, sources
    from instructwild_trainer.serve.votes import Votes

    names, result = named(models, name), sources(models)
    kept = Votes(votes, [source.record for source in result]) if votes is not None else None
    with console.status(f"loading {' and '.join(names)}"):
        loaded_models = [opened(source, label) for source, label in zip(result, names, strict=True)]
    converse(loaded_models, max_tokens, temperature, kept, history)


def _ask(models: list[str], name: list[str] | None, questions: list[str], max_tokens: int, temperature: float,
         out: Path | None, force: bool, as_json: bool) -> None:
    from instructwild_trainer.chat.answers import ask_all, show
    from instructwild_trainer.serve.loaded_model import named

    answers, stage = ask_all(models, named(models, name), questions, max_tokens, temperature, out, force)
    if not as_json:
        show(answers)
    if stage is not None:
        announce(stage, as_json)
