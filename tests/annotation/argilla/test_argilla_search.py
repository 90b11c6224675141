"""The search engine against a plain-Python oracle over the same records."""

import random
import unicodedata
import warnings
from datetime import datetime

import pytest

from instructwild_annotation.connection import Connection
from instructwild_annotation.settings import CORRECTION
from tests.annotation.argilla.conftest import Person

pytestmark = pytest.mark.argilla

WORDS = ["apple", "Äpfel", "苹果", "香蕉", "pear", "kiwi", "ＡＰＰＬＥ", "grape"]
LANGUAGES = ["en", "zh-Hans", "ja"]
TYPES = ["chat", "qa", "code"]


@pytest.fixture(scope="module")
def field(server):
    """(connection, dataset, two people) with records that have every kind of value, and some that have none."""
    draw = random.Random(11)
    with warnings.catch_warnings(), Connection(server[0], server_home=server[1]) as connection:
        warnings.simplefilter("ignore")         # Argilla's client warns about its own dependencies
        argilla = connection.argilla
        dataset = argilla.Dataset("oracle", workspace="instructwild", client=connection.sdk, settings=argilla.Settings(
            fields=[argilla.TextField("prompt"), argilla.TextField("other", required=False)],
            questions=[argilla.RatingQuestion("rating", [1, 2, 3, 4, 5]),
                       argilla.LabelQuestion("label", ["good", "bad"], required=False),
                       argilla.MultiLabelQuestion("tags", ["a", "b", "c"], required=False),
                       argilla.TextQuestion(CORRECTION, required=False)],
            metadata=[argilla.TermsMetadataProperty("language"), argilla.TermsMetadataProperty("type"),
                      argilla.IntegerMetadataProperty("size"), argilla.FloatMetadataProperty("score")],
            distribution=argilla.TaskDistribution(min_submitted=2))).create()
        records = []
        for i in range(120):
            metadata = {"language": draw.choice(LANGUAGES), "type": draw.sample(TYPES, draw.randint(1, 2)),
                        "size": draw.randint(-3, 12), "score": draw.choice([0.0, 0.5, 1.5, 2.25])}
            suggestions = [argilla.Suggestion("rating", draw.randint(1, 5), score=draw.choice([0.25, 0.75]),
                                              agent=draw.choice(["judge", "other"]))] if draw.random() < 0.6 else []
            if draw.random() < 0.4:
                suggestions.append(argilla.Suggestion("tags", draw.sample(["a", "b", "c"], 2)))
            records.append(argilla.Record(
                id=f"r{i:03}", metadata={k: v for k, v in metadata.items() if draw.random() < 0.85},
                fields={"prompt": " ".join(draw.sample(WORDS, 3)), "other": draw.choice([*WORDS, ""])},
                suggestions=suggestions))
        dataset.records.log(records, batch_size=120)
        people = [Person.invited(connection, name) for name in ("oracle-a", "oracle-b")]
        everything = list(connection.records(str(dataset.id)))
        for person in people:
            for record in everything:
                status = draw.choice(["submitted", "submitted", "draft", "discarded", None, None])
                if status:
                    values = {"rating": {"value": draw.randint(1, 5)}}
                    if draw.random() < 0.5:
                        values["label"] = {"value": draw.choice(["good", "bad"])}
                    person.http.post("/me/responses/bulk", json={"items": [
                        {"record_id": record["id"], "status": status, "values": values}]}).raise_for_status()
        yield connection, str(dataset.id), people
        for person in people:
            person.http.close()


def fold(text):
    return unicodedata.normalize("NFKC", text).casefold()


