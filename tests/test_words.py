"""Names and prose that a stranger can read: no variable that says nothing of what it holds, no class of two meanings."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from instructwild.text.word_table import listed

ROOT = Path(__file__).parents[1]
FILES = sorted(path for package in ("instructwild", "trainer", "annotation") for path in (ROOT / package).rglob("*.py"))
MEASURING = sorted(path for path in (ROOT / "benchmarks").rglob("*.py") if "envs" not in path.parts)
SAYS_NOTHING = {"found", "told", "given", "asked", "said", "wanted", "place", "one", "room", "dice"}
STILL_NAMED = set()
"""Files whose variables still have such a name."""
STILL_SHARED = set()
"""Names that still stand for two classes."""
PROSE = [path for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "benchmarks/**/*.py") for path in ROOT.glob(pattern)
         if "envs" not in path.parts]
SENTENCES = re.compile(r"for want of a gpu|\bload average\b", re.IGNORECASE)
STILL_SAID = set()
"""Documents with a sentence on how something came about."""
METAPHORS = re.compile(r"\b(?:the|this|own|shared|only|each|every|two|other) rooms?\b(?! (?:for|to)\b)"
                       r"|\bground floor\b|\bproofs\b", re.IGNORECASE)
COUNTABLE = frozenset(listed("""
    rows | files | posts | pairs | tokens | texts | images | pages | prompts | records | questions | answers
    requests | stages | candidates | models | lines | groups | rankings | people | annotators | documents | calls
    updates | steps | conversations | messages | columns | entries | characters | times | tasks | authors | edits
    links | items | objects | cells | values | chunks | copies | words | examples | turns | options | labels | votes
    matches | processes | threads | twins | attempts | epochs | layers | tensors | parameters | responses | scores
    users | sources | seeds | cores | batches | instructions | judges | languages | reasons | tools | shards
    folders | lists | fields | keys
"""))
NOT_ONE = {"address answers", "name answers", "plan.judge scores", "judge judges", "language rows", "growth times",
           "added characters", "figures['tokens_per_second'] tokens", "quantity(len(low), 'prompt') annotators"}
"""What looks like a number before a noun and is a name before a verb, or a number that is large or measured."""


def relative(path):
    return path.relative_to(ROOT).as_posix()


def names_stored(tree):
    """(line, name) of every variable and argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


@pytest.fixture(scope="module")
def trees():
    return {relative(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_variables_say_what_they_hold(trees):
    measuring = {relative(path): ast.parse(path.read_text(encoding="utf-8")) for path in MEASURING}
    lines = [f"{file}:{line} {name}" for file, tree in {**trees, **measuring}.items() if file not in STILL_NAMED
             for line, name in names_stored(tree) if name in SAYS_NOTHING]
    assert lines == []


def test_a_class_name_stands_for_one_class(trees):
    places = defaultdict(list)
    for file, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{file}:{node.lineno}")
    assert {name: lines for name, lines in places.items() if len(lines) > 1 and name not in STILL_SHARED} == {}


def test_no_docstring_points_to_nowhere_or_speaks_in_metaphors(trees):
    texts = ((file, ast.get_docstring(node) or "") for file, tree in trees.items() for node in ast.walk(tree)
             if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef))
    assert [(file, text) for file, text in texts if "see there" in text.lower() or METAPHORS.search(text)] == []


def test_documents_say_what_holds_and_not_how_it_came_about():
    texts = ((relative(path), SENTENCES.search(path.read_text(encoding="utf-8"))) for path in PROSE)
    assert [(file, match[0]) for file, match in texts if match and file not in STILL_SAID] == []


def numbers_before_nouns(tree):
    """(line, noun) where an f-string writes a number that may be one before a noun in the plural."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                noun = re.match(r" (?:more |new )?([a-z]+)\b", str(text.value))
                name = ast.unparse(value.value)
                if noun and noun[1] in COUNTABLE and not name.rpartition(".")[2].isupper():
                    yield node.lineno, f"{name} {noun[1]}"


def test_a_number_and_its_noun_agree(trees):
    """`quantity` writes them: "1 row", not "1 rows"."""
    lines = {f"{file} {text}" for file, tree in trees.items() for _, text in numbers_before_nouns(tree)}
    assert {line.partition(" ")[2] for line in lines} - NOT_ONE == set()


def test_what_is_still_exempt_needs_it(trees):
    named = {file for file, tree in trees.items() if any(name in SAYS_NOTHING for _, name in names_stored(tree))}
    assert named >= STILL_NAMED
    classes = [node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert {name for name in STILL_SHARED if classes.count(name) < 2} == set()
    assert {file for file in STILL_SAID if not SENTENCES.search((ROOT / file).read_text(encoding="utf-8"))} == set()
