"""The web application: a static page, and an API in which everybody reaches their own work only."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from instructwild.errors import InputError, OutputError
from instructwild.text.thoughts import split_thoughts
from instructwild.web.body import TOO_LARGE, json_body
from instructwild.web.guard import PageGuard, is_from_own_script, page_headers
from instructwild_annotation.page import lead
from instructwild_annotation.page.exchange import read_rankings
from instructwild_annotation.page.guidelines import GUIDELINES
from instructwild_annotation.page.markdown import rendered
from instructwild_annotation.page.overview import OverviewCache
from instructwild_annotation.page.queue import Item, Queue
from instructwild_annotation.page.store import Person, Store, set_names

STATIC = Path(__file__).parent / "static"
COOKIE, HEADER = "annotate", "x-annotate"
LARGEST_BODY = 256 * 1024
PEOPLE_THREADS = 2
"""The file takes one writer at a time; the second thread is there so that a long text to be rendered holds nobody up. More
threads would cost memory: each keeps what its largest request needed."""


def _refusal(request: Request) -> Response | None:
    if request.method in ("GET", "HEAD") or is_from_own_script(request, HEADER):
        return None
    return JSONResponse({"error": "not from this page"}, 403)


async def _body(request: Request) -> Any:
    """A request's JSON, or what is wrong with it: who is not signed in is not told."""
    try:
        return await json_body(request, LARGEST_BODY)
    except InputError as error:
        return error


