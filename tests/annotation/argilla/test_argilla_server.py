"""The embedded server as a newcomer runs it: one command, an invitation, Ctrl-C, and everything there again."""

import json
import os
import re
import signal
import stat
import subprocess
import sys

import httpx
import pytest

from instructwild_annotation.server.process import Home
from tests.annotation.argilla.conftest import free_port

pytestmark = pytest.mark.argilla


def heed_interrupts():
    """A process that was started in the background of a script would ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Serving:
    """`annotate serve` in a process of its own, once it has said that it is ready."""

    def __init__(self, home, port, *more):
        command = [sys.executable, "-m", "instructwild", "annotate", "serve", *map(str, more), "--home", str(home),
                   "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "PYTHONUNBUFFERED": "1"}, preexec_fn=heed_interrupts)
        self.said = ""
        for line in self.process.stderr:
            self.said += line
            if "Ctrl-C stops it" in line:
                return
        pytest.fail(f"serve ended with {self.process.wait()}:\n{self.said}")

    def invitation(self):
        """The link in the first invitation on stdout."""
        return next(found[0] for line in self.process.stdout if (found := re.search(r"http\S+sign-in\S+", line)))

    def stop(self, by=signal.SIGINT):
        """Ctrl-C, or another signal; the exit status and all it printed on stdout."""
        self.process.send_signal(by)
        out, err = self.process.communicate(timeout=120)
        self.said += err
        return self.process.returncode, out


def test_serve_invites_stops_cleanly_and_finds_everything_again(tmp_path, argilla_python):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"instruction": f"Q {i}", "candidates": ["a", "b"]}) + "\n" for i in range(3)))
    folder, port = tmp_path / "home", free_port()
    url = f"http://127.0.0.1:{port}/api/v1"
    serving = Serving(folder, port, rows, "--invite", "anna")
    assert "3 prompts sent" in serving.said
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("secret", "owner.json")}
    assert modes == {"secret": 0o600, "owner.json": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with httpx.Client(trust_env=False, timeout=60) as http:
        foreign = http.get(f"{url}/version", headers={"Origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in foreign.headers
        asked = http.options(f"{url}/me", headers={"Origin": "https://elsewhere.example",
                                                   "Access-Control-Request-Method": "GET"})
        assert "access-control-allow-origin" not in asked.headers
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run([*serving.process.args[:5], "--home", str(folder), "--port", str(free_port())], check=True,
                           capture_output=True)
        status, out = serving.stop()
        assert status == 0
        assert "everything is kept" in serving.said
        assert Home(folder).address is None
        with pytest.raises(httpx.TransportError):
            http.get(f"{url}/version")
        name, password = re.search(r"sign in as (\S+) with the password (\S+)", out).groups()
        serving = Serving(folder, port, rows, "--invite", "anna")
        assert "3 were there already" in serving.said
        token = http.post(f"{url}/token", data={"username": name, "password": password}).json()["access_token"]
        assert serving.stop() == (0, "")                     # nobody is invited twice
        serving = Serving(folder, port)
        mine = http.get(f"{url}/me", headers={"Authorization": f"Bearer {token}"})
        assert mine.json()["username"] == "anna"                  # signed in before the restart, and still
        assert serving.stop(signal.SIGTERM)[0] == 0               # as a service manager stops it
        assert Home(folder).address is None
