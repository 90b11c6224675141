"""The `instructwild` command: one table of all commands, each imported only when it is called or listed.

A command's module imports nothing heavy at the top, so that `--help` stays quick.
"""

import os
import sys

import typer

from instructwild import __version__
from instructwild.console.collector import ends_with_command, paused
from instructwild.console.lazy_group import lazy_group
from instructwild.console.signals import TERMINATED, terminate_as_interrupt, was_terminated
from instructwild.errors import InstructwildError, MissingExtraError
from instructwild.llm.quiet import quiet_imports
from instructwild.llm.threads import limit_spinning

INTERRUPTED = 130
ENDED_BY_HAND = ("serve", "chat", "view", "annotate terminal")
"""Commands that a person ends: there is nothing to go on with, or they say so themselves."""

COMMANDS = {
    "collect": "instructwild.collect.command:collect",
    "expand": "instructwild.expand.command:expand",
    "clean": "instructwild.clean.command:clean",
    "respond": "instructwild.expand.respond_command:respond",
    "annotate": "instructwild_annotation.cli:annotate",
    "convert": "instructwild.convert:convert",
    "diff": "instructwild.diff:diff",
    "view": "instructwild.view.command:view",
    "train": "instructwild_trainer.cli:train",
    "evaluate": "instructwild_trainer.evaluate.command:evaluate",
    "export": "instructwild_trainer.export.command:export",
    "serve": "instructwild_trainer.serve.command:serve",
    "chat": "instructwild_trainer.chat.command:chat",
    "publish": "instructwild.publish.command:publish",
    "run": "instructwild.recipe.command:run",
    "trace": "instructwild.lineage.command:trace",
    "forget": "instructwild.lineage.command:forget",
    "doctor": "instructwild.doctor:doctor",
    "demo": "instructwild.demo:demo",
}
"""In the order a user meets them."""


EXTRA_OF = {"datasets": "datasets", "huggingface_hub": "datasets", "pyarrow": "datasets",
            "numba": "fast", "praw": "collect", "mastodon": "collect",
            "openai": "expand", "genai_prices": "expand", "torch": "local",
            "transformers": "local", "gguf": "local", "safetensors": "local", "accelerate": "local",
            "argilla": "argilla", "requests": "argilla", "nh3": "annotate", "mdit_py_plugins": "annotate",
            "markdown_it": "annotate", "trl": "train", "peft": "train", "tensorboard": "train",
            "gptqmodel": "export", "lm_eval": "bench", "optimum": "export", "starlette": "serve", "uvicorn": "serve"}
"""The extra that brings a package, for the message when it is missing."""
HELD_BY = {"train": ("local", "datasets"), "serve": ("local",), "export": ("local", "datasets", "train")}
"""Extras of commands' own names, and the others that they hold: who trains wants all of it at once."""


def extra_for(package: str, command: str) -> str:
    """The extra to install where a command lacks a package."""
    extra = EXTRA_OF[package]
    return command if extra in HELD_BY.get(command, ()) else extra


# Help of the whole is plain text: formatting it with rich would double the time it takes.
app = typer.Typer(cls=lazy_group(COMMANDS), no_args_is_help=True, pretty_exceptions_enable=False,
                  rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})


def _version(shown: bool) -> None:
    if shown:
        print(__version__)
        raise typer.Exit


@app.callback()
def instructwild(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True,
                                              help="Print the version and stop.")) -> None:
    """Real questions from public posts, turned into a model that answers them.

    collect → expand → clean → respond → annotate → train → evaluate → export → serve → publish; each command reads stage
    folders or plain files and writes one stage folder with a report.html.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with 0 done, 1 a gate failed, 2 the user can mend it, 130 interrupted, 143 ended by
    SIGTERM.

    Args:
        args: the words after the program's name; None where the process was started with them, and ends with the command.
    """
    if args is None:
        ends_with_command()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")     # it would search all installed packages for some
    quiet_imports()
    limit_spinning()
    try:
        with paused(), terminate_as_interrupt():          # until the command begins
            app(args, prog_name="instructwild")
    except SystemExit as leaving:
        words = [word for word in (sys.argv[1:] if args is None else args) if not word.startswith("-")]
        if leaving.code == INTERRUPTED and not {*words[:1], " ".join(words[:2])} & {*ENDED_BY_HAND}:
            print("interrupted: finished work is kept, and the same command goes on from there", file=sys.stderr)
        if leaving.code == INTERRUPTED and was_terminated():
            sys.exit(TERMINATED)
        raise
    except InstructwildError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if error.name not in EXTRA_OF:
            raise
        words = sys.argv[1:] if args is None else args
        missing = MissingExtraError.named(extra_for(error.name, words[0] if words else ""), error.name)
        _tell(missing)
        sys.exit(missing.exit_code)


def _tell(error: InstructwildError) -> None:
    from rich.text import Text

    from instructwild.console.terminal import console

    console.print(Text.assemble(("error: ", "bold red"), f"{error.where}: " if error.where else "", error.what))
    if error.remedy:
        console.print(Text.assemble(("remedy: ", "bold"), error.remedy), soft_wrap=True)   # to be copied whole
