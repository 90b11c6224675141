"""Through the real server and back: every rank and every tie."""

import json
import random

import pytest

from instructwild import stage
from instructwild.cli import main
from instructwild.errors import ConfigError, EndpointError
from instructwild.read.instructions import read
from instructwild.stage.frames import rankings
from instructwild_annotation import pull, push, wire
from instructwild_annotation.people import person
from instructwild_annotation.pull import read_rankings
from instructwild_annotation.push import push_rows
from tests.annotation.rows import row

pytestmark = pytest.mark.argilla


def made(count, sizes=(2, 3, 4, 5), seed=7):
    draw = random.Random(seed)
    return [row(f"{'问题' if i % 2 else 'Question'} {seed}.{i}?", [f"answer {j} to {i}" for j in range(draw.choice(sizes))],
                language="zh-Hans" if i % 2 else "en") for i in range(count)]


def uuids(connection, name):
    """Argilla's id of each record, by ours, and the rows' slots."""
    return {record["external_id"]: record["id"] for dataset in connection.datasets(name).values()
            for record in connection.records(dataset["id"])}


def round_trip(connection, invite, name, rows):
    """Four people rank all rows at random, with ties, through the API of the web page; what was sent, and what came back."""
    done = push_rows(connection, rows, name, overlap=4)
    assert (done.sent, done.there, done.refused) == (len(rows), 0, [])
    assert push_rows(connection, rows, name, overlap=4).there == len(rows)
    ids, draw, sent = uuids(connection, name), random.Random(3), {}
    people = [invite(f"rater {i}") for i in range(4)]
    names = {u["username"]: person(u["id"]) for u in connection.get("/users")["items"]}
    for each in people:
        for begin in range(0, len(rows), 50):
            items = []
            for one in rows[begin:begin + 50]:
                k = len(one.candidates)
                ranks = tuple(draw.randint(1, k) for _ in range(k))
                sent[one.id, names[each.name]] = wire.dense(ranks)
                items.append({"record_id": ids[wire.record_id(one)], "status": "submitted",
                              "values": {"ranking": {"value": wire.to_value(ranks, wire.slots(one))}}})
            answered = each.http.post("/me/responses/bulk", json={"items": items})
            assert all(item["error"] is None for item in answered.json()["items"]), answered.text
    found = read_rankings(connection, name)
    assert {one.id: one.model_copy(update={"rankings": ()}) for one in found.rows} == {one.id: one for one in rows}
    assert sum(len(one.rankings) for one in found.rows) == 4 * len(rows)
    return sent, {(one.id, ranking.annotator): ranking.ranks for one in found.rows for ranking in one.rankings}


def test_random_rankings_with_ties_come_back_unchanged(connection, invite):
    sent, back = round_trip(connection, invite, "hundred", made(30, seed=6))
    assert back == sent


@pytest.mark.slow
def test_a_thousand_random_rankings_with_ties_come_back_unchanged(connection, invite, record_property):
    rows = made(250)
    sent, back = round_trip(connection, invite, "thousand", rows)
    assert (len(sent), back) == (1000, sent)
    by_record = {wire.record_id(one): one for one in rows}
    whole = 0
    for dataset in connection.datasets("thousand").values():
        for record in connection.sdk.datasets(dataset["name"], workspace="instructwild").records(with_responses=True):
            one = by_record[record.id]
            for response in record.responses:
                read = [wire.slots(one)[ord(value[-1]) - ord("a")] for value in response.value]
                ranks = tuple(read.index(i) + 1 for i in range(len(read)))
                whole += ranks == sent[one.id, person(str(response.user_id))]
    record_property("rankings that came back whole", f"{len(back):,} of 1,000")
    record_property("of these through Argilla's own client", f"{whole:,}")
    record_property("with ties", f"{sum(len(set(ranks)) < len(ranks) for ranks in sent.values()):,}")
    assert whole < 300          # by chance only: it keeps the order of the options and no place


