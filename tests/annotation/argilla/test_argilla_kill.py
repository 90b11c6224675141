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

from instructwild_annotation import wire
from instructwild_annotation.connection import Connection
from instructwild_annotation.people import person
from instructwild_annotation.pull import harvest
from instructwild_annotation.push import push_rows
from instructwild_annotation.server.process import Home, running
from tests.annotation.argilla.conftest import Person, free_port
from tests.annotation.rows import row

pytestmark = pytest.mark.argilla

ROWS = [row(f"kill {i} 杀", ["x", "y", "z"], language="en") for i in range(400)]


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


def kill_the_server(tmp_path, python, moments, seed):
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
            thread = threading.Thread(target=submissions, args=(url, users["anna"]["api_key"], left, accepted, draw))
            thread.start()
            time.sleep(draw.uniform(0.05, 1.5))
            process.kill()
            thread.join()
    with running(home, python, "127.0.0.1", port) as (url, _), Connection(url, server_home=home.path) as connection:
        found = harvest(connection, "kill")
        back = {one.id: [ranking.ranks for ranking in one.rankings] for one in found.rows}
        complete = sum(record.completed for record in found.records)
        who = {ranking.annotator for one in found.rows for ranking in one.rankings}
    assert accepted
    assert {name: given for name, given in back.items() if name in accepted} == {
        name: [wire.dense(ranks)] for name, ranks in accepted.items()}
    assert all(len(given) <= 1 for given in back.values())
    assert len(back) == len(ROWS)
    assert complete == sum(map(len, back.values()))      # record states are made up for at the start
    assert who == {person(users["anna"]["id"])}


def kill_push(connection, server, tmp_path, moments, seed):
    """Kill the push command, over and over, until it comes to its end."""
    source, draw = tmp_path / "rows.jsonl", random.Random(seed)
    source.write_text("\n".join(one.model_dump_json() for one in ROWS), encoding="utf-8")
    name = f"killed-push-{seed}"
    command = [sys.executable, "-m", "instructwild", "annotate", "push", str(source), "--home", str(server[1]),
               "--name", name]
    for _ in range(moments):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=draw.uniform(0.5, 6))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    found = [record["external_id"] for record in connection.records(connection.datasets(name)[3]["id"])]
    assert sorted(found) == sorted(map(wire.record_id, ROWS))


def test_a_killed_server_has_every_submission_it_accepted(tmp_path, argilla_python, server):
    kill_the_server(tmp_path, argilla_python, 1, seed=1)


def test_a_killed_push_goes_on(connection, server, tmp_path):
    kill_push(connection, server, tmp_path, 1, seed=1)


@pytest.mark.prove
def test_a_server_killed_at_fifty_moments_loses_nothing(tmp_path, argilla_python, server):
    kill_the_server(tmp_path, argilla_python, 50, seed=2)


@pytest.mark.prove
def test_a_push_killed_at_fifty_moments_doubles_nothing(connection, server, tmp_path):
    kill_push(connection, server, tmp_path, 50, seed=2)
