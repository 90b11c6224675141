"""Benchmarks name only what the packages have: they are run seldom, and a name that changed would be noticed late."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("instructwild", "instructwild_trainer", "instructwild_annotation", "benchmarks", "tests")
FILES = sorted((ROOT / "benchmarks").rglob("*.py"))


def imported(tree):
    """Modules of this project and the names taken from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            yield node.module, [alias.name for alias in node.names]


def defined(module):
    """Names of a module by its source, and its submodules; nothing is imported but parent packages."""
    spec = find_spec(module)
    assert spec is not None, module
    names = {path.stem for folder in spec.submodule_search_locations or () for path in Path(folder).iterdir()}
    for node in ast.walk(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_a_benchmark_imports_is_there(file):
    for module, names in imported(ast.parse(file.read_text(encoding="utf-8"))):
        assert not set(names) - defined(module), f"{file.name}: {module}"
