"""Personal data in answers replaced by placeholders before they are published. Prompts keep their text, and so their ids."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from instructwild.privacy.masking import mask_all, spans

PASSES = 3
"""A placeholder can bring two pieces together that form another one; more passes than this are never needed in practice."""


def mask_answers(frame: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """Rows whose answers (assistant turns and candidates) hold no personal data, and how many pieces of each type left them.

    One value has one placeholder within a row; ids of answers stay those that the lineage knows.
    """
    counts: Counter[str] = Counter()
    suspects = [any(spans(part["text" if "text" in part else "content"]) for part in _answers(row))
                for row in frame.iter_rows(named=True)]
    if not any(suspects):
        return frame, counts
    rows = frame.to_dicts()
    for row, suspect in zip(rows, suspects, strict=True):
        if suspect:
            counts.update(_mask_row(row))
    return pl.DataFrame(rows, schema=frame.schema), counts


def _answers(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*(turn for turn in row["messages"] if turn["role"] == "assistant" and turn["content"]),
            *(candidate for candidate in row.get("candidates") or () if candidate["text"])]


def _mask_row(row: dict[str, Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    parts = _answers(row)
    keys = ["text" if "text" in part else "content" for part in parts]
    for _ in range(PASSES):
        texts, masked = mask_all([part[key] for part, key in zip(parts, keys, strict=True)])
        if not masked:
            break
        counts.update(masked)
        for part, key, text in zip(parts, keys, texts, strict=True):
            part[key] = text
    return counts
