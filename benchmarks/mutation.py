"""`make slow`: mutation scores of what everything else rests on, into benchmarks/MUTATION.md.

A mutant is a module with one thing changed: a comparison, an operator, a constant, a call, a statement left out. It is
killed where one of the module's tests fails or does not end. Texts of messages and annotations are left alone. Each
result is kept under `results/mutation/`, by module, so that the run can be stopped at any moment and goes on where it was;
a module is begun anew when it or its tests change.

    python -m benchmarks.mutation [WORDS] [--sample N]     only modules whose name holds one of the words; at most N mutants
                                                           of each, drawn by a fixed seed

Each mutant runs in a fork of a process that holds the libraries but none of our modules. Needs a system with `fork`.
"""

import argparse
import ast
import copy
import hashlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "mutation", ROOT / "benchmarks" / "MUTATION.md"
TORCH = ("torch",)
TARGETS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    **{f"instructwild.schema.{name}": ([*first, "tests/schema"], ("polars", "numpy")) for name, first in {
        "columns": [], "identity": ["tests/schema/test_identity.py"], "verdict": ["tests/schema/test_rows_on_disk.py"],
        "instruction": ["tests/schema/test_parts_of_conversations.py"],
        "message": ["tests/schema/test_parts_of_conversations.py"],
        "ranking": ["tests/schema/test_parts_of_conversations.py"]}.items()},
    "instructwild.llm.budget": (["tests/llm/test_budget.py", "tests/llm/test_ledger.py"], ("polars",)),
    "instructwild.llm.ledger": (["tests/llm/test_ledger.py", "tests/llm/test_budget.py"], ("polars",)),
    **{f"instructwild_trainer.ppo.{name}": (["tests/trainer/ppo/test_mathematics.py"], TORCH) for name in
       ("rewards", "kl", "advantages", "loss", "ptx")},
    **{f"instructwild.clean.near.{name}": ([f"tests/clean/near/{test}.py" for test in tests], ("polars", "numba"))
       for tests, names in {
           ("test_keywords", "test_same_requests", "test_limits"): ("content", "keywords"),
           ("test_rule", "test_same_requests", "test_limits"): ("request_index", "rule", "same_terms"),
           ("test_limits", "test_near_duplicates"): ("threshold", "index", "corpus", "batch"),
           ("test_limits", "test_same_requests", "test_sieve_on_disk"): ("same_requests",)}.items()
       for name in names},
}
"""Each module's tests, those first that are most about it, and the libraries that are loaded once for all its mutants."""
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
               ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
             ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}
QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")     # the libraries are loaded before pytest looks at them
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
UNCHANGED_CALLS = ("detach", "float", "clone", "strip")
"""Methods that a mutant leaves out, as if the value were enough by itself."""


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of one node."""
    if isinstance(node, ast.Compare):
        yield from comparisons(node)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from constants(node.value)
    elif isinstance(node, ast.Call):
        yield from calls(node)
    elif isinstance(node, ast.Return) and node.value is not None and not is_none(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.AugAssign | ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.Pass()


def comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for i, operator in enumerate(node.ops):
        if type(operator) in COMPARISONS:
            changed = copy.deepcopy(node)
            changed.ops[i] = COMPARISONS[type(operator)]()
            yield changed


def calls(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name) and node.func.id in CALLS:
        yield ast.Call(ast.Name(CALLS[node.func.id], ast.Load()), node.args, node.keywords)
    elif isinstance(node.func, ast.Attribute) and node.func.attr in UNCHANGED_CALLS and not node.args:
        yield node.func.value


def constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value and " " not in value:
        yield ast.Constant(f"X{value}")


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def sites(node: ast.AST, path: tuple[tuple[str, int | None], ...] = ()) -> Iterator[tuple[tuple, ast.AST]]:
    """Every node that may be changed, by the way to it; not annotations, docstrings, messages and decorators."""
    yield path, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params", "bases") or \
                (isinstance(node, ast.Raise) and field == "exc"):
            continue
        for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            documents = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            exported = isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__"
            imports = isinstance(child, ast.Import | ast.ImportFrom | ast.JoinedStr)
            described = isinstance(child, ast.keyword) and child.arg == "description"
            if isinstance(child, ast.AST) and not (documents or exported or imports or described):
                yield from sites(child, (*path, (field, i)))


def mutants(source: str) -> Iterator[tuple[str, ast.Module]]:
    """(what changed, the changed module) of every mutant."""
    tree = ast.parse(source)
    for path, node in list(sites(tree)):
        for number, replacement in enumerate(replacements(node)):
            changed = copy.deepcopy(tree)
            parent: ast.AST = changed
            for field, i in path[:-1]:
                parent = getattr(parent, field) if i is None else getattr(parent, field)[i]
            field, i = path[-1]
            if i is None:
                setattr(parent, field, replacement)
            else:
                getattr(parent, field)[i] = replacement
            line = getattr(node, "lineno", 0)
            before, after = (" ".join(ast.unparse(item).split())[:90] for item in (node, replacement))
            yield f"{line}.{getattr(node, 'col_offset', 0)}.{number}: {before} → {after}", ast.fix_missing_locations(changed)


class MutantImporter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a changed tree."""

    def __init__(self, module: str, tree: ast.Module, path: Path) -> None:
        self.module, self.tree, self.path = module, tree, path

    def find_spec(self, fullname, path, target=None):
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.module else None

    def exec_module(self, module):
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def run_tests(module: str, tree: ast.Module, path: Path, tests: list[str], limit: float) -> str:
    """`passed`, `failed` or `timeout`: the tests in a fork that imports the changed module."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        code = 1
        try:
            import pytest

            sys.meta_path.insert(0, MutantImporter(module, tree, path))
            code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *QUIET, *tests]))
        finally:
            os._exit(code)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return "passed" if status == 0 else "failed"
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "timeout"


def file_of(module: str) -> Path:
    """The file of a target, whose package is not imported for it."""
    folder = Path(str(importlib.util.find_spec(module.split(".")[0]).submodule_search_locations[0]))
    return folder.joinpath(*module.split(".")[1:]).with_suffix(".py")


def measure(module: str, tests: list[str], libraries: tuple[str, ...], sample: int | None) -> None:
    """Run the module's mutants, or a sample of them, that no earlier run has run."""
    path = file_of(module)
    source = path.read_text(encoding="utf-8")
    files = sorted(file for test in tests for file in (ROOT / test).parent.rglob("*.py") if test in file.as_posix())
    digest = hashlib.sha256(source.encode() + b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    file = RESULTS / f"{module}.json"
    record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if record.get("digest") != digest:
        record = {"digest": digest, "mutants": 0, "results": {}}
    for library in ("pytest", "hypothesis", "pydantic", *libraries):
        importlib.import_module(library)
    began = time.monotonic()
    if (state := run_tests(module, ast.parse(source), path, tests, 600)) != "passed":
        sys.exit(f"{module}: its tests do not pass by themselves ({state})")
    limit = 3 * (time.monotonic() - began) + 10
    every = list(mutants(source))
    record["mutants"] = len(every)
    for name, tree in random.Random(0).sample(every, len(every))[:sample]:
        if name not in record["results"]:
            record["results"][name] = run_tests(module, tree, path, tests, limit)
            RESULTS.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
            print(f"{module} {len(record['results'])}/{len(every)} {record['results'][name]}  {name}", flush=True)
    PAGE.write_text(page(), encoding="utf-8")


def remove_results_of_others() -> None:
    """Delete what is kept of modules that are no targets any more, because they were renamed or removed."""
    for file in RESULTS.glob("*.json"):
        if file.stem not in TARGETS:
            file.unlink()


def page() -> str:
    """The table and the survivors, from what is kept."""
    lines = ["# Mutation scores", "", "Written by `python -m benchmarks.mutation`; a mutant is killed where a test of the "
             "module fails or does not end.", "", "| module | mutants | run | killed | score |",
             "| --- | ---: | ---: | ---: | ---: |"]
    survivors = []
    for file in sorted(RESULTS.glob("*.json")):
        record = json.loads(file.read_text(encoding="utf-8"))
        results = record["results"]
        killed = sum(state != "passed" for state in results.values())
        cells = [f"`{file.stem}`", record["mutants"], len(results), killed, f"{killed / max(1, len(results)):.0%}"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
        survived = [name for name, state in results.items() if state == "passed"]
        survivors += ["", f"## Survivors of `{file.stem}`", "", *(f"- `{name}`" for name in survived)] if survived else []
    return "\n".join([*lines, *survivors]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--sample", type=int)
    options = parser.parse_args()
    remove_results_of_others()
    for module, (tests, libraries) in TARGETS.items():
        if not options.words or any(word in module for word in options.words):
            measure(module, tests, libraries, options.sample)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
