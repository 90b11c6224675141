"""Headers on every answer of Argilla's: its pages may ask no other host.

Their style sheet asks Google for fonts, and behind a firewall the page stayed blank until that gave up.
"""

from collections.abc import Awaitable, Callable
from typing import Any

POLICY = ("default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
          "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'self'; "
          "form-action 'self'; frame-ancestors 'self'")
HEADERS = [(b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer")]


def with_headers(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """An ASGI application whose answers carry `HEADERS`."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        async def added(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
            await send(message)

        await app(scope, receive, added if scope["type"] == "http" else send)

    return wrapped