def test_a_bad_record_is_named_and_the_rest_is_sent(connection, monkeypatch):
    rows = made(12, sizes=(3,), seed=8)
    bad = wire.record_id(rows[5])
    honest = wire.to_record
    monkeypatch.setattr(push, "to_record", lambda one, kind=None: {
        **honest(one, kind), **({"fields": {"prompt": "no answers"}} if wire.record_id(one) == bad else {})})
    done = push_rows(connection, rows, "bad")
    assert [key for key, _ in done.refused] == [bad]
    assert "answer_a" in done.refused[0][1]
    assert (done.sent, len(uuids(connection, "bad"))) == (11, 11)
    monkeypatch.setattr(push, "to_record", honest)
    again = push_rows(connection, rows, "bad")
    assert (again.sent, again.there) == (1, 11)


def test_hostile_and_awkward_texts_come_back_whole(connection):
    rows = [row("<script>alert(1)</script> **bold** &amp;", ["", "x" * 30_000, "<img src=x onerror=alert(1)>"]),
            row("控制\u0007字符\u0000 \ud7ff\U0001f600", ["a\r\nb", " ", "‮reversed"])]
    assert push_rows(connection, rows, "awkward").refused == []
    assert {one.id: one for one in read_rankings(connection, "awkward").rows} == {one.id: one for one in rows}


def test_suggestions_have_their_places_and_are_off_by_default(connection):
    rows = [row("suggest?", ["a", "b", "c"], ("model:judge", [2, 1, 2])), row("none", ["a", "b", "c"])]
    push_rows(connection, rows, "blind")
    push_rows(connection, rows, "suggested", suggest="model:")
    def told(name):
        dataset = connection.datasets(name)[3]["id"]
        return {r["external_id"]: r["suggestions"] for r in connection.records(dataset, responses=True)}
    assert all(not given for given in told("blind").values())
    given = told("suggested")
    assert given[wire.record_id(rows[1])] == []
    suggestion = given[wire.record_id(rows[0])][0]
    assert suggestion["value"] == wire.to_value((2, 1, 2), wire.slots(rows[0]))
    assert suggestion["agent"] == "model:judge"


def test_annotators_do_not_see_who_wrote_what(connection, invite):
    push_rows(connection, made(3, sizes=(2,), seed=9), "hidden")
    records, total = invite("curious").queue(connection.datasets("hidden")[2]["id"])
    assert total == 3
    assert all(set(record["metadata"]) == {"language"} for record in records)


def test_another_overlap_and_a_dataset_that_is_gone_are_told(connection):
    rows = made(2, sizes=(2,), seed=10)
    push_rows(connection, rows, "gone")
    with pytest.raises(ConfigError, match="asks 1 annotator for each prompt, not 2"):
        push_rows(connection, rows, "gone", overlap=2)
    dataset = connection.datasets("gone")[2]["id"]
    connection.ask("DELETE", f"/datasets/{dataset}")
    with pytest.raises(EndpointError, match="deleted meanwhile"):
        list(connection.records(dataset))


def test_a_dataset_that_goes_while_it_is_sent_or_read_is_one_message(connection, monkeypatch):
    rows, honest = made(3, sizes=(2,), seed=11), (push.to_record, pull.from_record)

    def deleting(work):
        def step(*args):
            for dataset in connection.datasets("vanishing").values():
                connection.ask("DELETE", f"/datasets/{dataset['id']}")
            return work(*args)

        return step

    monkeypatch.setattr(push, "BATCH", 1)
    monkeypatch.setattr("instructwild_annotation.connection.PAGE", 1)
    monkeypatch.setattr(push, "to_record", deleting(honest[0]))
    with pytest.raises(EndpointError, match="deleted meanwhile"):
        push_rows(connection, rows, "vanishing")
    monkeypatch.setattr(push, "to_record", honest[0])
    assert push_rows(connection, rows, "vanishing").sent == 3
    monkeypatch.setattr(pull, "from_record", deleting(honest[1]))
    with pytest.raises(EndpointError, match="deleted meanwhile"):
        read_rankings(connection, "vanishing")


