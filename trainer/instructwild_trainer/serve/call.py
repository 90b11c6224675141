"""One call on its way through the engine, seen from the event loop, and its answer whole or as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from instructwild.llm.request import Request as Question
from instructwild.text.thoughts import split_thoughts, without_bare_mark
from instructwild_trainer.serve.admission import Job
from instructwild_trainer.serve.batch import TokenLogprob
from instructwild_trainer.serve.engine import SHUTTING_DOWN, AnswerChunk, BatchEngine
from instructwild_trainer.serve.response import CompletionResponse, usage_of
from instructwild_trainer.serve.thought_stream import ThoughtStream
from instructwild_trainer.serve.wire import ApiError, CompletionRequest


class Call:
    """One call on its way through the engine, seen from the event loop; leaving it early frees its slots.

    Answers beyond those that the engine can give at once follow one another.
    """

    def __init__(self, engine: BatchEngine, model: str, prompts: Sequence[tuple[Question, list[int]]], top: int | None,
                 of_prompt: bool = False) -> None:
        loop = asyncio.get_running_loop()
        self._engine, self._chunks, self._open = engine, asyncio.Queue[AnswerChunk](), len(prompts)
        self._jobs: list[Job] = []

        def sink(first: int, chunk: AnswerChunk) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._chunks.put_nowait, replace(chunk, index=first + chunk.index))

        size = engine.at_once(model, prompts)
        try:
            for first in range(0, len(prompts), size):
                self._jobs.append(engine.submit(model, prompts[first:first + size], partial(sink, first), top, of_prompt))
        except Exception:
            self.leave()
            raise

    async def chunks(self) -> AsyncIterator[AnswerChunk]:
        """Chunks of all answers as they come.

        Raises:
            ApiError: the model failed, or the server is shutting down.
        """
        while self._open:
            chunk = await self._chunks.get()
            self._open -= chunk.finish is not None
            if chunk.finish == "failed":
                self.leave()
                raise failure(chunk.problem or "the model failed")
            yield chunk

    def leave(self) -> None:
        """Give up what has not been answered yet."""
        if self._open:
            self._open = 0
            for job in self._jobs:
                self._engine.cancel(job)


def failure(problem: str) -> ApiError:
    """The error for an answer that could not be finished."""
    return ApiError(problem, status=503 if problem == SHUTTING_DOWN else 500, kind="server_error")


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


@dataclass(frozen=True)
class PendingReply:
    """What is needed to write a call's answer.

    Args:
        response: the envelope.
        body: what the client sent.
        prompt_tokens: how many tokens of prompt were read.
        prefixes: for each choice the prompt that `echo` puts before it, else nothing.
        prompt_lengths: for each choice, tokens of its prompt.
        openings: for each choice the mark with which its prompt opened thoughts; empty where it opened none.
    """

    response: CompletionResponse
    body: CompletionRequest
    prompt_tokens: int
    prefixes: Sequence[str]
    prompt_lengths: Sequence[int]
    openings: Sequence[str]

    @property
    def only_prompt(self) -> bool:
        """Whether the prompt alone is the answer: max_tokens 0 with echo. The engine writes one token, which is left out."""
        return self.body.longest == 0

    def logprobs(self, index: int, entries: Sequence[TokenLogprob]) -> Sequence[TokenLogprob] | None:
        """What is shown of the log probabilities; None where they were not asked for."""
        if self.body.top is None:
            return None
        return entries[:self.prompt_lengths[index]] if self.only_prompt else entries

    def split(self, index: int, text: str) -> tuple[str | None, str]:
        """An answer as (reasoning, content); what a text is continued with is content."""
        if self.only_prompt:
            return None, self.prefixes[index]
        if not self.response.chat:
            return None, self.prefixes[index] + text
        return split_thoughts(self.openings[index] + without_bare_mark(text))


async def events(call: Call, reply: PendingReply) -> AsyncIterator[str]:
    """The answer as server-sent events."""
    begun: set[int] = set()
    counts: dict[int, int] = {}
    streams = [ThoughtStream(opening) for opening in reply.openings]
    try:
        async for chunk in call.chunks():
            index, first = chunk.index, chunk.index not in begun
            counts[index] = 0 if reply.only_prompt else chunk.tokens
            reasoning, text = "", "" if reply.only_prompt else chunk.text
            if reply.response.chat:
                reasoning, text = streams[index].add(text)
                if chunk.finish is not None:
                    more = streams[index].end()
                    reasoning, text = reasoning + more[0], text + more[1]
            elif first:
                text = reply.prefixes[index] + text
            entries = reply.logprobs(index, chunk.logprobs)
            if not (text or reasoning or first or entries or chunk.finish):
                continue
            yield _event(reply.response.chunk(index, text, chunk.finish, entries, first=first, reasoning=reasoning))
            begun.add(index)
        if reply.body.with_usage:
            yield _event(reply.response.closing(usage_of(reply.prompt_tokens, sum(counts.values()))))
    except ApiError as error:
        yield _event(error.body)
    yield "data: [DONE]\n\n"


def _event(body: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def whole(call: Call, reply: PendingReply) -> Response:
    """All answers at once."""
    count = len(reply.prefixes)
    texts, finishes, tokens = [""] * count, [""] * count, [0] * count
    logprobs: list[list[TokenLogprob]] = [[] for _ in range(count)]
    async for chunk in call.chunks():
        texts[chunk.index] += chunk.text
        logprobs[chunk.index] += chunk.logprobs
        tokens[chunk.index] = 0 if reply.only_prompt else chunk.tokens
        finishes[chunk.index] = chunk.finish or ""
    return JSONResponse(reply.response.whole(
        [reply.split(index, text) for index, text in enumerate(texts)], finishes,
        [reply.logprobs(index, entries) for index, entries in enumerate(logprobs)],
        usage_of(reply.prompt_tokens, sum(tokens))))


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
