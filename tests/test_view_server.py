"""`instructwild view` over HTTP: what is asked and answered, who is let in, and what cannot be looked at."""

import json
import math
import subprocess
import sys

import polars as pl
import pytest
from starlette.testclient import TestClient

from instructwild import stage
from instructwild.clean.edit_file import read_edits
from instructwild.clean.pipeline import clean
from instructwild.cli import main
from instructwild.lineage.forget import Forgetting
from instructwild.lineage.indexes import index_folder
from instructwild.schema import Candidate, Origin, Ranking, RankingRow, instruction_of
from instructwild.stage.frames import instruction_frame, instructions, ranking_frame
from instructwild.view import source as source_module
from instructwild.view.app import ViewApplication
from instructwild.view.desk import ViewDesk
from instructwild.view.edit_log import EditLog, edits_beside
from instructwild.view.guard import ViewSession
from instructwild.view.index import ViewIndex
from instructwild.view.source import ViewSource

ROOF = instruction_of("How do I mend a leaking roof before the rain comes?", scores={"reward": 1.5}, origin=(
    Origin(kind="x", source="feed.json", url="https://example.org/1", author="c" * 16),)).answered("Lay a tarpaulin first.")
ROOF_TWIN = instruction_of("How do I mend the leaking roof before the rain comes?").answered("Call a roofer.")
BRIDGE = instruction_of("为什么桥梁需要伸缩缝？", language="zh-Hans", scores={"reward": -2.0}).answered(
    "因为材料会热胀冷缩。")
CHESS = instruction_of("Explain castling in chess.", language="en")
ROWS = (ROOF, ROOF_TWIN, BRIDGE, CHESS)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cleaned(tmp_path):
    with stage.start(tmp_path / "first", "collect", config={}) as run:
        run.finish(data=instruction_frame(ROWS), report="<p>")
    return clean([tmp_path / "first"], tmp_path / "clean").path


class Site:
    """The page of some sources, signed in."""

    def __init__(self, *sources, edits=None, signed_in=True):
        self.edits = edits or edits_beside(sources[0])
        self.desk = ViewDesk([ViewIndex(ViewSource.open(path), wait=True) for path in sources], EditLog(self.edits),
                             sources[0].parent)
        self.session = ViewSession(6910)
        self.client = TestClient(ViewApplication(self.desk, self.session).app(), base_url="http://127.0.0.1:6910",
                                 headers={"x-view": "1", "content-type": "application/json"})
        if signed_in:
            assert self.client.post("/api/session", json={"token": self.session.token}).status_code == 200

    def get(self, path, *pairs, **parameters):
        answer = self.client.get(f"/api/{path}", params=[*pairs, *parameters.items()])
        assert answer.status_code == 200, answer.text
        return answer.json()

    def prompts(self, *pairs, **parameters):
        return [row["prompt"] for row in self.get("rows", *pairs, **parameters)["rows"]]

    def number(self, row, source=0):
        return self.get("find", id=row.id, source=source)["n"]

    def edit(self, row, action, **fields):
        return self.client.post("/api/edit", json={"source": 0, "n": self.number(row), "edit": action, **fields})


def text(row):
    return row.messages[0].content


def test_kept_and_dropped_rows_are_listed_and_filtered_by_every_kind_of_value(cleaned):
    site = Site(cleaned)
    assert site.prompts() == [text(ROOF), text(BRIDGE), text(CHESS), text(ROOF_TWIN)]
    assert site.prompts(state="dropped") == [text(ROOF_TWIN)]
    assert site.prompts(reason="near_duplicate") == [text(ROOF_TWIN)]
    assert site.prompts(language="zh-Hans") == [text(BRIDGE)]
    assert site.prompts(("language", "zh-Hans"), ("language", "en"), state="kept") == [text(ROOF), text(BRIDGE), text(CHESS)]
    assert site.prompts(**{"from": "feed.json"}) == [text(ROOF)]
    assert site.prompts(**{"from": ""}, state="kept") == [text(BRIDGE), text(CHESS)]
    assert site.prompts(score="reward", min_score="0") == [text(ROOF)]
    assert site.prompts(max_length="15") == [text(BRIDGE)]
    assert site.prompts(max_answer_length="0") == [text(CHESS)]
    assert site.prompts(sort="shortest")[0] == text(BRIDGE)
    assert site.prompts(sort="score_up", state="kept")[:2] == [text(BRIDGE), text(ROOF)]
    assert site.get("rows", offset=1, limit=2)["total"] == 4


