"""Who may use the page: the browser that opened the printed link, on this machine, from the page itself."""

import hmac
import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-view"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin"}


class ViewSession:
    """The token of the printed link, and the cookie that it is exchanged for. Both last as long as the process."""

    def __init__(self, port: int) -> None:
        self.token, self._value = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.cookie = f"view-{port}"    # cookies of one host are shared by all its ports

    def opened(self, token: object) -> Response | None:
        """The answer that sets the cookie, for whoever has the token; None for others."""
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        response = JSONResponse({"opened": True})
        response.set_cookie(self.cookie, self._value, httponly=True, samesite="strict", path="/")
        return response

    def holds(self, request: Request) -> bool:
        """Whether a request bears the cookie."""
        return hmac.compare_digest(request.cookies.get(self.cookie, "").encode(), self._value.encode())


class ViewGuard:
    """Headers on every answer; a request must name this machine, come from our own page, and hold the cookie for data.

    The host is checked because a name of another site may be made to point at this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, session: ViewSession) -> None:
        self.app, self.session = app, session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                cached = b"no-cache" if scope["path"].startswith("/page/") else b"no-store"
                message["headers"] = [*message.get("headers", []), (b"cache-control", cached),
                                      *((name.encode(), value.encode()) for name, value in HEADERS.items())]
            await send(message)

        refused = self._refusal(Request(scope))
        await (refused or self.app)(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        name, _, port = host.rpartition(":")
        if (name if port.isdigit() else host).strip("[]").lower() not in LOOPBACK:
            return JSONResponse({"error": "host"}, 403)
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return JSONResponse({"error": "origin"}, 403)
        if not request.url.path.startswith("/api/"):
            return None
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return JSONResponse({"error": "origin"}, 403)
        # Another site can neither add the header nor send JSON without asking first, and we answer no such question.
        kind = request.headers.get("content-type", "").partition(";")[0]
        if request.headers.get(HEADER) != "1" or (request.method != "GET" and kind != "application/json"):
            return JSONResponse({"error": "origin"}, 403)
        if request.url.path != "/api/session" and not self.session.holds(request):
            return JSONResponse({"error": "session"}, 401)
        return None
