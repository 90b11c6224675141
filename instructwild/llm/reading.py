"""What an endpoint sent, understood: an answer, a reason to try again, or a reason to stop."""

import math
import time
from dataclasses import dataclass, replace
from typing import Any

from instructwild.errors import EndpointError
from instructwild.llm.address import Secrets, key_variable, shown_address
from instructwild.llm.answer import mended, understood
from instructwild.llm.price import Price
from instructwild.llm.request import Finish, Reply, Request

LONGEST_WAIT = 60.0
MOST_TOKENS = 1_000_000_000
"""A usage beyond this is no count of tokens; the attempt is charged at its bound instead."""
FINISH: dict[str, Finish] = {"length": "length", "content_filter": "refused"}
MAY_BE_CHARGED = (408, 502, 504, 524)
"""Statuses after which a gateway may have given up on a model that went on answering."""


@dataclass(frozen=True)
class Failure:
    """An attempt without an answer, after which another may help.

    Args:
        problem: what happened.
        rate_limited: the endpoint says that it gets too many requests.
        pause: seconds for which it wants no more of them.
        charged: whether the attempt may have been charged all the same.
        unreachable: there was no connection.
        bill: what the endpoint says the attempt used, where it says so.
    """

    problem: str
    rate_limited: bool = False
    pause: float = 0.0
    charged: bool = False
    unreachable: bool = False
    bill: "Bill | None" = None


@dataclass(frozen=True)
class Bill:
    """Tokens and US$ that an endpoint charged for a response."""

    prompt_tokens: int
    completion_tokens: int
    usd: float
    reasoning_tokens: int = 0


