"""Running the service: a socket taken before any model is loaded, a quiet log, and an end that lets answers finish."""

import asyncio
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from instructwild.errors import InputError
from instructwild_trainer.serve.app import Service


def taken(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes any that is free.

    Raises:
        InputError: the port is in use or may not be used, or the address is not one of this machine's.
    """
    made: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM,
                                                                flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except (OSError, OverflowError) as error:
        if made is not None:
            made.close()
        raise InputError(f"cannot be listened on ({getattr(error, 'strerror', None) or error})", where=f"{host}:{port}",
                         remedy="choose another --port (0 takes any that is free), or stop what listens there") from None
    return made


def address(listening: socket.socket, host: str) -> str:
    """The URL at which this machine reaches the socket."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{listening.getsockname()[1]}"


class PatientProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1, which closes a connection that begins a request and does not finish its headers in time."""

    patience = 30.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._waiting = self.loop.call_later(self.patience, transport.close)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request; its headers must be whole some seconds after they began."""
        super().data_received(data)
        unfinished = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if not unfinished:
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.patience, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def more_files() -> None:
    """Allow up to 8,192 open connections, where the system does: idle ones must not keep others out."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Server(uvicorn.Server):
    """Uvicorn, with an end that first lets the answers under way finish.

    Args:
        service: what is model_queue.
        grace: how many seconds they get; a second signal ends them at once.
    """

    def __init__(self, service: Service, grace: float) -> None:
        protocol = type("ServiceProtocol", (PatientProtocol,), {"patience": service.limits.patience})
        super().__init__(uvicorn.Config(service.app(), log_config=None, http=protocol, log_level="warning", access_log=False,
                                        lifespan="off", ws="none", server_header=False, timeout_graceful_shutdown=2))
        self.engine, self.grace = service.engine, grace

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing in any more, let what is under way finish, tell the rest, and close."""
        for server in self.servers:
            server.close()
        self.engine.close()
        until = asyncio.get_running_loop().time() + self.grace
        while self.engine.load != (0, 0) and not self.force_exit and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(self.engine.stop)
        await asyncio.sleep(0.1)        # the last events are on their way
        await super().shutdown(sockets)


def run(service: Service, listening: socket.socket, grace: float) -> None:
    """Serve until a signal: SIGINT leaves as an interruption, SIGTERM as a command that has done its work."""
    def finished(number: int, frame: FrameType | None) -> Any:
        sys.exit(0)

    more_files()
    before = signal.signal(signal.SIGTERM, finished)
    try:
        Server(service, grace).run(sockets=[listening])
    finally:
        signal.signal(signal.SIGTERM, before)
        service.engine.stop()
