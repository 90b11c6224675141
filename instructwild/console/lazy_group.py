"""A group of commands that are imported only when one of them is called or listed, so that `--help` stays quick."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from instructwild.console.old_names import command_class


def lazy_group(commands: Mapping[str, str], **context: Any) -> type[TyperGroup]:
    """A group class for `typer.Typer(cls=…)`.

    Args:
        commands: each command's name and where it is defined, `package.module:attribute`, in the order of the help.
        context: click's context settings for commands that are plain functions.
    """

    class LazyGroup(TyperGroup):
        """Commands found by name."""

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
                app = typer.Typer(add_completion=False)
                app.command(cmd_name, cls=command_class(target), context_settings=context or None)(target)
                target = app
            command = get_command(target)
            command.name = cmd_name
            return command

    return LazyGroup
