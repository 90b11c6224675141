"""What a threshold allows, by its definition; and what is counted, told and kept beside the verdicts."""

from fractions import Fraction

import numpy as np
import pytest

from instructwild.clean.near import RequestIndex, SameRequests
from instructwild.clean.near.corpus import Corpus
from instructwild.clean.near.index import Index, _signature
from instructwild.clean.near.threshold import limits, needed

LONGEST = 12
THRESHOLDS = [Fraction(0), Fraction(1, 2), Fraction(13, 20), Fraction(7, 10), Fraction(99, 100),
              Fraction(7 * 10 ** 18 + 1, 10 ** 19)]


def exceeds(common, total, threshold):
    return total > 0 and Fraction(2 * common, total) > threshold


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=str)
def test_tables_of_lengths_are_the_definition(threshold):
    table = limits(threshold, LONGEST)
    totals, lengths = range(1, 2 * LONGEST + 1), range(1, LONGEST + 1)
    assert table.need.tolist()[1:] == [next(common for common in range(total + 1) if exceeds(common, total, threshold))
                                       for total in totals]
    assert table.need[0] == 1
    assert table.reach.tolist()[1:] == [max((total for total in totals if exceeds(common, total, threshold)), default=0)
                                        for common in lengths]
    assert table.shortest.tolist()[1:] == [next(other for other in lengths
                                                if exceeds(min(other, length), other + length, threshold))
                                           for length in lengths]
    with pytest.raises(ValueError, match="read-only"):
        table.need[0] = 7


def test_each_token_flips_one_of_128_bits():
    ones = [tuple(map(int, _signature([number]))) for number in range(400)]
    assert all(low.bit_count() + high.bit_count() == 1 for low, high in ones)
    assert len({*ones}) > 100
    assert _signature([5, 9, 5]) == _signature([9])
    assert _signature([]) == (0, 0)


@pytest.mark.parametrize("threshold", [Fraction(1, 2), Fraction(7, 10), Fraction(0)], ids=str)
@pytest.mark.parametrize("length", [1, 5, 64, 65, 200])
def test_how_many_bits_may_differ(threshold, length):
    index = Index(threshold)
    allowance = index._allowance(length)
    assert len(allowance) == (65 if length <= 64 else 129 if length == 65 else 257)
    for other, bits in enumerate(allowance.tolist()):
        need = needed(threshold, length + other)
        most = max((differing for differing in range(length + other + 1) if (length + other - differing) // 2 >= need),
                   default=-1) if other > 0 and need <= min(length, other) else -1
        # (m + n - h) / 2 tokens can be common: h of the other parity changes nothing
        assert bits in (min(most, 128), min(most - 1, 128)), other
        assert bits < 0 or (length + other - bits) // 2 >= need
    assert index._allowance(length) is allowance


def test_an_index_grows_as_texts_come():
    index = Index()
    for number in range(200):
        assert index.add(f"boat {number} of {number * 7 + 1} quays") is None
    assert len(index) == index.seen == 200
    assert index.find("boat 199 of 1394 quays").index == 199


def test_nothing_exceeds_a_threshold_of_one():
    corpus = Corpus(["grey gulls", "grey gulls", "grey gulls sleep"])
    assert corpus.work == (0, 0)
    for twin, common in (corpus.verdicts(Fraction(1)), corpus.nearest([0, 1, 2], Fraction(1))):
        assert twin.tolist() == [-1, -1, -1]
        assert common.tolist() == [0, 0, 0]
    assert corpus.work == (0, 0)


def test_of_some_texts_the_nearest_earlier_one():
    corpus = Corpus(["grey gulls sleep", "grey gulls", "grey gulls sleep", "grey gulls sleep here", "", "grey gulls"])
    twin, common = corpus.nearest([0, 1, 3, 5], Fraction(1, 2))
    assert twin.tolist() == [-1, 0, -1, 0, -1, 1]
    assert common.tolist() == [0, 2, 0, 3, 0, 2]
    assert corpus.work[0] >= corpus.work[1] >= 2


TIDES = ["Explain how the tides work", "Please explain to me how tides work", "Name two old quays", "Name two old quays"]


def test_what_is_just_kept_dropped_and_told():
    calls = []
    same = SameRequests(TIDES, sifted=False, anew=4, advance=lambda *what: calls.append(what))
    assert calls == [("compared", 4, 4)]
    (row, match), = same.just_kept()
    assert (row, match.index, match.lcs, match.lengths) == (1, 0, 4, (7, 5))
    (row, match), = same.just_dropped()
    assert (row, match.index, match.f) == (3, 2, 1)
    assert same.dropped == 1
    assert same.f.tolist() == [1.0]
    assert same.dropped_at([Fraction(13, 20), Fraction(7, 10), Fraction(1)]) == {
        Fraction(13, 20): 2, Fraction(7, 10): 1, Fraction(1): 0}


def test_the_sieve_tells_what_it_reads_and_compares():
    calls = []
    texts = [*TIDES, *(f"Describe the {word} boat" for word in ("red", "low", "odd"))]
    same = SameRequests(texts, sifted=True, anew=len(texts), advance=lambda *what: calls.append(what))
    plain = SameRequests(texts, sifted=False, anew=len(texts))
    assert {what for what, *_ in calls} == {"read", "compared"}
    for kind in ("read", "compared"):
        parts = [(number, total) for what, number, total in calls if what == kind]
        assert sum(number for number, _ in parts) == parts[0][1]
    assert same.matches == plain.matches
    assert same.just_kept() == plain.just_kept()
    assert same.dropped_at() == plain.dropped_at()


@pytest.mark.parametrize("workers", [False, True])
def test_a_large_group_is_parted_and_joins_what_asks_for_the_same(monkeypatch, tmp_path, workers):
    monkeypatch.setattr("instructwild.clean.near.same_requests.LARGE", 3)
    monkeypatch.setattr("instructwild.clean.near.same_requests.DECIDED_AT_ONCE", 5)
    words, starts = ("red", "low", "odd", "red"), ("Describe", "Please describe")
    texts = [f"{start} the {word} boat" for word in words for start in starts]
    index = RequestIndex()
    expected = [index.add(text) for text in texts]
    assert SameRequests(texts, sifted=True, folder=tmp_path if workers else None).matches == expected
    assert np.count_nonzero([match is not None for match in expected]) == 5
