"""The compiled tokenizer splits exactly as `tokens` does, on any text there is."""

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from instructwild.clean.near import NearDuplicates, encode, kernel, tokens
from instructwild.clean.near.encode import AWKWARD, _folds_to

# characters that fold to several, to marks, to another script, or that join with a neighbour
TRICKY = "½ßİıſﬁ™…²㎏㋿ｶﾞﾊﾟＡ，ᾳ\u0345\u0301\u0338=<가각\u1100\u1161\u11a8ㄱﾡ\u3099か゛ー々〇𠀀😀\ufe0f\u200d\x00\ud800"
TRICKY += "क़\u093c𝐀_5"
TEXT = st.one_of(st.text(), st.text(alphabet=TRICKY), st.text(alphabet=TRICKY + "ab 中文，e"))


def numbered(texts):
    """Tokens numbered in the order in which they are first met, by the definition."""
    names = {}
    return [[names.setdefault(token, len(names)) for token in tokens(text)] for text in texts]


def renumbered(encoded):
    names = {}
    rows = [encoded.ids[begin:begin + length].tolist()
            for begin, length in zip(encoded.start.tolist(), encoded.length.tolist(), strict=True)]
    return [[names.setdefault(number, len(names)) for number in row] for row in rows], len(names)


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXT, max_size=8))
@example(["e", "\u0301", "é", "e\u0301"])           # a mark that begins a text does not join the text before it
@example(["\ud83d", "\ude00"])                      # nor do two lone surrogates
@example(["", "", "a"])
def test_texts_are_split_as_the_definition_says(texts):
    rows, words = renumbered(encode.encode(texts))
    assert rows == numbered(texts)
    assert words == len({token for text in texts for token in tokens(text)})


def test_many_words_are_never_confused():
    texts = [f"w{i} {i} {'好' * (i % 3)}" for i in range(70_000)]
    assert renumbered(encode.encode(texts))[0] == numbered(texts)


def test_every_character_that_normalization_joins_to_the_one_before_is_left_to_python():
    """Second halves of all canonical compositions, and the jamo, which compose by rule."""
    parts = (unicodedata.decomposition(chr(code)).split() for code in range(sys.maxunicode + 1))
    seconds = {chr(int(two[1], 16)) for two in parts if len(two) == 2 and not two[0].startswith("<")}
    seconds |= {chr(code) for code in [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]}
    seconds |= {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))}
    assert {char for char in seconds if _folds_to(char) != AWKWARD} == set()


def test_each_function_is_compiled_for_one_kind_of_argument():
    """Another kind would be compiled again, in the middle of somebody's work."""
    NearDuplicates(["a b c", "a b c d", "什么"], compiled=True).just_kept()
    NearDuplicates([], compiled=True).just_kept()
    NearDuplicates(["!"], 0, compiled=True).dropped_at([0])
    functions = [encode.unseen, encode.number_tokens, kernel.first_of_each, kernel.by_occurrence, kernel.rare_first,
                 kernel.layout, kernel.join]
    assert [len(function.dispatcher.signatures) for function in functions] == [1] * len(functions)


def test_a_text_that_is_no_string_is_an_error_not_a_verdict():
    with pytest.raises(TypeError):
        encode.encode([None])
