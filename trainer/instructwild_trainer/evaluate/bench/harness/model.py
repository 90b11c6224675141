"""One of our models as lm-evaluation-harness asks it: answers through this toolkit's own calls, log probabilities beside."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from instructwild.errors import InputError
from instructwild.llm.request import Reply, Request, Sampling
from instructwild.schema import Message

MOST_STOPS = 4
"""Stop strings that every endpoint takes; text is cut at all of them here."""
MOST_TOKENS = 256
"""Of an answer where a task does not say, as lm-evaluation-harness has it."""



LENGTHS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
"""The names under which tasks say how long an answer may be."""


class HarnessModel(LM):
    """A model for `lm_eval.evaluate`.

    Args:
        answer: a reply for each request.
        score: of (context, continuation) pairs the log probability in nats, and whether greedy decoding writes it.
        chat: whether contexts are conversations, written by `apply_chat_template` as JSON.
    """

    def __init__(self, answer: Callable[[Sequence[Request]], list[Reply]],
                 score: Callable[[Sequence[tuple[str, str]]], list[tuple[float, bool]]], chat: bool) -> None:
        super().__init__()
        self._answer, self._score, self._chat = answer, score, chat
        self.lost: dict[tuple[str, int], str] = {}
        """Items without an answer, by task and number: what went wrong."""

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Answers; text from the first stop string on is cut off."""
        replies = self._answer([self.request(*instance.args) for instance in requests])
        texts = []
        for instance, reply in zip(requests, replies, strict=True):
            if reply.finish in ("failed", "refused"):
                self.lost[instance.task_name, instance.doc_id] = reply.problem or reply.text
            text = reply.text
            for stop in stops_of(instance.args[1]):
                text = text.split(stop, 1)[0]
            texts.append(text)
        return texts

    def request(self, context: str, settings: dict[str, Any]) -> Request:
        """One context and its generation settings as a request."""
        temperature = float(settings.get("temperature") or 0.0) if settings.get("do_sample") else 0.0
        most = int(next((settings[key] for key in LENGTHS if settings.get(key)), MOST_TOKENS))
        sampling = Sampling(max_tokens=most, temperature=temperature, top_p=float(settings.get("top_p") or 1.0),
                            stop=tuple(stops_of(settings)[:MOST_STOPS]))
        if not self._chat:
            return Request(text=context, sampling=sampling)
        return Request(messages=tuple(Message(**turn) for turn in json.loads(context)), sampling=sampling)

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Log probabilities of continuations."""
        return self._score([instance.args for instance in requests])

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Not measured here.

        Raises:
            InputError: always.
        """
        raise InputError("the perplexity of whole texts is measured by `evaluate perplexity`", where="--suite")

    @property
    def tokenizer_name(self) -> str:
        """Nothing is cached by it."""
        return ""

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """The conversation as JSON; see `conversation`."""
        return conversation(chat_history, add_generation_prompt)


def conversation(chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
    """A conversation as JSON, which `HarnessModel` reads: the template is applied where the model runs.

    Raises:
        InputError: the task writes the beginning of the answer itself, which no chat endpoint takes.
    """
    if not add_generation_prompt:
        raise InputError("a task begins the answers itself, which a chat cannot", where="--suite", remedy="give --no-chat")
    return json.dumps([{"role": turn["role"], "content": turn["content"]} for turn in chat_history], ensure_ascii=False)


def stops_of(settings: dict[str, Any]) -> list[str]:
    """The stop strings of generation settings."""
    until = settings.get("until") or []
    return [text for text in ([until] if isinstance(until, str) else until) if text]
