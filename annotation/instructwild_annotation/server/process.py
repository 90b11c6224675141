"""The embedded server as a process: its home folder, starting, waiting for it, stopping."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from instructwild.errors import EndpointError, OutputError
from instructwild.privacy.salt import secret_file
from instructwild.stage.atomic import atomic_path, write_atomic

LAUNCHER = Path(__file__).parent / "inside" / "launcher.py"
WORKSPACE = "instructwild"
PATIENCE = 600.0          # a busy machine may take minutes over the first start; a server that ends is told at once


@dataclass(frozen=True)
class Home:
    """The folder of one embedded server: database, secrets, log, and where it is listening."""

    path: Path

    @classmethod
    def default(cls) -> "Home":
        """The home of this user's server: below XDG_DATA_HOME, by default ~/.local/share."""
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return cls(Path(base) / "instructwild" / "argilla")

    def prepare(self) -> None:
        """Make the folder and its secrets; both can be read by their owner only."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise OutputError(f"cannot be made ({error.strerror})", where=str(self.path),
                              remedy="choose another --home") from None
        secret_file(self.path / "secret")
        if not (self.path / "owner.json").exists():
            owner = {"username": "owner", "password": secrets.token_urlsafe(12),
                     "api_key": f"owner.{secrets.token_urlsafe(32)}"}
            with (atomic_path(self.path / "owner.json") as temporary,
                  os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file):
                json.dump(owner, file)

    @property
    def owner(self) -> dict[str, str]:
        """The owner's username, password and API key."""
        owner: dict[str, str] = json.loads((self.path / "owner.json").read_text(encoding="utf-8"))
        return owner

    @property
    def address(self) -> str | None:
        """Where the server of this home was listening when it last told; None where it was stopped."""
        try:
            return str(json.loads((self.path / "server.json").read_text(encoding="utf-8"))["url"])
        except (OSError, ValueError, KeyError):
            return None


@contextmanager
def running(server_home: Home, python: Path, host: str, port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the server, wait until it answers, and stop it at the end.

    Yields:
        its address and the process.

    Raises:
        OutputError: another server uses this home.
        EndpointError: the port is taken, or the server did not come up.
    """
    from filelock import FileLock, Timeout

    server_home.prepare()
    _check_port(host, port)
    lock = FileLock(server_home.path / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError("another server is running from this folder", where=str(server_home.path),
                          remedy=f"use it at {server_home.address or 'its address'}, or choose another --home") from None
    url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    log = server_home.path / "server.log"
    announced = server_home.path / "server.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ARGILLA_", "PYTHON"))}
    try:
        begun = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:     # the log of a crash stays
            process = subprocess.Popen(
                [str(python), str(LAUNCHER), "--home", str(server_home.path.resolve()), "--host", host, "--port", str(port),
                 "--workspace", WORKSPACE],
                stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=server_home.path)
        try:
            _await(url, process, log, begun)
            write_atomic(announced, json.dumps({"url": url, "pid": process.pid}))
            yield url, process
        finally:
            announced.unlink(missing_ok=True)
            stop(process)
    finally:
        lock.release()


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EndpointError(f"cannot listen there ({error.strerror})", where=f"{host}:{port}",
                                remedy="choose another --port or --host") from None


def _await(url: str, process: subprocess.Popen[bytes], log: Path, begun: int) -> None:
    """Wait until the server answers; the log of this start begins at a byte."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            reason, remedy = why_stopped(_since(log, begun))
            raise EndpointError(f"Argilla stopped while starting: {reason}", where=url, remedy=f"{remedy}; the log is {log}")
        try:
            if httpx.get(f"{url}/api/v1/version", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise EndpointError(f"Argilla did not answer within {PATIENCE:.0f} s", where=url, remedy=f"read {log}")


REASONS = (
    (("disk is full", "no space left", "disk quota exceeded"), "the disk is full",
     "free space on it, then start it again; what was submitted before is kept"),
    (("database disk image is malformed", "file is not a database", "disk i/o error"), "its database is damaged",
     "put a copy of argilla.db in its place, or choose another --home"),
    (("unable to open database file", "readonly database", "read-only", "permission denied"),
     "its database cannot be written", "check the permissions of --home"),
    (("address already in use",), "another program listens there", "choose another --port"),
)
"""Words of the log, what they mean, and what helps."""


def why_stopped(text: str) -> tuple[str, str]:
    """What a log says of why the server stopped, and what helps against it.

    Args:
        text: what it wrote since it was started.
    """
    folded = text.casefold()
    for words, reason, remedy in REASONS:
        if any(word in folded for word in words):
            return reason, remedy
    last = "\n  ".join(text.strip().splitlines()[-3:])
    return (f"\n  {last}" if last else "it said nothing; the disk may be full or the machine out of memory"), "read its log"


def _since(log: Path, begun: int) -> str:
    try:
        return log.read_bytes()[begun:].decode("utf-8", "replace")
    except OSError as error:
        return str(error)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop by closing its standard input, and insist if it does not."""
    if process.stdin:
        process.stdin.close()
    for insist in (process.terminate, process.kill):
        try:
            process.wait(timeout=15)
            return
        except subprocess.TimeoutExpired:
            insist()
    process.wait()
