"""What a token is, in scripts with and without spaces."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.clean.near import tokens


@pytest.mark.parametrize(("text", "expected"), [
    ("What's a tie?", ["what", "s", "a", "tie"]),
    ("snake_case 3.14", ["snake", "case", "3", "14"]),
    ("用Python写quicksort", ["用", "python", "写", "quicksort"]),
    ("ＡＢＣ１２３，完", ["abc123", "完"]),                     # full-width forms are the ordinary ones
    ("請問", ["請", "問"]),                                     # Traditional
    ("Straße STRASSE", ["strasse", "strasse"]),                # casefold, not lower
    ("Ελλάδα мир", ["ελλάδα", "мир"]),
    ("カタカナ・ひらがなー", ["カ", "タ", "カ", "ナ", "ひ", "ら", "が", "な", "ー"]),   # ー is a letter
    ("ｶﾞ", ["ガ"]),                                            # half-width kana with its voicing mark is one kana
    ("한국어", ["한", "국", "어"]),
    ("々〇", ["々", "〇"]),
    ("𠀀𠀁", ["𠀀", "𠀁"]),                                       # Han beyond the basic plane
    ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),                           # marks stay inside the word
    ("cafe\u0301 café", ["café", "café"]),                     # composed or not, the same
    ("😀 👨‍👩‍👧", []),
    ("½", ["1", "2"]),                                         # NFKC writes 1⁄2, and the fraction slash separates
    ("x²", ["x2"]),
    ("x\u3099", ["x", "\u3099"]),                               # a voicing mark without its kana is Kana itself
    ("\x00a\ud800b", ["a", "b"]),                              # a null byte and a lone surrogate separate
    ("", []),
])
def test_hand_worked(text, expected):
    assert tokens(text) == expected


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_on_ascii_they_are_the_tokens_of_rouge(text):
    assert tokens(text) == re.sub(r"[^a-z0-9]+", " ", text.lower()).split()


@given(st.text())
def test_tokens_are_made_of_letters_marks_and_numbers_and_lose_none(text):
    folded = unicodedata.normalize("NFKC", text).casefold()
    assert "".join(tokens(text)) == "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")
