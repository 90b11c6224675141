"""The step: languages to keep, by tag or by the language that several tags share."""

import pytest

from instructwild.clean.language import Language
from instructwild.errors import ConfigError
from tests.clean.rows import left, rows_of


def test_zh_stands_for_both_scripts_and_each_can_be_asked_for_alone():
    rows = rows_of("请写信", "請寫信", "Write a letter to me")
    assert left(Language(keep=("zh",)).verdicts(rows)) == [2]
    assert left(Language(keep=("zh-Hant", "en")).verdicts(rows)) == [0]
    assert left(Language().verdicts(rows)) == []


def named(*pairs):
    return Language().verdicts(rows_of(*pairs)).rows["language"].to_list()


def test_what_shows_no_language_stays_unless_left_out_by_name():
    rows = rows_of("3+4=?", "x = y / 2", "Wie schreibe ich einen guten Brief?", "写信")
    assert left(Language(keep=("en", "zh")).verdicts(rows)) == [2]
    assert left(Language(keep=("en", "zh", "-und")).verdicts(rows)) == [0, 1, 2]
    assert left(Language(keep=("-und",)).verdicts(rows)) == [0, 1]


def test_a_word_or_two_take_the_language_of_the_answer():
    assert named(("Define mitosis.", "It is how a cell divides into two."), ("Crêpe recipe", "Mix the flour with the milk."),
                 ("Datei?", "Das ist eine Sammlung von Daten auf dem Rechner."), "NASA?") == ["en", "en", "de", "und"]
    assert named(("Wie heißt das auf Englisch?", "It is called a boat in English.")) == ["de"]


def test_a_citation_and_the_system_turn_do_not_decide():
    assert named("把“The wind is cold and the boat is old”改成过去时", 'What does "今天天气很好，我们去公园散步吧" say?',
                 "“The wind is cold”") == ["zh-Hans", "en", "en"]
    assert named("What does 'Der Kessel pfeift, und der Koch kommt heute zu spät nach Hause' mean?",
                 "('C'est l'heure de la marée et le bateau n'est pas là', what is it?)",
                 "Die Köchin sagt 'the kettle sings' und geht nach Hause, weil es spät ist.") == ["en", "en", "de"]


@pytest.mark.parametrize(("text", "language"), [
    ("翻译成英文以外的语言：The kettle sings and the cook is late.", "zh-Hans"),
    ("概括下面这段话\nThe kettle sings when the water boils. The cook never hears it because he is old.", "zh-Hans"),
    ("The kettle sings and the cook is late.\n请把上面的句子改成问句", "zh-Hans"),
    ("請解釋 a watched pot never boils 的意思", "zh-Hant"),
    ("Translate into English: 水壶响了，可是厨师没有听见。", "en"),
    ("Please summarise the text.\n水壶响了，可是厨师没有听见，因为他已经很老了。", "en"),
    ("What does 水滴石穿 mean?", "en"),
    ("把下面这句话翻译成中文： やかんは昨日とても遅くまで鳴っていたので、みんなが台所を見ていました。", "zh-Hans"),
    ("请翻译：Der Kessel pfeift, und der Koch kommt zu spät nach Hause, weil er alt ist.", "zh-Hans"),
    ("Traduci la seguente frase in italiano: 水壶响了，可是厨师没有听见。", "it"),
    ("Übersetze ins Deutsche: The kettle sings when the water boils, and the cook is late.", "de"),
    ("Traduis en français : The kettle sings when the water boils.", "fr"),
    ("次の文を日本語に翻訳してください：水壶响了，可是厨师没有听见，因为他已经很老了。", "ja"),
    ("Lost in Translation 这部电影讲的是什么故事？请介绍一下它的导演。", "zh-Hans"),
    ("水壶 and 茶杯 are old words", "en")])
def test_what_is_asked_about_does_not_decide_without_quotation_marks_either(text, language):
    assert named(text) == [language]


def test_a_name_is_no_tag():
    with pytest.raises(ConfigError, match="'english' is no tag"):
        Language(keep=("english",))
