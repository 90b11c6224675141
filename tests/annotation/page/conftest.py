"""A page's store and its people as clients."""

from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from instructwild_annotation.page.app import application
from instructwild_annotation.page.store import Store


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with Store(tmp_path / "page") as made:
        yield made


@pytest.fixture
def client(store):
    """Somebody's browser: `client("anna")` signs her in by her link."""
    running = ExitStack()       # one event loop a browser, not one a request

    def signed_in(name, role="annotator", **options):
        token = store.invite(name, role=role, renew=True, languages=options.pop("languages", ()))
        browser = running.enter_context(TestClient(application(store, **options), headers={
            "x-annotate": "1", "content-type": "application/json"}))
        assert browser.post("/api/session", json={"token": token}).json() == {"role": role}
        browser.token = token
        return browser

    with running:
        yield signed_in
