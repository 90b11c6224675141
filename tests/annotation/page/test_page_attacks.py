"""What somebody skilled and curious can reach: their own work, and nothing else."""

import json
import re
import time

import pytest
from starlette.testclient import TestClient

from instructwild.errors import OutputError
from instructwild.schema import Candidate, Message, RankingRow, content_id
from instructwild_annotation.page.app import application
from instructwild_annotation.page.exchange import push_rows, read_rankings
from instructwild_annotation.page.markdown import rendered
from instructwild_annotation.page.store import Store
from tests.annotation.rows import row


@pytest.fixture
def two(store, client):
    """Anna and Boris, each with the same question open."""
    made = RankingRow(id=content_id([("user", "Which?")]), messages=(Message(role="user", content="Which?"),), language="en",
                      candidates=tuple(Candidate(id=f"{i:016x}", text=text, model=f"secret-model-{i}")
                                       for i, text in enumerate("xy")))
    push_rows(store, [made], overlap=3)
    people = client("anna"), client("boris")
    return [(browser, browser.post("/api/next", json={}).json()["item"]) for browser in people]


def test_nobody_reads_or_changes_anothers_item(store, two):
    (anna, item), (boris, other) = two
    anna.post(f"/api/item/{item['id']}", json={"ranks": [1, 2]})
    assert item["id"] != other["id"]
    for method, path in [("get", f"/api/item/{item['id']}"), ("post", f"/api/item/{item['id']}"),
                         ("post", f"/api/item/{item['id']}/skip"), ("get", "/api/lead"), ("post", "/api/lead/remove")]:
        answer = getattr(boris, method)(path, **({"json": {"ranks": [2, 1], "name": "anna"}} if method == "post" else {}))
        assert answer.status_code == 404, path
    assert [len(each.rankings) for each in read_rankings(store).rows] == [1]


def test_nothing_an_annotator_receives_names_models_ids_or_people(two):
    (anna, item), (boris, _) = two
    anna.post(f"/api/item/{item['id']}", json={"ranks": [1, 2]})
    seen = json.dumps([boris.post("/api/next", json={}).json(), boris.get("/api/me").json(),
                       boris.get("/api/history").json()])
    assert not any(word in seen for word in ("secret-model", "anna", "0000000000", content_id([("user", "Which?")])))


def test_links_cannot_be_guessed_and_a_revoked_one_opens_nothing(store, two):
    anna = two[0][0]
    stranger = TestClient(application(store), headers={"x-annotate": "1", "content-type": "application/json"})
    for token in ("", "x", anna.token[:-1], anna.token + "a", None, 1, ["x"], "' OR 1=1 --", "\x00"):
        assert stranger.post("/api/session", json={"token": token}).status_code == 401
    assert stranger.get("/api/me").status_code == 401
    stored = b"".join(path.read_bytes() for path in store.home.iterdir())
    assert anna.token.encode() not in stored
    assert anna.cookies["annotate"].encode() not in stored
    store.revoke("anna")
    assert anna.get("/api/me").status_code == 401
    assert stranger.post("/api/session", json={"token": anna.token}).status_code == 401


def test_a_new_link_locks_the_old_one_and_its_sessions_out(store, two):
    anna = two[0][0]
    assert store.invite("anna") is None
    assert store.invite("anna", renew=True) != anna.token
    assert anna.get("/api/me").status_code == 401


def test_the_cookie_is_for_this_site_and_not_for_scripts(store):
    token = store.invite("anna")
    for secure in (False, True):
        browser = TestClient(application(store, secure=secure), headers={"x-annotate": "1"})
        cookie = browser.post("/api/session", json={"token": token}).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert ("secure" in cookie) == secure


@pytest.mark.parametrize("headers", [
    {"x-annotate": ""}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"content-type": "text/plain"},
    {"content-type": "application/x-www-form-urlencoded"}])