def test_a_text_is_found_whatever_its_case_where_it_is_looked_for_or_by_a_regular_expression(cleaned):
    site = Site(cleaned)
    assert site.prompts(q="CASTLING") == [text(CHESS)]
    assert site.prompts(q="热胀") == [text(BRIDGE)]
    assert site.prompts(q="热胀", where="prompt") == []
    assert site.prompts(q="r..f", regex="1", where="answer") == [text(ROOF_TWIN)]
    assert site.prompts(q="a.b") == []
    assert site.prompts(q=CHESS.id) == [text(CHESS)]
    refused = site.client.get("/api/rows", params={"q": "(", "regex": "1"})
    assert (refused.status_code, refused.json()["error"]) == (422, "regex")


def test_counts_are_under_all_other_filters_and_cover_every_row(cleaned):
    site = Site(cleaned)
    counts = site.get("counts", language="zh-Hans")
    assert ["en", 3] in counts["values"]["language"]
    assert counts["values"]["state"] == [["kept", 1]]
    everything = site.get("counts")
    assert everything["values"]["reason"] == [[None, 3], ["near_duplicate", 1]]
    assert all(sum(n for _, _, n in everything["ranges"][name]) == 4 for name in ("length", "answer_length", "turns"))
    assert sum(n for _, _, n in everything["scores"]["reward"]) == 2


def test_a_row_has_its_conversation_origin_and_the_reason_it_left(cleaned):
    site = Site(cleaned)
    row = site.get("row", n=site.number(ROOF))
    assert [(turn["role"], turn["content"]) for turn in row["messages"]] == [("user", text(ROOF)),
                                                                            ("assistant", "Lay a tarpaulin first.")]
    assert row["origin"][0]["url"] == "https://example.org/1"
    left = site.get("row", n=site.number(ROOF_TWIN))["left"]
    assert (left["step"], left["reason"], left["evidence"]["twin"]) == ("near", "near_duplicate", ROOF.id)


def test_twins_are_recorded_or_measured_with_what_differs_marked(cleaned, tmp_path):
    site = Site(cleaned)
    twin, = site.get("twins", n=site.number(ROOF))["twins"]
    assert (twin["id"], twin["recorded"]) == (ROOF_TWIN.id, True)
    assert [run[1] for run in twin["prompts"][1] if run[0]] == ["the"]
    assert site.get("twins", n=site.number(ROOF_TWIN))["twins"][0]["id"] == ROOF.id
    measured, = Site(tmp_path / "first").get("twins", n=0)["twins"]
    assert (measured["id"], measured["recorded"]) == (ROOF_TWIN.id, False)
    assert measured["f"] == pytest.approx(20 / 22, abs=1e-4)


def test_what_became_of_a_row_is_read_from_the_stages_under_the_root(cleaned, tmp_path):
    told = Site(tmp_path / "first").get("history", id=ROOF_TWIN.id)["history"]
    assert [(seen["folder"], seen["fate"], seen["reason"]) for seen in told["seen"]] == [
        ("first", "kept", None), ("clean", "dropped", "near_duplicate")]
    assert Site(tmp_path / "first").get("history", id="f" * 16)["history"] is None


def test_two_stages_are_compared_searched_and_filtered(cleaned, tmp_path):
    site = Site(tmp_path / "first", cleaned)
    told = site.get("compare", first=0, second=1)
    assert (told["counts"]["dropped"], told["reasons"]) == (1, {"near_duplicate": 1})
    assert told["shown"][0]["id"] == ROOF_TWIN.id
    assert site.get("compare", first=0, second=1, q="castling")["total"] == 0
    assert site.get("compare", first=1, second=0, change="added")["total"] == 1
    assert site.get("find", id=BRIDGE.id, source=1) == {"source": 1, "n": 1}


def test_edits_are_kept_beside_the_stage_and_clean_applies_them(cleaned, tmp_path):
    site = Site(cleaned)
    assert site.edit(CHESS, "drop", note="too short").status_code == 200
    assert site.edit(ROOF_TWIN, "restore").status_code == 200
    assert site.edit(BRIDGE, "text", contents=["为什么桥面要留伸缩缝？", "因为材料会热胀冷缩。"]).status_code == 200
    assert site.edit(ROOF, "labels", labels={"type": "advice"}).json()["edits"][0]["labels"] == {"type": "advice"}
    assert site.edits == tmp_path / "clean.edits.jsonl"
    assert len(site.prompts(edited="1")) == 4
    assert next(row["edits"] for row in site.get("rows")["rows"] if row["id"] == CHESS.id) == ["drop"]
    by_kind = {edit.edit: edit for edit in read_edits(site.edits)}
    assert (by_kind["restore"].overrules, by_kind["drop"].note) == ("near", "too short")
    done = clean([cleaned], tmp_path / "again", edits=site.edits)
    kept = {text(row): row for row in instructions(done.frame())}
    assert text(CHESS) not in kept
    assert text(ROOF_TWIN) in kept
    assert kept["为什么桥面要留伸缩缝？"].parents == (BRIDGE.id,)
    assert kept[text(ROOF)].labels.type == "advice"


