"""OpenAI's shapes of an answer, whole or in chunks."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from instructwild_trainer.serve.batch import TokenLogprob
from instructwild_trainer.serve.token_bytes import TokenBytes


class CompletionResponse:
    """The envelope of one call's answer, whole or in chunks.

    Args:
        chat: whether messages were sent, or a text.
        name: the call's id.
        model: who answers.
        tokens: what each token stands for.
    """

    def __init__(self, chat: bool, name: str, model: str, tokens: TokenBytes) -> None:
        self.chat, self.tokens = chat, tokens
        self.head = {"id": name, "created": int(time.time()), "model": model}

    def whole(self, texts: Sequence[tuple[str | None, str]], finishes: Sequence[str],
              logprobs: Sequence[Sequence[TokenLogprob] | None], usage: Mapping[str, int]) -> dict[str, Any]:
        """The answer all at once; each text is (reasoning or None, content)."""
        choices = []
        for index, ((reasoning, text), finish, likelihoods) in enumerate(zip(texts, finishes, logprobs, strict=True)):
            thoughts = {"reasoning_content": reasoning} if reasoning is not None else {}
            body = {"message": {"role": "assistant", "content": text, **thoughts, "refusal": None}} if self.chat \
                else {"text": text}
            choices.append({"index": index, **body, "finish_reason": finish,
                            "logprobs": self.likelihoods(likelihoods, whole=True)})
        return {**self.head, "object": "chat.completion" if self.chat else "text_completion", "choices": choices,
                "usage": usage}

    def chunk(self, index: int, text: str, finish: str | None = None, logprobs: Sequence[TokenLogprob] | None = None,
              first: bool = False, reasoning: str = "") -> dict[str, Any]:
        """A further chunk of one choice."""
        if self.chat:
            thoughts = {"reasoning_content": reasoning} if reasoning else {}
            body: dict[str, Any] = {"delta": {**({"role": "assistant"} if first else {}), "content": text, **thoughts}}
        else:
            body = {"text": text}
        return self._chunk([{"index": index, **body, "finish_reason": finish, "logprobs": self.likelihoods(logprobs)}])

    def closing(self, usage: Mapping[str, int]) -> dict[str, Any]:
        """The last chunk of a stream that was asked for its usage."""
        return {**self._chunk([]), "usage": usage}

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {**self.head, "object": "chat.completion.chunk" if self.chat else "text_completion", "choices": choices}

    def likelihoods(self, logprobs: Sequence[TokenLogprob] | None, *, whole: bool = False) -> dict[str, Any] | None:
        """Log probabilities in the shape of the endpoint; where they are those of a whole text, with its `text_offset`."""
        if logprobs is None:
            return None
        if not self.chat:
            name = self.tokens.name
            return {"tokens": [name(entry.token) for entry in logprobs],
                    "token_logprobs": [entry.logprob for entry in logprobs],
                    "top_logprobs": [None if entry.logprob is None else {name(token): value for token, value in entry.top}
                                     for entry in logprobs],
                    **({"text_offset": self.tokens.offsets([entry.token for entry in logprobs])} if whole else {})}
        return {"content": [{**self._token(entry.token, entry.logprob),
                             "top_logprobs": [self._token(token, value) for token, value in entry.top]}
                            for entry in logprobs]}

    def _token(self, token: int, logprob: float | None) -> dict[str, Any]:
        of_token = self.tokens.bytes(token)
        return {"token": of_token.decode(errors="replace"), "logprob": logprob, "bytes": list(of_token)}


def usage_of(prompt: int, completion: int) -> dict[str, int]:
    """How many tokens went in and came out."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
