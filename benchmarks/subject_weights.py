"""Fit the weights by which `clean` sees prompts that name nothing of what their answer is about.

    python -m benchmarks.subject_weights FOLDER

FOLDER is what `clean --strict` wrote for rows of which one source is single turns of talks, with the rule `unnamed_subject`
off. What a reader decided of such turns stands in `readings/subjects.jsonl`, by the hash of each row; rows of other sources
count as named. Prints the two tables of `instructwild/clean/unnamed_subject.py`.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.clean_readings import key
from benchmarks.peer import HERE
from benchmarks.talk_weights import TALKS
from instructwild.clean.unnamed_subject import (
    LONGEST,
    MAY_LACK_IT,
    SHORTEST_ANSWER,
    answer_features,
    speaks_against,
    speaks_for,
)

OTHERS, SAY_OF_OTHERS = 500, 0.4
"""Rows of other sources, and how much each counts."""
PENALTY, STEPS = 0.01, 25

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def rows_of(folder: Path) -> tuple[list[tuple[str, str]], list[bool], list[tuple[str, str]]]:
    """Turns that were read, whether each lacks its subject, and rows of other sources."""
    verdicts = dict(pl.read_ndjson(HERE / "readings" / "subjects.jsonl").select("row", "good").iter_rows())
    turns, lacking, others = [], [], []
    turn = [pl.col("messages").list.get(at).struct.field("content").alias(name)
            for at, name in enumerate(("prompt", "answer"))]
    kept = pl.read_parquet(folder / "data.parquet", columns=["messages", "origin"])
    kept = kept.filter(pl.col("messages").list.len() == 2).with_columns(turn)
    weighed = ((pl.col("prompt").str.len_bytes() < 1.2 * LONGEST) & (pl.col("answer").str.len_bytes() > SHORTEST_ANSWER)
               & MAY_LACK_IT)
    for messages, origin, may_lack in kept.select("messages", "origin", weighed.alias("may_lack")).iter_rows():
        pair = (messages[0]["content"], messages[1]["content"])
        if origin[0]["source"] != TALKS:
            others += [pair] if may_lack else []
        elif (name := key(messages)) in verdicts:
            turns.append(pair)
            lacking.append(not verdicts[name])
    random.Random(8).shuffle(others)
    return turns, lacking, others[:OTHERS]


def fitted(table: Floats, truth: Floats, share: Floats) -> Floats:
    """Weights of a logistic regression by Newton's steps; the first column is the intercept's and bears no penalty."""
    center, width = table.mean(0), table.std(0)
    center[0], width[width == 0] = 0, 1
    scaled = (table - center) / width
    free = np.r_[0, np.ones(table.shape[1] - 1)]
    weights = np.zeros(table.shape[1])
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (share * (likely - truth)) / share.sum() + PENALTY * weights * free
        bend = (scaled.T * (share * likely * (1 - likely))) @ scaled / share.sum() + PENALTY * np.eye(len(weights))
        weights -= np.linalg.solve(bend, slope)
    weights /= width
    weights[0] -= (weights[1:] * center[1:]).sum()
    return weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `clean --strict` wrote")
    turns, lacking, others = rows_of(parser.parse_args().folder)
    rows = [*turns, *others]
    prompts = [{**speaks_for(prompt), **speaks_against(prompt)} for prompt, _ in rows]
    answers = [answer_features(*row) for row in rows]
    table = np.array([[*first.values(), *second.values()] for first, second in zip(prompts, answers, strict=True)], float)
    weights = fitted(table, np.array([*lacking, *[False] * len(others)], float),
                     np.array([1.0] * len(turns) + [SAY_OF_OTHERS] * len(others)))
    rounded = [round(float(weight), 2) for weight in weights]
    print(len(turns), "turns,", sum(lacking), "of them without their subject;", len(others), "rows of other sources")
    print("PROMPT_WEIGHTS =", dict(zip(prompts[0], rounded, strict=False)))
    print("ANSWER_WEIGHTS =", dict(zip(answers[0], rounded[len(prompts[0]):], strict=True)))


if __name__ == "__main__":
    main()
