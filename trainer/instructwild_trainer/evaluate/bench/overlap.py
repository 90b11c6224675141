"""Which items of a benchmark stand in a model's own training rows."""

from collections.abc import Iterable, Sequence

from instructwild.text.tokens import tokens
from instructwild_trainer.evaluate.bench.items import BenchItem

RUN = 13
"""Tokens in a row that two texts share by no chance (Brown et al. 2020, appendix C); a shorter question counts whole."""


def seen_in(items: Sequence[BenchItem], texts: Iterable[str]) -> list[bool]:
    """Of each item whether its question shares a run of tokens with a text.

    Args:
        items: of the benchmark.
        texts: of the training rows, one after the other: they are not kept.
    """
    owners: dict[tuple[str, ...], list[int]] = {}
    for number, item in enumerate(items):
        for run in set(_runs(tokens(item.question))):
            owners.setdefault(run, []).append(number)
    widths = sorted({len(run) for run in owners})
    seen = [False] * len(items)
    for text in texts:
        parts = tokens(text)
        for width in widths:
            for start in range(len(parts) - width + 1):
                for number in owners.get(tuple(parts[start:start + width]), ()):
                    seen[number] = True
    return seen


def _runs(parts: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(parts[i:i + RUN]) for i in range(max(1, len(parts) - RUN + 1))] if parts else []
