"""What a stage paid for its calls: what was charged for certain, and what may have been charged besides."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from instructwild.llm.ledger import Ledger
from instructwild.llm.session import Session
from instructwild.stage.manifest import Tokens


@dataclass(frozen=True)
class Charges:
    """The sum over the sessions of one run, interrupted processes included.

    Args:
        usd: charged, for answers and for responses that held none.
        possible: US$ that calls without an answer may have cost at most.
        wasted: the part of `usd` that bought no answer.
        prompt_tokens, completion_tokens: what `usd` paid for.
        reasoning_tokens: the part of the completion tokens that were thoughts.
        repairs: what was cut off answers, by name.
    """

    usd: float
    possible: float
    wasted: float
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    repairs: Counter[str] = field(default_factory=Counter)

    @property
    def rounded(self) -> float:
        """US$ for a manifest: to a millionth, and never less than was charged."""
        return math.ceil(round(self.usd * 1e6, 3)) / 1e6

    @property
    def tokens(self) -> Tokens:
        """Tokens for a manifest."""
        return Tokens(prompt=self.prompt_tokens, completion=self.completion_tokens)

    def metrics(self) -> dict[str, Any]:
        """What stands in a manifest beside the sum."""
        return {"possibly_charged": self.possible, "charged_without_answer": self.wasted,
                "reasoning_tokens": self.reasoning_tokens, "answers_repaired": dict(self.repairs)}


def charges(sessions: Iterable[Session], ledger: Ledger) -> Charges:
    """What sessions that share a ledger have cost.

    Args:
        sessions: the models of the run.
        ledger: of all of them.
    """
    usages = [session.usage for session in sessions]
    spending = ledger.spent()
    return Charges(sum(usage.usd for usage in usages) + spending.billed, spending.possible, spending.billed,
                   sum(usage.prompt_tokens for usage in usages) + spending.prompt_tokens,
                   sum(usage.completion_tokens for usage in usages) + spending.completion_tokens,
                   sum(usage.reasoning_tokens for usage in usages),
                   sum((usage.repairs for usage in usages), Counter()))


def in_words(usd: float, possible: float) -> str:
    """Both sums for a page, with a space before; empty where nothing was or can have been charged."""
    charged = f" US$ {usd:.4f} charged" if usd or possible else ""
    return charged + (f", and possibly {possible:.4f} more" if possible else "") + ("." if charged else "")