def test_an_edit_is_taken_back_and_one_that_does_not_fit_is_refused(cleaned):
    site = Site(cleaned)
    site.edit(CHESS, "drop")
    assert site.edit(CHESS, "undo").json()["edits"] == []
    assert read_edits(site.edits) == []
    for row, action, fields in ((CHESS, "restore", {}), (ROOF_TWIN, "drop", {}), (CHESS, "burn", {}),
                                (CHESS, "text", {"contents": ["a", "b"]}), (CHESS, "text", {}),
                                (CHESS, "labels", {"labels": {"colour": "red"}}), (CHESS, "text", {"contents": ["\ud800"]})):
        body = json.dumps({"source": 0, "n": site.number(row), "edit": action, **fields})
        assert site.client.post("/api/edit", content=body).status_code == 422
    assert read_edits(site.edits) == []


def test_edits_that_cannot_be_written_are_no_success(cleaned, tmp_path):
    site = Site(cleaned, edits=tmp_path / "nowhere" / "x.edits.jsonl")
    (tmp_path / "nowhere").write_text("a file where the folder should be")
    assert site.edit(CHESS, "drop").status_code == 507


@pytest.mark.parametrize(("headers", "status"), [
    ({"host": "evil.example"}, 403), ({"origin": "https://evil.example"}, 403), ({"sec-fetch-site": "cross-site"}, 403),
    ({"x-view": ""}, 403), ({"cookie": "view-6910=guess"}, 401)])
def test_nobody_else_is_let_in(cleaned, headers, status):
    site = Site(cleaned, signed_in=status == 403)
    for path in ("/api/rows", "/api/row?n=0", "/api/sources"):
        assert site.client.get(path, headers=headers).status_code == status
    assert site.client.post("/api/edit", json={"n": 0, "edit": "drop"}, headers=headers).status_code == status
    assert not site.edits.exists()


def test_a_form_of_another_site_and_a_wrong_token_are_refused(cleaned):
    site = Site(cleaned, signed_in=False)
    assert site.client.post("/api/session", json={"token": "guess"}).status_code == 401
    assert site.client.post("/api/session", content=b"[").status_code == 422
    assert site.client.post("/api/session", json={"token": site.session.token},
                            headers={"content-type": "text/plain"}).status_code == 403
    answer = site.client.post("/api/session", json={"token": site.session.token})
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("header", "query", "language"), [
    ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh-Hans"), ("fr,en;q=0.5,zh;q=0.4", "", "en"), ("en", "?lang=zh", "zh-Hans"),
    ("zh", "?lang=en", "en"), ("", "", "en"), ("zh;q=x, en", "?lang=%3Cscript%3E", "en")])
def test_the_language_is_that_of_the_address_or_of_the_browser(cleaned, header, query, language):
    page = Site(cleaned, signed_in=False).client.get("/" + query, headers={"accept-language": header}).text
    assert f'<html lang="{language}">' in page
    assert "<script>" not in page


@pytest.mark.parametrize("query", ["source=7", "source=x", "n=999999", "n=-1", f"n={2**40}", "where=attic", "min_length=x",
                                   "sort=never"])
def test_what_makes_no_sense_is_refused_in_json(cleaned, query):
    answer = Site(cleaned).client.get(f"/api/{'row' if query.startswith('n=') else 'rows'}?{query}")
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]


def test_every_phrase_of_the_page_is_there_in_both_languages():
    import re
    from pathlib import Path

    folder = Path(source_module.__file__).parent / "page"
    words = (folder / "words.js").read_text(encoding="utf-8")
    english, chinese = words.split("  zh: {")
    known = [re.findall(r"(?:^|, |\{)\s*\"?([\w ]+?)\"?: \"", part, re.MULTILINE) for part in (english, chinese)]
    assert known[0] == known[1]
    assert len(known[0]) == len(set(known[0]))
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name != "words.js")
    used = set(re.findall(r"\b(?:say|block)\(\"(\w+)\"", code)) | set(re.findall(r"data-(?:say|name|hint)=\"(\w+)\"", code))
    assert used - set(known[0]) == set()


