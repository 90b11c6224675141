"""The real Argilla, started once for all tests that need it."""

import os
import socket
import warnings
from dataclasses import dataclass

import httpx
import pytest

from instructwild_annotation.connection import Connection
from instructwild_annotation.server import environment
from instructwild_annotation.server.command import make_account
from instructwild_annotation.server.process import Home, running


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing(what):
    """Something that these tests need is not there: told in one line, and a failure where CI has to have it."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


@pytest.fixture(scope="session")
def argilla_python():
    """The interpreter of Argilla's environment."""
    if not environment.is_ready(environment.location()):
        missing("Argilla's environment is not made: instructwild annotate serve --prepare")
    return environment.python(environment.location())


@pytest.fixture(autouse=True)
def _nobody_s_settings(monkeypatch):
    """A salt of the tests' own, and no server but theirs."""
    monkeypatch.setenv("INSTRUCTWILD_SALT", "salt and pepper")
    for name in ("ARGILLA_API_URL", "ARGILLA_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory, argilla_python):
    """(address, home folder) of a running server."""
    home = Home(tmp_path_factory.mktemp("argilla"))
    with running(home, argilla_python, "127.0.0.1", free_port()) as (url, _):
        yield url, home.path


@pytest.fixture
def connection(server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")     # Argilla's client warns about its own dependencies
        with Connection(server[0], server_home=server[1]) as made:
            yield made


@dataclass
class Person:
    """An annotator who answers through the API that the web page uses."""

    name: str
    account: dict
    http: httpx.Client

    @classmethod
    def invited(cls, connection, name):
        account = make_account(connection, name, new_password=True)      # tests share one server
        user = next(u for u in connection.get("/users")["items"] if u["username"] == account["username"])
        return cls(name, account, httpx.Client(base_url=f"{connection.url}/api/v1", timeout=60, trust_env=False,
                                               headers={"X-Argilla-Api-Key": user["api_key"]}))

    def queue(self, dataset, limit=10, **body):
        pending = {"and": [{"type": "terms", "scope": {"entity": "response", "property": "status"}, "values": ["pending"]},
                           {"type": "terms", "scope": {"entity": "record", "property": "status"}, "values": ["pending"]}]}
        found = self.http.post(f"/me/datasets/{dataset}/records/search", params={"limit": limit, "include": ["responses"]},
                               json={"filters": pending, **body})
        found.raise_for_status()
        return [item["record"] for item in found.json()["items"]], found.json()["total"]

    def answer(self, record, value, status="submitted", **others):
        values = {"ranking": {"value": value}, **{name: {"value": given} for name, given in others.items()}}
        return self.http.post("/me/responses/bulk", json={"items": [
            {"record_id": record, "status": status, "values": values}]})


@pytest.fixture
def invite(connection, request):
    people = []

    def make(name):
        people.append(Person.invited(connection, name))
        return people[-1]

    yield make
    for person in people:
        person.http.close()
