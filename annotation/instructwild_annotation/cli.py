"""`instructwild annotate …`: one table of sub-commands, each loaded only when it is called."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = {
    "terminal": "instructwild_annotation.terminal.command:terminal",
    "serve": "instructwild_annotation.server.command:serve",
    "invite": "instructwild_annotation.server.command:invite",
    "push": "instructwild_annotation.push_command:push",
    "status": "instructwild_annotation.status_command:status",
    "pull": "instructwild_annotation.pull_command:pull",
    "merge": "instructwild_annotation.merge_command:merge",
}
"""In the order a user meets them."""


class Commands(TyperGroup):
    """A group that finds its sub-commands by name."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        """The sub-commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:
        """Load one sub-command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        app = typer.Typer(add_completion=False)
        app.command(cmd_name)(getattr(import_module(module), attribute))
        command = get_command(app)
        command.name = cmd_name
        return command


annotate = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False)


@annotate.callback()
def _annotate() -> None:
    """Let people rank answers: in Argilla's web pages or right here in the terminal."""