def test_an_index_is_made_once_and_again_when_the_rows_change(cleaned, tmp_path):
    site = Site(cleaned)
    made = {path: path.stat().st_mtime_ns for path in index_folder().rglob("facts-*.parquet")}
    assert Site(cleaned).prompts() == site.prompts()
    assert {path: path.stat().st_mtime_ns for path in index_folder().rglob("facts-*.parquet")} == made
    clean([tmp_path / "first"], cleaned, ["exact"], force=True)
    assert site.get("sources")["sources"][0]["kept"] == 4
    assert len(site.prompts(state="kept")) == 4


def test_many_parts_are_one_list(tmp_path, monkeypatch):
    monkeypatch.setattr(source_module, "FIRST", 3)
    monkeypatch.setattr(source_module, "PART", 4)
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"instruction": f"Question number {i}?"}) + "\n" + ("oops\n" if i % 5 == 0 else "")
                            for i in range(20)), encoding="utf-8")
    site = Site(path)
    assert site.get("sources")["sources"][0] | {"name": ""} == {
        "name": "", "kind": "instruction", "kept": 20, "dropped": 4, "building": False, "problem": "", "stage": None,
        "gate": None, "total": None}
    listed = site.get("rows", limit=100)["rows"]
    assert [row["n"] for row in listed] == list(range(24))
    for row in listed:
        whole = site.get("row", n=row["n"])
        assert (whole["messages"][0]["content"] if row["kept"] else whole["raw"]) == row["prompt"]


def test_a_parquet_file_is_read_in_parts_and_its_bad_rows_are_counted_from_the_beginning(tmp_path, monkeypatch):
    monkeypatch.setattr(source_module, "FIRST", 3)
    monkeypatch.setattr(source_module, "PART", 4)
    pl.DataFrame({"instruction": [f"Question number {i}?" if i != 8 else None for i in range(10)]}).write_parquet(
        "t.parquet")
    site = Site(tmp_path / "t.parquet")
    assert site.get("rows")["total"] == 10
    left = site.get("rows", state="dropped")["rows"]
    assert site.get("row", n=left[0]["n"])["left"]["evidence"].endswith("t.parquet:9")


def test_rankings_preferences_and_files_of_other_layouts_are_shown(tmp_path):
    ranked = RankingRow(id=CHESS.id, messages=CHESS.messages, language="en", candidates=(
        Candidate(id="1", text="Move both.", model="m"), Candidate(id="2", text="Swap them.", model="n")),
        rankings=(Ranking(annotator="person:1", ranks=(2, 1)),))
    with stage.start(tmp_path / "ranked", "annotate", config={}) as run:
        run.finish(data=ranking_frame([ranked]), report="<p>")
    site = Site(tmp_path / "ranked")
    row = site.get("row", n=0)
    assert [answer["text"] for answer in row["answers"]] == ["Move both.", "Swap them."]
    assert not row["editable"]
    assert site.prompts(q="swap") == [text(CHESS)]
    assert site.client.post("/api/edit", json={"n": 0, "edit": "drop"}).status_code == 422
    from instructwild.convert import converted

    for layout in ("preference",):
        pairs = Site(converted(tmp_path / "ranked", tmp_path / layout, layout).path)
        assert [answer["name"] for answer in pairs.get("row", n=0)["answers"]] == ["chosen", "rejected"]
    with stage.start(tmp_path / "rows", "collect", config={}) as run:
        run.finish(data=instruction_frame(ROWS), report="<p>")
    alpaca = Site(converted(tmp_path / "rows", tmp_path / "alpaca", "alpaca").path)
    assert alpaca.prompts() == [text(row) for row in ROWS]
    assert alpaca.get("row", n=0)["messages"][1]["content"] == "Lay a tarpaulin first."
    files = tmp_path / "pairs.jsonl"
    files.write_text(json.dumps({"prompt": "Which way?", "chosen": "Left.", "rejected": "Up."}) + "\n")
    assert Site(files).get("sources")["sources"][0]["kept"] == 1


def test_hostile_texts_are_data_only(tmp_path):
    nasty = "</script><img src=x onerror=alert(1)>\u202e\x00{{7*7}}"
    rows = [{"instruction": nasty, "output": "'\"><svg onload=alert(2)>", "language": "en"}]
    path = tmp_path / "nasty.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"instruction": "\\ud800 alone"}\n', encoding="utf-8")
    site = Site(path)
    answer = site.client.get("/api/rows")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["rows"][0]["prompt"] == nasty
    assert site.get("rows", q=nasty)["total"] == 1
    assert site.get("sources")["sources"][0]["dropped"] == 1


