"""Examples in docstrings say what is true."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {"instructwild": ROOT, "trainer/instructwild_trainer": ROOT / "trainer",
           "annotation/instructwild_annotation": ROOT / "annotation"}
MODULES = sorted(".".join(file.relative_to(base).with_suffix("").parts) for folder, base in FOLDERS.items()
                 for file in (ROOT / folder).rglob("*.py") if ">>> " in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_each_example_gives_what_stands_below_it(name):
    result = doctest.testmod(import_module(name.removesuffix(".__init__")))
    assert result.attempted > 0
    assert result.failed == 0
