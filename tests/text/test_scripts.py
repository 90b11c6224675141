"""Where Han, Kana and Hangul are is written down once, and each use agrees with it."""

import re
from pathlib import Path

import polars as pl
import pytest

import instructwild
from instructwild.text import scripts
from instructwild.text.language import script
from instructwild.text.tokens import tokens

SAMPLES = {"Han": "漢々〇㐀𠀀", "Kana": "あアーㇰ", "Hangul": "한글ᄀ"}


@pytest.mark.parametrize("name", SAMPLES)
def test_classes_hold_the_ranges(name):
    ranges = {"Han": scripts.HAN, "Kana": scripts.KANA, "Hangul": scripts.HANGUL}[name]
    inner = scripts.characters(ranges)
    assert re.fullmatch(f"[{inner}]+", SAMPLES[name])
    assert not re.search(f"[{inner}]", "abc é я ١ हि 😀")
    assert pl.Series([SAMPLES[name]]).str.contains(f"^[{inner}]+$").all()
    assert tokens(SAMPLES[name]) == list(SAMPLES[name])


def test_a_language_is_told_by_the_same_ranges():
    for char in SAMPLES["Han"]:
        assert script.table()[ord(char)] in {script.HAN, script.HANS, script.HANT}
    assert {int(script.table()[ord(char)]) for char in SAMPLES["Kana"]} == {script.KANA}
    assert {int(script.table()[ord(char)]) for char in SAMPLES["Hangul"]} == {script.HANGUL}
    assert script.table()[ord("・")] == script.OTHER            # it parts names in Chinese as well


def test_the_main_script_is_that_of_most_tokens():
    assert script.main_script("用 Python 写一个程序") == script.HAN
    assert script.main_script("これはペンです") == script.KANA
    assert script.main_script("What does 好 mean?") == script.LATIN
    assert script.main_script("हिन्दी भाषा") == script.DEVANAGARI
    assert script.main_script("42 🙂") is None


def test_no_other_file_spells_them():
    spelled = re.compile(r"\\u4e00|\\u3400|\\u3040|\\uac00|\[一-|\[㐀-|0x3400|0xAC00", re.IGNORECASE)
    packages = Path(instructwild.__file__).parent, Path(instructwild.__file__).parent.parent / "annotation"
    files = {path.name for package in packages for path in package.rglob("*.py") if spelled.search(path.read_text("utf-8"))}
    assert files == {"scripts.py", "normal_form.py"}      # the latter lists what is its own composed form, of any script