def test_numbers_that_json_has_not_are_null(tmp_path):
    rows = instruction_frame([CHESS]).with_columns(scores=pl.Series([[{"name": "odd", "value": math.nan}]]))
    with stage.start(tmp_path / "odd", "collect", config={}) as run:
        run.finish(data=rows, report="<p>")
    site = Site(tmp_path / "odd")
    assert site.get("rows")["rows"][0]["scores"] == [{"name": "odd", "value": None}]
    assert site.get("counts")["scores"]["odd"] == []


def test_forgetting_reaches_edits_and_indexes(cleaned, tmp_path):
    site = Site(cleaned)
    site.edit(BRIDGE, "text", contents=["为什么桥面要留这些伸缩缝呢，请详细说明？", "因为材料会热胀冷缩。"])
    site.edit(CHESS, "drop")
    done = clean([cleaned], tmp_path / "again", edits=site.edits)
    site.desk.close()
    assert any(index_folder().iterdir())
    result = Forgetting.begin(BRIDGE.id, tmp_path).run()
    assert result.complete, result.left
    assert [edit.id for edit in read_edits(site.edits)] == [CHESS.id]
    assert "伸缩缝" not in site.edits.read_text(encoding="utf-8")
    assert not index_folder().exists()
    again = stage.load(done.path).manifest
    assert again.inputs[-1].sha256 == stage.input_record(site.edits).sha256


def broken(folder, name):
    if name == "nothing":
        return folder / "nothing"
    place = folder / name
    if name == "unfinished":
        (place / ".work").mkdir(parents=True)
    elif name == "empty.jsonl":
        place.write_text("")
    elif name == "other.jsonl":
        place.write_text('{"colour": 3}\n{"colour": 4}\n')
    elif name == "broken.parquet":
        place.write_bytes(b"PAR1 no such thing")
    elif name == "model":
        with stage.start(place, "sft", config={}) as run:
            (place / "model").mkdir()
            run.finish(rows=stage.Rows(**{"in": 1, "kept": 1, "dropped": 0}), report="<p>")
    else:
        with stage.start(place, "collect", config={}) as run:
            run.finish(data=instruction_frame([CHESS] if name == "damaged" else []), report="<p>")
        if name == "damaged":
            (place / "data.parquet").write_bytes((place / "data.parquet").read_bytes()[:50])
        if name == "bad manifest":
            (place / "manifest.json").write_text("{")
    return place


@pytest.mark.parametrize("name", ["nothing", "unfinished", "empty.jsonl", "other.jsonl", "broken.parquet", "model",
                                  "damaged", "no rows", "bad manifest"])
def test_what_cannot_be_looked_at_is_one_message_and_exit_2(name, tmp_path, capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["view", str(broken(tmp_path, name)), "--port", "0"])
    shown = capsys.readouterr().err
    assert leaving.value.code == 2
    assert shown.startswith("error: ")
    assert "remedy: " in shown
    assert "Traceback" not in shown


def test_a_file_of_something_else_is_not_taken_for_edits(cleaned, tmp_path, capsys):
    (tmp_path / "mine.jsonl").write_text('{"instruction": "Keep me."}\n')
    for name in ("mine.jsonl", "mine.txt"):
        with pytest.raises(SystemExit) as leaving:
            main(["view", str(cleaned), "--port", "0", "--edits", str(tmp_path / name)])
        assert leaving.value.code == 2
    assert (tmp_path / "mine.jsonl").read_text() == '{"instruction": "Keep me."}\n'


def test_without_its_extra_the_message_names_it(cleaned, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(SystemExit) as leaving:
        main(["view", str(cleaned)])
    assert leaving.value.code == 2
    assert "[view]" in capsys.readouterr().err


def test_a_port_in_use_is_one_message(cleaned):
    import socket

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        done = subprocess.run([sys.executable, "-m", "instructwild", "view", str(cleaned), "--port",
                               str(busy.getsockname()[1])], capture_output=True, text=True)
    assert done.returncode == 2
    assert "another --port" in done.stderr


def test_a_stage_folder_is_opened_without_the_readers_of_files():
    slow = "{'numpy', 'jinja2', 'rapidfuzz', 'instructwild.read.instructions', 'instructwild.difference'}"
    code = f"import sys, instructwild.view.app, instructwild.view.index; print(*sorted({slow} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
