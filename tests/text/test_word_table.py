"""Tables of words: one entry between two bars, and a pattern made of them."""

from instructwild.text.word_table import any_of, group_of, listed


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