class Oracle:
    """What Argilla should find, worked out over records read through the REST API."""

    def __init__(self, connection, dataset, people):
        self.records = list(connection.records(dataset, responses=True))
        self.question = {q["id"]: q["name"] for q in connection.get(f"/datasets/{dataset}/questions")["items"]}
        users = {u["username"]: u["id"] for u in connection.get("/users")["items"]}
        self.ids = [users[person.account["username"]] for person in people]

    def values(self, record, scope, user):
        """All values a record has under a scope."""
        if scope["entity"] == "metadata":
            found = (record["metadata"] or {}).get(scope["metadata_property"])
        elif scope["entity"] == "record":
            found = record[scope["property"]]
        elif scope["entity"] == "suggestion":
            given = [s for s in record["suggestions"] if self.question[s["question_id"]] == scope["question"]]
            found = given[0][scope.get("property", "value")] if given else None
        else:
            mine = [r for r in record["responses"] if user in (None, r["user_id"])]
            if scope.get("property") == "status":
                return [r["status"] for r in mine] or ["pending"]
            return [r["values"][scope["question"]]["value"] for r in mine if scope["question"] in (r["values"] or {})]
        return found if isinstance(found, list) else [] if found is None else [found]

    def holds(self, record, condition, user):
        values = self.values(record, condition["scope"], user)
        if condition["type"] == "terms":
            return any(str(value) in condition["values"] for value in values)
        return any((condition.get("ge") is None or value >= condition["ge"])
                   and (condition.get("le") is None or value <= condition["le"]) for value in values)

    def mentions(self, record, text, name):
        texts = [fold(value) for key, value in record["fields"].items() if value and name in (None, key)]
        words = text.split()
        return all(any(fold(word.lstrip("-")) in value for value in texts) != word.startswith("-") for word in words)

    def found(self, query, user=None):
        conditions = query.get("filters", {}).get("and", [])
        text = query.get("query", {}).get("text")
        return [record for record in self.records if all(self.holds(record, one, user) for one in conditions)
                and (text is None or self.mentions(record, text["q"], text.get("field")))]

    def sort_key(self, record, scope, user, descending):
        values = self.values(record, scope, user)
        if not values:
            return None
        if scope["entity"] == "response":
            return sum(values) / len(values)
        return max(values) if descending else min(values)


SCOPES = [{"entity": "metadata", "metadata_property": "language"}, {"entity": "metadata", "metadata_property": "type"},
          {"entity": "metadata", "metadata_property": "size"}, {"entity": "metadata", "metadata_property": "score"},
          {"entity": "record", "property": "status"}, {"entity": "record", "property": "external_id"},
          {"entity": "suggestion", "question": "rating", "property": "value"},
          {"entity": "suggestion", "question": "rating", "property": "agent"},
          {"entity": "suggestion", "question": "rating", "property": "score"},
          {"entity": "suggestion", "question": "tags", "property": "value"},
          {"entity": "response", "question": "rating"}, {"entity": "response", "question": "label"},
          {"entity": "response", "property": "status"}]
NUMBERS = [{"ge": 2}, {"le": 3}, {"ge": 1, "le": 4}, {"ge": 0.5, "le": 1.5}]


def any_query(draw, oracle, user):
    """A random query of filters, text and sort."""
    query = {}
    conditions = []
    for scope in draw.sample(SCOPES, draw.randint(0, 3)):
        present = [str(value) for record in oracle.records for value in oracle.values(record, scope, user)]
        numeric = "size" in str(scope) or "score" in str(scope) or ("rating" in str(scope) and "agent" not in str(scope))
        if numeric and draw.random() < 0.5:
            conditions.append({"type": "range", "scope": scope, **draw.choice(NUMBERS)})
        else:
            values = draw.sample(sorted({*present, "nothing"}), draw.randint(1, min(3, len(set(present)) + 1)))
            conditions.append({"type": "terms", "scope": scope, "values": values})
    if conditions:
        query["filters"] = {"and": conditions}
    if draw.random() < 0.4:
        words = draw.sample([*WORDS, "app", "苹", "APPLE", "-pear", "-香"], draw.randint(1, 2))
        query["query"] = {"text": {"q": " ".join(words), **draw.choice([{}, {"field": "prompt"}, {"field": "other"}])}}
    if draw.random() < 0.5:
        scope = draw.choice([SCOPES[2], SCOPES[3], SCOPES[5], SCOPES[6], SCOPES[10], SCOPES[1]])
        query["sort"] = [{"scope": scope, "order": draw.choice(["asc", "desc"])}]
    return query


