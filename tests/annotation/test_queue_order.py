"""The queue finishes records rather than beginning them."""

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

INSIDE = Path(__file__).resolve().parents[2] / "annotation/instructwild_annotation/server/inside"


@pytest.fixture(scope="module")
def queue():
    """The module runs in Argilla's environment, but needs nothing of it."""
    sys.path.insert(0, str(INSIDE))
    try:
        import queue_order
        yield queue_order
    finally:
        sys.path.remove(str(INSIDE))


def work(queue, records, users, overlap, submissions, who):
    """Let users submit one after another, each the first record of their queue; answers by record."""
    answers = {record: set() for record in records}
    for user in who(submissions):
        open_to_user = [(record, len(given) < overlap, len(given)) for record, given in answers.items() if user not in given]
        pending = [item for item in open_to_user if item[1]]
        if pending:
            answers[queue.ordered(pending, user, users, overlap)[0]].add(user)
    return answers


def test_eight_people_complete_what_they_begin(queue):
    records, users = [f"r{i}" for i in range(200)], [f"u{i}" for i in range(8)]
    answers = work(queue, records, users, 3, 240, lambda n: [users[i % 8] for i in range(n)])
    sizes = Counter(map(len, answers.values()))
    assert sum(size * count for size, count in sizes.items()) == 240
    assert sizes[3] >= 55
    assert max(sizes) == 3


def test_a_share_is_even_and_only_the_leaver_moves(queue):
    users = [f"u{i}" for i in range(5)]
    shares = {user: {r for r in map(str, range(1000)) if queue.is_assigned(r, user, users, 2)} for user in users}
    assert sum(map(len, shares.values())) == 2000
    assert all(330 < len(share) < 470 for share in shares.values())
    for user in users[:4]:
        assert shares[user] <= {r for r in map(str, range(1000)) if queue.is_assigned(r, user, users[:4], 2)}


def test_everything_is_completed_even_when_people_leave(queue):
    records, users = [f"r{i}" for i in range(40)], ["a", "b", "c", "d"]
    draw = random.Random(5)
    answers = work(queue, records, users, 2, 400, lambda n: [draw.choice(users[:2]) for _ in range(n)])
    assert set(map(len, answers.values())) == {2}


def test_nearly_finished_records_of_others_come_before_untouched_ones(queue):
    users = ["a", "b", "c"]
    foreign = [r for r in map(str, range(100)) if not queue.is_assigned(r, "c", users, 2)][:3]
    mine = next(r for r in map(str, range(100)) if queue.is_assigned(r, "c", users, 2))
    items = [(foreign[0], True, 0), (foreign[1], True, 1), (foreign[2], False, 2), (mine, True, 0)]
    assert queue.ordered(items, "c", users, 2) == [mine, foreign[1], foreign[0], foreign[2]]
    assert queue.ordered(items, "owner", users, 2)[0] == foreign[1]