def test_records_are_filtered_by_language_and_type(connection, invite):
    rows = made(4, sizes=(2,), seed=12)
    push_rows(connection, rows, "kinds", kinds={rows[0].id: "open QA", rows[1].id: "open QA", rows[2].id: "coding"})
    one, dataset = invite("choosy"), connection.datasets("kinds")[2]["id"]

    def found(name, value):
        wanted = {"type": "terms", "scope": {"entity": "metadata", "metadata_property": name}, "values": [value]}
        return one.queue(dataset, filters={"and": [wanted]})[1]

    assert (found("type", "open QA"), found("type", "coding"), found("language", "zh-Hans")) == (2, 1, 2)


def run(*args):
    with pytest.raises(SystemExit) as left:
        main(["annotate", *map(str, args)])
    return left.value.code


def test_the_commands_from_push_to_pull_and_merge(connection, invite, server, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [{"instruction": f"命令 {i}", "language": "zh-Hans", "candidates": ["甲", "乙"]} for i in range(3)]
    source = tmp_path / "rows.json"
    lines.append({"instruction": "K=1", "candidates": ["x"]})
    source.write_text(json.dumps(lines, ensure_ascii=False), encoding="utf-8")
    where = ("--home", server[1], "--name", "commands")
    assert run("push", source, *where, "--overlap", "2", "--dry-run") == 0
    assert "6 rankings would be asked for" in capsys.readouterr().out
    assert run("push", source, *where, "--overlap", "2") == 0
    shown = capsys.readouterr()
    assert "too_few_candidates" in shown.err
    assert "/annotation-mode" in shown.out
    assert run("pull", *where, "--out", tmp_path / "pulled") == 0
    dataset = connection.datasets("commands")[2]["id"]
    for name, ranks in (("Anna", (1, 1)), ("李雷", (2, 1))):
        one = invite(name)
        for record in one.queue(dataset)[0]:
            order = wire.slots(harvest_row(connection, record))
            status = "draft" if name == "李雷" and "2" in record["fields"]["prompt"] else "submitted"
            extra = {"correction": "丙"} if name == "Anna" and "0" in record["fields"]["prompt"] else {}
            assert one.answer(record["id"], wire.to_value(ranks, order), status, **extra).json()["items"][0]["error"] is None
    assert run("status", *where, "--json") == 0
    told = json.loads(capsys.readouterr().out.partition("{")[2].join("{ "))
    assert (told["rankings"], told["complete"], told["left"], told["not_counted"]) == (5, 2, 1, {"draft": 1})
    assert run("pull", *where, "--out", tmp_path / "pulled") == 0          # brings the folder up to date
    pulled = stage.load(tmp_path / "pulled")
    assert sorted(r.ranks for one in rankings(pulled.frame()) for r in one.rankings) == [(1, 1)] * 3 + [(2, 1)] * 2
    assert pulled.manifest.metrics["responses_not_counted"] == {"draft": 1}
    corrected = read([tmp_path / "pulled" / "corrections.parquet"]).frame
    assert corrected["messages"][0][-1]["content"] == "丙"
    assert "Anna" not in (tmp_path / "pulled" / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert run("pull", *where, "--out", tmp_path / "pulled") == 0
    assert "nothing to do" in capsys.readouterr().err
    assert run("merge", tmp_path / "pulled", "--out", tmp_path / "merged") == 0
    merged = {one.messages[0].content: one.rankings[0].ranks for one in rankings(stage.load(tmp_path / "merged").frame())}
    assert merged == {"命令 0": (2, 1), "命令 1": (2, 1), "命令 2": (1, 1)}


def harvest_row(connection, record):
    """The row behind a record that an annotator sees."""
    full = connection.get(f"/records/{record['id']}")
    return wire.from_record({**full, "external_id": record["external_id"], "responses": []}).row
