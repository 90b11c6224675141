"""Train the weights by which `clean` tells a row out of the middle of a talk: logistic regression with an L2 penalty.

    python -m benchmarks.talk_weights FOLDER

FOLDER is what `clean --strict` wrote for rows of which one source is single turns of talks, with the rule `mid_conversation`
off. Rows that the other rule, `lost_context`, dropped are examples; so are those kept that naive Bayes finds most like them.
Half of the source's kept rows are left out, for a reader. Writes `instructwild/clean/talk_weights.json`.
"""

import argparse
import json
import random
from collections import Counter
from math import log
from pathlib import Path

import polars as pl
import torch

from benchmarks.logistic import fitted
from instructwild.clean.talk import FILE, LONGEST, held_out, reads_as_english
from instructwild.clean.word_weights import features_of_openings, features_of_prompts

TALKS = "sharegpt-turns"
OTHERS = 30_000
LEAST_ROWS, PENALTY, SMALLEST = 15, 4e-6, 0.3
ALIKE, UNLIKE = 10, 3
"""Of the kept rows of talks the first tenth counts as examples, all but the first third as the contrary."""
SAY_OF_TALKS = 0.5
"""How much a kept row of talks counts, many of which go on from what is gone all the same."""
WEIGHTIEST = 12
"""Features that naive Bayes sums up."""

Row = set[str]
"""The features of a row."""


def rows_of(folder: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """Rows that go on, kept rows of talks, and kept rows of other sources."""
    dropped = pl.read_parquet(folder / "dropped.parquet").filter(pl.col("evidence").str.contains("lost_context"))
    kept = pl.read_parquet(folder / "data.parquet", columns=["messages", "origin"])
    examples = [json.loads(row)["messages"] for row in dropped["row"]]
    talks, others = [], []
    for messages, origin in kept.iter_rows():
        if held_out(messages[0]["content"]):
            continue
        (talks if origin[0]["source"] == TALKS else others).append(messages)
    shuffled = random.Random(5)
    shuffled.shuffle(others)
    return _features(examples), _features(talks), _features(others[:3 * OTHERS])[:OTHERS]


def _features(rows: list[list[dict[str, str]]]) -> list[Row]:
    pairs = [(turns[0]["content"], turns[1]["content"]) for turns in rows
             if len(turns) == 2 and len(turns[0]["content"]) < LONGEST and reads_as_english(turns[0]["content"])]
    prompts, answers = (pl.Series([pair[side] for pair in pairs], dtype=pl.String) for side in (0, 1))
    listed = pl.concat([features_of_prompts(prompts), features_of_openings(answers)])
    return [{*of_row} for of_row in listed.group_by("row", maintain_order=True).agg("feature")["feature"].to_list()]


def by_likeness(examples: list[Row], talks: list[Row], others: list[Row]) -> list[Row]:
    """Rows of talks, those most like the examples first."""
    ours, theirs = Counter[str](), Counter[str]()
    for row in examples:
        ours.update(row)
    contrary = [*others[:len(talks)], *talks]
    for row in contrary:
        theirs.update(row)
    odds = {name: log((count + .5) / (len(examples) + 1)) - log((theirs[name] + .5) / (len(contrary) + 1))
            for name, count in ours.items() if count + theirs[name] >= LEAST_ROWS}
    return sorted(talks, key=lambda row: -sum(sorted((odds.get(name, 0.0) for name in row), reverse=True)[:WEIGHTIEST]))


def weights_of(rows: list[Row], labels: list[float], shares: list[float]) -> tuple[dict[str, float], float]:
    """Weights and intercept."""
    counts = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in counts.items() if count >= LEAST_ROWS)
    weights, intercept = fitted([dict.fromkeys(sorted(row), 1.0) for row in rows], labels,
                                torch.tensor(shares) / sum(shares), names, penalty=PENALTY, steps=60)
    values = zip(names, weights, strict=True)
    return {name: round(value, 1) for name, value in values if abs(value) >= SMALLEST}, round(intercept, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `clean --strict` wrote")
    examples, talks, others = rows_of(parser.parse_args().folder)
    talks = by_likeness(examples, talks, others)
    alike, unlike = talks[:len(talks) // ALIKE], talks[len(talks) // UNLIKE:]
    rows = [*examples, *alike, *others, *unlike]
    labels = [1.0] * (len(examples) + len(alike)) + [0.0] * (len(others) + len(unlike))
    weights, intercept = weights_of(rows, labels, [1.0] * (len(rows) - len(unlike)) + [SAY_OF_TALKS] * len(unlike))
    print(len(rows), "rows,", len(weights), "weights, intercept", intercept)
    FILE.write_text(json.dumps({"intercept": intercept, "weights": dict(sorted(weights.items()))}, ensure_ascii=False,
                               indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
