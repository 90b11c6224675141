"""The sieve with its keys on disk parts no two texts that ask for the same, and bounds what crowds cost."""

import random
from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.clean.near import RequestIndex, SameRequests, same_requests, sieve, sieve_on_disk
from instructwild.clean.near.common_length import common_length
from instructwild.clean.near.sieve import SiftedTexts, rare_tokens, sift, sift_closely
from instructwild.clean.near.sieve_kernel import BITS, common, meet_rare
from instructwild.clean.near.sieve_on_disk import SiftedOnDisk
from instructwild.clean.near.sieve_on_disk_kernel import join_pairs, meet_crowd

FLOOR = Fraction(13, 20)
WORDS = st.lists(st.sampled_from([*"湖雪茶请把写诗的一首", "describe", "the", "harbour", "7", "kites", "不要", "please",
                                  "for", "slow", "gardens", ":", "2 + 2", "Rust"]), max_size=9)


@pytest.fixture(scope="module")
def small():
    """Sizes at which some texts are many."""
    with pytest.MonkeyPatch.context() as patch:
        for module, sizes in ((sieve_on_disk, {"AT_ONCE": 17, "CROWD": 3, "READ_FROM": 8}),
                              (same_requests, {"SIFTED_AT_ONCE": 11, "DECIDED_AT_ONCE": 7, "LARGE": 9})):
            for name, size in sizes.items():
                patch.setattr(module, name, size)
        yield


def made(count, seed=5):
    rng = random.Random(seed)
    things = ["a slow harbour", "kites", "garden walls", "湖边的茶馆", "一首关于雪的诗", "两只风筝"]
    forms = ["Describe {}", "please describe {}", "描述{}", "请描述一下{}", "Name 7 uses of {}",
             "Explain briefly and in plain words how {} change over the years for people in old towns"]
    return [rng.choice(forms).format(rng.choice(things) + rng.choice(["", "", " again", f" {number}"]))
            for number in range(count)]


@settings(deadline=None, max_examples=40)
@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=30))
def test_verdicts_are_those_of_one_text_after_another(tmp_path_factory, small, texts):
    stored = SameRequests(texts, sifted=True, folder=tmp_path_factory.mktemp("keys"))
    index = RequestIndex()
    assert stored.matches == [index.add(text) for text in texts]


def test_groups_are_those_in_memory_where_no_crowd_is(tmp_path, small, monkeypatch):
    monkeypatch.setattr(sieve_on_disk, "READ_FROM", 1_000)
    texts, floors = made(300), sieve.Floors(FLOOR, FLOOR / 2, 150)
    memory, disk = SiftedTexts(), SiftedOnDisk(tmp_path / "keys")
    for begin in range(0, len(texts), 70):
        part = sift(texts[begin:begin + 70])
        memory.add(part)
        disk.add(part)
    assert np.array_equal(disk.length, memory.length)
    assert np.array_equal(disk.grouped(floors), memory.grouped(floors))
    assert not any((tmp_path / "keys").iterdir())


def test_texts_of_a_crowd_meet_by_what_they_ask_for(tmp_path, small):
    texts = made(300)
    coarse, fine = SiftedOnDisk(tmp_path / "coarse"), SiftedOnDisk(tmp_path / "fine")
    for keys in (coarse, fine):
        keys.add(sift(texts))
    floors = sieve.Floors.of_all(FLOOR)
    groups = coarse.grouped(floors), fine.grouped(floors, lambda rows: [sift_closely([texts[row] for row in rows])])
    assert len(np.unique(groups[1])) > len(np.unique(groups[0]))
    index = RequestIndex()
    for row, match in enumerate([index.add(text) for text in texts]):
        assert match is None or groups[1][row] == groups[1][match.index]
    assert SameRequests(texts, sifted=True, folder=tmp_path).verdicts == SameRequests(texts, sifted=False).verdicts
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coarse", "fine"]


@settings(deadline=None, max_examples=60)
@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=40))
def test_chains_join_what_comparing_all_with_all_joins(texts):
    part = sift(texts)
    keys = sieve.Texts.of(part.bits, part.marks, part.length, part.tokens)
    crowd = np.arange(len(texts))
    roots = [np.arange(len(texts), dtype=np.int32) for _ in range(2)]
    rare = *rare_tokens(keys, FLOOR), *keys, sieve.Floors.of_all(FLOOR).bounds
    meet_rare(crowd, len(crowd), *rare, roots[0])
    meet_crowd(crowd, *rare, roots[1])
    join_pairs(crowd[:0], crowd[:0], roots[1])
    pairs = {(a, b) for a, b in zip(*roots, strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@pytest.mark.parametrize("texts", [[], [""], ["", "a", "a"]])
def test_no_texts_and_empty_ones(tmp_path, texts):
    assert SameRequests(texts, sifted=True, folder=tmp_path).verdicts == SameRequests(texts, sifted=False).verdicts


def test_common_tokens_are_counted_in_one_order_as_the_rule_does():
    @numba.njit
    def counted(tokens, m, n):
        return common(tokens, 0, m, m, n)

    rng = random.Random(3)
    for _ in range(300):
        first, second = ([rng.randrange(9) for _ in range(rng.randint(1, size))] for size in (BITS, 2 * BITS))
        tokens = np.array(first + second, np.uint32)
        assert counted(tokens, len(first), len(second)) == common_length(first, second, 0)
    assert counted(np.full(2 * BITS, 7, np.uint32), BITS, BITS) == BITS
