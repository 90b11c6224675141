"""The few calls that a batch API needs: no redirects, no proxy to this machine, bounded bodies, and patience."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from instructwild.errors import EndpointError
from instructwild.llm.address import Secrets, api_key, is_loopback, key_variable, shown_address
from instructwild.llm.answer import mended
from instructwild.llm.reading import retry_after

MOST_JSON = 4 * 2**20
MOST_LINE = 4 * 2**20
MOST_RESULTS = 4 * 2**30
"""Bytes of one answer, one line of results, and all results of one batch."""
ATTEMPTS = 8
LATE_ATTEMPTS = 6
"""How often something is asked for that the endpoint does not know, or not yet."""
FETCH_ATTEMPTS = 20
LONGEST_PAUSE = 60.0
LONGEST_TRANSFER = 3600.0
"""Seconds that handing in a file, or fetching one, may take."""
ANTHROPIC_HOST = "api.anthropic.com"


class Unanswered(Exception):
    """A call to which no answer came: it may have arrived or not."""


class NotThere(Unanswered):
    """The endpoint does not know what it is asked for, or not yet."""


class BatchHttp:
    """Calls to one endpoint.

    Args:
        url: its base address.
        timeout: seconds that one call may take; files may take longer.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        key = api_key(url)
        self.secrets = Secrets.of(url, key)
        headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}
        if urlsplit(url).hostname == ANTHROPIC_HOST or is_loopback(url):
            headers |= {"x-api-key": key, "anthropic-version": "2023-06-01"}
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False,
                                         trust_env=not is_loopback(url))
        self._rng = random.Random(0)
        self._ahead = 0.0

    @property
    def now(self) -> float:
        """Seconds since 1970 by the endpoint's clock, as far as its answers told it: the clock here may be wrong."""
        return time.time() + self._ahead

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str) -> Any:
        """The JSON at a path, asked for again while that helps; what is not there may come yet.

        Raises:
            EndpointError: it cannot be had.
        """
        problem = ""
        for attempt in range(ATTEMPTS):
            if problem:
                await asyncio.sleep(self._pause(attempt))
            try:
                return await self.call("GET", path)
            except Unanswered as error:
                if isinstance(error, NotThere) and attempt + 1 >= LATE_ATTEMPTS:
                    raise self.gone(path, error) from None
                problem = str(error)
        raise self._unreachable(problem)

    def gone(self, path: str, error: Exception) -> EndpointError:
        """What is said of something that was there, and that the endpoint does not know any more."""
        return EndpointError(f"does not know {path.partition('?')[0]} ({error})", where=shown_address(self.url),
                             remedy=f"set {key_variable(self.url)} to a key of the account and project that handed it in, "
                                    "and run the same command again; where it was deleted there, what it cost is lost, and "
                                    "--force or another --out begins anew")

    async def exists(self, path: str) -> bool:
        """Whether the endpoint knows a path."""
        for attempt in range(ATTEMPTS):
            try:
                status = (await self._send("GET", path)).status_code
            except Unanswered:
                status = 500
            if status < 500 and status != 429:
                self._accepted(status)
                return status < 300
            await asyncio.sleep(self._pause(attempt + 1))
        raise self._unreachable("no answer")

    async def call(self, method: str, path: str, **content: Any) -> Any:
        """The JSON that one call brings.

        Raises:
            Unanswered: no answer came, or one that asks for patience.
            EndpointError: the endpoint refuses.
        """
        response = await self._send(method, path, **content)
        status = response.status_code
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            answer = None
        if status < 300 and isinstance(answer, dict):
            return answer
        message = self._message(answer)
        if status == 429 or status >= 500 or status < 300:
            pause = retry_after(response.headers)
            await asyncio.sleep(pause)
            raise Unanswered(f"status {status}: {message}" if status >= 300 else "an answer that is no JSON object")
        if (method == "GET" or path == "/batches") and status in (404, 410):       # a new file may not be known everywhere
            raise NotThere(f"status {status}: {message}")
        self._accepted(status)
        raise EndpointError(f"does not take the batch ({status}: {message})", where=shown_address(self.url),
                            remedy="leave out --provider-batch, or give an endpoint that has batches")

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """The lines of a file.

        Raises:
            Unanswered: the transfer broke off.
            EndpointError: the endpoint refuses.
        """
        async with asyncio.timeout(LONGEST_TRANSFER):
            try:
                async with self._client.stream("GET", self.url + path) as response:
                    if (status := response.status_code) >= 300:
                        self._accepted(status)
                        if status == 429 or status >= 500:
                            await asyncio.sleep(retry_after(response.headers))
                        raise (NotThere if status in (404, 410) else Unanswered)(f"status {status} for {path}")
                    waiting, total = b"", 0
                    async for part in response.aiter_bytes():
                        total += len(part)
                        *whole, waiting = (waiting + part).split(b"\n")
                        if total > MOST_RESULTS or len(waiting) > MOST_LINE:
                            raise EndpointError(f"sends more than {MOST_LINE:,} bytes a line, or {MOST_RESULTS:,} in all",
                                                where=shown_address(self.url), remedy="leave out --provider-batch")
                        for line in whole:
                            yield line
                    if waiting.strip():
                        yield waiting
            except (httpx.HTTPError, TimeoutError) as error:
                raise Unanswered(f"{type(error).__name__} in the midst of {path}") from None

    async def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        longest = LONGEST_TRANSFER if "files" in content else self.timeout
        try:
            async with asyncio.timeout(longest):
                async with self._client.stream(method, self.url + path, **content) as response:
                    body = b""
                    async for part in response.aiter_bytes():
                        body += part
                        if len(body) > MOST_JSON:
                            raise Unanswered(f"a body of more than {MOST_JSON:,} bytes")
                if (stamp := response.headers.get("date")) and (sent := _seconds(stamp)) is not None:
                    self._ahead = sent - time.time()
                return httpx.Response(response.status_code, headers=response.headers, content=body)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unanswered(f"no answer ({type(error).__name__})") from None

    def _accepted(self, status: int) -> None:
        """Raise where no further call can do better."""
        if 300 <= status < 400:
            raise EndpointError(f"redirects ({status}); requests are never sent on to another address",
                                where=shown_address(self.url), remedy="give the address of the endpoint itself")
        if status in (401, 403):
            raise EndpointError(f"does not accept the key ({status})", where=shown_address(self.url),
                                remedy=f"check {key_variable(self.url)}")
        if status == 402:
            raise EndpointError("the account has no credit left", where=shown_address(self.url),
                                remedy="top it up, then run the same command again: it goes on")

    def _unreachable(self, problem: str) -> EndpointError:
        return EndpointError(f"cannot be reached ({problem})", where=shown_address(self.url),
                             remedy="run the same command again later: batches that were handed in are found again")

    def _pause(self, attempt: int) -> float:
        return float(min(LONGEST_PAUSE, 0.25 * 2**attempt) * self._rng.uniform(0.75, 1.25))

    def _message(self, answer: Any) -> str:
        error = answer.get("error") if isinstance(answer, dict) else None
        message = error.get("message") if isinstance(error, dict) else error
        return self.secrets.redacted(mended(message)[:160]) if isinstance(message, str) else "no message"


def _seconds(stamp: str) -> float | None:
    """A `Date` of HTTP as seconds since 1970."""
    try:
        return parsedate_to_datetime(stamp).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
