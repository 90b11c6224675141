"""Patterns that are compiled when they are first used."""

import re

import pytest

from instructwild.text.lazy_pattern import LazyPattern


def test_each_method_does_what_that_of_re_does():
    lazy, compiled = LazyPattern(r"(\d+)|b", re.IGNORECASE), re.compile(r"(\d+)|b", re.IGNORECASE)
    text = "a 12 B 7"
    assert lazy.search(text).group() == compiled.search(text).group()
    assert lazy.match(text) is None
    assert lazy.fullmatch("12").group(1) == "12"
    assert lazy.findall(text) == compiled.findall(text)
    assert lazy.split(text) == compiled.split(text)
    assert [match.span() for match in lazy.finditer(text)] == [match.span() for match in compiled.finditer(text)]
    assert lazy.sub("-", text) == "a - - -"


def test_it_is_compiled_once_and_not_before_it_is_used():
    lazy = LazyPattern("(")
    with pytest.raises(re.error):
        lazy.search("text")
    whole = LazyPattern("x")
    assert "compiled" not in vars(whole)
    assert whole.search("x")
    assert whole.compiled is whole.compiled
