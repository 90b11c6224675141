"""Who may use the page: the browser that opened the printed link, on this machine, from the page itself."""

import hmac
import secrets

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from instructwild.web.guard import PageGuard, is_from_own_script, is_same_origin, names_loopback, page_headers

HEADER = "x-view"


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


def guard(session: ViewSession) -> Middleware:
    """The middleware that lets in this machine's browser only, from our own page, and to data with the cookie only."""
    def refusal(request: Request) -> Response | None:
        if not names_loopback(request):
            return JSONResponse({"error": "host"}, 403)
        if not is_same_origin(request):
            return JSONResponse({"error": "origin"}, 403)
        if not request.url.path.startswith("/api/"):
            return None
        if not is_from_own_script(request, HEADER):
            return JSONResponse({"error": "origin"}, 403)
        if request.url.path != "/api/session" and not session.holds(request):
            return JSONResponse({"error": "session"}, 401)
        return None

    return Middleware(PageGuard, refusal=refusal, headers=page_headers(images="'self' data:"), files="/page/")
