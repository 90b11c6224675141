"""One call on its way through the engine, seen from the event loop, and its answer whole or as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from instructwild.llm.request import Request as Question
from instructwild_trainer.serve.engine import SHUTTING_DOWN, Engine, Piece
from instructwild_trainer.serve.wire import Answer, Asked, Refused, usage_of


class Call:
    """One call on its way through the engine, seen from the event loop; leaving it early frees its slots."""

    def __init__(self, engine: Engine, model: str, asked: Sequence[tuple[Question, list[int]]], top: int | None) -> None:
        loop = asyncio.get_running_loop()
        self._engine, self._pieces, self._open = engine, asyncio.Queue[Piece](), len(asked)

        def sink(piece: Piece) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

        self._job = engine.submit(model, asked, sink, top)

    async def pieces(self) -> AsyncIterator[Piece]:
        """Pieces of all answers as they come.

        Raises:
            Refused: the model failed, or the server is shutting down.
        """
        while self._open:
            piece = await self._pieces.get()
            self._open -= piece.finish is not None
            if piece.finish == "failed":
                self.leave()
                raise failure(piece.problem or "the model failed")
            yield piece

    def leave(self) -> None:
        """Give up what has not been answered yet."""
        if self._open:
            self._open = 0
            self._engine.cancel(self._job)


def failure(problem: str) -> Refused:
    """The error for an answer that could not be finished."""
    return Refused(problem, status=503 if problem == SHUTTING_DOWN else 500, kind="server_error")


class Streamed(StreamingResponse):
    """Server-sent events that free their call's slots however they end, even before the first was sent."""

    def __init__(self, call: Call, events: AsyncIterator[str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"cache-control": "no-store"})
        self._call = call

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the events until they end or the client leaves."""
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            pass
        finally:
            self._call.leave()


async def events(call: Call, answer: Answer, asked: Asked, read: int) -> AsyncIterator[str]:
    """The answer as server-sent events; `read` is how many tokens of prompt it took."""
    begun: set[int] = set()
    counts: dict[int, int] = {}
    try:
        async for piece in call.pieces():
            counts[piece.index] = piece.tokens
            noted = piece.noted if asked.top is not None else None
            yield _event(answer.piece(piece.index, piece.text, piece.finish, noted, first=piece.index not in begun))
            begun.add(piece.index)
        if asked.with_usage:
            yield _event(answer.closing(usage_of(read, sum(counts.values()))))
    except Refused as refused:
        yield _event(refused.body)
    yield "data: [DONE]\n\n"


def _event(body: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def whole(call: Call, answer: Answer, asked: Asked, read: int, count: int) -> Response:
    """All `count` answers at once; `read` is how many tokens of prompt they took."""
    texts, finishes, tokens = [""] * count, [""] * count, [0] * count
    noted: list[list[Any]] = [[] for _ in range(count)]
    async for piece in call.pieces():
        texts[piece.index] += piece.text
        noted[piece.index] += piece.noted
        tokens[piece.index] = piece.tokens
        finishes[piece.index] = piece.finish or ""
    return JSONResponse(answer.whole(texts, finishes, noted if asked.top is not None else [None] * count,
                                     usage_of(read, sum(tokens))))


async def unless_left(request: Request, call: Call, working: Any) -> Response:
    """The answer, or nothing once the client has left, which frees its slots."""
    async def left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    answering, leaving = asyncio.create_task(working), asyncio.create_task(left())
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return answering.result() if answering.done() else Response(status_code=499)
    finally:
        answering.cancel()
        leaving.cancel()
        call.leave()
