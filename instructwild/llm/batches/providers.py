"""The two batch APIs: how a batch is handed in, found again, asked after, and read."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from instructwild.errors import ConfigError, EndpointError
from instructwild.llm.address import shown_address
from instructwild.llm.batches.http import ANTHROPIC_HOST, FETCH_ATTEMPTS, BatchHttp, Unanswered
from instructwild.llm.batches.protocol import (
    METADATA,
    SEPARATOR,
    BatchState,
    anthropic_body,
    anthropic_result,
    anthropic_state,
    custom_id,
    openai_line,
    openai_result,
    openai_state,
)
from instructwild.llm.batches.record import OpenBatch
from instructwild.llm.client import completion_call
from instructwild.llm.price import Price
from instructwild.llm.reading import Failure
from instructwild.llm.request import Reply, Request

PAGE = 100
CLOCKS_APART = 600.0
"""Seconds by which a provider's clock may differ from ours."""
Keyed = Sequence[tuple[str, Request]]


class Provider(Protocol):
    """A batch API."""

    most_requests: int
    most_bytes: int

    async def hand_in(self, batch: OpenBatch, requests: Keyed) -> str:
        """Hand a batch in; returns the provider's name of it. See `BatchHttp.call` for what is raised."""
        ...

    async def find(self, batch: OpenBatch) -> str | None:
        """The provider's name of a batch that may have arrived, by the name that it was given; None where it has not."""
        ...

    async def state(self, provider_id: str) -> BatchState:
        """How far a batch is."""
        ...

    def lines(self, provider_id: str, state: BatchState) -> AsyncIterator[Any]:
        """The results, in any order, as JSON; a line that is none is left out."""
        ...

    def result(self, line: Any, request: Request, price: Price) -> Reply | Failure:
        """What a line says of its request."""
        ...


class OpenAIBatches:
    """OpenAI's Batch API, which DashScope and others speak too."""

    most_requests, most_bytes = 50_000, 180_000_000

    def __init__(self, http: BatchHttp, url: str, model: str) -> None:
        self.http, self.url, self.model = http, url, model
        self._uploaded: dict[str, str] = {}
        self._key = "ds_name" if (urlsplit(url).hostname or "").startswith("dashscope") else METADATA

    async def hand_in(self, batch: OpenBatch, requests: Keyed) -> str:
        """Upload the requests, once, then have them answered."""
        paths, lines = set(), []
        for key, request in requests:
            path, body = completion_call(self.url, self.model, request)
            paths.add(path)
            lines.append(openai_line(custom_id(batch.name, key), path, body))
        path, = paths
        file = {"file": (_file_name(batch), b"".join(lines), "application/jsonl")}
        if batch.name not in self._uploaded:
            answer = await self.http.call("POST", "/files", data={"purpose": "batch"}, files=file)
            self._uploaded[batch.name] = _identity(answer, self.url)
        created = await self.http.call("POST", "/batches", json={
            "input_file_id": self._uploaded[batch.name], "endpoint": f"/v1{path}", "completion_window": "24h",
            "metadata": {self._key: batch.name}})
        return _identity(created, self.url)

    async def find(self, batch: OpenBatch) -> str | None:
        """Look through the account's batches, the newest first, for one with our name in its metadata.

        Of one whose metadata the provider does not tell, the name of its input file is looked at.
        """
        after = ""
        while True:
            page = await self.http.get(f"/batches?limit={PAGE}" + (f"&after={after}" if after else ""))
            listed = [entry for entry in page.get("data") or [] if isinstance(entry, dict)]
            for entry in listed:
                metadata = entry.get("metadata")
                if isinstance(metadata, dict) and batch.name in metadata.values():
                    return _identity(entry, self.url)
                if not metadata and _stamp(entry) >= batch.created - CLOCKS_APART and await self._has_our_file(entry, batch):
                    return _identity(entry, self.url)
            oldest = min(map(_stamp, listed), default=0.0)
            following = listed[-1].get("id") if listed else None
            if not page.get("has_more") or not following or following == after or oldest < batch.created - CLOCKS_APART:
                return None
            after = str(following)

    async def _has_our_file(self, entry: dict[str, Any], batch: OpenBatch) -> bool:
        """Whether the requests of a batch came in the file that `hand_in` names so."""
        if not isinstance(name := entry.get("input_file_id"), str):
            return False
        try:
            file = await self.http.call("GET", f"/files/{quote(name, safe='')}")
        except (Unanswered, EndpointError):               # of another project, or deleted: not ours
            return False
        return bool(file.get("filename") == _file_name(batch))

    async def state(self, provider_id: str) -> BatchState:
        """See `Provider`."""
        return _state(openai_state(await self.http.get(f"/batches/{provider_id}")), self.url)

    async def lines(self, provider_id: str, state: BatchState) -> AsyncIterator[Any]:
        """See `Provider`."""
        for file in state.files:
            async for line in _parsed(self.http.lines(f"/files/{quote(file, safe='')}/content")):
                yield line

    def result(self, line: Any, request: Request, price: Price) -> Reply | Failure:
        """See `Provider`."""
        return openai_result(line, request, price)


