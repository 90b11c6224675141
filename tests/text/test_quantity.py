"""A number and its noun agree."""


import pytest

from instructwild.text.quantity import plural, quantity


@pytest.mark.parametrize(("number", "noun", "expected"), [
    (1, "row", "1 row"), (0, "row", "0 rows"), (12_000, "row", "12,000 rows"), (2.5, "time", "2.5 times"),
    (2, "batch", "2 batches"), (2, "entry", "2 entries"), (2, "day", "2 days"), (2, "person", "2 people"),
    (2, "process", "2 processes"), (2, "bullet point", "2 bullet points"), (1, "bullet point", "1 bullet point")])
def test_a_noun_is_singular_for_one_only(number, noun, expected):
    assert quantity(number, noun) == expected


def test_what_changes_with_the_noun_can_be_named():
    assert quantity(1, "row has", "rows have") == "1 row has"
    assert quantity(3, "row has", "rows have") == "3 rows have"
    assert plural("new instruction") == "new instructions"
