"""Options that were renamed or written otherwise: the old spelling works until 0.3.0, with a note."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from typer.core import TyperCommand

Command = TypeVar("Command", bound=Callable[..., None])
ATTRIBUTE, BOOLEANS = "old_names", "boolean_values"
UNTIL = "works until 0.3.0"


def old_names(names: Mapping[str, str]) -> Callable[[Command], Command]:
    """Let a command take options under names that they had before.

    Args:
        names: the new name of each old one, such as {"--window": "--concurrency"}.
    """
    def mark(command: Command) -> Command:
        setattr(command, ATTRIBUTE, dict(names))
        return command

    return mark


def boolean_values(*options: str) -> Callable[[Command], Command]:
    """Let switches of a command, now `--x` and `--no-x`, be followed by `true` or `false` as they were before.

    Args:
        options: the switches, such as "--packing".
    """
    def mark(command: Command) -> Command:
        setattr(command, BOOLEANS, options)
        return command

    return mark


def command_class(function: Any, base: type[TyperCommand] = TyperCommand) -> type[TyperCommand]:
    """The class of a command, which rewrites what `old_names` and `boolean_values` marked."""
    names: Mapping[str, str] = getattr(function, ATTRIBUTE, {})
    switches: Collection[str] = getattr(function, BOOLEANS, ())

    class RenamingCommand(base):  # type: ignore[valid-type, misc]
        """A command that knows the former spellings of its options."""

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            """Put new spellings for old ones, and say so once for each."""
            return super().parse_args(ctx, _as_switches([_renamed(arg, names) for arg in args], switches))

    return RenamingCommand if names or switches else base


def _renamed(arg: str, names: Mapping[str, str]) -> str:
    name, sign, value = arg.partition("=")
    if name not in names:
        return arg
    _note(name, names[name])
    return names[name] + sign + value


def _as_switches(args: list[str], switches: Collection[str]) -> list[str]:
    """`--x true` and `--x=false` as `--x` and `--no-x`."""
    rewritten: list[str] = []
    rest = iter(enumerate(args))
    for i, arg in rest:
        if arg == "--":
            return [*rewritten, *args[i:]]
        name, sign, value = arg.partition("=")
        switch = name.replace("_", "-")
        if switch in switches and (sign or (i + 1 < len(args) and args[i + 1] in ("true", "false"))):
            if not sign:
                value = next(rest)[1]
            new = {"true": switch, "false": f"--no-{switch[2:]}"}.get(value.lower())
            if new is not None:
                _note(f"{name}{sign or ' '}{value}", new)
            arg = new or arg
        rewritten.append(arg)
    return rewritten


def _note(old: str, new: str) -> None:
    from instructwild.console.terminal import console

    console.print(f"{old} is now {new}; the old spelling {UNTIL}", markup=False, highlight=False)
