"""Who may call a page: no other host name, no page of another site; and the headers that every answer bears."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from instructwild.web.loopback import is_loopback_host


def page_headers(images: str = "'self'") -> dict[str, str]:
    """Headers by which a page runs its own files only, in no frame, and is sniffed by nobody.

    Args:
        images: where its images may come from, as in a content security policy.
    """
    return {
        "content-security-policy": f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; "
                                   "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin"}


class PageGuard:
    """ASGI middleware: adds headers to every HTTP answer, and asks whether a request is refused before it is passed on.

    Args:
        refusal: the answer to a request that is refused; None lets it pass.
        headers: of every answer, by lower-case name.
        files: beginning of the paths of static files, which browsers may keep as long as they ask whether they changed.
    """

    def __init__(self, app: ASGIApp, refusal: Callable[[Request], Response | None], headers: Mapping[str, str],
                 files: str) -> None:
        self.app, self.refusal, self.files = app, refusal, files
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                cached = b"no-cache" if scope["path"].startswith(self.files) else b"no-store"
                message["headers"] = [*message.get("headers", []), (b"cache-control", cached), *self.headers]
            await send(message)

        await (self.refusal(Request(scope)) or self.app)(scope, receive, with_headers)


def host_name(request: Request) -> str:
    """The host that a request names, without its port."""
    host = request.headers.get("host", "")
    name, _, port = host.rpartition(":")
    return name if port.isdigit() else host


def names_loopback(request: Request) -> bool:
    """Whether a request names this machine: a name of another site may be made to point at it (DNS rebinding)."""
    return is_loopback_host(host_name(request))


def is_same_origin(request: Request) -> bool:
    """Whether a request comes from a page of the host that it names, or from no page at all."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")


def is_from_own_script(request: Request, header: str) -> bool:
    """Whether a request bears `header: 1`, and JSON where it changes something.

    Another site can neither add the header nor send JSON without asking first, and such a question is never answered.
    """
    kind = request.headers.get("content-type", "").partition(";")[0]
    return (request.headers.get(header) == "1" and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
            and (request.method in ("GET", "HEAD") or kind == "application/json"))
