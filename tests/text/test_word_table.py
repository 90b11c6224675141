"""Tables of words: one entry between two bars, and a pattern made of them."""

import re

from instructwild.text.word_table import any_of, by_first_letter, group_of, listed


def test_a_table_of_words_is_one_alternation():
    table = """
        # comment
        car park | bus
        caf[eé]
    """
    assert listed(table) == ("car park", "bus", "caf[eé]")
    assert any_of(table) == "car park|bus|caf[eé]"
    assert group_of(table) == "(?:car park|bus|caf[eé])"
    assert group_of("one") == "(?:one)"


def test_alternatives_with_one_first_letter_are_put_together_and_match_the_same():
    table = r"bus | bike | car | \bb1 | boat | bo | s?ea | t(?:ra|x)in | tram"
    assert by_first_letter(table) == r"b(?:us|ike)|car|\bb1|b(?:oat|o)|s?ea|t(?:(?:ra|x)in|ram)"
    for text in ("my bike", "a boat", "BOAT and tram", "sea", "b1", "none", "abc"):
        assert re.findall(rf"(?i){by_first_letter(table)}", text) == re.findall(rf"(?i){any_of(table)}", text)