def test_another_site_cannot_post(two, headers):
    anna, item = two[0]
    assert anna.post(f"/api/item/{item['id']}", content=b'{"ranks": [1, 2]}', headers=headers).status_code == 403
    assert anna.options(f"/api/item/{item['id']}").headers.get("access-control-allow-origin") is None


def test_large_broken_and_deep_bodies_are_refused_in_one_line(store, two):
    anna, item = two[0]
    path = f"/api/item/{item['id']}"
    assert anna.post(path, json={"ranks": [1, 2], "correction": "x" * 1_000_000}).status_code == 413
    assert anna.post(path, json={"ranks": [1, 2], "correction": "x" * 60_000}).status_code == 422
    for body in (b"{", b"[" * 100_000, b"\xff\xfe", b"null", b"[]", b'"x"'):
        assert anna.post(path, content=body).status_code == 422
    assert anna.post(path, content=b'{"ranks": [1, 2], "correction": "\\ud800 half"}').status_code == 200
    assert read_rankings(store).records[0].answers[0].correction == "? half"


def test_every_answer_forbids_other_hosts_frames_and_sniffing(store, two):
    for path in ("/", "/static/page.js", "/static/page.css", "/api/me", "/nothing", "/static/../store.py"):
        headers = two[0][0].get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert two[0][0].get("/static/%2e%2e/store.py").status_code == 404


HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
           "![x](https://evil.example/p.png)",
           "[x](data:text/html,<script>1</script>)", "<a href='vbscript:x'>x</a>",
           "```\n</code></pre><script>1</script>\n```",
           "$$</span><script>1</script>$$", "$<img src=x onerror=1>$", "[a]: javascript:1\n\n[a]", "<svg/onload=1>",
           "a\x00<b>\x00",
           "|<script>|\n|-|\n|<img onerror=1 src=x>|", "`<script>`", "&lt;script&gt;<!--", "<style>*{display:none}</style>"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_script_a_picture_or_a_style(text):
    html = rendered(text).casefold()
    for tag in ("<script", "<img", "<svg", "<style", "<iframe",
                " onerror=\"", "href=\"javascript", "href=\"vbscript", "href=\"data"):
        assert tag not in html


def test_markdown_tables_code_and_formulas_are_readable():
    html = rendered("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx < 1\n```\n\n"
                    "So $a_1 < b_2$ costs $5 and $6; $$x^2$$")
    assert "<table>" in html
    assert "x &lt; 1\n</code></pre>" in html
    assert "<msub><mi>a</mi><mn>1</mn></msub><mo>&lt;</mo>" in html
    assert "$5 and $6" in html
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
    assert rendered("一行\n两行") == "<p>一行<br>\n两行</p>\n"
    assert "<pre>" in rendered("x" * 300_000)


@pytest.mark.parametrize(("text", "piece"), [
    (r"Let \(x \le y\) hold.", "<mo>≤</mo>"), ("So\n\n\\[ \\frac{a}{b} \\]\n\nends.", "<mfrac>"),
    ("$$\n\\sqrt{2}\n$$", "<msqrt>"), ("面积是 $\\pi r^2$。", "<mi>π</mi>")])
def test_formulas_are_set_in_every_usual_bracket(text, piece):
    html = rendered(text)
    assert piece in html
    assert "<math" in html


@pytest.mark.parametrize("text", [
    r"\[ x = 2 \] so it is two.", r"Then \[ x = 2 \] holds, so it is two.", "First\n\\[ x = 2 \\]\nso it is two.",
    "> quoted\n>\n> \\[ x\n> = 2 \\]\n\nso it is two.",
    "1. \\[ x\n   + 2 \\]\n\nso it is two.", r"Dann \(x\) und \[x\] so it is two."])
def test_a_formula_takes_no_text_beside_it_away(text):
    html = rendered(text)
    assert "<math" in html
    assert "so it is two." in html


@pytest.mark.parametrize("text", [
    "\\(" * 60_000, "\\[" * 60_000, "\\[\n" * 40_000, "\\(x" * 40_000 + "\\)", "\\[\n\n" * 30_000, "> \\[\n" * 20_000,
    "- \\(" * 20_000], ids=["round", "square", "lines", "closed", "paragraphs", "quoted", "list"])
