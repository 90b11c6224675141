"""Groups of commands that are imported only when one of them is called or listed, and help that cuts no name or sentence."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from instructwild.console.collector import resume, settled
from instructwild.console.old_names import command_class

OPTIONS = "Options"
WIDTH = 110


def _format_options(command: Any, ctx: Any, formatter: Any) -> None:
    """Arguments, then options by panel in the order in which panels first appear; long names stand on lines of their own."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        if (record := parameter.get_help_record(ctx)) is not None:
            argument = parameter.param_type_name == "argument"
            panel = "Arguments" if argument else getattr(parameter, "rich_help_panel", None) or OPTIONS
            panels.setdefault(panel, []).append(record)
    for panel, records in panels.items():
        with formatter.section(panel):
            formatter.write_dl(records)


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return paragraph.split(". ")[0].removesuffix(".")


class PanelCommand(TyperCommand):
    """A command whose help is plain text, its options in panels."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, with Python's collector if the caller had it: it is paused while the command line is read."""
        settled()
        resume()
        return super().invoke(ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the panels of options."""
        _format_options(self, ctx, formatter)


class FullHelpGroup(TyperGroup):
    """A group whose help gives each command's whole first sentence."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the group's own options, then its commands."""
        _format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with their first sentences, wrapped and never cut."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, _first_sentence(command.help or "")) for name, command in commands
                if command is not None and not command.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def lazy_group(commands: Mapping[str, str], **context: Any) -> type[TyperGroup]:
    """A group class for `typer.Typer(cls=…, rich_markup_mode=None)`.

    Args:
        commands: each command's name and where it is defined, `package.module:attribute`, in the order of the help.
        context: click's context settings for commands that are plain functions.
    """

    class LazyGroup(FullHelpGroup):
        """Commands found by name."""

        def __init__(self, **fields: Any) -> None:
            super().__init__(**fields)
            self.commands = dict.fromkeys(commands)      # type: ignore[assignment]  # names alone: for lists and suggestions

        def list_commands(self, ctx: Any) -> list[str]:
            """In the order of the table."""
            return list(commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """Import one command; None where the name is unknown."""
            if cmd_name not in commands:
                return None
            module, _, attribute = commands[cmd_name].partition(":")
            target: Any = getattr(import_module(module), attribute)
            if not isinstance(target, typer.Typer):
                app = typer.Typer(add_completion=False, rich_markup_mode=None)
                app.command(cmd_name, cls=command_class(target, PanelCommand),
                            context_settings={"max_content_width": WIDTH, **context})(target)
                target = app
            command = get_command(target)
            command.name = cmd_name
            return command

    return LazyGroup
