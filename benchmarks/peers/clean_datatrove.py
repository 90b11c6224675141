"""datatrove's filters and MinHash, as FineWeb and FineWeb-2 (Chinese) use them: `SCRIPT ROWS.jsonl ZH.yml ANSWER.json`.

A row is {"text", "language"}; ZH.yml holds FineWeb-2's thresholds for Chinese. What looks at pages or needs a model from
elsewhere is left out: addresses, extraction, the score of the language.
"""

from pathlib import Path

import yaml
from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from near_datatrove import find as twins
from protocol import OPTIONS, answer


def english():
    return [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(filter_no_terminal_punct=False),
            FineWebQualityFilter()]


def chinese():
    thresholds = yaml.safe_load(Path(OPTIONS[0]).read_text(encoding="utf-8"))
    named = {"language": "cmn_Hani"}
    return [GopherRepetitionFilter(dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0, **named,
                                   **{name: thresholds[name] for name in ("dup_line_frac", "top_n_grams", "dup_n_grams")}),
            FineWebQualityFilter(short_line_thr=999, char_duplicates_ratio=0.1, **named,
                                 **{name: thresholds[name] for name in ("line_punct_thr", "new_line_ratio")}),
            GopherQualityFilter(stop_words=thresholds["stopwords"], min_stop_words=2, **named,
                                **{name: thresholds[name] for name in ("max_avg_word_length", "min_avg_word_length",
                                                                       "max_non_alpha_words_ratio")})]


def filtered(rows, listed, filters):
    """The rows that a filter drops, and its name."""
    dropped = {}
    for number in listed:
        document = Document(text=rows[number]["text"], id=str(number))
        for each in filters:
            if each.filter(document) is not True:
                dropped[number] = type(each).__name__
                break
    return dropped


def near(rows, listed, language):
    """The rows that MinHash drops."""
    return {listed[at]: "MinhashDedup" for at in twins([rows[number] for number in listed], language)}


def find(rows):
    of = {language: [number for number, row in enumerate(rows) if row["language"] == language] for language in ("en", "zh")}
    dropped = filtered(rows, of["en"], english())
    dropped |= near(rows, [number for number in of["en"] if number not in dropped], "eng")
    dropped |= near(rows, of["zh"], "cmn_Hani")
    return dropped | filtered(rows, [number for number in of["zh"] if number not in dropped], chinese())


if __name__ == "__main__":
    answer(find)
