"""Prompts that are being read, each of them once."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from instructwild.llm.generation.rows import DecodedRow


@dataclass
class Prefill:
    """Rows whose prompts are being read; `read` of the first `width` columns are in the cache."""

    rows: list[DecodedRow]
    first: int
    width: int
    whole: bool
    """Whether the last token is read too, and gives the next one."""
    reader: list[int]
    """Of each row the row whose pass reads its prompt: itself, or an earlier one of the same prompt."""
    read: int = 0
    last: tuple[Tensor, Tensor | None] | None = None
    """Of whole prompts the logits [B, V] fp32 of the next token, and what the output layer was given."""

    @property
    def read_rows(self) -> int:
        """How many of the rows, the first ones, are read; the others have the prompt of one of these."""
        return len(set(self.reader))


def by_prompt(rows: Sequence[DecodedRow]) -> tuple[list[DecodedRow], list[int]]:
    """The rows, one of each prompt first, then the others; and of each the number of the first one of its prompt."""
    first: dict[tuple[int, ...], int] = {}
    others, again = [], []
    for row in rows:
        prompt = tuple(row.prompt)
        if prompt in first:
            again.append((row, first[prompt]))
        else:
            first[prompt] = len(others)
            others.append(row)
    return [*others, *(row for row, _ in again)], [*range(len(others)), *(number for _, number in again)]
