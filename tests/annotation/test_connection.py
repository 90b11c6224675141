"""What can be wrong with a server is said in one message."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from instructwild.errors import ConfigError, EndpointError, OutputError
from instructwild_annotation.connection import Connection
from instructwild_annotation.push_command import warn_unfiltered
from instructwild_annotation.server.process import Home


@pytest.fixture
def server(monkeypatch):
    """A server on this machine that answers what it is told to; key "right"."""
    answers = {"/version": (200, {"version": "2.8.0"}), "/me": (200, {"username": "anna", "role": "owner"}),
               "/me/workspaces": (200, {"items": [{"name": "other", "id": "1"}]})}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answers.get(self.path.removeprefix("/api/v1").partition("?")[0], (404, "nothing here"))
            if self.headers["X-Argilla-Api-Key"] != "right" and "version" not in self.path:
                status, body = 401, {"detail": "who?"}
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args):
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    monkeypatch.setenv("ARGILLA_API_KEY", "right")
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    yield f"http://127.0.0.1:{listening.server_port}", answers
    listening.shutdown()
    listening.server_close()


def test_a_right_server_is_taken(server):
    url, _ = server
    with Connection(url + "/", workspace="other") as connection:
        assert connection.is_loopback
        assert not connection.is_embedded
        assert connection.workspace_id() == "1"


@pytest.mark.parametrize(("path", "answer", "message"), [
    ("/version", (200, {"version": "1.29.0"}), "is Argilla 1.29.0; rankings are exchanged with 2.8"),
    ("/version", (200, {"version": "2.5.1"}), "is Argilla 2.5.1"),
    ("/version", (200, "<html>hello</html>"), "not JSON, so it is no Argilla"),
    ("/version", (200, {"version": "latest"}), "is no Argilla server"),
    ("/version", (404, "no such page"), "does not have what was asked for"),
    ("/version", (500, "boom"), "answered 500: boom"),
    ("/me", (200, {"username": "li", "role": "annotator"}), "'li', an annotator"),
])
def test_a_wrong_server_is_refused(server, path, answer, message):
    url, answers = server
    answers[path] = answer
    with pytest.raises(EndpointError, match=message):
        Connection(url)


def test_a_wrong_key_and_a_missing_workspace_are_told(server, monkeypatch):
    url, _ = server
    with Connection(url) as connection, pytest.raises(EndpointError, match="it has other"):
        connection.workspace_id()
    monkeypatch.setenv("ARGILLA_API_KEY", "wrong")
    with pytest.raises(EndpointError, match="refused the key"):
        Connection(url)


def test_no_server_no_key_and_no_address_are_told(monkeypatch, tmp_path):
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="annotate serve"):
        Connection(server_home=tmp_path)
    with pytest.raises(ConfigError, match="no key"):
        Connection("http://127.0.0.1:9", server_home=tmp_path)
    monkeypatch.setenv("ARGILLA_API_KEY", "k")
    with pytest.raises(ConfigError, match="is no address"):
        Connection("argilla.example.org", server_home=tmp_path)
    with pytest.raises(EndpointError, match="does not answer"):
        Connection("http://127.0.0.1:9", server_home=tmp_path)


def test_secrets_are_made_once_and_only_their_owner_can_read_them(tmp_path):
    home = Home(tmp_path / "argilla")
    home.prepare()
    before = home.owner
    home.prepare()
    assert home.owner == before
    for name in ("secret", "owner.json"):
        assert (home.path / name).stat().st_mode & 0o777 == 0o600
    assert home.path.stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        Home(tmp_path / "file" / "argilla").prepare()


@pytest.mark.parametrize("embedded", [True, False])
def test_a_server_that_is_not_ours_is_said_to_show_answers_to_all(embedded, capsys):
    warn_unfiltered(embedded)
    said = " ".join(capsys.readouterr().err.split())
    assert ("can read each other's answers" in said and "annotate page" in said) != embedded
