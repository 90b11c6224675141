"""Many annotators at once, and real human rankings through the whole way."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from instructwild_annotation import wire
from instructwild_annotation.people import person
from instructwild_annotation.pull import read_rankings
from instructwild_annotation.push import push_rows
from tests.annotation.argilla.conftest import Person
from tests.annotation.rows import row

pytestmark = [pytest.mark.argilla, pytest.mark.slow]


def test_eight_people_submit_while_a_thousand_records_load_and_overlap_completes(connection):
    rows = [row(f"load {i}", ["x", "y"]) for i in range(200)]
    push_rows(connection, rows, "load", overlap=3)
    dataset = connection.datasets("load")[2]["id"]
    people = [Person.invited(connection, f"loader {i}") for i in range(8)]
    more = [row(f"more {i}", ["x", "y"]) for i in range(1000)]

    def work(one):
        for _ in range(30):
            record = one.queue(dataset, limit=1)[0][0]
            value = [{"value": "answer_a", "rank": 1}, {"value": "answer_b", "rank": 1}]
            assert one.answer(record["id"], value).json()["items"][0]["error"] is None

    with ThreadPoolExecutor(9) as pool:
        loading = pool.submit(push_rows, connection, more, "load-more")
        list(pool.map(work, people))
        assert loading.result().sent == 1000
    found = read_rankings(connection, "load")
    sizes = [len(one.rankings) for one in found.rows]
    assert sum(sizes) == 240
    assert sizes.count(3) >= 45
    assert max(sizes) <= 4
    for one in people:
        one.http.close()


def human_rankings(shared):
    """(row, ranks) of human rankings: K from 2 to 10."""
    for line in (shared / "rankings" / "oasst_en_50_trees.jsonl").read_text(encoding="utf-8").splitlines():
        prompt = json.loads(line)["prompt"]
        replies = [reply for reply in prompt["replies"] if reply.get("rank") is not None]
        if len(replies) > 1:
            yield row(prompt["text"], [reply["text"] for reply in replies]), [reply["rank"] + 1 for reply in replies]
    for found in json.loads((shared / "rankings" / "oaast_rm_zh.json").read_text(encoding="utf-8")):
        if len(found["output"]) > 1:
            yield (row(found["instruction"], found["output"], language="zh-Hans"), list(range(1, len(found["output"]) + 1)))


def test_real_human_rankings_answered_by_a_script_come_back_equal(connection, shared):
    given = {wire.record_id(one): (one, ranks) for one, ranks in human_rankings(shared)}
    push_rows(connection, [one for one, _ in given.values()], "human")
    judge = Person.invited(connection, "scripted judge")
    for dataset in connection.datasets("human").values():
        for record in connection.records(dataset["id"]):
            one, ranks = given[record["external_id"]]
            answer = judge.answer(record["id"], wire.to_value(tuple(ranks), wire.slots(one)))
            assert answer.json()["items"][0]["error"] is None, answer.text
    found = read_rankings(connection, "human")
    assert {len(one.candidates) for one in found.rows} >= {2, 3, 10}
    who = person(next(u["id"] for u in connection.get("/users")["items"] if u["username"] == "scripted judge"))
    assert {wire.record_id(one): one.rankings[0].ranks for one in found.rows} == {
        key: wire.dense(ranks) for key, (_, ranks) in given.items()}
    assert {ranking.annotator for one in found.rows for ranking in one.rankings} == {who}
    judge.http.close()


def test_the_queue_stays_quick_at_ten_thousand_records(connection):
    draw = random.Random(1)
    push_rows(connection, [row(f"many {i} {draw.random()}", ["x", "y"]) for i in range(10_000)], "many", overlap=2)
    one = Person.invited(connection, "in a hurry")
    found, total = one.queue(connection.datasets("many")[2]["id"])
    assert (len(found), total) == (10, 10_000)
    one.http.close()
