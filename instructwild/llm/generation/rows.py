"""One answer while it is being written; imports no torch, so that commands may name it before a model is needed."""

from collections.abc import Collection
from dataclasses import dataclass, field

from instructwild.llm.request import Finish


@dataclass(eq=False)
class DecodedRow:
    """One prompt with its settings, and the tokens that follow it so far.

    Args:
        prompt: token ids, at least one.
        max_tokens: after so many tokens the row ends with `length`.
        seed: names the row's random numbers; what it is decoded with has no part in them.
        temperature: 0 takes the likeliest token each time.
        top_p: nucleus, Holtzman et al. 2020; 1 is the whole distribution.
        repetition_penalty: of CTRL, over prompt and answer.
    """

    prompt: list[int]
    max_tokens: int
    seed: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    generated: list[int] = field(default_factory=list)
    finish: Finish | None = None

    @property
    def reserved(self) -> int:
        """Columns of the cache that the row may come to need."""
        return len(self.prompt) + self.max_tokens

    @property
    def left(self) -> int:
        """Tokens it may still write."""
        return self.max_tokens - len(self.generated)

    def append(self, token: int, ends: Collection[int]) -> None:
        """Count a token in; an end token or the limit finishes the row."""
        self.generated.append(token)
        if token in ends:
            self.finish = "stop"
        elif self.left <= 0:
            self.finish = "length"
