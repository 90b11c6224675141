"""The scripted model as an OpenAI-compatible endpoint on this machine: with latency, limits, a bill, and fault injection.

It speaks plain HTTP/1.1 over asyncio streams, so that it can also break off in the middle of an answer. The same
Idempotency-Key is answered from memory and charged once.
"""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from instructwild.llm.request import Reply, Request, Sampling
from instructwild.llm.scripted import Script
from instructwild.schema import Message

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests",
           500: "Internal Server Error", 503: "Service Unavailable"}


@dataclass(frozen=True)
class FaultInjection:
    """How the endpoint behaves.

    Args:
        latency: seconds before an answer, on average; spread evenly between half and one and a half of it.
        capacity: requests at once; more are refused with 429 and Retry-After.
        server_errors, hangs, half_answers, html, wrong_json, slow_drips: shares of requests that meet with each.
        hang_seconds: how long a hanging request hangs.
        key: the API key it wants, empty for none.
        idempotent: whether an Idempotency-Key is honoured.
    """

    latency: float = 0.0
    capacity: int = 10_000
    retry_after: float = 0.05
    server_errors: float = 0.0
    hangs: float = 0.0
    half_answers: float = 0.0
    html: float = 0.0
    wrong_json: float = 0.0
    slow_drips: float = 0.0
    hang_seconds: float = 30.0
    key: str = ""
    idempotent: bool = True

    def draw(self, rng: random.Random) -> str:
        """Which fault meets one request; empty for none."""
        draw = rng.random()
        for name in ("server_errors", "hangs", "half_answers", "html", "wrong_json", "slow_drips"):
            share = getattr(self, name)
            if draw < share:
                return name
            draw -= share
        return ""


