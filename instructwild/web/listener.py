"""The port a page is served at, taken before anything slow begins."""

import socket
import sys

from instructwild.errors import EndpointError

WAITING = 256
"""Connections that may wait to be accepted."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any that is free.

    Raises:
        EndpointError: the port is taken, or the host is none of this machine's.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        raise EndpointError(f"cannot be listened on ({error.strerror})", where=f"{host}:{port}",
                            remedy="choose another --port (0 takes any that is free)") from None
    return listener
