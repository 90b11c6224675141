"""The service as a Starlette app: OpenAI's endpoints over the engine, the chat page, and its votes."""

import asyncio
import hmac
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from instructwild.errors import InstructwildError, ModelError
from instructwild.llm.request import Request as Question
from instructwild.text.quantity import quantity
from instructwild.web.guard import host_name, is_same_origin, names_loopback
from instructwild.web.media_types import MEDIA_TYPES
from instructwild_trainer.serve.call import Call, PendingReply, Streamed, events, failure, unless_left, whole
from instructwild_trainer.serve.engine import BatchEngine, Busy, Closed, TooLarge, seed_of
from instructwild_trainer.serve.loaded_model import LoadedModel, TooLong
from instructwild_trainer.serve.response import CompletionResponse
from instructwild_trainer.serve.votes import Votes, VoteVerdict
from instructwild_trainer.serve.wire import (
    MOST_ANSWERS,
    ApiError,
    ChatRequest,
    CompletionRequest,
    TextRequest,
    Turn,
    parse_body,
)

PAGE = Path(__file__).parent / "page"
FILES = {"/" if path.name == "index.html" else f"/{path.name}": path for path in PAGE.iterdir()
         if path.suffix in MEDIA_TYPES}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
           "cross-origin-resource-policy": "same-origin"}
AS_TOKENS = "(token ids)"
"""What the engine's requests say as text: their prompts come as token ids."""
log = logging.getLogger("instructwild.serve")


@dataclass(frozen=True)
class RequestLimits:
    """What a client may ask for: bytes of a body, seconds to send it, tokens of a prompt and of an answer."""

    body: int = 1 << 20
    patience: float = 30.0
    prompt: int | None = None
    answer: int = 2048


class VotedAnswer(BaseModel):
    """One of the two answers of a vote."""

    model_config = ConfigDict(extra="forbid")

    model: str
    text: str


class Vote(BaseModel):
    """The body of /chat/votes."""

    model_config = ConfigDict(extra="forbid")

    messages: list[Turn] = Field(min_length=1)
    answers: tuple[VotedAnswer, VotedAnswer]
    verdict: VoteVerdict
    voter: str = Field(min_length=1, max_length=200)
    seconds: float | None = Field(default=None, ge=0, le=86400)


