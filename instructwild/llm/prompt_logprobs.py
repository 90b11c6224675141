"""Log probabilities of given texts from an OpenAI-compatible endpoint: /completions with `echo` and `logprobs`."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from instructwild.errors import EndpointError
from instructwild.llm.address import shown_address
from instructwild.llm.budget import Budget
from instructwild.llm.client import Endpoint
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import ModelName
from instructwild.llm.open import Limits, check, window_of
from instructwild.llm.reading import ABSURD, Bill, Failure, billed, failure
from instructwild.llm.request import Reply, Request, Sampling
from instructwild.llm.session import Usage

NO_LOGPROBS = "choose tasks that a model answers in words, or serve the model by `instructwild serve` or vLLM"


class EchoEndpoint(Endpoint):
    """An endpoint that is asked how likely it finds texts; budget, pace, retries and ledger are those of every endpoint."""

    async def log_likelihood(self, context: str, continuation: str) -> Reply:
        """The log probability in nats of a continuation, and whether greedy decoding writes it, as JSON in a reply.

        Raises:
            EndpointError: the endpoint answers without log probabilities of the prompt.
            BudgetError: the budget does not cover the request.
        """
        body = len(context.rstrip())       # a blank at the end is the beginning of the next token in most vocabularies
        context, continuation = context[:body], context[body:] + continuation
        name = json.dumps([self.name, "echo", context, continuation], ensure_ascii=False)
        key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        request = _ContextRequest(text=context + continuation, sampling=Sampling(max_tokens=1, temperature=0.0),
                                  context=len(context))
        reply = await self.complete(request, key)
        if reply.finish == "failed" and "attempts: " in (reply.problem or ""):
            raise EndpointError(f"does not answer ({reply.problem})", where=shown_address(self.url),
                                remedy="raise --timeout or lower --concurrency, and run the same command again: it goes on")
        if reply.finish in ("failed", "refused"):
            raise EndpointError(f"does not score texts by /completions with echo and logprobs ({reply.problem})",
                                where=shown_address(self.url), remedy=NO_LOGPROBS)
        return reply

    async def _outcome(self, request: Request, key: str) -> Reply | Failure:
        import openai

        assert isinstance(request, _ContextRequest)
        body = {"model": self.name, "prompt": request.text, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True}
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self.answer_to("/completions", body, key)
        except (openai.OpenAIError, ValueError, TimeoutError, RecursionError) as error:
            return failure(error, self.url, self.name, self.timeout, self.price, self._secrets)
        bill = billed(answer, self.price)
        if bill is None or bill == ABSURD:
            bill = Bill(request.characters // 3, 1, self.price.at_most(request))
        try:
            scored = continuation_of(answer["choices"][0]["logprobs"], request.text, request.context)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise EndpointError("answers without log probabilities of the prompt" +
                                (f" ({error})" if isinstance(error, ValueError) else ""),
                                where=shown_address(self.url), remedy=NO_LOGPROBS) from None
        return Reply(json.dumps(scored), "stop", bill.prompt_tokens, bill.completion_tokens, bill.usd)


@dataclass(frozen=True)
class _ContextRequest(Request):
    """A text, and how many of its first characters are not scored."""

    context: int = 0


def continuation_of(logprobs: Any, text: str, context: int) -> tuple[float, bool]:
    """The summed log probability of the tokens behind a context, and whether each is the likeliest.

    A token that begins in the context and ends behind it belongs to the continuation.

    Args:
        logprobs: of the first choice: `tokens`, `token_logprobs`, `top_logprobs` and, where the endpoint has it,
            `text_offset`; the prompt's tokens first, then those that were written.
        text: that was sent.
        context: how many of its characters are given.

    Raises:
        ValueError: the tokens are not those of the text, or one of the continuation has no log probability.
        KeyError, TypeError: it has another shape.
    """
    tokens, values, top = logprobs["tokens"], logprobs["token_logprobs"], logprobs.get("top_logprobs") or []
    starts = logprobs.get("text_offset") or _offsets(tokens, text)
    if len(values) != len(tokens) or len(starts) != len(tokens):
        raise ValueError("its lists are of different lengths")
    ends = [*starts[1:], len(text)]
    # The first bytes of a character begin and end at its place.
    numbers = [i for i, (start, end) in enumerate(zip(starts, ends, strict=True))
               if (start >= context or end > context) and start < len(text)]
    if not numbers or any(values[i] is None for i in numbers):
        raise ValueError("the tokens of the prompt have none")
    greedy = all(i < len(top) and top[i] and values[i] >= max(top[i].values()) for i in numbers)
    return float(sum(values[i] for i in numbers)), greedy


def _offsets(tokens: Sequence[str], text: str) -> list[int]:
    """Where each token begins, where the tokens written one after the other begin with the text."""
    starts, position = [], 0
    for token in tokens:
        starts.append(position)
        position += len(token)
    if not "".join(tokens).startswith(text):
        raise ValueError("no text_offset, and the tokens do not make up the prompt")
    return starts


def log_likelihoods(model: ModelName, limits: Limits, ledger: Ledger, pairs: Sequence[tuple[str, str]],
                    done: Callable[[], None] = lambda: None) -> tuple[list[tuple[float, bool]], Usage]:
    """Of each (context, continuation) the log probability of the continuation, and whether greedy decoding writes it.

    Returns these and what they cost, cached ones included.

    Args:
        model: behind an endpoint.
        limits: what may be spent, and how many requests are in flight.
        ledger: what it knows is not asked again.
        pairs: to score; a context must not be empty.
        done: called after each different pair.

    Raises:
        EndpointError: the endpoint cannot be reached, or gives no log probabilities of a prompt.
        BudgetError: the budget is reached; pairs that were scored are in the ledger.
    """
    ledger.give_up_open_calls()
    window = window_of(model, limits)

    async def score_all() -> list[Reply]:
        endpoint = EchoEndpoint(model.url, model.name, ledger=ledger, budget=Budget(limits.budget, ledger.spent().total),
                                price=check(model, limits), rpm=limits.rpm, tpm=limits.tpm, most=window,
                                timeout=limits.timeout)
        free = asyncio.Semaphore(window)

        async def score(pair: tuple[str, str]) -> Reply:
            async with free:
                reply = await endpoint.log_likelihood(*pair)
            done()
            return reply

        tasks = {pair: asyncio.create_task(score(pair)) for pair in dict.fromkeys(pairs)}
        try:
            await asyncio.gather(*tasks.values())
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
            await endpoint.close()
        for task in tasks.values():
            usage.count(task.result())
        return [tasks[pair].result() for pair in pairs]

    usage = Usage()
    scored = (json.loads(reply.text) for reply in asyncio.run(score_all()))
    return [(float(total), bool(greedy)) for total, greedy in scored], usage
