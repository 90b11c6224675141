"""The web application: a static page, and an API that hands out one page of rows at a time."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from instructwild.errors import InputError, InstructwildError, OutputError
from instructwild.view.desk import ViewDesk
from instructwild.view.guard import ViewSession, guard
from instructwild.web.body import TOO_LARGE, json_body
from instructwild.web.media_types import MEDIA_TYPES

PAGE = Path(__file__).parent / "page"
LARGEST_BODY = 32 << 20
"""Bytes of an edit: a mended text is sent whole."""


def language_of(request: Request) -> str:
    """The page's language: `?lang=`, else the first of Accept-Language that is English or Chinese."""
    for tag in [request.query_params.get("lang", ""), *_preferred(request.headers.get("accept-language", ""))]:
        if tag.lower().partition("-")[0] in ("en", "zh"):
            return "zh-Hans" if tag.lower().startswith("zh") else "en"
    return "en"


def _preferred(header: str) -> list[str]:
    """The tags of Accept-Language, the preferred first."""
    tags = []
    for part in header.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            tags.append((float(quality or 1), tag))
        except ValueError:
            continue
    return [tag for quality, tag in sorted(tags, key=lambda pair: -pair[0]) if quality > 0]


async def _page(request: Request) -> Response:
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    return Response(html.replace('<html lang="en">', f'<html lang="{language_of(request)}">'),
                    media_type="text/html", headers={"vary": "accept-language"})


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    path = next((path for path in PAGE.iterdir() if path.name == name and path.suffix in MEDIA_TYPES), None)
    if path is None:
        return JSONResponse({"error": "missing"}, 404)
    return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix])


class ViewApplication:
    """The routes over what is looked at."""

    def __init__(self, desk: ViewDesk, session: ViewSession) -> None:
        self.desk, self.session = desk, session

    def app(self) -> Starlette:
        """The ASGI application."""
        reads: dict[str, Callable[..., Any]] = {
            "/api/sources": self.desk.sources, "/api/rows": self.desk.rows, "/api/counts": self.desk.counts,
            "/api/row": self.desk.row, "/api/twins": self.desk.twins, "/api/history": self.desk.history,
            "/api/find": self.desk.find, "/api/compare": self.desk.compare}
        return Starlette(middleware=[guard(self.session)], routes=[
            Route("/", _page), Route("/page/{name}", _file), Route("/api/session", self._session, methods=["POST"]),
            Route("/api/edit", self._edit, methods=["POST"]),
            *(Route(path, self._read(handler)) for path, handler in reads.items())])

    async def _session(self, request: Request) -> Response:
        try:
            body = await json_body(request, LARGEST_BODY)
        except InputError as error:
            return _refused(error)
        response = self.session.opened(body.get("token") if isinstance(body, dict) else None)
        return response or JSONResponse({"error": "session"}, 401)

    def _read(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            return await _answered(handler, request.query_params.multi_items())

        return endpoint

    async def _edit(self, request: Request) -> Response:
        try:
            body = await json_body(request, LARGEST_BODY)
        except InputError as error:
            return _refused(error)
        return await _answered(self.desk.edit, body)


async def _answered(handler: Callable[..., Any], value: Any) -> Response:
    try:
        return _AnyText(await run_in_threadpool(handler, value))
    except InstructwildError as error:
        return _refused(error)
    except (pl.exceptions.PolarsError, OSError) as error:     # files that changed while they were read
        return JSONResponse({"error": "changed", "detail": str(error).splitlines()[0]}, 503)


class _AnyText(JSONResponse):
    """JSON of values from the world: lone surrogates, which no encoding has, become question marks, and NaN null."""

    def render(self, content: Any) -> bytes:
        def text(value: Any) -> str:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str, allow_nan=False)

        try:
            written = text(content)
        except ValueError:
            written = text(_finite(content))
        return written.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _refused(error: InstructwildError) -> Response:
    status = 507 if isinstance(error, OutputError) else 413 if error.what == TOO_LARGE else \
        422 if isinstance(error, InputError) else 500
    code = "regex" if error.where == "q" else "missing" if error.what == "there is no such row" else \
        "unwritten" if isinstance(error, OutputError) else "refused"
    return JSONResponse({"error": code, "detail": str(error)}, 404 if code == "missing" else status)
