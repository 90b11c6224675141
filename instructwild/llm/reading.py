"""What an endpoint sent, understood: an answer, a reason to try again, or a reason to stop."""

import time
from dataclasses import dataclass
from typing import Any

from instructwild.errors import EndpointError
from instructwild.llm.address import key_variable
from instructwild.llm.price import Price
from instructwild.llm.request import Finish, Reply, Request

LONGEST_WAIT = 60.0
FINISH: dict[str, Finish] = {"length": "length", "content_filter": "refused"}


@dataclass(frozen=True)
class Failure:
    """An attempt without an answer, after which another may help.

    Args:
        problem: what happened.
        turned_away: the endpoint says that it is asked too much.
        pause: seconds for which it wants to be left alone.
        charged: whether the attempt may have been charged all the same.
        unreachable: there was no connection.
    """

    problem: str
    turned_away: bool = False
    pause: float = 0.0
    charged: bool = False
    unreachable: bool = False


def reading(answer: Any, request: Request, price: Price) -> Reply | Failure:
    """The reply in the JSON that the endpoint sent, or what is wrong with it. A missing usage is charged at the bound."""
    choices = _member(answer, "choices")
    if not (isinstance(choices, list) and choices):
        return Failure(f"an answer without choices ({str(answer)[:80]!r})", charged=True)
    message, reason = _member(choices[0], "message"), _member(choices[0], "finish_reason")
    text = _member(choices[0], "text") if request.text else _member(message, "content")
    refusal = _member(message, "refusal")
    finish: Finish = "refused" if refusal else FINISH.get(str(reason), "stop")
    if not isinstance(text, str):
        if finish != "refused":
            return Failure("an answer without text", charged=True)
        text = refusal if isinstance(refusal, str) else ""
    usage = _member(answer, "usage")
    sent, received = _member(usage, "prompt_tokens"), _member(usage, "completion_tokens")
    if isinstance(sent, int) and isinstance(received, int) and sent >= 0 and received >= 0:
        usd = price.of(sent, received)
    else:
        sent, received, usd = request.characters // 3, len(text) // 3, price.at_most(request)
    identity = _member(answer, "id")
    return Reply(text, finish, sent, received, usd, identity if isinstance(identity, str) else None)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def failure(error: Exception, url: str, model: str, timeout: float) -> Reply | Failure:
    """What an error of the openai client means for the request.

    Raises:
        EndpointError: no further request can do better: a wrong key, an unknown model, an empty account.
    """
    import openai

    if isinstance(error, openai.APIStatusError):
        return _by_status(error, url, model)
    if isinstance(error, openai.APITimeoutError):
        return Failure(f"no answer within {timeout:g} s", charged=True)
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        before = "connect" in type(cause).__name__.lower()
        state = "failed" if before else "lost"
        return Failure(f"connection {state} ({_short(cause)})", charged=not before, unreachable=before)
    return Failure(f"an answer that is none ({_short(error)})", charged=True)


def _by_status(error: Any, url: str, model: str) -> Reply | Failure:
    status, told = error.status_code, f"{error.code or ''} {error.type or ''}"
    if status in (401, 403):
        raise EndpointError(f"does not accept the key ({status})", where=url, remedy=f"check {key_variable(url)}")
    if status == 404:
        raise EndpointError(f"does not know the model {model!r} (404: {_short(error)})", where=url,
                            remedy="check the address (it usually ends in /v1) and the name after #")
    if status == 402 or "insufficient_quota" in told:
        raise EndpointError("the account has no credit left", where=url,
                            remedy="top it up, then run the same command again: it goes on")
    if status in (400, 413, 422):
        finish: Finish = "refused" if "content" in told else "failed"
        return Reply("", finish, problem=f"{status}: {_short(error)}")
    return Failure("429, too many requests" if status == 429 else f"status {status}", turned_away=status in (429, 503),
                   pause=retry_after(error.response.headers))


def retry_after(headers: Any) -> float:
    """Seconds for which the endpoint asks to be left alone (RFC 9110, 10.2.3), at most a minute, 0 where it does not say."""
    from email.utils import parsedate_to_datetime

    milliseconds, given = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds is not None:
            seconds = float(milliseconds) / 1000
        elif given is None:
            return 0.0
        elif given.strip()[:1].isalpha():
            seconds = parsedate_to_datetime(given).timestamp() - time.time()
        else:
            seconds = float(given)
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _short(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:160] if lines else type(error).__name__