class RankingSite:
    """The application's state: the store, whether links are HTTPS, the bar for gold prompts, the set that the lead sees
    at first.
    """

    def __init__(self, store: Store, *, secure: bool = False, gold_bar: float = 0.6, name: str = "rankings") -> None:
        self.store, self.secure, self.gold_bar, self.name = store, secure, gold_bar, name
        self.figures = OverviewCache(store)
        # The lead's figures take seconds: one at a time, and beside the work of people.
        self._threads = {"": ThreadPoolExecutor(PEOPLE_THREADS, "people"), "lead": ThreadPoolExecutor(1, "lead")}

    def routes(self) -> list[Route | Mount]:
        """All addresses."""
        mine: list[tuple[str, str, Callable[..., Any]]] = [
            ("/api/me", "GET", self.me), ("/api/next", "POST", self.next), ("/api/undo", "POST", self.undo),
            ("/api/history", "GET", self.history), ("/api/item/{item}", "GET", self.item),
            ("/api/item/{item}", "POST", self.submit), ("/api/item/{item}/skip", "POST", self.skip)]
        leads: list[tuple[str, str, Callable[..., Any]]] = [
            ("/api/lead", "GET", self.overview), ("/api/lead/curve", "GET", self.curve),
            ("/api/lead/list/{which}/{start:int}", "GET", self.listed),
            ("/api/lead/{action}", "POST", self.decide)]
        return [Route("/", lambda _: FileResponse(STATIC / "index.html")),
                Route("/api/session", self.session, methods=["POST"]),
                *[Route(path, self._for(role, handler), methods=[method])
                  for role, table in (("", mine), ("lead", leads)) for path, method, handler in table],
                Mount("/static", StaticFiles(directory=STATIC))]

    def _for(self, role: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        """A handler `(person, path parameters, body) -> JSON` as an endpoint for people with a session and a role."""

        def answered(session: str, path: dict[str, Any], body: Any) -> Response:
            person = self.store.whose(session)
            if person is None:
                return JSONResponse({"error": "sign in by your link"}, 401)
            if role and person.role != role:
                return JSONResponse({"error": "not found"}, 404)
            if isinstance(body, InputError):
                raise body
            return JSONResponse(handler(person, path, body))

        async def endpoint(request: Request) -> Response:
            body = await _body(request) if request.method == "POST" else None
            path = {**request.path_params, **({"set": name} if (name := request.query_params.get("set")) else {})}
            return await self._answered(role, answered, request.cookies.get(COOKIE, ""), path, body)

        return endpoint

    async def _answered(self, role: str, answered: Callable[..., Response], *values: Any) -> Response:
        """What a function answers in a thread of its own; what it raises as an answer."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads[role], answered, *values)
        except InputError as error:
            missing = error.what.startswith("there is no such")
            return JSONResponse({"error": str(error)}, 404 if missing else 413 if error.what == TOO_LARGE else 422)
        except OutputError as error:
            return JSONResponse({"error": f"not kept: {error.what}"}, 507)

    async def session(self, request: Request) -> Response:
        """Exchange a link's token for a cookie that scripts cannot read."""
        return await self._answered("", self._opened, await _body(request))

    def _opened(self, body: Any) -> Response:
        if isinstance(body, InputError):
            raise body
        token = body.get("token") if isinstance(body, dict) else None
        opened = self.store.open_session(token) if isinstance(token, str) and token else None
        if opened is None:
            return JSONResponse({"error": "this link is not valid any more"}, 401)
        response = JSONResponse({"role": opened[1].role})
        response.set_cookie(COOKIE, opened[0], max_age=90 * 86400, httponly=True, samesite="strict", secure=self.secure)
        return response

    def _queue(self, person: Person) -> Queue:
        return Queue(self.store, person, self.gold_bar)

    def me(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """Who I am and how far I came."""
        return {"name": person.name, "role": person.role, **self._queue(person).progress(),
                "guidelines": {tag: rendered(text) for tag, text in GUIDELINES.items()}}

    def next(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """The question to answer now."""
        queue = self._queue(person)
        return {"item": shown(queue.next()), **queue.progress()}

    def undo(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """Take back what I did last."""
        queue = self._queue(person)
        return {"item": shown(queue.undo()), **queue.progress()}

    def item(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """One of my own questions again."""
        queue = self._queue(person)
        return {"item": shown(queue.item(path["item"])), **queue.progress()}

    def submit(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """Keep my ranking."""
        self._queue(person).submit(path["item"], body)
        return {"kept": True}

    def skip(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """Pass a question over."""
        self._queue(person).skip(path["item"], body.get("reason") if isinstance(body, dict) else "")
        return {"kept": True}

    def history(self, person: Person, path: dict[str, str], body: Any) -> list[dict[str, Any]]:
        """My own latest answers."""
        return self._queue(person).history()

    def _set(self, path: dict[str, Any]) -> str:
        """The set that the lead looks at: by default the page's own, or the first where nothing is pushed under its name."""
        if "set" in path:
            return str(path["set"])
        with self.store.read() as db:
            names = set_names(db)
        return self.name if self.name in names or not names else names[0]

    def overview(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """The lead's figures of one set."""
        return self.figures.get(self._set(path))

    def listed(self, person: Person, path: dict[str, Any], body: Any) -> dict[str, Any]:
        """A further page of the lead's lists of prompts."""
        return self.figures.listed(self._set(path), path["which"], path["start"])

    def curve(self, person: Person, path: dict[str, str], body: Any) -> list[dict[str, Any]]:
        """The accuracy of a small reward model against the number of rankings; takes seconds."""
        from instructwild_annotation.curve import MOST, learning_curve  # the page is ready sooner without it

        return [asdict(point) for point in learning_curve(read_rankings(
            self.store, self._set(path), sample=MOST).rows)]

    def decide(self, person: Person, path: dict[str, str], body: Any) -> dict[str, Any]:
        """What the lead decides: gold, more, settle (a record); revoke, remove (a person)."""
        value = body if isinstance(body, dict) else {}
        record, name = value.get("record"), value.get("name")
        action = path["action"]
        if action in ("gold", "more", "settle") and type(record) is int and abs(record) < 2**62:
            if action == "settle":
                return {"item": shown(self._queue(person).assign(record))}
            (lead.make_gold if action == "gold" else lead.add_person)(self.store, record)
        elif action in ("revoke", "remove") and isinstance(name, str):
            (self.store.revoke if action == "revoke" else self.store.remove)(name)
        else:
            raise InputError("there is no such action", where=action)
        return {"kept": True}


def shown(item: Item | None) -> dict[str, Any] | None:
    """An item as its annotator sees it: no model, no id of the data, nobody else's answer."""
    if item is None:
        return None
    *history, last = item.row.messages
    answers = []
    for candidate in item.shuffle:
        each = item.row.candidates[candidate]
        thoughts, text = split_thoughts(each.shown, last.content)
        thoughts = each.reasoning_content or thoughts or ""
        answers.append({"html": rendered(text), "text": text, "thoughts": thoughts})
    return {"id": item.id, "prompt": {"html": rendered(last.content), "text": last.content},
            "history": [{"role": turn.role, "html": rendered(turn.content)} for turn in history], "answers": answers,
            "ranks": item.ranks, "status": item.status, "ask": item.ask,
            **{name: item.extra.get(name) for name in ("rating", "safety", "correction")}}


def application(store: Store, **options: Any) -> Starlette:
    """The page as an ASGI application; options as of `RankingSite`."""
    return Starlette(routes=RankingSite(store, **options).routes(), middleware=[
        Middleware(PageGuard, refusal=_refusal, headers=page_headers(), files="/static")])
