"""The tree of errors a user can meet, and what each one means.

InstructwildError                 the user can mend it: exit 2, one message, no traceback
├── InputError (ValueError)       a file, folder, row or option that cannot be read or understood
│   └── ConfigError               an unknown key, or a value outside its range
├── OutputError (OSError)         the output cannot be written there, or belongs to another run
├── EndpointError (ConnectionError)   a model endpoint or remote service that does not answer as it should
├── BudgetError (RuntimeError)    the next request could exceed the budget
├── ModelError (ValueError)       a folder or name that is no model, or a model that does not fit its job
├── MissingExtraError (ImportError)   a part of the toolkit that is not installed
└── GateError (RuntimeError)      the stage finished but its gate failed: exit 1; later stages refuse it: exit 2

Every error says what happened, where, and what to do about it. To add one: derive it from the closest class here, so
that callers who catch the standard library's error go on working.
"""


class InstructwildError(Exception):
    """An error that the user can mend.

    Args:
        what: what is wrong, with the value that was found.
        where: the file, line, option or address it was found at.
        remedy: what to do about it.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  remedy: {self.remedy}" if self.remedy else head

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(kind: type[InstructwildError], what: str, where: str, remedy: str) -> InstructwildError:
    return kind(what, where=where, remedy=remedy)


class InputError(InstructwildError, ValueError):
    """A file, folder, row or option that cannot be read or understood."""


class ConfigError(InputError):
    """An unknown key, or a value outside its range."""


class OutputError(InstructwildError, OSError):
    """The output cannot be written there, or belongs to another run."""

    __str__ = InstructwildError.__str__


class EndpointError(InstructwildError, ConnectionError):
    """A model endpoint or remote service that does not answer as it should."""

    __str__ = InstructwildError.__str__


class BudgetError(InstructwildError, RuntimeError):
    """The next request could exceed the budget."""


class ModelError(InstructwildError, ValueError):
    """A folder or name that is no model, or a model that does not fit its job."""


class MissingExtraError(InstructwildError, ImportError):
    """A part of the toolkit that is not installed."""

    __str__ = InstructwildError.__str__

    @classmethod
    def named(cls, extra: str, package: str) -> "MissingExtraError":
        """The error for a package that one of the extras brings."""
        return cls(f"this needs the package {package!r}, which is not installed",
                   remedy=install_command(extra))


class GateError(InstructwildError, RuntimeError):
    """A stage whose gate failed: its files are there to be looked at, but nothing may be built on them."""


def install_command(extra: str = "") -> str:
    """What to type to get an extra, or the base install where none is named, from where this install came from.

    Installers note the folder, file or repository that a package came from (PEP 610); a package from an index has no such
    note. Who installed with pipx or uv is told theirs: environments that they make hold no pip.
    """
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import unquote, urlsplit

    bracket = f"[{extra}]" if extra else ""
    before, after = _installer()
    try:
        origin = json.loads(distribution("instructwild").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return f"{before} '.{bracket}'{after}, in the folder of the source"
    url = origin.get("url", "")
    if not url:
        return f"{before} 'instructwild{bracket}'{after}"
    if "vcs_info" in origin:
        kind, commit = origin["vcs_info"].get("vcs", "git"), origin["vcs_info"].get("commit_id", "")
        return f"{before} 'instructwild{bracket} @ {kind}+{url}{'@' if commit else ''}{commit}'{after}"
    if origin.get("dir_info", {}).get("editable"):
        return f"{before} -e '{unquote(urlsplit(url).path)}{bracket}'{after}"
    return f"{before} 'instructwild{bracket} @ {url}'{after}"


def _installer() -> tuple[str, str]:
    """What to write before and after the name of what this environment shall hold, by what made the environment."""
    import sys
    from importlib.machinery import PathFinder
    from pathlib import Path

    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return "pipx install --force", ""
    if (environment / "uv-receipt.toml").is_file():
        return "uv tool install --force", ""
    if "archive-v0" in environment.parts or "environments-v2" in environment.parts:      # uvx: in uv's cache
        return "uvx --from", " instructwild"
    return ("uv pip install" if PathFinder.find_spec("pip") is None else "pip install"), ""