class AnthropicBatches:
    """Anthropic's Message Batches. They have no metadata: a batch is known by the names of its requests."""

    most_requests, most_bytes = 100_000, 230_000_000

    def __init__(self, http: BatchHttp, url: str, model: str) -> None:
        self.http, self.url, self.model = http, url, model

    async def hand_in(self, batch: OpenBatch, requests: Keyed) -> str:
        """Hand in all requests in one call."""
        entries = [{"custom_id": custom_id(batch.name, key), "params": anthropic_body(request, self.model)}
                   for key, request in requests]
        return _identity(await self.http.call("POST", "/messages/batches", json={"requests": entries}), self.url)

    async def find(self, batch: OpenBatch) -> str | None:
        """Look through the batches that are as large as ours and no older; one that has ended shows whose requests it had.

        One that is still being answered is waited for until it shows them.
        """
        after = ""
        while True:
            page = await self.http.get(f"/messages/batches?limit={PAGE}" + (f"&after_id={after}" if after else ""))
            listed = [entry for entry in page.get("data") or [] if isinstance(entry, dict)]
            new = [entry for entry in listed if _seconds(entry.get("created_at")) >= batch.created - CLOCKS_APART]
            for entry in new:
                state, identity = anthropic_state(entry), entry.get("id")
                if state is None or not isinstance(identity, str) or state.total != len(batch.bounds):
                    continue
                while state.ending == "waiting":
                    await asyncio.sleep(FIND_PAUSE)
                    state = await self.state(identity)
                if await self._holds(identity, state, batch.name + SEPARATOR):
                    return identity
            following = page.get("last_id")
            if not page.get("has_more") or not following or following == after or len(new) < len(listed):
                return None
            after = str(following)

    async def _holds(self, identity: str, state: BatchState, prefix: str) -> bool:
        """Whether the results of a batch belong to requests whose names begin so."""
        for attempt in range(FETCH_ATTEMPTS):
            try:
                async for line in self.lines(identity, state):
                    if str(line.get("custom_id")).startswith(prefix):
                        return True
                return False
            except Unanswered:
                await asyncio.sleep(min(FIND_PAUSE, 0.5 * 2**attempt))
        raise EndpointError("does not send the results of its batches", where=shown_address(self.url),
                            remedy="run the same command again later: batches that were handed in are found again")

    async def state(self, provider_id: str) -> BatchState:
        """See `Provider`."""
        return _state(anthropic_state(await self.http.get(f"/messages/batches/{provider_id}")), self.url)

    async def lines(self, provider_id: str, state: BatchState) -> AsyncIterator[Any]:
        """See `Provider`. The documented path is used, not the address that a response names."""
        async for line in _parsed(self.http.lines(f"/messages/batches/{provider_id}/results")):
            yield line

    def result(self, line: Any, request: Request, price: Price) -> Reply | Failure:
        """See `Provider`."""
        return anthropic_result(line, request, price)


FIND_PAUSE = 5.0


async def provider_at(http: BatchHttp, url: str, model: str) -> Provider:
    """The batch API that an endpoint has: Anthropic's there, else OpenAI's, else whichever it answers to.

    Raises:
        ConfigError: it has none.
        EndpointError: it cannot be reached.
    """
    if urlsplit(url).hostname == ANTHROPIC_HOST:
        return AnthropicBatches(http, url, model)
    if await http.exists("/batches?limit=1"):
        return OpenAIBatches(http, url, model)
    if await http.exists("/messages/batches?limit=1"):
        return AnthropicBatches(http, url, model)
    raise ConfigError(f"{shown_address(url)} has no batches", where="--provider-batch", remedy="leave out --provider-batch")


def _identity(answer: Any, url: str) -> str:
    identity = answer.get("id") if isinstance(answer, dict) else None
    if isinstance(identity, str) and identity and identity.replace("-", "").replace("_", "").isalnum():
        return identity
    raise EndpointError("sends a file or batch without an id", where=shown_address(url), remedy="leave out --provider-batch")


def _file_name(batch: OpenBatch) -> str:
    return f"{METADATA}-{batch.name}.jsonl"


def _stamp(entry: dict[str, Any]) -> float:
    """When a batch was made, in seconds since 1970; now and later where it is not told, so that nothing is overlooked."""
    stamp = entry.get("created_at")
    return float(stamp) if isinstance(stamp, int | float) else _seconds(stamp)


def _state(state: BatchState | None, url: str) -> BatchState:
    if state is None:
        raise EndpointError("sends no state of the batch", where=shown_address(url),
                            remedy="run the same command again: it goes on")
    return state


async def _parsed(lines: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    async for line in lines:
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            yield parsed


def _seconds(stamp: Any) -> float:
    """RFC 3339 as seconds since 1970; now and later where it cannot be read, so that nothing is overlooked."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(stamp).timestamp()
    except (TypeError, ValueError):
        return float("inf")
