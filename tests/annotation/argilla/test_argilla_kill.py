"""kill -9 at seeded random moments: nothing submitted is lost, nothing is doubled."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from instructwild import stage
from instructwild.stage.frames import rankings
from instructwild_annotation import wire
from instructwild_annotation.connection import Connection
from instructwild_annotation.people import person
from instructwild_annotation.pull import read_rankings
from instructwild_annotation.push import push_rows
from instructwild_annotation.server.process import Home, running
from tests.annotation.argilla.conftest import Person, free_port
from tests.annotation.rows import row

pytestmark = pytest.mark.argilla

ROWS = [row(f"kill {i} 杀", ["x", "y", "z"], language="en") for i in range(400)]
MORE = [row(f"more {i} 多", ["x", "y"]) for i in range(400)]


def submissions(url, key, records, accepted, draw):
    """Submit random rankings one after another until the server is gone; what it accepted is noted."""
    with httpx.Client(base_url=f"{url}/api/v1", headers={"X-Argilla-Api-Key": key}, timeout=20, trust_env=False) as http:
        for record, one in records:
            ranks = tuple(draw.randint(1, 3) for _ in range(3))
            try:
                answer = http.post("/me/responses/bulk", json={"items": [{
                    "record_id": record, "status": "submitted",
                    "values": {"ranking": {"value": wire.to_value(ranks, wire.slots(one))}}}]}).json()
            except httpx.TransportError:
                return
            if answer["items"][0]["error"] is None:
                accepted[one.id] = ranks


def loading(url, home):
    """Send more rows until the server is gone."""
    with contextlib.suppress(Exception), Connection(url, server_home=home) as connection:
        push_rows(connection, MORE, "more")


def kill_the_server(tmp_path, python, moments, seed):
    """Kill it while one person submits and more rows are loading; how many submissions it had accepted."""
    home, draw, accepted, port = Home(tmp_path / "argilla"), random.Random(seed), {}, free_port()
    for _ in range(moments):
        with running(home, python, "127.0.0.1", port) as (url, process):
            with Connection(url, server_home=home.path) as connection:
                push_rows(connection, ROWS, "kill")
                users = {user["username"]: user for user in connection.get("/users")["items"]}
                if "anna" not in users:
                    Person.invited(connection, "anna").http.close()
                    users = {user["username"]: user for user in connection.get("/users")["items"]}
                ids = {record["external_id"]: record["id"]
                       for record in connection.records(connection.datasets("kill")[3]["id"])}
            left = [(ids[wire.record_id(one)], one) for one in ROWS if one.id not in accepted]
            threads = [threading.Thread(target=submissions, args=(url, users["anna"]["api_key"], left, accepted, draw)),
                       threading.Thread(target=loading, args=(url, home.path))]
            before = len(accepted)
            for thread in threads:
                thread.start()
            while len(accepted) == before and threads[0].is_alive():
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 1.2))
            process.kill()
            for thread in threads:
                thread.join()
    with running(home, python, "127.0.0.1", port) as (url, _), Connection(url, server_home=home.path) as connection:
        found = read_rankings(connection, "kill")
        back = {one.id: [ranking.ranks for ranking in one.rankings] for one in found.rows}
        complete = sum(record.completed for record in found.records)
        who = {ranking.annotator for one in found.rows for ranking in one.rankings}
        push_rows(connection, MORE, "more")
        more = [record["external_id"] for record in connection.records(connection.datasets("more")[2]["id"])]
    assert accepted
    assert {name: given for name, given in back.items() if name in accepted} == {
        name: [wire.dense(ranks)] for name, ranks in accepted.items()}
    assert all(len(given) <= 1 for given in back.values())
    assert len(back) == len(ROWS)
    assert complete == sum(map(len, back.values()))      # record states are made up for at the start
    assert who == {person(users["anna"]["id"])}
    assert sorted(more) == sorted(map(wire.record_id, MORE))
    return len(accepted)


def killed(command, after):
    """Start a command and kill it after so many seconds; whether it had not come to its end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=after)
    if process.poll() is not None:
        return False
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True


def kill_push(connection, server, tmp_path, moments, seed):
    """Kill the push command, over and over, until it comes to its end; how often it was in the midst of its work."""
    source, draw = tmp_path / "rows.jsonl", random.Random(seed)
    source.write_text("\n".join(one.model_dump_json() for one in ROWS), encoding="utf-8")
    cut = 0
    for moment in range(moments):
        name = f"killed-push-{seed}-{moment // 10}"          # ten times into the same datasets
        command = [sys.executable, "-m", "instructwild", "annotate", "push", str(source), "--home", str(server[1]),
                   "--name", name]
        cut += killed(command, draw.uniform(0.8, 4))
        if moment % 10 == 9 or moment == moments - 1:
            assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
            found = [record["external_id"] for record in connection.records(connection.datasets(name)[3]["id"])]
            assert sorted(found) == sorted(map(wire.record_id, ROWS))
    return cut


def kill_pull(connection, server, tmp_path, moments, seed):
    """Kill the pull command while somebody goes on ranking; how often it was in the midst of its work."""
    name, draw, out = f"killed-pull-{seed}", random.Random(seed), tmp_path / "pulled"
    push_rows(connection, ROWS, name)
    ids = {record["external_id"]: record["id"] for record in connection.records(connection.datasets(name)[3]["id"])}
    somebody, sent, cut = Person.invited(connection, "somebody"), {}, 0
    command = [sys.executable, "-m", "instructwild", "annotate", "pull", "--home", str(server[1]), "--name", name,
               "--out", str(out)]
    for one in ROWS[:moments]:
        sent[one.id] = tuple(draw.randint(1, 3) for _ in range(3))
        answer = somebody.answer(ids[wire.record_id(one)], wire.to_value(sent[one.id], wire.slots(one)))
        assert answer.json()["items"][0]["error"] is None
        cut += killed(command, draw.uniform(0.3, 3))
        if stage.is_stage(out):                              # whatever is there is whole, and nothing in it is made up
            for found in rankings(stage.load(out).frame()):
                assert [ranking.ranks for ranking in found.rankings] in ([], [wire.dense(sent.get(found.id, (0,)))])
    assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    back = {found.id: [ranking.ranks for ranking in found.rankings] for found in rankings(stage.load(out).frame())}
    assert back == {one.id: [wire.dense(sent[one.id])] if one.id in sent else [] for one in ROWS}
    somebody.http.close()
    return cut


def test_a_killed_server_has_every_submission_it_accepted(tmp_path, argilla_python):
    kill_the_server(tmp_path, argilla_python, 1, seed=1)


def test_a_killed_push_and_a_killed_pull_go_on(connection, server, tmp_path):
    kill_push(connection, server, tmp_path, 1, seed=1)
    kill_pull(connection, server, tmp_path, 1, seed=1)


# Fifty moments each; the server's in five parts, so that a run that is cut off goes on.


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4, 5, 6])
def test_a_server_killed_at_ten_moments_loses_nothing(tmp_path, argilla_python, seed, record_property):
    record_property("submissions accepted, all there", kill_the_server(tmp_path, argilla_python, 10, seed))


@pytest.mark.slow
def test_a_push_killed_at_fifty_moments_doubles_nothing(connection, server, tmp_path, record_property):
    record_property("killed in the midst", kill_push(connection, server, tmp_path, 50, seed=2))


@pytest.mark.slow
def test_a_pull_killed_at_fifty_moments_is_whole_or_not_there(connection, server, tmp_path, record_property):
    record_property("killed in the midst", kill_pull(connection, server, tmp_path, 50, seed=2))
