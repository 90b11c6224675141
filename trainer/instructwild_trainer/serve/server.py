"""Running the service: a socket taken before any model is loaded, a quiet log, and an end that lets answers finish."""

import asyncio
import signal
import socket
import sys
from types import FrameType
from typing import Any

import uvicorn

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


class Server(uvicorn.Server):
    """Uvicorn, with an end that first lets the answers under way finish.

    Args:
        service: what is served.
        grace: how many seconds they get; a second signal ends them at once.
    """

    def __init__(self, service: Service, grace: float) -> None:
        super().__init__(uvicorn.Config(service.app(), log_config=None, log_level="warning", access_log=False,
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

    before = signal.signal(signal.SIGTERM, finished)
    try:
        Server(service, grace).run(sockets=[listening])
    finally:
        signal.signal(signal.SIGTERM, before)
        service.engine.stop()