class Service:
    """Everything the routes need.

    Args:
        loaded_models: the models.
        engine: answers for them.
        limits: what a client may ask for.
        key: what clients must send as bearer token; None lets everyone in.
        votes: where votes are kept; None keeps none.
        open_to_network: whether others than this machine may connect, so that any host name may be meant.
    """

    def __init__(self, loaded_models: Sequence[LoadedModel], engine: BatchEngine, *, limits: RequestLimits | None = None,
                 key: str | None = None, votes: Votes | None = None, open_to_network: bool = False) -> None:
        self.loaded_models = {loaded.name: loaded for loaded in loaded_models}
        self.engine, self.limits, self.key, self.votes = engine, limits or RequestLimits(), key, votes
        self.open_to_network = open_to_network

    def app(self) -> Starlette:
        """The app."""
        routes = [self._route("/v1/chat/completions", self._chat, "POST"),
                  self._route("/v1/completions", self._text, "POST"),
                  self._route("/v1/models", self._models), self._route("/v1/models/{name:path}", self._one_model),
                  self._route("/health", self._health, anyone=True), self._route("/chat/about", self._about),
                  self._route("/chat/votes", self._vote, "POST"),
                  *(self._route(path, self._file, anyone=True) for path in FILES)]
        return Starlette(routes=routes, exception_handlers={HTTPException: _unknown, Exception: _broken})

    def _route(self, path: str, handler: Callable[[Request], Awaitable[Response]], method: str = "GET",
               anyone: bool = False) -> Route:
        async def answer(request: Request) -> Response:
            try:
                self._guard(request, anyone)
                response = await handler(request)
            except ApiError as refused:
                response = JSONResponse(refused.body, refused.status, refused.headers)
            except ClientDisconnect:
                response = Response(status_code=499)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return Route(path, answer, methods=[method])

    def _guard(self, request: Request, anyone: bool) -> None:
        """Let in who may come: no page of another site through a person's browser, and nobody without the key."""
        if not self.open_to_network and not names_loopback(request):
            name = host_name(request)[:100]
            raise ApiError(f"this server does not answer for the host {name!r}", status=403, code="wrong_host")
        if not is_same_origin(request):
            raise ApiError("pages of other sites may not use this server", status=403, code="wrong_origin")
        if anyone or self.key is None:
            return
        scheme, _, supplied = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(supplied.strip().encode("latin-1"), self.key.encode()):
            raise ApiError("a valid API key is needed: send it as 'Authorization: Bearer KEY'", status=401,
                          kind="authentication_error", code="invalid_api_key", headers={"www-authenticate": "Bearer"})

    async def _body(self, request: Request) -> Any:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise ApiError("the body must be JSON: send it with 'Content-Type: application/json'", status=415)
        read = bytearray()
        try:
            async with asyncio.timeout(self.limits.patience):
                async for part in request.stream():
                    read += part
                    if len(read) > self.limits.body:
                        raise ApiError(f"the body is longer than {self.limits.body:,} bytes", status=413,
                                      headers={"connection": "close"})
        except TimeoutError:
            raise ApiError(f"the body did not come within {self.limits.patience:.0f} s", status=408,
                          headers={"connection": "close"}) from None
        try:
            body = json.loads(read)
            if b"\\u" in read:
                json.dumps(body, ensure_ascii=False).encode()       # lone surrogates are no text
            return body
        except (ValueError, RecursionError) as error:
            raise ApiError(f"the body is no JSON ({error})", code="invalid_json") from None

    async def _chat(self, request: Request) -> Response:
        return await self._complete(request, ChatRequest)

    async def _text(self, request: Request) -> Response:
        return await self._complete(request, TextRequest)

    async def _complete(self, request: Request, shape: type[CompletionRequest]) -> Response:
        body: CompletionRequest = await asyncio.to_thread(parse_body, shape, await self._body(request))
        loaded = self._model(body.model)
        prompts, prepared = await asyncio.to_thread(self._prepared, loaded, body)
        try:
            call = Call(self.engine, loaded.name, prepared, body.top, body.echo_prompt)
        except Busy as busy:
            raise ApiError(str(busy), status=429, kind="rate_limit_error", code="too_many_requests",
                           headers={"retry-after": str(busy.seconds)}) from None
        except TooLarge as large:
            raise ApiError(str(large), param="n") from None
        except Closed as closed:
            raise failure(str(closed)) from None
        chat = shape is ChatRequest
        response = CompletionResponse(chat, f"{'chatcmpl' if chat else 'cmpl'}-{secrets.token_hex(12)}", loaded.name,
                                      loaded.token_bytes)
        reply = PendingReply(response, body, sum(map(len, prompts)),
                      prefixes=[loaded.local.tokenizer.decode(prompt, skip_special_tokens=True) if body.echo_prompt else ""
                                for _, prompt in prepared],
                      prompt_lengths=[len(prompt) for _, prompt in prepared],
                      openings=[loaded.opens_thoughts(prompt) if chat else "" for _, prompt in prepared])
        if body.stream:
            return Streamed(call, events(call, reply))
        return await unless_left(request, call, whole(call, reply))

    def _model(self, name: str) -> LoadedModel:
        if name not in self.loaded_models:
            raise ApiError(f"the model {name[:200]!r} is not here; there is: {', '.join(self.loaded_models)}", status=404,
                          param="model", code="model_not_found")
        return self.loaded_models[name]

    def _prepared(self, loaded: LoadedModel, body: CompletionRequest,
                  ) -> tuple[list[list[int]], list[tuple[Question, list[int]]]]:
        """The prompts as token ids, and every answer that is to be made, with its prompt and how it is sampled."""
        try:
            prompts = body.prompts(loaded)
        except ModelError as error:
            raise ApiError(error.what, param="messages", code="template") from None
        except TooLong as long:
            raise self._too_long(loaded, long.tokens, "at least ") from None
        if len(prompts) * body.n > MOST_ANSWERS:
            raise ApiError(f"{quantity(len(prompts) * body.n, 'answer')} are more than the {MOST_ANSWERS} of one "
                           "call", param="n")
        prepared = []
        for prompt in prompts:
            sampling = body.sampling(self._longest(loaded, body, len(prompt)), loaded.defaults)
            prepared += [(Question(text=AS_TOKENS, sampling=sampling, seed=seed_of(body.seed, index)), prompt)
                         for index in range(body.n)]
        return prompts, prepared

    def _longest(self, loaded: LoadedModel, body: CompletionRequest, prompt: int) -> int:
        """Tokens that the answer may have: as many as requested, or as the server and the context leave."""
        context = loaded.local.context
        if prompt == 0:
            raise ApiError("the prompt is empty")
        if prompt > self._longest_prompt(loaded):
            raise self._too_long(loaded, prompt)
        left = min(self.limits.answer, context - prompt)
        return left if body.longest is None else max(1, min(body.longest, left))

    def _longest_prompt(self, loaded: LoadedModel) -> int:
        return min(self.limits.prompt or loaded.local.context, loaded.local.context - 1)

    def _too_long(self, loaded: LoadedModel, tokens: int, bound: str = "") -> ApiError:
        return ApiError(f"the prompt has {bound}{quantity(tokens, 'token')}, and {self._longest_prompt(loaded):,} is the "
                        f"most here (the model's context is {loaded.local.context:,}): shorten it, or begin a new "
                        "conversation",
                        code="context_length_exceeded")

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_card(loaded) for loaded in self.loaded_models.values()]})

    async def _one_model(self, request: Request) -> Response:
        return JSONResponse(_card(self._model(request.path_params["name"])))

    async def _health(self, request: Request) -> Response:
        active, waiting = self.engine.load
        return JSONResponse({"status": "closing" if self.engine.closing else "ok", "answering": active, "waiting": waiting},
                            503 if self.engine.closing else 200)

    async def _about(self, request: Request) -> Response:
        models = [{"id": loaded.name, "context": loaded.local.context, "chat": loaded.chat is not None}
                  for loaded in self.loaded_models.values()]
        return JSONResponse({"models": models, "votes": self.votes is not None, "max_tokens": self.limits.answer},
                            headers={"cache-control": "no-store"})

    async def _vote(self, request: Request) -> Response:
        vote: Any = parse_body(Vote, await self._body(request))
        if any(turn.role == "tool" for turn in vote.messages):
            raise ApiError("votes are kept on conversations without tools", param="messages")
        if self.votes is None:
            raise ApiError("this server keeps no votes: start it with --votes DIR", status=404, code="no_votes")
        models = [answer.model for answer in vote.answers]
        for model in models:
            self._model(model)
        if len(set(models)) != len(models) or vote.messages[-1].role != "user":
            raise ApiError("a vote is between two models, on a conversation that ends with a question")
        try:
            name = await asyncio.to_thread(
                self.votes.keep, [turn.message for turn in vote.messages],
                [(answer.model, answer.text) for answer in vote.answers], vote.verdict, vote.voter, vote.seconds)
        except InstructwildError as error:
            log.error("a vote was not kept: %s", error)
            raise ApiError(f"the vote could not be kept: {error.what}", status=500, kind="server_error") from None
        return JSONResponse({"id": name}, 201)

    async def _file(self, request: Request) -> Response:
        path = FILES[request.url.path]
        return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix],
                        headers={"content-security-policy": POLICY, "cache-control": "no-cache"})


def _card(loaded: LoadedModel) -> dict[str, Any]:
    return {"id": loaded.name, "object": "model", "created": 0, "owned_by": "instructwild",
            "max_model_len": loaded.local.context}


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refused = ApiError(f"{request.method} {request.url.path[:200]}: {error.detail}", status=error.status_code)
    return JSONResponse(refused.body, refused.status, error.headers)


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return JSONResponse(ApiError("the server failed at this; its log says why", kind="server_error").body, 500)
