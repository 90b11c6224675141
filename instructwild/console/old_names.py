"""Options that were renamed: the old name works until 0.3.0, with a note."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from typer.core import TyperCommand

Command = TypeVar("Command", bound=Callable[..., None])
ATTRIBUTE = "old_names"


def old_names(names: Mapping[str, str]) -> Callable[[Command], Command]:
    """Let a command take options under names that they had before.

    Args:
        names: the new name of each old one, such as {"--window": "--concurrency"}.
    """
    def mark(command: Command) -> Command:
        setattr(command, ATTRIBUTE, dict(names))
        return command

    return mark


def command_class(function: Any, base: type[TyperCommand] = TyperCommand) -> type[TyperCommand]:
    """The class of a command, which renames the options that `old_names` marked."""
    names: Mapping[str, str] = getattr(function, ATTRIBUTE, {})

    class RenamingCommand(base):  # type: ignore[valid-type, misc]
        """A command that knows the former names of its options."""

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            """Put new names for old ones, and say so once for each."""
            return super().parse_args(ctx, [_renamed(arg, names) for arg in args])

    return RenamingCommand if names else base


def _renamed(arg: str, names: Mapping[str, str]) -> str:
    name, sign, value = arg.partition("=")
    if name not in names:
        return arg
    from instructwild.console.terminal import console

    console.print(f"{name} is now {names[name]}; the old name works until 0.3.0", markup=False, highlight=False)
    return names[name] + sign + value