def check(field, count, seed):
    connection, dataset, people = field
    oracle, draw, nonempty = Oracle(connection, dataset, people), random.Random(seed), 0
    for _ in range(count):
        user = draw.choice([None, 0, 1])
        identity = None if user is None else oracle.ids[user]
        query = any_query(draw, oracle, identity)
        path = f"/datasets/{dataset}/records/search?limit=1000"
        answer = connection.ask("POST", path, json=query) if user is None else \
            people[user].http.post(f"/me{path}", json=query).raise_for_status().json()
        wanted = {record["id"] for record in oracle.found(query, identity)}
        given = [item["record"]["id"] for item in answer["items"]]
        assert set(given) == wanted, query
        assert len(given) == answer["total"] == len(wanted)
        nonempty += bool(wanted)
        for order in query.get("sort", []):
            falling = order["order"] == "desc"
            by_id = {record["id"]: record for record in oracle.records}
            keys = [oracle.sort_key(by_id[one], order["scope"], identity, falling) for one in given]
            valued = [key for key in keys if key is not None]
            assert keys == sorted(valued, reverse=falling) + [None] * (len(keys) - len(valued)), query
    assert nonempty > count / 4


def test_generated_queries_find_what_the_oracle_finds(field):
    check(field, 60, seed=1)


@pytest.mark.slow
def test_many_generated_queries_find_what_the_oracle_finds(field):
    check(field, 600, seed=2)


def test_pages_of_a_queue_cover_every_record_once(field):
    _, dataset, people = field
    whole = people[0].http.post(f"/me/datasets/{dataset}/records/search", params={"limit": 1000}, json={}).json()
    pages = [item["record"]["id"] for offset in range(0, 120, 25) for item in people[0].http.post(
        f"/me/datasets/{dataset}/records/search", params={"limit": 25, "offset": offset}, json={}).json()["items"]]
    assert pages == [item["record"]["id"] for item in whole["items"]]
    assert len(set(pages)) == whole["total"] == 120


def test_progress_and_metrics_count_what_is_there(field):
    connection, dataset, people = field
    oracle = Oracle(connection, dataset, people)
    progress = connection.get(f"/datasets/{dataset}/progress")
    complete = sum(sum(r["status"] == "submitted" for r in record["responses"]) >= 2 for record in oracle.records)
    assert (progress["total"], progress["completed"], progress["pending"]) == (120, complete, 120 - complete)
    mine = people[0].http.get(f"/me/datasets/{dataset}/metrics").json()["responses"]
    statuses = [r["status"] for record in oracle.records for r in record["responses"] if r["user_id"] == oracle.ids[0]]
    assert mine == {"total": 120, **{name: statuses.count(name) for name in ("submitted", "discarded", "draft")},
                    "pending": 120 - len(statuses)}
    for item in connection.get(f"/me/datasets/{dataset}/metadata-properties")["items"]:
        values = [value for record in oracle.records
                  for value in oracle.values(record, {"entity": "metadata", "metadata_property": item["name"]}, None)]
        told = connection.get(f"/metadata-properties/{item['id']}/metrics")
        if told["type"] == "terms":
            assert {one["term"]: one["count"] for one in told["values"]} == {v: values.count(v) for v in set(values)}
        else:
            assert (told["min"], told["max"]) == (min(values), max(values))


def test_dates_are_ranges_and_nonsense_is_refused(field):
    connection, dataset, _ = field
    def search(**bounds):
        return connection.http.post(f"/datasets/{dataset}/records/search", json={"filters": {"and": [
            {"type": "range", "scope": {"entity": "record", "property": "inserted_at"}, **bounds}]}})
    assert search(ge="2020-01-01", le="2999-01-01T00:00:00Z").json()["total"] == 120
    assert search(le="2020-01-01").json()["total"] == 0
    assert search(ge=datetime(2020, 1, 1).timestamp() * 1000).json()["total"] == 120
    assert search(ge="yesterday").status_code == 422
