"""Sets that share one page: every figure of the lead's counts its own set, and memory does not grow with the rankings."""

import itertools
import json
import random
import sqlite3
import tracemalloc

import pytest

from instructwild.cli import main
from instructwild.schema.ranking import dense
from instructwild_annotation import alpha as krippendorff
from instructwild_annotation.comparisons import Comparisons, as_shares
from instructwild_annotation.page.exchange import push_rows, read_rankings
from instructwild_annotation.page.overview import listed, overview
from instructwild_annotation.page.set_figures import LOW, SetFigures
from instructwild_annotation.page.store import Store, recount
from tests.annotation.rows import row

POEMS = [row(f"Which line {i} rhymes?", ["a", "b"], language="en") for i in range(12)]
CODE = [row(f"哪段代码 {i} 更好？", ["甲", "乙", "丙"], language="zh-Hans") for i in range(9)]


def rank_all(browser, decide, seconds):
    """Rank everything that waits for a person."""
    while (item := browser.post("/api/next", json={}).json()["item"]) is not None:
        texts = [answer["text"] for answer in item["answers"]]
        browser.post(f"/api/item/{item['id']}", json={"ranks": decide(item["prompt"]["text"], texts), "seconds": seconds})


def in_order(prompt, texts):
    return [sorted(texts).index(text) + 1 for text in texts]


def test_every_figure_counts_its_own_set(store, client):
    push_rows(store, POEMS, "poems", overlap=2)
    for name, seconds in (("anna", 5), ("boris", 5)):
        rank_all(client(name), in_order, seconds)
    push_rows(store, CODE, "code", overlap=2)
    skipped = client("anna").post("/api/next", json={}).json()["item"]["id"]
    client("anna").post(f"/api/item/{skipped}/skip", json={"reason": "unclear"})
    rank_all(client("anna"), in_order, 50)
    rank_all(client("李雷"), lambda prompt, texts: [4 - rank for rank in in_order(prompt, texts)], 70)
    lead = client("lead", role="lead")
    poems, code = lead.get("/api/lead").json(), lead.get("/api/lead?set=code").json()
    assert (code["name"], poems["name"], code["sets"], poems["sets"]) == ("code", "poems", *[["poems", "code"]] * 2)
    assert (poems["records"], poems["rankings"], poems["left"], poems["seconds"], poems["agreement"]) == (12, 24, 0, 5, 1.0)
    assert (code["records"], code["rankings"], code["left"], code["seconds"], code["agreement"]) == (9, 17, 1, 70, 0.0)
    assert (poems["not_counted"], code["not_counted"]) == ({}, {"discarded": 1})
    figures = {name: {each["name"]: each for each in data["people"]} for name, data in (("poems", poems), ("code", code))}
    assert {who: (each["done"], each["skipped"], each["seconds"]) for who, each in figures["poems"].items()} == {
        "anna": (12, 0, 5), "boris": (12, 0, 5), "李雷": (0, 0, None)}
    assert {who: (each["done"], each["skipped"], each["seconds"]) for who, each in figures["code"].items()} == {
        "anna": (8, 1, 50), "boris": (0, 0, None), "李雷": (9, 0, 70)}
    assert figures["code"]["anna"]["agreement"]["share"] == 0
    assert figures["poems"]["anna"]["agreement"]["share"] == 1
    assert max(each["last"] for each in figures["poems"].values() if each["last"]) < min(
        each["last"] for each in figures["code"].values() if each["last"])
    assert (poems["disagreements"]["total"], code["disagreements"]["total"]) == (0, 8)
    assert lead.get("/api/lead/list/disagreements/0?set=poems").json()["total"] == 0
    assert lead.get("/api/lead/list/unanimous/0?set=poems").json()["total"] == 12
    assert lead.get("/api/lead?set=none").status_code == 422
    assert lead.get("/api/lead/curve?set=poems").json() == []


def test_status_names_and_counts_one_set(store, client, capsys):
    push_rows(store, POEMS[:3], "poems")
    rank_all(client("anna"), in_order, 5)
    push_rows(store, CODE[:2], "code")
    for name, counts in (("poems", (3, 3)), ("code", (2, 0))):
        with pytest.raises(SystemExit):
            main(["annotate", "status", "--to", "page", "--home", str(store.home), "--name", name, "--json"])
        figures = json.loads(capsys.readouterr().out)
        assert (figures["records"], figures["rankings"], figures["people"][0]["done"]) == (*counts, counts[1])


