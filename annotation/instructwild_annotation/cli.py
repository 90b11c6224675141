"""`instructwild annotate …`: one table of sub-commands, each imported only when it is called."""

import typer

from instructwild.console.lazy_group import lazy_group

COMMANDS = {
    "page": "instructwild_annotation.page.command:page",
    "terminal": "instructwild_annotation.terminal.command:terminal",
    "push": "instructwild_annotation.push_command:push",
    "status": "instructwild_annotation.status_command:status",
    "pull": "instructwild_annotation.pull_command:pull",
    "merge": "instructwild_annotation.merge_command:merge",
    "export": "instructwild_annotation.export_command:export",
    "import": "instructwild_annotation.import_command:import_rankings",
    "serve": "instructwild_annotation.server.command:serve",
    "invite": "instructwild_annotation.server.command:invite",
}
"""In the order of use; the last two are Argilla's only."""


annotate = typer.Typer(cls=lazy_group(COMMANDS), no_args_is_help=True, add_completion=False,
                    rich_markup_mode=None)


@annotate.callback()
def _annotate() -> None:
    """Let people rank answers: on our own page, in Argilla, or in the terminal."""
