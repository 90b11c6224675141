"""What people rank through the page's API comes back exactly."""

import random
import threading

import pytest

from instructwild.schema import Ranking
from instructwild.schema.ranking import dense
from instructwild_annotation.page.backup import back_up
from instructwild_annotation.page.exchange import push_rows, read_rankings
from instructwild_annotation.page.store import Store
from instructwild_annotation.people import person
from tests.annotation.rows import row


def rows(count, languages=("en",)):
    return [row(f"Question {i}?", [f"answer {i}.{c}" for c in range(2 + i % 4)], language=languages[i % len(languages)])
            for i in range(count)]


def rank_as(browser, rng, judge):
    """Rank all that waits; {question: ranks by answer text}."""
    kept = {}
    while (item := browser.post("/api/next", json={}).json()["item"]) is not None:
        texts = [answer["text"] for answer in item["answers"]]
        ranks = judge(texts, rng)
        assert browser.post(f"/api/item/{item['id']}", json={"ranks": ranks, "seconds": 3.2}).json() == {"kept": True}
        kept[item["prompt"]["text"]] = dict(zip(texts, ranks, strict=True))
    return kept


def at_random(texts, rng):
    return [rng.randint(1, len(texts)) for _ in texts]


@pytest.mark.parametrize(("people", "prompts"), [(5, 20), pytest.param(20, 50, marks=pytest.mark.slow)])
def test_random_rankings_with_ties_by_people_at_once_are_kept_exactly(store, client, people, prompts):
    push_rows(store, rows(prompts), overlap=people)
    kept, names = {}, [f"person {i}" for i in range(people)]

    def work(name, browser):
        kept[name] = rank_as(browser, random.Random(name), at_random)

    threads = [threading.Thread(target=work, args=(name, client(name))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = read_rankings(store)
    assert sum(map(len, kept.values())) == sum(len(each.rankings) for each in result.rows) == people * prompts
    assert all(record.completed for record in result.records)
    for each in result.rows:
        by_person = {ranking.annotator: ranking for ranking in each.rankings}
        assert len(by_person) == people
        for name in names:
            wanted = kept[name][each.messages[0].content]
            assert by_person[person(name)] == Ranking(annotator=person(name), seconds=3.2, ranks=dense(
                [wanted[candidate.text] for candidate in each.candidates]))


def test_questions_are_completed_by_as_many_people_as_asked_and_no_more(store, client):
    push_rows(store, rows(9), overlap=2)
    browsers = [client(f"p{i}") for i in range(4)]
    rng = random.Random(3)
    while any([_rank_next(rng.choice(browsers), rng)] + [_rank_next(browser, rng) for browser in browsers]):
        pass
    assert {len(each.rankings) for each in read_rankings(store).rows} == {2}
    push_rows(store, rows(9), overlap=3)        # later, one more each
    while any(_rank_next(browser, rng) for browser in browsers):
        pass
    assert {len(each.rankings) for each in read_rankings(store).rows} == {3}


def _rank_next(browser, rng):
    item = browser.post("/api/next", json={}).json()["item"]
    if item:
        browser.post(f"/api/item/{item['id']}", json={"ranks": at_random(item["answers"], rng)})
    return item is not None


def test_prompts_go_to_people_who_read_their_language_and_progress_counts_their_own(store, client):
    plain = [row("两周不在家，怎样让盆栽不枯死？", ["浇透水。", "买塑料花。"], language="und"),
             row("How are plants kept alive?", ["Water them.", "Talk to them."], language="und")]
    push_rows(store, [*plain, *rows(2, ("fr",))])
    chinese, both = client("李雷", languages=("zh",)), client("anna", languages=("zh", "en"))
    assert chinese.get("/api/me").json()["waiting"] == 1
    assert both.get("/api/me").json()["waiting"] == 2
    assert set(rank_as(chinese, random.Random(1), at_random)) == {plain[0].messages[0].content}
    assert chinese.get("/api/me").json() | {"guidelines": 0} == {
        "name": "李雷", "role": "annotator", "done": 1, "skipped": 0, "waiting": 0, "guidelines": 0}
    assert [each.language for each in read_rankings(store).rows if "盆栽" in each.messages[0].content] == ["zh-Hans"]


def test_undo_skip_and_correcting_an_earlier_answer(store, client):
    push_rows(store, rows(3))
    anna = client("anna")
    first = anna.post("/api/next", json={}).json()["item"]
    anna.post(f"/api/item/{first['id']}", json={"ranks": [1, 2], "rating": 4, "safety": "safe", "correction": "更好 better"})
    again = anna.post("/api/undo", json={}).json()
    assert (again["item"]["id"], again["item"]["ranks"], again["done"]) == (first["id"], [1, 2], 0)
    assert anna.post("/api/next", json={}).json()["item"]["id"] == first["id"]
    anna.post(f"/api/item/{first['id']}", json={"ranks": [2, 2], "rating": 5})
    second = anna.post("/api/next", json={}).json()["item"]
    anna.post(f"/api/item/{second['id']}/skip", json={"reason": "unclear"})
    assert [(entry["id"], entry["status"]) for entry in anna.get("/api/history").json()] == [
        (second["id"], "skipped"), (first["id"], "submitted")]
    reopened = anna.get(f"/api/item/{first['id']}").json()["item"]
    assert (reopened["ranks"], [a["text"] for a in reopened["answers"]]) == ([1, 1], [a["text"] for a in first["answers"]])
    anna.post(f"/api/item/{second['id']}", json={"ranks": [1, 2, 3]})
    assert anna.post("/api/next", json={}).json()["done"] == 2
    answers = [answer for record in read_rankings(store).records for answer in record.answers]
    assert [(answer.rating, answer.correction) for answer in answers if answer.rating] == [(5, None)]


def test_each_person_sees_an_order_of_their_own_that_is_kept(store, client):
    push_rows(store, [row("Which?", list("abcdefgh"))], overlap=30)
    orders = set()
    for name in "abcdefgh":
        browser = client(name)
        seen = [[a["text"] for a in browser.post("/api/next", json={}).json()["item"]["answers"]] for _ in range(2)]
        assert seen[0] == seen[1]
        orders.add("".join(seen[0]))
    assert len(orders) >= 7


def test_gold_prompts_set_careless_work_aside_and_its_questions_are_asked_again(store, client):
    gold = [row(f"Gold {i}?", ["right", "wrong"], ("person:x", [1, 2])) for i in range(6)]
    push_rows(store, gold, "rankings:gold", overlap=0, gold=True)
    push_rows(store, rows(30))

    def careless(texts, rng):
        return [2, 1] if "right" in texts and texts[0] == "right" else [1, 2] if "right" in texts else at_random(texts, rng)

    def careful(texts, rng):
        return [1 if text == "right" else 2 for text in texts] if "right" in texts else list(range(1, len(texts) + 1))

    rank_as(client("mallory"), random.Random(1), careless)
    first = read_rankings(store)
    assert {ranking.status for each in first.rows for ranking in each.rankings} == {"discarded"}
    assert not any("Gold" in each.messages[0].content for each in first.rows)
    kept = rank_as(client("wren"), random.Random(2), careful)
    assert sum("Question" in prompt for prompt in kept) == 30
    result = read_rankings(store)
    assert result.others == {"set aside": 30}
    assert sum(record.completed for record in result.records) == 30
    people = {each["name"]: each for each in client("lead", role="lead").get("/api/lead").json()["people"]}
    assert (people["mallory"]["set_aside"], people["mallory"]["gold_score"]) == (True, 0.0)
    assert (people["wren"]["set_aside"], people["wren"]["gold_score"], people["wren"]["gold"]) == (False, 1.0, 5)


def test_the_lead_settles_disagreements_and_makes_unanimous_prompts_gold(store, client):
    push_rows(store, [row("Alike?", ["x", "y"]), row("Opposed?", ["x", "y"])], overlap=2)

    def judge(turned):
        def by_text(texts, rng):
            return [1 if text == "x" else 2 for text in texts]

        def opposed(texts, rng):
            return [2 if text == "x" else 1 for text in texts]
        return opposed if turned else by_text

    for turned, name in enumerate(("a", "b")):
        browser = client(name)
        while (item := browser.post("/api/next", json={}).json()["item"]) is not None:
            decide = judge(turned and item["prompt"]["text"] == "Opposed?")
            ranks = decide([answer["text"] for answer in item["answers"]], None)
            browser.post(f"/api/item/{item['id']}", json={"ranks": ranks})
    lead = client("lead", role="lead")
    figures = lead.get("/api/lead").json()
    assert [(each["prompt"], each["share"]) for each in figures["disagreements"]["prompts"]] == [("Opposed?", 0.0)]
    assert [(each["prompt"], each["rankings"]) for each in figures["unanimous"]["prompts"]] == [("Alike?", [[1, 2], [1, 2]])]
    assert lead.get("/api/lead/list/unanimous/0").json() == figures["unanimous"]
    assert lead.get("/api/lead/list/disagreements/1").json() == {"total": 1, "prompts": []}
    assert lead.get("/api/lead/list/others/0").status_code == 404
    record = figures["disagreements"]["prompts"][0]["record"]
    item = lead.post("/api/lead/settle", json={"record": record}).json()["item"]
    assert lead.post(f"/api/item/{item['id']}", json={"ranks": [1, 2]}).json() == {"kept": True}
    assert lead.post("/api/lead/more", json={"record": record}).json() == {"kept": True}
    assert lead.post("/api/lead/gold", json={"record": record}).status_code == 422
    alike = figures["unanimous"]["prompts"][0]["record"]
    assert lead.post("/api/lead/gold", json={"record": alike}).json() == {"kept": True}
    assert {len(each.rankings) for each in read_rankings(store).rows} == {2, 3}
    assert "Alike?" not in rank_as(client("a"), random.Random(1), at_random)        # she knows it already


def test_removing_a_person_takes_what_they_did_and_asks_again(store, client):
    push_rows(store, rows(4))
    rank_as(client("anna"), random.Random(1), at_random)
    assert store.remove("anna") == 4
    assert [len(each.rankings) for each in read_rankings(store).rows] == [0] * 4
    assert len(rank_as(client("finch"), random.Random(1), at_random)) == 4


def test_a_backup_made_while_people_work_is_complete(store, client, tmp_path):
    push_rows(store, rows(5))
    rank_as(client("anna"), random.Random(1), at_random)
    (tmp_path / "copy").mkdir()
    back_up(store, tmp_path / "copy" / "page.sqlite")
    with Store(tmp_path / "copy", must_exist=True) as copy:
        assert read_rankings(copy).rows == read_rankings(store).rows
    assert store.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("bad", [None, [1], [1, 3], [0, 1], ["1", "2"], [1.0, 2], [True, 2], {"a": 1}])
def test_a_ranking_that_does_not_fit_is_refused_and_nothing_is_kept(store, client, bad):
    push_rows(store, rows(1))
    anna = client("anna")
    item = anna.post("/api/next", json={}).json()["item"]
    assert anna.post(f"/api/item/{item['id']}", json={"ranks": bad}).status_code == 422
    assert read_rankings(store).rows[0].rankings == ()
