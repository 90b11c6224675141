"""What a pairwise evaluation is to compare, and what came of one prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from instructwild.llm.request import Sampling
from instructwild.schema import Instruction, Reason


@dataclass(frozen=True)
class PairwisePlan:
    """What is to be compared, and how.

    Args:
        judge: a model `M`, or `reward:PATH`.
        prompts: stage folders or files; none takes those of answers made before, else the ones that ship.
        rubric: files that say how the judge is asked and what counts; see `rubric`.
        names: what the two models are called.
        answer: sampling of models that answer.
        verdict: sampling of the judge.
        limit: at most so many prompts, spread evenly over the categories and languages there are.
    """

    judge: str
    prompts: tuple[str, ...] = ()
    rubric: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    answer: Sampling = field(default_factory=lambda: Sampling(max_tokens=256, temperature=0.0))
    verdict: Sampling = field(default_factory=lambda: Sampling(max_tokens=300, temperature=0.0))
    limit: int | None = None


@dataclass
class Comparison:
    """One prompt, the two answers, and what came of it.

    `value` is 1 where the first side wins, 0 where the second does, 0.5 for a tie, None where there is no verdict.
    """

    row: Instruction
    category: str
    language: str
    answers: list[str] = field(default_factory=lambda: ["", ""])
    value: float | None = None
    consistent: bool | None = None
    replies: tuple[str, ...] = ()
    first_place: tuple[float, ...] = ()
    lost: Reason | None = None

    @property
    def winner(self) -> str | None:
        """`first`, `second` or `tie`."""
        return None if self.value is None else {1.0: "first", 0.0: "second"}.get(self.value, "tie")

    def decide(self, ranks: Sequence[int] | None) -> None:
        """Take the ranks of the two answers for the result."""
        self.value = None if ranks is None else 0.5 if ranks[0] == ranks[1] else float(ranks[0] < ranks[1])