def reading(answer: Any, request: Request, price: Price) -> Reply | Failure:
    """The reply in the JSON that the endpoint sent, or what is wrong with it. A missing usage is charged at the bound."""
    bill = billed(answer, price)
    if bill == ABSURD:
        return Failure(f"a usage of more than {MOST_TOKENS:,} tokens", charged=True)
    choices = _member(answer, "choices")
    if not (isinstance(choices, list) and choices):
        return Failure(f"a response without choices ({_excerpt(answer)})", charged=True, bill=bill)
    message, reason = _member(choices[0], "message"), _member(choices[0], "finish_reason")
    raw = _member(choices[0], "text") if request.text else _member(message, "content")
    text, thoughts = _joined(raw)
    beside = [_member(message, name) for name in ("reasoning_content", "reasoning")]
    if not any(beside):
        details = _member(message, "reasoning_details")                                   # OpenRouter
        beside = [_text_of(item) or _member(item, "summary") for item in (details if isinstance(details, list) else ())]
    thoughts = "\n".join(dict.fromkeys(part for part in (*beside, thoughts) if isinstance(part, str) and part.strip()))
    refusal = _member(message, "refusal")
    finish: Finish = "refused" if refusal else FINISH.get(str(reason), "stop")
    if text is None:
        if finish not in ("refused", "length") and not thoughts:
            return Failure("a response without text", charged=True, bill=bill)
        text = refusal if isinstance(refusal, str) else ""
    ready = understood(text, thoughts, request.prompt_text)
    if bill is None:
        bill = Bill(request.characters // 3, (len(text) + len(thoughts)) // 3, price.at_most(request))
    identity = _member(answer, "id")
    return Reply(ready.content, finish, bill.prompt_tokens, bill.completion_tokens, bill.usd,
                 mended(identity) if isinstance(identity, str) else None, reasoning=ready.reasoning,
                 reasoning_tokens=bill.reasoning_tokens or tokens_of_thoughts(ready.reasoning, ready.content,
                                                                              bill.completion_tokens),
                 repairs=ready.repairs)


def tokens_of_thoughts(reasoning: str | None, content: str, completion_tokens: int) -> int:
    """The part of the tokens that thoughts took, by their share of the characters."""
    if not reasoning:
        return 0
    return round(completion_tokens * len(reasoning) / (len(reasoning) + len(content)))


def _joined(content: Any) -> tuple[str | None, str]:
    """Text and thoughts of a message's content, which is a text, a part or a list of parts; None where it holds no text."""
    if isinstance(content, str):
        return content, ""
    content = [content] if isinstance(content, dict) else content
    if not isinstance(content, list):
        return None, ""
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        kind = _member(part, "type")
        if isinstance(part, str):
            texts.append(part)
        elif kind in ("thinking", "reasoning"):
            inner = _member(part, kind)
            inner = _member(part, "text") if inner is None else inner
            thoughts.extend([inner] if isinstance(inner, str) else
                            [each for each in map(_text_of, inner if isinstance(inner, list) else ()) if each])
        elif (text := _text_of(part)) is not None:
            texts.append(text)
    return "".join(texts) if texts else None, "".join(thoughts)


def _text_of(part: Any) -> str | None:
    text = _member(part, "text")
    return text if isinstance(text, str) else None


ABSURD = Bill(-1, -1, 0.0)


def billed(answer: Any, price: Price) -> Bill | None:
    """What the usage in a response says was charged; `ABSURD` where no model can have used so much, None without a usage.

    Thoughts that only the total counts, as some providers have it, are charged like the rest of the answer.
    """
    usage = _member(answer, "usage")
    sent, received = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if sent is None or received is None:
        return None
    thoughts = _count(_member(usage, "completion_tokens_details"), "reasoning_tokens")
    flat, total = _count(usage, "reasoning_tokens"), _count(usage, "total_tokens")
    if max(sent, received, flat or 0) > MOST_TOKENS:
        return ABSURD
    if total is not None and sent + received < total <= MOST_TOKENS:
        received = total - sent
    elif total is None and flat is not None:
        received += flat
    return Bill(sent, received, price.of(sent, received), min(received, thoughts or flat or 0))


def _count(usage: Any, name: str) -> int | None:
    value = _member(usage, name)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _excerpt(answer: Any) -> str:
    try:
        return repr(answer)[:80] if not isinstance(answer, str) else repr(answer[:80])
    except (RecursionError, ValueError):
        return type(answer).__name__


def failure(error: Exception, url: str, model: str, timeout: float, price: Price, secrets: Secrets) -> Reply | Failure:
    """What an error of the openai client means for the request.

    Raises:
        EndpointError: no further request can do better: a wrong key, an unknown model, an empty account, a redirect.
    """
    import openai

    if isinstance(error, openai.APIStatusError):
        outcome = _by_status(error, shown_address(url), model, secrets)
        bill = _bill_of_error(error, price)
        if bill is None or bill == ABSURD:
            return outcome
        if isinstance(outcome, Failure):
            return replace(outcome, bill=bill)
        return replace(outcome, prompt_tokens=bill.prompt_tokens, completion_tokens=bill.completion_tokens, usd=bill.usd)
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return Failure(f"no answer within {timeout:g} s", charged=True)
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        before = "connect" in type(cause).__name__.lower()
        state = "failed" if before else "lost"
        return Failure(f"connection {state} ({_short(cause, secrets)})", charged=not before, unreachable=before)
    return Failure(f"an unparsable response ({_short(error, secrets)})", charged=True)


def _bill_of_error(error: Any, price: Price) -> Bill | None:
    try:
        return billed(error.response.json(), price)
    except (ValueError, RecursionError):
        return None


def _by_status(error: Any, address: str, model: str, secrets: Secrets) -> Reply | Failure:
    status, kind = error.status_code, f"{error.code or ''} {error.type or ''}"
    if 300 <= status < 400:
        target = secrets.redacted(mended(str(error.response.headers.get("location", "")))[:160])
        raise EndpointError(f"redirects to {target or 'nowhere'} ({status}); requests are never sent on to another address",
                            where=address, remedy="give the address of the endpoint itself")
    if status in (401, 403):
        raise EndpointError(f"does not accept the key ({status})", where=address, remedy=f"check {key_variable(address)}")
    if status == 404:
        raise EndpointError(f"does not know the model {model!r} (404: {_short(error, secrets)})", where=address,
                            remedy="check the address (it usually ends in /v1) and the name after #")
    if status == 402 or "insufficient_quota" in kind:
        raise EndpointError("the account has no credit left", where=address,
                            remedy="top it up, then run the same command again: it goes on")
    if status in (400, 413, 422):
        finish: Finish = "refused" if "content" in kind else "failed"
        return Reply("", finish, problem=f"{status}: {_short(error, secrets)}")
    return Failure("429, too many requests" if status == 429 else f"status {status}", rate_limited=status in (429, 503),
                   pause=retry_after(error.response.headers), charged=status in MAY_BE_CHARGED)


def retry_after(headers: Any) -> float:
    """Seconds for which the endpoint wants no request (RFC 9110, 10.2.3), at most a minute, 0 where it does not say."""
    from email.utils import parsedate_to_datetime

    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds is not None:
            seconds = float(milliseconds) / 1000
        elif value is None:
            return 0.0
        elif value.strip()[:1].isalpha():
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        else:
            seconds = float(value)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT)


def _short(error: Exception, secrets: Secrets) -> str:
    try:
        lines = secrets.redacted(mended(str(error))).splitlines()
    except RecursionError:
        return type(error).__name__
    return lines[0][:160] if lines else type(error).__name__