def test_brackets_that_never_close_cost_no_more_than_the_text_is_long(text):
    began = time.process_time()
    rendered(text)
    assert time.process_time() - began < 10


def test_a_deep_list_is_shown_to_its_end():
    assert "level 40" in rendered("\n".join("  " * i + f"- level {i}" for i in range(41)))


@pytest.mark.parametrize("text", [r"$\frac{$", r"$\frac{1$", r"$x}$", r"$\left( x$",
                                  "$" + "{" * 1500 + "$", "$" + r"\left(" * 300 + "$", "$" + "x" * 3000 + "$",
                                  r"\(\begin{matrix}a\)"])
def test_a_formula_that_is_not_understood_stays_as_it_was_written(text):
    html = rendered(text)
    assert "<span class=\"math\">" in html
    assert "<math" not in html


@pytest.mark.parametrize("text", [r"$\text{<script>alert(1)</script>}$", r"$\href{javascript:alert(1)}{x}$",
                                  r"$\text{</math><img src=x onerror=1>}$", r"$\style{position:fixed}{x}$",
                                  r"\(\text{&lt;script&gt;}\)", r"$\color{\" onload=\"x}y$"])
def test_a_formula_brings_no_element_link_or_style_of_its_own(text):
    for tag in re.findall(r"<[a-z][^>]*", re.sub(r'title="[^"]*"', "", rendered(text))):
        assert re.fullmatch(r"<(p|span|div|math|m[a-z]+)( (class|display|width|stretchy)=\"[a-z.0-9]*\")*", tag.strip()), tag


def test_thousands_of_formulas_take_no_longer_than_a_page_may():
    began = time.process_time()
    html = rendered(" ".join(f"$x_{{{i}}}$" for i in range(15_000)))
    assert time.process_time() - began < 10
    assert html.count("<math") == 300
    assert html.count("class=\"math\"") == 14_700


@pytest.mark.parametrize(("written", "text", "thoughts"), [
    ("<think>hm\n</think>\n\nYes.", "Yes.", "hm"), ("[THINK]hm[/THINK]Yes.", "Yes.", "hm"), ("hm</think>Yes.", "Yes.", "hm"),
    ("<reflection>hm</reflection>Yes.", "Yes.", "hm"), ("<seed:think>hm</seed:think>Yes.", "Yes.", "hm"),
    ("The tag <think> is shown.", "The tag <think> is shown.", "")])
def test_thoughts_are_split_from_the_answer(store, client, written, text, thoughts):
    push_rows(store, [row("Which?", [written, "No."])])
    answers = client("anna").post("/api/next", json={}).json()["item"]["answers"]
    assert (text, thoughts) in [(answer["text"], answer["thoughts"]) for answer in answers]


def test_a_full_disk_is_one_message_and_nothing_kept_is_lost(store, client):
    push_rows(store, [row(f"Q{i}", ["x", "y"]) for i in range(3)])
    anna = client("anna")
    item = anna.post("/api/next", json={}).json()["item"]
    store.db.execute("PRAGMA max_page_count=1")         # no larger than it is
    answer = anna.post(f"/api/item/{item['id']}", json={"ranks": [1, 2], "correction": "x" * 45_000})
    assert answer.status_code == 507
    assert answer.json()["error"].startswith("not kept: cannot be used (database or disk is full")
    with pytest.raises(OutputError, match="free space"):
        push_rows(store, [row(f"More {i}", ["x" * 9000, "y"]) for i in range(99)])
    store.db.execute("PRAGMA max_page_count=1000000")
    assert anna.post(f"/api/item/{item['id']}", json={"ranks": [1, 2]}).status_code == 200
    assert sum(len(each.rankings) for each in read_rankings(store).rows) == 1


def test_a_file_that_is_no_database_is_one_message(tmp_path):
    (tmp_path / "page.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(OutputError, match="not a database"):
        Store(tmp_path)
