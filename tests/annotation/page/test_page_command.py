"""`annotate page` as a process: links, a second start, a port in use, kills; push, pull, status and merge beside it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import httpx
import pytest

from instructwild import stage
from instructwild.cli import main
from instructwild.schema.ranking import dense
from instructwild.stage.frames import rankings
from instructwild_annotation.people import person
from tests.annotation.argilla.conftest import free_port

CANDIDATES = [{"instruction": f"Question {i}?", "language": "en", "candidates": [f"{i} x", f"{i} y", f"{i} z"]}
              for i in range(40)]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, CANDIDATES)), encoding="utf-8")
    return tmp_path / "home"


def start(home, port, *args):
    process = subprocess.Popen([sys.executable, "-m", "instructwild", "annotate", "page", "--home", str(home), "--port",
                                str(port), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 180         # a busy machine takes its time
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return process
    raise AssertionError(process.communicate(timeout=5))


def run(*args):
    with pytest.raises(SystemExit) as left:
        main(["annotate", *map(str, args)])
    return left.value.code


def browser(port, link):
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"x-annotate": "1", "content-type":
                          "application/json"}, trust_env=False, timeout=30)
    assert client.post("/api/session", json={"token": link.partition("#")[2].strip()}).status_code == 200
    return client


def kill_while_ranking(home, port, link, kept, moment, rng):
    """Rank until the process is killed after `moment` seconds; what was acknowledged goes into `kept`."""
    process = start(home, port)
    client, until = browser(port, link), time.monotonic() + moment
    killer = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep({moment}); os.kill({process.pid}, 9)"])
    try:
        while time.monotonic() < until + 5 and (item := client.post("/api/next", json={}).json()["item"]):
            texts = [answer["text"] for answer in item["answers"]]
            ranks = [rng.randint(1, 3) for _ in texts]
            client.post(f"/api/item/{item['id']}", json={"ranks": ranks}).raise_for_status()
            kept[item["prompt"]["text"]] = dict(zip(texts, ranks, strict=True))
    except httpx.TransportError:
        pass
    finally:
        client.close()
    killer.wait()
    process.kill()
    process.communicate()


def check(home, out, kept):
    """Everything acknowledged is there; at most one more, whose acknowledgement the kill took."""
    assert run("pull", "--to", "page", "--home", home, "--out", out) == 0
    got = {each.messages[0].content: {candidate.text: rank for candidate, rank in zip(
        each.candidates, each.rankings[0].ranks, strict=True)}
           for each in rankings(stage.load(out).frame()) if each.rankings}
    for question, ranks in kept.items():
        assert got[question] == dict(zip(ranks, dense(list(ranks.values())), strict=True))
    return len(got) - len(kept)


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_kills_lose_nothing_that_was_acknowledged(home, tmp_path, kills, capsys):
    rows = [{**CANDIDATES[0], "instruction": f"Question {i}?"} for i in range(kills * 400)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert run("push", "rows.jsonl", "--to", "page", "--home", home) == 0
    port, rng, kept = free_port(), random.Random(kills), {}
    process = start(home, port, "--invite", "anna")
    process.send_signal(signal.SIGTERM)
    link = process.communicate(timeout=30)[0]
    for _ in range(kills):
        kill_while_ranking(home, port, link, kept, rng.uniform(0.05, 0.6), rng)
    assert 0 <= check(home, tmp_path / "out", kept) <= kills
    assert kept


def test_second_start_port_in_use_invite_and_revoke_while_it_runs(home, capsys):
    port = free_port()
    process = start(home, port, "rows.jsonl", "--invite", "anna", "--public-url", "https://rank.example.org")
    try:
        assert run("page", "--home", home, "--port", port) == 2
        assert "a page is running from this folder" in capsys.readouterr().err
        assert run("page", "--home", home.with_name("other"), "--port", port) == 2
        assert "choose another --port" in capsys.readouterr().err
        assert run("page", "--home", home, "--invite", "李雷", "--languages", "zh", "--invite", "anna") == 0
        shown = capsys.readouterr()
        assert shown.out.startswith("李雷  https://rank.example.org/#")
        assert "anna has a link already" in shown.err.replace("\n", " ")
        assert httpx.get(f"http://127.0.0.1:{port}/api/me", trust_env=False).status_code == 401
        client = browser(port, shown.out)
        # the cookie is for HTTPS, so this client has to be told to send it over plain HTTP
        client.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        assert client.get("/api/me").json()["name"] == "李雷"
        assert run("page", "--home", home, "--revoke", "李雷") == 0
        assert client.get("/api/me").status_code == 401
        client.close()
        assert run("page", "--home", home, "--revoke", "nobody") == 2
        assert "anna" in capsys.readouterr().err
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out.startswith("anna  https://rank.example.org/#")
    assert "everything is kept" in err
    assert "rank.example.org/#" not in (home / "address").read_text()


def test_push_pull_status_and_merge_by_the_same_commands(home, tmp_path, capsys):
    from starlette.testclient import TestClient

    from instructwild_annotation.page.app import application
    from instructwild_annotation.page.store import Store

    assert run("pull", "--to", "page", "--home", home, "--out", tmp_path / "none") == 2
    assert run("push", "rows.jsonl", "--to", "page", "--home", home, "--overlap", "3", "--limit", "5") == 0
    assert run("push", "rows.jsonl", "--to", "page", "--home", home, "--overlap", "3", "--limit", "5") == 0
    assert "0 prompts sent, 5 were there already" in capsys.readouterr().err
    with Store(home) as store:
        for name, best in (("anna", "x"), ("finch", "x"), ("mallory", "z")):
            client = TestClient(application(store), headers={"x-annotate": "1", "content-type": "application/json"})
            client.post("/api/session", json={"token": store.invite(name)})
            while item := client.post("/api/next", json={}).json()["item"]:
                ranks = [1 if answer["text"].endswith(best) else 2 for answer in item["answers"]]
                client.post(f"/api/item/{item['id']}", json={
                    "ranks": ranks, "correction": "Better." if best == "z" else None})
    out = tmp_path / "pulled"
    assert run("pull", "--to", "page", "--home", home, "--out", out) == 0
    capsys.readouterr()
    assert run("pull", "--to", "page", "--home", home, "--out", out) == 0
    assert "nothing to do" in capsys.readouterr().err
    assert (out / "corrections.parquet").exists()
    assert run("status", "--to", "page", "--home", home, "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["rankings"], figures["complete"], [each["name"] for each in figures["people"]]) == (
        15, 5, ["anna", "finch", "mallory"])
    assert run("status", "--to", "page", "--home", home) == 0
    assert "mallory" in capsys.readouterr().out
    assert "mallory" not in "".join(path.read_text(errors="replace") for path in out.iterdir() if path.is_file())
    assert run("merge", out, "--out", tmp_path / "weighed", "--weights", "reliability", "--method", "bradley-terry") == 0
    weights = stage.load(tmp_path / "weighed").manifest.metrics["weights"]
    assert weights[person("mallory")] == 0 < weights[person("anna")]
    assert run("merge", out, "--out", tmp_path / "without", "--exclude", "mallory") == 0
    metrics = stage.load(tmp_path / "without").manifest.metrics
    assert (metrics["people_agreement"], metrics["rankings_in"]) == (1.0, 10)
    assert run("merge", out, "--out", tmp_path / "nobody", "--exclude", "nobody") == 2
    assert person("anna") in capsys.readouterr().err


def test_what_is_on_the_forget_list_is_left_out_and_can_be_removed(home, tmp_path, capsys):
    from instructwild.privacy.forgotten import row_mark
    from instructwild.privacy.salt import user_salt
    from instructwild_annotation.page.exchange import read_rankings
    from instructwild_annotation.page.store import Store

    assert run("push", "rows.jsonl", "--to", "page", "--home", home, "--limit", "3") == 0
    with Store(home) as store:
        rows = read_rankings(store).rows
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "forgotten").write_text(row_mark(user_salt(), rows[0].id) + "\n")
    assert run("pull", "--to", "page", "--home", home, "--out", tmp_path / "root" / "pulled") == 0
    assert "1 prompt is on the forget list and left out" in " ".join(capsys.readouterr().err.split())
    pulled = list(rankings(stage.load(tmp_path / "root" / "pulled").frame()))
    assert {each.id for each in pulled} == {each.id for each in rows[1:]}
    port = free_port()
    process = start(home, port)
    assert run("page", "--home", home, "--forget", tmp_path / "root") == 0
    assert "1 prompt on the forget list removed" in capsys.readouterr().err
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    text = rows[0].messages[0].content.encode()
    assert not any(text in path.read_bytes() for path in home.iterdir())
    assert run("page", "--home", home, "--forget", tmp_path) == 2


def test_backup_by_one_command(home, tmp_path, capsys):
    assert run("push", "rows.jsonl", "--to", "page", "--home", home) == 0
    assert run("page", "--home", home, "--backup", tmp_path / "copy.sqlite") == 0
    assert os.stat(tmp_path / "copy.sqlite").st_mode & 0o077 == 0
    assert run("page", "--home", home, "--backup", tmp_path / "copy.sqlite") == 2


def test_a_backup_is_restored_and_what_was_there_is_kept(home, tmp_path, capsys):
    from instructwild_annotation.page.store import Store

    def people(folder):
        with Store(folder, must_exist=True) as store, store.read() as db:
            return [row[0] for row in db.execute("SELECT name FROM people ORDER BY name")]

    with Store(home) as store:
        store.invite("anna")
    assert run("page", "--home", home, "--backup", tmp_path / "copy.sqlite") == 0
    with Store(home) as store:
        store.invite("finch")
    port = free_port()
    process = start(home, port)
    assert run("page", "--home", home, "--restore", tmp_path / "copy.sqlite") == 2
    assert "a page is running" in capsys.readouterr().err
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert run("page", "--home", home, "--restore", tmp_path / "copy.sqlite") == 0
    assert "what was there is in" in capsys.readouterr().err
    assert people(home) == ["anna"]
    assert os.stat(home / "page.sqlite").st_mode & 0o077 == 0
    (before,) = home.glob("page-before-restore-*.sqlite")
    assert run("page", "--home", home, "--restore", before) == 0            # and back again
    assert people(home) == ["anna", "finch"]
    assert run("page", "--home", tmp_path / "new", "--restore", tmp_path / "copy.sqlite") == 0
    assert people(tmp_path / "new") == ["anna"]


@pytest.mark.parametrize("content", [b"", b"text", b"SQLite format 3\0" + b"x" * 500])
def test_a_file_that_is_no_backup_replaces_nothing(home, tmp_path, capsys, content):
    assert run("push", "rows.jsonl", "--to", "page", "--home", home) == 0
    before = (home / "page.sqlite").read_bytes()
    (tmp_path / "other.sqlite").write_bytes(content)
    capsys.readouterr()
    for name in ("other.sqlite", "missing.sqlite"):
        assert run("page", "--home", home, "--restore", tmp_path / name) == 2
        assert "give a file that --backup made" in " ".join(capsys.readouterr().err.split())
    assert (home / "page.sqlite").read_bytes() == before


def test_a_file_of_the_first_version_is_brought_up_to_date(home, tmp_path):
    import sqlite3

    from instructwild_annotation.page.store import Store

    assert run("push", "rows.jsonl", "--to", "page", "--home", home) == 0
    with sqlite3.connect(home / "page.sqlite") as db:
        triggers = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]
        db.executescript("".join(f"DROP TRIGGER {name};" for name in triggers)
                         + "DROP TABLE waiting_counts; DROP INDEX overview; ALTER TABLE records DROP COLUMN kind;"
                           "ALTER TABLE records DROP COLUMN language; PRAGMA user_version=1;")
    db.close()
    with Store(home, must_exist=True) as store, store.read() as db:
        assert {tuple(row) for row in db.execute("SELECT language, kind FROM records")} == {("en", "")}
        assert db.execute("PRAGMA user_version").fetchone()[0] == 4
        assert [tuple(row) for row in db.execute("SELECT * FROM waiting_counts")] == [("en", 40)]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB, where one may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    if shutil.which("mount") is None or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder],
                                                       capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_on_a_full_file_system_nothing_is_lost_and_each_command_says_so_once(home, tmp_path, small_disk, capsys):
    from instructwild_annotation.page.store import Store

    long = [{**row, "candidates": [text * 2000 for text in row["candidates"]]} for row in CANDIDATES * 20]
    long = [{**row, "instruction": f"{row['instruction']} {number}"} for number, row in enumerate(long)]
    (tmp_path / "long.jsonl").write_text("\n".join(map(json.dumps, long)), encoding="utf-8")
    page = small_disk / "page"
    assert run("push", "rows.jsonl", "--to", "page", "--home", page) == 0
    elsewhere = shutil.copytree(page, tmp_path / "elsewhere")
    capsys.readouterr()
    for free, command, said in [
            (150_000, ("push", "long.jsonl", "--to", "page", "--home", page), page / "page.sqlite"),
            (90_000, ("page", "--backup", small_disk / "copy.sqlite", "--home", page), small_disk / "copy.sqlite"),
            (9_000, ("pull", "--to", "page", "--out", small_disk / "pulled", "--home", elsewhere), small_disk / "pulled")]:
        (small_disk / "filler").unlink(missing_ok=True)
        (small_disk / "filler").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - free))
        assert run(*command) == 2
        error = capsys.readouterr().err
        assert error.count("error:") == 1
        assert str(said) in error.replace("\n", "")
        assert "free space" in error.replace("\n", " ")
    assert not (small_disk / "copy.sqlite").exists()
    assert not stage.is_stage(small_disk / "pulled")
    with suppress(OSError), (small_disk / "filler").open("ab", buffering=0) as filler:
        while filler.write(b"x" * 4096):
            pass
    assert run("status", "--to", "page", "--home", page) == 2      # SQLite needs some pages to open the file
    assert "no space is left" in capsys.readouterr().err
    (small_disk / "filler").unlink()
    with Store(page) as store:
        assert store.db.execute("SELECT count(*) FROM records").fetchone()[0] >= len(CANDIDATES)
    assert run("pull", "--to", "page", "--home", page, "--out", tmp_path / "pulled") == 0
