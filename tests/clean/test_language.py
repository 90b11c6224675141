"""The step: languages to keep, by tag or by the language that several tags share."""

from instructwild.clean.language import Language
from tests.clean.rows import left, rows_of


def test_zh_stands_for_both_scripts_and_each_can_be_asked_for_alone():
    rows = rows_of("请写信", "請寫信", "Write a letter to me")
    assert left(Language(keep=("zh",)).verdicts(rows)) == [2]
    assert left(Language(keep=("zh-Hant", "en")).verdicts(rows)) == [0]
    assert left(Language().verdicts(rows)) == []
