"""Chinese and English as equals, other languages by name, and nothing claimed where no language shows."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.errors import ConfigError
from instructwild.text.language import languages, script
from instructwild.text.language.confidence import doubtful

CASES = {
    "simplified": ("请帮我写一封辞职信", "zh-Hans"),
    "traditional": ("請幫我寫一封辭職信", "zh-Hant"),
    "one character that both scripts share": ("人口", "zh-Hans"),
    "classical Chinese": ("學而時習之，不亦說乎？", "zh-Hant"),
    "full-width forms": ("什么是ＣＰＵ？", "zh-Hans"),
    "Chinese about English words": ("什么是 Stack Blocks？", "zh-Hans"),
    "Chinese that quotes English": ("把下面的句子翻译成英文：我爱你，I love you so much", "zh-Hans"),
    "Chinese with code": ("为以下代码写注释：\ndef f(n):\n  return n * f(n - 1)", "zh-Hans"),
    "Chinese with an address": ("总结这篇文章：https://example.com/a/very/long/article/address", "zh-Hans"),
    "English that quotes Chinese": ("What does the Chinese word 你好 mean in English, and when should I use it?", "en"),
    "short English": ("Name a colour.", "en"),
    "English shouted": ("WHAT IS THE CAPITAL OF FRANCE?", "en"),
    "Japanese": ("日本の首都はどこですか？", "ja"),
    "Japanese in katakana": ("プロンプトエンジニアリング", "ja"),
    "Chinese that quotes Japanese": ("“すし”这个日语词是什么意思，应该在什么时候使用它？", "zh-Hans"),
    "Korean": ("한국의 수도는 어디입니까?", "ko"),
    "Russian": ("Какая столица у Франции?", "ru"),
    "German": ("Wie schreibe ich eine gute Bewerbung?", "de"),
    "French": ("Comment puis-je écrire une lettre de motivation ?", "fr"),
    "Spanish": ("¿Cuál es la capital de Francia?", "es"),
    "Portuguese": ("Qual é a capital da França e como não a esquecer?", "pt"),
    "emoji": ("😀🎉", "und"),
    "digits": ("3.14159", "und"),
    "a formula": ("1 + 1 = 2", "und"),
    "code": ("{}[]();=>", "und"),
    "nothing": ("", "und"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_prompt_has_the_language_it_asks_in(case):
    text, tag = CASES[case]
    assert languages(pl.Series([text])).to_list() == [tag]


def test_a_text_has_the_same_language_alone_and_among_others():
    texts = [text for text, _ in CASES.values()]
    assert languages(pl.Series(texts)).to_list() == [tag for _, tag in CASES.values()]


@given(st.lists(st.text(max_size=30) | st.none(), max_size=5))
def test_any_text_gets_one_tag(texts):
    texts = [text and text.encode("utf-8", "ignore").decode() for text in texts]
    assert len(languages(pl.Series(texts, dtype=pl.String)).drop_nulls()) == len(texts)


def test_counts_by_script_do_not_depend_on_where_chunks_end(monkeypatch):
    texts = ["请写", "abc", "", "寫", "кот", "ab 寫"] * 3
    whole = script.counts(texts)
    for size in (1, 2, 5, 7):
        monkeypatch.setattr(script, "CHUNK", size)
        assert (script.counts(texts) == whole).all()
    assert whole[:6, [script.HANS, script.HANT, script.LATIN, script.CYRILLIC]].tolist() == [
        [2, 0, 0, 0], [0, 0, 3, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 3], [0, 1, 2, 0]]


def test_langdetect_is_seeded_and_an_unknown_backend_is_named():
    texts = pl.Series(["Wie schreibe ich eine Bewerbung?", "Ciao, come va oggi?"])
    assert languages(texts, "langdetect").to_list() == languages(texts, "langdetect").to_list() == ["de", "it"]
    with pytest.raises(ConfigError, match="unknown backend 'magic'"):
        languages(texts, "magic")


SHORT = {"de": ["Nenne drei Flüsse in Asien", "Übersetze diesen Satz", "Welche Farbe hat Schnee?", "Was kostet ein Brot?"],
         "es": ["Traduce esta palabra", "Dame consejos para dormir", "Cuánto cuesta un pan", "Compara perros y gatos"],
         "fr": ["Explique la gravité", "Cite trois lacs d'Afrique", "Recette de soupe aux poireaux"],
         "pt": ["Traduza esta palavra", "Quem inventou a bússola?", "Me dê dicas para dormir"],
         "it": ["Traduci questa parola", "Cosa significa gravità", "Nomina tre laghi africani"],
         "nl": ["Wat betekent zwaartekracht", "Noem drie meren in Afrika", "Vertaal deze zin"]}
ENGLISH = ["Tapas menu", "Latte art", "Bon appetit", "Siesta benefits", "Pasta al dente timing", "Mexican salsa",
           "Schadenfreude meaning", "Integrate sin x", "Define gravity.", "Paella ingredients"]


@pytest.mark.parametrize("tag", sorted(SHORT))
def test_short_requests_in_latin_letters_keep_their_language(tag):
    texts = pl.Series(SHORT[tag])
    named = languages(texts)
    assert named.to_list() == [tag] * len(texts)
    assert not doubtful(texts, named).any()


def test_short_english_is_never_surely_another_language():
    texts = pl.Series(ENGLISH)
    named = languages(texts)
    unsure = doubtful(texts, named).to_list()
    assert all(tag in ("en", "und") or doubt for tag, doubt in zip(named, unsure, strict=True))
