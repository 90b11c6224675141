"""What the rules name in the rows of four files, each of a kind of dirt and of good rows that look like it."""

from functools import cache

import pytest

from instructwild.clean.rules import strict
from tests.clean import (
    test_chinese_tasks,
    test_middle_of_a_talk,
    test_programs_and_open_ends,
    test_what_was_not_delivered,
)
from tests.clean.rows import flags_by_row

FILES = (test_chinese_tasks, test_middle_of_a_talk, test_programs_and_open_ends, test_what_was_not_delivered)


@cache
def seen_in(file):
    """The flags of a file's `DIRTY` rows (rule, prompt, answer) and `GOOD` rows (prompt, answer), by prompt and answer."""
    return flags_by_row([*(row[1:] for row in file.DIRTY), *file.GOOD])


@pytest.mark.parametrize(("file", "rule", "prompt", "answer"), [(file, *row) for file in FILES for row in file.DIRTY])
def test_dirt_is_named(file, rule, prompt, answer):
    assert rule in seen_in(file)[prompt, answer]


@pytest.mark.parametrize(("file", "row"), [(file, row) for file in FILES for row in file.GOOD])
def test_a_good_row_beside_it_is_not_named(file, row):
    assert not seen_in(file)[row] & {*strict()}