@dataclass
class ServerBill:
    """What the endpoint has charged for, and what it has seen."""

    charged: dict[str, tuple[int, int]] = field(default_factory=dict)
    twice: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens sent and received that were charged, all charges counted."""
        extra = [self.charged[key] for key in self.twice.elements()]
        both = [*self.charged.values(), *extra]
        return sum(sent for sent, _ in both), sum(received for _, received in both)

    def usd(self, prompt: float, completion: float) -> float:
        """The sum at US$ a million tokens."""
        sent, received = self.tokens
        return (sent * prompt + received * completion) / 1_000_000


class ScriptedServer:
    """One endpoint; `serve_scripted` runs one beside the caller."""

    def __init__(self, script: Script | None = None, faults: FaultInjection | None = None, seed: int = 0) -> None:
        self.script = script or Script()
        self.faults = faults or FaultInjection()
        self.bill = ServerBill()
        self._in_flight = 0
        self._rng = random.Random(seed)
        self._known: dict[str, Reply] = {}

    async def start(self, port: int = 0) -> tuple[asyncio.Server, int]:
        """Listen on 127.0.0.1; returns the server and its port."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port)
        return server, server.sockets[0].getsockname()[1]

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._answer(first, headers, body, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, first: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection can be used again."""
        path = first.split(" ")[1]
        self.bill.seen[path] += 1
        if self.faults.key and headers.get("authorization") != f"Bearer {self.faults.key}":
            return await self._send(writer, 401, {"error": {"message": "no such key", "type": "auth"}})
        if path.endswith("/models"):
            return await self._send(writer, 200, {"object": "list", "data": [{"id": self.script.name, "object": "model"}]})
        if path not in ("/v1/chat/completions", "/v1/completions"):
            return await self._send(writer, 404, {"error": {"message": f"no such path {path}"}})
        if self._in_flight >= self.faults.capacity:
            self.bill.seen["429"] += 1
            return await self._send(writer, 429, {"error": {"message": "too many requests"}},
                                    {"Retry-After": str(self.faults.retry_after)})
        self._in_flight += 1
        self.bill.most_at_once = max(self.bill.most_at_once, self._in_flight)
        try:
            return await self._complete(json.loads(body), headers, path, writer)
        finally:
            self._in_flight -= 1

    async def _complete(self, body: dict[str, Any], headers: dict[str, str], path: str,
                        writer: asyncio.StreamWriter) -> bool:
        faults = self.faults
        fault = faults.draw(self._rng)
        if faults.latency:
            await asyncio.sleep(faults.latency * self._rng.uniform(0.5, 1.5))
        if fault:
            self.bill.seen[fault] += 1
        if fault == "server_errors":
            return await self._send(writer, 500, {"error": {"message": "overloaded"}})
        if fault == "hangs":
            await asyncio.sleep(faults.hang_seconds)
            return False
        if fault == "html":
            return await self._send(writer, 200, "<html><body>Bad gateway</body></html>", kind="text/html")
        if fault == "wrong_json":
            return await self._send(writer, 200, {"result": "ok"})
        chat = path.endswith("/chat/completions")
        key = headers.get("idempotency-key", "")
        request = _request(body, chat)
        reply = self._known.get(key) if faults.idempotent else None
        if reply is None:
            reply = self.script.reply(request)
        answer = _completion(reply, body, chat)
        if fault == "half_answers":
            content = json.dumps(answer, ensure_ascii=False).encode()
            writer.write(_head(200, len(content)) + content[: len(content) // 2])
            await writer.drain()
            return False
        if fault == "slow_drips":
            content = json.dumps(answer, ensure_ascii=False).encode()
            writer.write(_head(200, len(content)))
            step = 1 + len(content) // 5
            for start in range(0, len(content), step):
                if start + step >= len(content):
                    self._charge(key, reply)   # before the client can have the whole answer
                writer.write(content[start: start + step])
                await writer.drain()
                await asyncio.sleep(0.02)
            return True
        self._charge(key, reply)
        return await self._send(writer, 200, answer)

    def _charge(self, key: str, reply: Reply) -> None:
        name = key or f"unnamed {len(self.bill.charged)}"
        if name in self.bill.charged:
            if not self.faults.idempotent:
                self.bill.twice[name] += 1
            return
        self.bill.charged[name] = (reply.prompt_tokens, reply.completion_tokens)
        if key:
            self._known[key] = reply

    async def _send(self, writer: asyncio.StreamWriter, status: int, content: Any, extra: dict[str, str] | None = None,
                    kind: str = "application/json") -> bool:
        body = (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()
        writer.write(_head(status, len(body), extra, kind) + body)
        await writer.drain()
        return True


def _head(status: int, length: int, extra: dict[str, str] | None = None, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"Content-Type: {kind}", f"Content-Length: {length}",
             *(f"{name}: {value}" for name, value in (extra or {}).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _request(body: dict[str, Any], chat: bool) -> Request:
    stop = body.get("stop") or ()
    sampling = Sampling(max_tokens=int(body.get("max_tokens") or 512), temperature=float(body.get("temperature", 1.0)),
                        top_p=float(body.get("top_p", 1.0)), stop=tuple([stop] if isinstance(stop, str) else stop))
    seed = int(body.get("seed") or 0)
    if not chat:
        return Request(text=str(body["prompt"]), sampling=sampling, seed=seed)
    messages = tuple(Message(role=message["role"], content=message["content"]) for message in body["messages"])
    return Request(messages=messages, sampling=sampling, seed=seed)


def _completion(reply: Reply, body: dict[str, Any], chat: bool) -> dict[str, Any]:
    answer = {"message": {"role": "assistant", "content": reply.text}} if chat else {"text": reply.text}
    return {"id": reply.request_id, "object": "chat.completion" if chat else "text_completion", "created": int(time.time()),
            "model": body.get("model"), "choices": [{"index": 0, "finish_reason": reply.finish, **answer}],
            "usage": {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens,
                      "total_tokens": reply.prompt_tokens + reply.completion_tokens}}


@contextmanager
def serve_scripted(script: Script | None = None, faults: FaultInjection | None = None, seed: int = 0,
                   ) -> Iterator[tuple[str, ScriptedServer]]:
    """An endpoint in a thread of this process while the block runs: its base address, and the server with its bill."""
    endpoint = ScriptedServer(script, faults, seed)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server, port = asyncio.run_coroutine_threadsafe(endpoint.start(), loop).result()
    try:
        yield f"http://127.0.0.1:{port}/v1", endpoint
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
