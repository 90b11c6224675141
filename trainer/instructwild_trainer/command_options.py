"""Options of a training command: each is a field of a dataclass, declared once with its type, range, panel and help.

The same declaration makes the command line's typed options, checks config files, and is what the manifest keeps.
"""

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import field
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from instructwild.console.old_names import boolean_values

DATA, BATCHES, OPTIMIZER, LORA = "Model and data", "Length and batches", "Optimizer", "Adapters"
MEMORY, MEASURING, OUTPUT = "Memory and precision", "Held-out rows and samples", "Checkpoints and logs"
"""Panels of `--help`, by topic."""


def option(default: Any, help: str, *, panel: str, least: float | None = None, most: float | None = None) -> Any:
    """A field of an options class: its default, its one line of help, its panel in `--help`, and its range."""
    return field(default=default, metadata={"help": help, "panel": panel, "least": least, "most": most})


def command(kind: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a Typer function the options of `kind`: they arrive as one dict, its parameter `typed`, of what was typed."""
    def wrap(function: Callable[..., None]) -> Callable[..., None]:
        own = [parameter for parameter in inspect.signature(function).parameters.values() if parameter.name != "typed"]
        names = {parameter.name for parameter in own}
        added = [parameter_of(item) for item in dataclasses.fields(kind) if item.name not in names]

        def called(**values: Any) -> None:
            typed = {parameter.name: values.pop(parameter.name) for parameter in added if parameter.name in values}
            function(**values, typed={key: value for key, value in typed.items() if value is not None})

        called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        called.__name__, called.__doc__ = function.__name__, function.__doc__
        called.__annotations__ = {}
        return boolean_values(*(flag_of(item.name) for item in dataclasses.fields(kind) if item.type is bool))(called)
    return wrap


def with_underscores_as_dashes(name: str) -> str:
    """An option's name as `--help` writes it: TRL's spelling, with underscores, works as well."""
    return name.replace("_", "-")


def flag_of(name: str) -> str:
    """The option of a field."""
    return f"--{name.replace('_', '-')}"


def parameter_of(item: "dataclasses.Field[Any]") -> inspect.Parameter:
    """A field as a parameter that Typer reads: typed, with its range and choices, None where nothing was typed."""
    kind: Any = item.type
    flag = flag_of(item.name)
    shown = str(item.default).lower() if kind is bool else str(item.default)
    settings: dict[str, Any] = {
        "help": item.metadata["help"] + (f" (default {shown})" if shown else ""), "show_default": False,
        "rich_help_panel": item.metadata["panel"], "min": item.metadata["least"], "max": item.metadata["most"]}
    if kind is bool:
        annotation: Any = Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}", **settings)]
    elif kind in (int, float, str) or get_origin(kind) is Literal:
        annotation = Annotated[kind | None, typer.Option(flag, **settings)]
    else:    # a number or a word
        words = [word for part in get_args(kind) if get_origin(part) is Literal for word in get_args(part)]
        annotation = Annotated[Any, typer.Option(flag, metavar="|".join(["FLOAT", *words]), **settings,
                                                 parser=lambda text: text if text in words else float(text))]
    return inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
