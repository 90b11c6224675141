"""The page of mutation scores speaks of modules that exist, and of all that are measured."""

import re
from pathlib import Path

import pytest

from benchmarks import mutation

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "benchmarks" / "MUTATION.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", mutation.TARGETS)
def test_a_target_and_its_tests_exist(module):
    tests, _ = mutation.TARGETS[module]
    assert mutation.file_of(module).is_file()
    assert tests
    assert [test for test in tests if not (ROOT / test).exists()] == []


def test_the_page_has_a_row_for_each_target_and_no_other():
    assert set(re.findall(r"^\| `([\w.]+)` \|", PAGE, re.MULTILINE)) == set(mutation.TARGETS)
    assert {file.stem for file in mutation.RESULTS.glob("*.json")} == set(mutation.TARGETS)


def test_the_page_is_what_the_kept_results_say():
    assert mutation.page() == PAGE


def test_results_of_a_module_that_is_no_target_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(mutation, "RESULTS", tmp_path)
    kept = tmp_path / f"{next(iter(mutation.TARGETS))}.json"
    for file in (kept, tmp_path / "instructwild.renamed.json"):
        file.write_text("{}")
    mutation.remove_results_of_others()
    assert list(tmp_path.iterdir()) == [kept]
