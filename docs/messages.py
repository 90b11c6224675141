"""The page of all error messages with their remedies, from the code that raises them; the site makes it when it is built."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("instructwild", "trainer/instructwild_trainer", "annotation/instructwild_annotation")
ERRORS = ("InputError", "ConfigError", "OutputError", "EndpointError", "BudgetError", "ModelError", "MissingExtraError",
          "GateError", "TemplateTimeoutError")
HEAD = """# All messages

Every error message that is written where it is raised, by kind; `…` stands for a name or a value. Written from the code.
The kinds are explained under [Errors](api/errors.md), the common ones with their causes under
[Troubleshooting](troubleshooting.md).
"""


def text(node: ast.expr | None) -> str | None:
    """A message as it is written: `…` for what is filled in; None where it is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)  # type: ignore[misc]
    return None


def messages() -> Iterator[tuple[str, str, str]]:
    """(kind, message, remedy) of every error that the code makes with a message of its own."""
    for folder in PACKAGES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
                    what = text(node.args[0])
                    if what is not None and what.strip("… "):
                        fields = {keyword.arg: text(keyword.value) for keyword in node.keywords}
                        yield node.func.id, what, fields.get("remedy") or ""


def page() -> str:
    """The page."""
    kinds: dict[str, dict[tuple[str, str], None]] = {kind: {} for kind in ERRORS}
    for kind, what, remedy in messages():
        kinds[kind][what, remedy] = None
    parts = [HEAD]
    for kind, entries in kinds.items():
        if entries:
            rows = (f"| {cell(what)} | {cell(remedy)} |" for what, remedy in sorted(entries))
            parts.append("\n".join([f"## {kind}\n", "| message | remedy |", "| --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


def cell(value: str) -> str:
    """Text for a cell of a Markdown table."""
    for sign in "\\|<*_[`":
        value = value.replace(sign, "&lt;" if sign == "<" else f"\\{sign}")
    return " ".join(value.split())

