"""Texts are in NFC, and those that need no look are told at once."""

import re
import sys
import unicodedata

import polars as pl
import pytest

from instructwild.text.normal_form import COMPOSED, nfc


def test_characters_taken_as_composed_never_change_nor_join_the_one_before_them():
    composed = re.compile(f"[{COMPOSED}]")
    every = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    apart = (unicodedata.decomposition(char).split() for char in every)
    joins = {chr(int(parts[1], 16)) for parts in apart if len(parts) == 2 and parts[0][:1] != "<"}
    joins |= {chr(code) for code in range(0x1100, 0x1200)}                      # the letters of Hangul
    for char in filter(composed.match, every):
        assert unicodedata.normalize("NFC", char) == char, ascii(char)
        assert not unicodedata.combining(char), ascii(char)
        assert char not in joins, ascii(char)


@pytest.mark.parametrize("text", ["", "plain", "cafe\u0301 de\u0301ja\u0300", "Å and Å", "한국어", "한국", "か\u3099き",
                                  "漢字，标点。", "\u2001x", "ﬁ ½", "🙂\ufe0f", "q\u0307\u0323", "Ά", None])
def test_texts_become_what_the_standard_library_makes_of_them(text):
    texts = pl.Series("t", ["é", text, "e\u0301", None, "x"], dtype=pl.String)
    assert nfc(texts).to_list() == [value and unicodedata.normalize("NFC", value) for value in texts]
