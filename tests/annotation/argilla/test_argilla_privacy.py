"""What an annotator reaches through the embedded server's API: their own answers, and no names of others or of models."""

import httpx
import pytest

from instructwild import stage
from instructwild.cli import main
from instructwild.schema import Candidate, Message, RankingRow, content_id
from instructwild.stage.frames import rankings
from instructwild_annotation.connection import Connection
from instructwild_annotation.pull import read_rankings
from instructwild_annotation.push import push_rows
from instructwild_annotation.server.command import lock_out, make_account
from instructwild_annotation.settings import guidelines
from tests.annotation.rows import row

pytestmark = pytest.mark.argilla

ANSWER = [{"value": "answer_a", "rank": 1}, {"value": "answer_b", "rank": 2}]


def test_others_answers_names_and_models_are_not_shown(connection, invite):
    secret = RankingRow(id=content_id([("user", "Which?")]), messages=(Message(role="user", content="Which?"),),
                        language="en", candidates=tuple(Candidate(id=f"{i:016x}", text=text, model=f"secret-model-{i}")
                                         for i, text in enumerate("xy")))
    push_rows(connection, [secret], "blind", overlap=3)
    dataset = connection.datasets("blind")[2]["id"]
    wren, finch = invite("wren"), invite("finch")
    (record,), _ = wren.queue(dataset)
    assert wren.answer(record["id"], ANSWER).json()["items"][0]["error"] is None
    single = finch.http.get(f"/records/{record['id']}")
    assert single.status_code == 200
    assert single.json()["responses"] == []
    assert single.json()["fields"]["prompt"] == "Which?"
    assert len(wren.http.get(f"/records/{record['id']}").json()["responses"]) == 1
    progress = finch.http.get(f"/datasets/{dataset}/users/progress").json()
    assert [user["username"] for user in progress["users"]] in ([], ["finch"])
    seen = " ".join(finch.http.get(path).text for path in (
        f"/records/{record['id']}", f"/records/{record['id']}/suggestions", f"/datasets/{dataset}/users/progress",
        f"/datasets/{dataset}/progress", f"/me/datasets/{dataset}/metrics", "/me/datasets"))
    assert "secret-model" not in seen
    assert "wren" not in seen
    for path in (f"/datasets/{dataset}/records", "/users", f"/workspaces/{connection.workspace_id()}/users"):
        assert finch.http.get(path).status_code in (403, 404)
    # the owner still reads all of it
    assert connection.get(f"/records/{record['id']}")["responses"][0]["values"]["ranking"]["value"] == ANSWER
    assert len(read_rankings(connection, "blind").rows[0].rankings) == 1


def test_a_new_password_ends_old_sessions_and_keys_and_a_locked_person_stays_out(connection, server):
    account = make_account(connection, "starling", new_password=True)
    with httpx.Client(base_url=f"{server[0]}/api/v1", trust_env=False, timeout=60) as http:
        def session(password):
            answer = http.post("/token", data={"username": "starling", "password": password})
            return answer.json().get("access_token") if answer.status_code == 201 else None

        def statuses(token, key):
            return (http.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code,
                    http.get("/me", headers={"X-Argilla-Api-Key": key}).status_code)

        token = session(account["password"])
        key = http.get("/me", headers={"Authorization": f"Bearer {token}"}).json()["api_key"]
        assert statuses(token, key) == (200, 200)
        again = make_account(connection, "starling", new_password=True)
        assert statuses(token, key) == (401, 401)
        assert session(account["password"]) is None
        token = session(again["password"])
        key = http.get("/me", headers={"Authorization": f"Bearer {token}"}).json()["api_key"]
        assert statuses(token, key) == (200, 200)
        lock_out(connection, "starling")
        assert statuses(token, key) == (401, 401)
        assert session(again["password"]) is None


def test_workspaces_are_made_on_demand_and_people_see_their_own(connection, server, tmp_path, monkeypatch, capsys):
    with Connection(server[0], "another-project", server[1]) as other:
        account = make_account(other, "jay", new_password=True)
        push_rows(other, [row("只在这里？", ["是", "否"], language="zh-Hans")], "own", language="zh")
        push_rows(connection, [row("Elsewhere?", ["yes", "no"])], "elsewhere")
        own = other.datasets("own")[2]
        assert own["guidelines"] == guidelines("zh").strip()
        assert own["guidelines"].index("请阅读") < own["guidelines"].index("Read the question")
        assert make_account(connection, "jay") is None          # let into the usual workspace too
        assert make_account(connection, "jay", missing_ok=True) is None
        assert make_account(other, "heron", new_password=True)["username"] == "heron"
    with httpx.Client(base_url=f"{server[0]}/api/v1", trust_env=False, timeout=60) as http:
        def sets(name, password):
            token = http.post("/token", data={"username": name, "password": password}).json()["access_token"]
            answer = http.get("/me/datasets", headers={"Authorization": f"Bearer {token}"})
            return {item["name"] for item in answer.json()["items"]}

        assert {"own-k2", "elsewhere-k2"} <= sets("jay", account["password"])
        with Connection(server[0], "another-project", server[1]) as other:
            assert sets("heron", make_account(other, "heron", new_password=True)["password"]) == {"own-k2"}


def test_sets_of_one_language_each(server, tmp_path, monkeypatch, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"instruction": "{text}", "candidates": ["a", "b"]}}\n' for text in (
        "How are houseplants kept alive over the holidays?", "两周不在家，怎样让盆栽不枯死？")), encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["annotate", "push", str(rows), "--name", "tongues", "--by-language", "--home", str(server[1])])
    assert left.value.code == 0
    with Connection(server[0], server_home=server[1]) as connection:
        assert [each.language for each in read_rankings(connection, "tongues-zh").rows] == ["zh-Hans"]
        assert [each.language for each in read_rankings(connection, "tongues-en").rows] == ["en"]


def test_what_is_forgotten_leaves_the_server_with_all_answers_and_no_pull_brings_it_back(
        connection, server, invite, tmp_path, monkeypatch, capsys):
    from instructwild.privacy.forgotten import derived_mark, row_mark

    rows = [row(text, ["yes", "no"]) for text in ("Is the tide out?", "Is the moor wet?", "Is the loft dry?")]
    push_rows(connection, rows, "forgetting", overlap=2)
    dataset = connection.datasets("forgetting")[2]["id"]
    wren = invite("wren")
    for record in wren.queue(dataset)[0]:
        wren.answer(record["id"], ANSWER)

    def pull():
        with pytest.raises(SystemExit) as left:
            main(["annotate", "pull", "--name", "forgetting", "--home", str(server[1]), "--out", str(tmp_path / "pulled")])
        assert left.value.code == 0
        return " ".join(capsys.readouterr().err.split())

    def prompts():
        return {each.messages[0].content for each in rankings(stage.load(tmp_path / "pulled").frame())}

    pull()
    assert len(prompts()) == 3
    (tmp_path / "forgotten").write_text(
        f"{row_mark('salt and pepper', rows[0].id)}\n{derived_mark('salt and pepper', rows[1].id)}\n")
    assert "2 prompts are on the forget list" in pull(), "although nobody has submitted anything since"
    assert prompts() == {"Is the loft dry?"}
    finch = invite("finch")
    assert [record["fields"]["prompt"] for record in finch.queue(dataset)[0]] == ["Is the loft dry?"]
    assert "forget list" not in pull(), "the server holds none of it now"
    assert prompts() == {"Is the loft dry?"}