def test_gold_prompts_measure_work_on_their_own_set_only(store, client):
    gold = [row(f"Gold {i}?", ["right", "wrong"], ("person:x", [1, 2])) for i in range(4)]
    push_rows(store, POEMS, "poems", overlap=2)
    push_rows(store, gold, "code:gold", overlap=0, gold=True)
    push_rows(store, CODE * 2 + [row(f"Further {i}?", ["x", "y"]) for i in range(20)], "code", overlap=2)
    asked = []

    def careless(prompt, texts):
        asked.append(prompt)
        return [2 if text == "right" else 1 for text in texts] if "Gold" in prompt else in_order(prompt, texts)

    rank_all(client("mallory"), careless, 1)
    assert not any("Gold" in prompt for prompt in asked[:len(POEMS)])      # no gold prompt belongs to the poems
    positions = [number for number, prompt in enumerate(asked) if "Gold" in prompt]
    assert len(positions) == 4
    assert all(later - earlier > 1 for earlier, later in itertools.pairwise(positions))
    lead = client("lead", role="lead")
    (of_poems,), (of_code,) = (lead.get(f"/api/lead?set={name}").json()["people"] for name in ("poems", "code"))
    assert (of_poems["set_aside"], of_poems["gold"], of_poems["done"]) == (False, 0, 12)
    assert (of_code["set_aside"], of_code["gold"], of_code["gold_score"], of_code["done"]) == (True, 4, 0.0, 29)
    assert {each.status for one in read_rankings(store, "poems").rows for each in one.rankings} == {"submitted"}
    assert {each.status for one in read_rankings(store, "code").rows for each in one.rankings} == {"discarded"}
    with store.read() as db:
        assert dict(db.execute("SELECT name, sum(needed) FROM records WHERE gold IS NULL GROUP BY name")) == {
            "poems": 12, "code": 58}


def test_work_that_an_older_file_set_aside_stays_so(tmp_path):
    with Store(tmp_path / "page") as store:
        push_rows(store, POEMS[:2], "poems")
        store.invite("mallory")
        store.invite("anna")
    with sqlite3.connect(tmp_path / "page" / "page.sqlite") as db:
        db.executescript("DROP TABLE aside; ALTER TABLE people ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;"
                         "UPDATE people SET set_aside=1 WHERE name='mallory'; PRAGMA user_version=3;")
    db.close()
    for _ in range(2):
        with Store(tmp_path / "page") as store:
            figures = overview(store, SetFigures.read(store, "poems"))
            assert [(each["name"], each["set_aside"]) for each in figures["people"]] == [("anna", False), ("mallory", True)]


def filled(store, records, people, seed=1, sizes=(2, 3, 5)):
    """A set ranked at random, written into the file at once."""
    rng = random.Random(seed)
    push_rows(store, [row(f"Question {i}?", [f"{i} {c}" for c in range(rng.choice(sizes))],
                          language=rng.choice(["en", "zh-Hans"])) for i in range(records)], overlap=people,
              types={})
    for who in range(people):
        store.invite(f"person {who}")
    with store.write() as db:
        rows = db.execute("SELECT id, json_array_length(row, '$.candidates') FROM records").fetchall()
        work = [(who + 1, record, f"{who} {record}", "[]", "submitted" if rng.random() < 0.95 else "skipped",
                 json.dumps(dense([rng.randint(1, size) for _ in range(size)])), "{}", round(rng.random() * 60, 1), 1.0,
                 1000.0 * who + record) for record, size in rows for who in range(people) if rng.random() < 0.9]
        db.executemany("INSERT INTO work VALUES(?,?,?,?,?,?,?,?,?,?)", work)
        recount(db, [record for record, _ in rows])


def test_figures_summed_up_part_by_part_equal_those_of_all_at_once(store, monkeypatch):
    filled(store, 300, 4)
    monkeypatch.setattr("instructwild_annotation.page.set_figures.AT_ONCE", 37)
    figures, rows = SetFigures.read(store, "rankings"), read_rankings(store).rows
    compared, data = Comparisons.of(rows), overview(store, figures)
    assert (data["agreement"], data["agreement_interval"]) == (compared.overall().share, compared.overall().interval)
    assert (data["alpha"], data["alpha_interval"]) == (pytest.approx(krippendorff.alpha(compared)),
                                                       pytest.approx(krippendorff.alpha_interval(compared), abs=0.02))
    assert data["agreement_by_language"] == as_shares(compared.by_label([each.language for each in rows]))
    assert {each["annotator"]: each["agreement"] for each in data["people"]} == as_shares(compared.by_annotator())
    prompts, counts = compared.by_prompt()
    low = {rows[number].id: count[0] / sum(count) for number, count in zip(prompts, counts.tolist(), strict=True)
           if count[0] / sum(count) < LOW}
    assert data["disagreements"]["total"] == len(low)
    shares = [share for _, share in figures.disputed.page(0, 1000)]
    assert shares == sorted(low.values())
    assert listed(store, figures, "disagreements", 20)["prompts"][0]["share"] == shares[20]
    counted = [ranking for each in rows for ranking in each.rankings if ranking.status == "submitted"]
    assert data["rankings"] == len(counted) == sum(each["done"] for each in data["people"])
    assert sum(count * size for count, size in data["overlap"].items()) == len(counted)


def test_the_overviews_memory_does_not_grow_with_the_rankings(tmp_path, monkeypatch):
    monkeypatch.setattr("instructwild_annotation.page.set_figures.AT_ONCE", 50)
    peaks = []
    for records in (100, 500):
        with Store(tmp_path / str(records)) as store:
            filled(store, records, 3, sizes=(2,))
            overview(store, SetFigures.read(store, "rankings"))      # what is loaded once
            tracemalloc.start()
            overview(store, SetFigures.read(store, "rankings"))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0], peaks


def test_people_go_on_while_the_lead_reads(store):
    filled(store, 5, 2)
    with store.snapshot() as seen:
        before = seen.execute("SELECT count(*) FROM people").fetchone()
        assert store.invite("late")
        assert seen.execute("SELECT count(*) FROM people").fetchone() == before
