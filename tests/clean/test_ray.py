"""`--engine ray`: the same bytes as without Ray, whatever processes are killed on the way."""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from instructwild.clean import chunks, on_disk
from instructwild.clean.near import same_requests
from instructwild.clean.pipeline import clean
from instructwild.clean.ray_workers import RayWorkers, workers_of
from instructwild.clean.workers import Workers
from instructwild.errors import ConfigError, MissingExtraError
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import respond
from instructwild.llm.open import Limits
from instructwild.llm.request import Sampling
from instructwild.stage.content import sha256_of

ROWS = [{"instruction": f"Describe {subject} {number % 40}", "output": "A word."} for number in range(300)
        for subject in ("the third lake", "两只鹤")]


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 100)
    monkeypatch.setattr(on_disk, "CHUNK", 100)
    monkeypatch.setattr(same_requests, "SIFTED_FROM", 50)
    monkeypatch.setattr(same_requests, "SIFTED_AT_ONCE", 60)
    monkeypatch.setattr(same_requests, "DECIDED_AT_ONCE", 60)
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def hashes(stage):
    return [sha256_of(stage.path / name) for name in ("data.parquet", "dropped.parquet")]


class StubRay:
    """Ray's functions, computed in this process; a task whose reply is in `lost` is lost with its process."""

    class RayTaskError(Exception):
        def __init__(self, cause):
            super().__init__(str(cause))
            self.cause = cause

    WorkerCrashedError = type("WorkerCrashedError", (Exception,), {})
    OutOfMemoryError = type("OutOfMemoryError", (Exception,), {})
    ObjectLostError = type("ObjectLostError", (Exception,), {})

    def __init__(self):
        self.calls, self.lost, self.under_way, self.most, self.options = 0, set(), 0, 0, None
        self.exceptions = SimpleNamespace(RayTaskError=self.RayTaskError, WorkerCrashedError=self.WorkerCrashedError,
                                          OutOfMemoryError=self.OutOfMemoryError, ObjectLostError=self.ObjectLostError)

    def is_initialized(self):
        return False

    def init(self, **options):
        self.options = options

    def shutdown(self):
        self.options = None

    def cluster_resources(self):
        return {"CPU": 3.0}

    def put(self, value):
        return value

    def remote(self, **options):
        def task(function):
            def submitted(*arguments):
                self.calls += 1
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                return self.calls, function, arguments
            return SimpleNamespace(remote=submitted)
        return task

    def get(self, reference):
        number, function, arguments = reference
        self.under_way -= 1
        if number in self.lost:
            raise self.WorkerCrashedError
        try:
            return function(*arguments)
        except Exception as error:
            raise self.RayTaskError(error) from None


@pytest.fixture
def stub(monkeypatch):
    ray = StubRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    return ray


@pytest.mark.parametrize("on_disk", [False, True])
def test_clean_gives_its_work_to_ray_and_writes_the_same_bytes(source, tmp_path, stub, on_disk):
    here = clean([source], tmp_path / "here", on_disk=False)
    stub.lost = {2, 5}
    there = clean([source], tmp_path / "there", engine="ray", on_disk=on_disk)
    assert hashes(here) == hashes(there)
    assert stub.calls > 6
    assert stub.most <= 6                     # twice the processes: items wait for their turn, not in memory
    assert stub.options is None


def test_an_error_of_a_task_is_the_error_itself(stub):
    with RayWorkers(2) as workers, pytest.raises(ConfigError, match="three is odd"):
        list(workers.map(_picky, range(5)))


def _picky(number):
    if number == 3:
        raise ConfigError("three is odd")
    return number


def test_respond_gives_its_batches_to_ray(source, tmp_path, stub):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(json.dumps({"instruction": f"Name {number} stars"}) + "\n" for number in range(70)))
    here = respond([prompts], tmp_path / "here", ["scripted"], ResponsePlan(k=2))
    there = respond([prompts], tmp_path / "there", ["scripted"], ResponsePlan(k=2), engine="ray")
    assert hashes(here) == hashes(there)
    assert stub.calls


def test_endpoints_answer_by_themselves(source, tmp_path, stub):
    with pytest.raises(ConfigError, match="an endpoint answers by itself"):
        respond([source], tmp_path / "out", ["http://127.0.0.1:9/v1#m"], ResponsePlan(), engine="ray")
    assert not stub.calls


def test_without_ray_one_message_says_how_to_get_it(source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"'ray', which is not installed\n.*\[ray\]"):
        clean([source], tmp_path / "out", engine="ray")
    assert type(workers_of("local", 2)) is Workers


def _killed_once(marker):
    if not os.path.exists(marker):
        open(marker, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return marker


def test_ray_itself_gives_the_same_bytes_and_survives_killed_processes(source, tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    here = clean([source], tmp_path / "here", on_disk=False)
    assert hashes(here) == hashes(clean([source], tmp_path / "one", engine="ray", workers=1))
    assert hashes(here) == hashes(clean([source], tmp_path / "two", engine="ray", workers=2, on_disk=True))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.path.dirname(__file__), *sys.path]))
    with RayWorkers(2) as workers:
        markers = [str(tmp_path / f"{number}.killed") for number in range(4)]
        assert list(workers.map(_killed_once, markers)) == markers
        with pytest.raises(ConfigError, match="three is odd"):
            list(workers.map(_picky, range(5)))


def _workers_below(pid):
    """Ray's processes that run a task, among the descendants of a process."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                if Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"ray::_called"):
                    yield int(child)
                yield from _workers_below(child)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_slow_a_model_in_rays_processes_answers_the_same_whatever_is_killed(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(json.dumps({"instruction": f"Name {number} stars and why"}) + "\n" for number in range(60)))
    plan, limits = ResponsePlan(k=2, sampling=Sampling(max_tokens=24)), Limits(batch=8)
    here = respond([prompts], tmp_path / "here", ["tiny"], plan, limits=limits)
    killed, over = [], threading.Event()

    def kill():
        while len(killed) < 4 and not over.wait(1.5):
            for pid in list(_workers_below(os.getpid()))[:1]:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    there = respond([prompts], tmp_path / "there", ["tiny"], plan, limits=limits, engine="ray")
    over.set()
    thread.join()
    assert killed
    assert hashes(here) == hashes(there)
    assert here.manifest.tokens == there.manifest.tokens
