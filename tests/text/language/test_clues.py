"""Clues that name a language: what is clearly English is told as counting all words would tell it."""

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from instructwild.text.language import clues

OURS, THEIRS = clues._english_and_other_words()
PIECES = ["the", "The", "which", "what's", "der", "und", "où", "écris", "gull", "9", "海鸥", "théthe", "the_", "a"]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", ", ", "\n", "'", "。", ""])), max_size=12))
def test_clearly_english_is_what_has_two_words_of_it_and_twice_as_many_as_of_others(pieces):
    text = "".join(map("".join, pieces))
    ours, theirs = (len(re.findall(words, text.lower())) for words in (OURS, THEIRS))
    assert clues.english(pl.Series([text])).to_list() == [ours >= max(2, 2 * theirs)]


def test_of_many_texts_each_is_told_by_itself():
    texts = [None, "the which", "the der which", "the the der which which", "gull", "the der und which"]
    assert clues.english(pl.Series(texts)).to_list() == [False, True, True, True, False, False]
