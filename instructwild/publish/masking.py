"""Personal data in answers replaced by placeholders before they are published. Prompts keep their text, and so their ids."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from instructwild.privacy.masking import mask_all, spans
from instructwild.privacy.turns import texts_of, with_texts_of

PASSES = 3
"""A placeholder can bring two pieces together that form another one; more passes than this are never needed in practice."""


def mask_answers(frame: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """Rows whose answers (assistant turns and candidates) hold no personal data, and how many pieces of each type left them.

    Thoughts and calls of tools are part of an answer. One value has one placeholder within a row; ids of answers stay those
    that the lineage knows.
    """
    counts: Counter[str] = Counter()
    suspects = [any(spans(text or "") for _, text in texts_of(_answers(row))) for row in frame.iter_rows(named=True)]
    if not any(suspects):
        return frame, counts
    rows = frame.to_dicts()
    for row, suspect in zip(rows, suspects, strict=True):
        if suspect:
            counts.update(_mask_row(row))
    return pl.DataFrame(rows, schema=frame.schema), counts


def _answers(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*(turn for turn in row["messages"] if turn["role"] == "assistant"), *(row.get("candidates") or ())]


def _mask_row(row: dict[str, Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    parts = _answers(row)
    for _ in range(PASSES):
        masked, kinds = mask_all([text or "" for _, text in texts_of(parts)])
        if not kinds:
            break
        counts.update(kinds)
        for part, changed in zip(parts, with_texts_of(parts, iter(masked)), strict=True):
            part.update(changed)
    return counts
