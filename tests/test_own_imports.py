"""Names that one module takes from another of ours are there: an import in `try` or in a function fails late or unseen."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"instructwild": ROOT, "instructwild_trainer": ROOT / "trainer", "instructwild_annotation": ROOT / "annotation"}
FILES = sorted(path for name, root in PACKAGES.items() for path in (root / name).rglob("*.py"))


def file_of(module):
    path = PACKAGES[module.partition(".")[0]].joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def names_of(path):
    """What a module defines or imports at its top level, and the modules beside it where it is a package."""
    names = {each.stem for each in path.parent.iterdir()} if path.name == "__init__.py" else set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)                        # names of lazy packages: __all__, tables of __getattr__
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_name_is_where_it_is_taken_from(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in PACKAGES:
            there = file_of(node.module)
            assert there.exists(), f"line {node.lineno}: {node.module}"
            missing = {alias.name for alias in node.names} - names_of(there)
            assert not missing, f"line {node.lineno}: {node.module} has no {', '.join(missing)}"
