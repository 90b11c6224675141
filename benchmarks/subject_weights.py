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
import torch

from benchmarks.clean_readings import key
from benchmarks.logistic import fitted
from benchmarks.peer import HERE
from benchmarks.talk_weights import TALKS
from instructwild.clean.patterns import sized
from instructwild.clean.unnamed_subject import (
    LONGEST,
    MAY_LACK_IT,
    SHORTEST_ANSWER,
    speaks_against,
    speaks_for,
    speaks_of,
)

OTHERS, SAY_OF_OTHERS = 500, 0.4
"""Rows of other sources, and how much each counts."""
PENALTY, STEPS = 0.01, 200

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def rows_of(folder: Path) -> tuple[list[tuple[str, str]], list[bool], list[tuple[str, str]]]:
    """Turns that were read, whether each lacks its subject, and rows of other sources."""
    verdicts = dict(pl.read_ndjson(HERE / "readings" / "subjects.jsonl").select("row", "good").iter_rows())
    turns, lacking, others = [], [], []
    turn = [pl.col("messages").list.get(at).struct.field("content").alias(name)
            for at, name in enumerate(("prompt", "answer"))]
    kept = pl.read_parquet(folder / "data.parquet", columns=["messages", "origin"])
    kept = sized(kept.filter(pl.col("messages").list.len() == 2).with_columns(turn))
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


def weights_of(table: Floats, labels: list[float], share: Floats) -> Floats:
    """The intercept, and the weight of each feature; the penalty is on features of equal spread.

    Args:
        table: [rows, features], the first of them 1 in every row.
        labels: [rows] of 1 or 0.
        share: [rows] how much each counts.
    """
    center, width = table.mean(0)[1:], table.std(0)[1:]
    width[width == 0] = 1
    names = [str(number) for number in range(len(width))]
    rows = [dict(zip(names, row, strict=True)) for row in ((table[:, 1:] - center) / width).tolist()]
    weights, intercept = fitted(rows, labels, torch.tensor(share / share.sum(), dtype=torch.float32), names,
                                penalty=PENALTY / 2, steps=STEPS)
    weights = np.array(weights) / width
    return np.r_[intercept - weights @ center, weights]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `clean --strict` wrote")
    turns, lacking, others = rows_of(parser.parse_args().folder)
    prompts, answers = (pl.Series([row[side] for row in (*turns, *others)], dtype=pl.String) for side in (0, 1))
    of_prompts = pl.concat([speaks_for(prompts), speaks_against(prompts)], how="horizontal")
    of_answers = speaks_of(prompts, answers)
    table = np.hstack([of_prompts.cast(pl.Float64).to_numpy(), of_answers.cast(pl.Float64).to_numpy()])
    weights = weights_of(table, [float(label) for label in (*lacking, *[False] * len(others))],
                         np.array([1.0] * len(turns) + [SAY_OF_OTHERS] * len(others)))
    rounded = [round(float(weight), 2) for weight in weights]
    print(len(turns), "turns,", sum(lacking), "of them without their subject;", len(others), "rows of other sources")
    print("PROMPT_WEIGHTS =", dict(zip(of_prompts.columns, rounded, strict=False)))
    print("ANSWER_WEIGHTS =", dict(zip(of_answers.columns, rounded[of_prompts.width:], strict=True)))


if __name__ == "__main__":
    main()
