"""Fit the weights by which `clean` sees prompts that name nothing of what their answer is about.

    python -m benchmarks.subject_weights FOLDER

FOLDER is what `clean --strict` wrote for rows of which one source is single turns of talks, with the rule `unnamed_subject`
off. What readers decided of such turns stands in `readings/subjects.jsonl`, by the hash of each row; rows of other sources
count as named. Writes `instructwild/clean/subject_weights.json`, and prints the two tables of `unnamed_subject.py` and how
precise the sums are on rows left out of the fit.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import torch

from benchmarks.clean_readings import key
from benchmarks.logistic import fitted
from benchmarks.peer import HERE
from benchmarks.talk_weights import TALKS
from instructwild.clean import talk
from instructwild.clean.patterns import sized
from instructwild.clean.unnamed_subject import (
    FILE,
    LONGEST,
    MAY_LACK_IT,
    SHORTEST_ANSWER,
    beside_prompts,
    speaks_against,
    speaks_for,
)
from instructwild.clean.word_weights import UNIT, features_of_openings, features_of_prompts

OTHERS, SAY_OF_OTHERS = 6_000, 0.3
"""Rows of other sources, and how much each counts."""
LEAST_ROWS, SMALLEST = 5, 0.03
"""Rows of a word that gets a weight, and the least weight that is kept."""
PENALTY, STEPS, SPREAD = 1e-3, 80, 0.5
"""Figures have this spread where a word is 1 or 0."""
PARTS = 8

Pairs = list[tuple[str, str]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def rows_of(folder: Path) -> tuple[Pairs, list[bool], Pairs]:
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


class Table:
    """What is known of rows: the words of each, and figures, of which the sums of the weights of `talk` are two."""

    def __init__(self, pairs: Pairs) -> None:
        prompts, answers = (pl.Series([pair[side] for pair in pairs], dtype=pl.String) for side in (0, 1))
        listed = pl.concat([features_of_prompts(prompts), features_of_openings(answers)])
        of_rows = dict(listed.group_by("row").agg(pl.col("feature").unique()).iter_rows())
        self.words = [set(of_rows.get(row, ())) for row in range(len(pairs))]
        of_prompts = pl.concat([speaks_for(prompts).drop("intercept", "words"), speaks_against(prompts)], how="horizontal")
        of_answers = beside_prompts(prompts, answers)
        known = talk.weights()
        self.figures = pl.concat([of_prompts, of_answers, pl.DataFrame({
            "talk": known.of_prompts(prompts), "talk >": known.of_openings(answers)})], how="horizontal").cast(pl.Float64)
        self.of_prompts = of_prompts.columns


class Fit:
    """Weights of words and figures.

    Args:
        table: of all rows.
        chosen: the numbers of those to fit to.
        labels: 1 or 0 of each row of the table.
        share: how much each row of it counts.
    """

    def __init__(self, table: Table, chosen: Sequence[int], labels: Floats, share: Floats) -> None:
        counts = Counter(word for row in chosen for word in table.words[row])
        words = sorted(word for word, count in counts.items() if count >= LEAST_ROWS)
        figures = table.figures.to_numpy()
        center, width = figures[chosen].mean(0), figures[chosen].std(0) / SPREAD
        width[width == 0] = 1
        scaled = ((figures[chosen] - center) / width).tolist()
        names = [f"={name}" for name in table.figures.columns]
        rows = [dict.fromkeys(sorted(table.words[row]), 1.0) | dict(zip(names, values, strict=True))
                for row, values in zip(chosen, scaled, strict=True)]
        weights, intercept = fitted(rows, labels[chosen].tolist(),
                                    torch.tensor(share[chosen] / share[chosen].sum(), dtype=torch.float32), [*words, *names],
                                    penalty=PENALTY, steps=STEPS)
        of_figures = np.array(weights[len(words):]) / width
        self.intercept = intercept - float(of_figures @ center)
        self.figures = dict(zip(table.figures.columns, of_figures.tolist(), strict=True))
        self.words = dict(zip(words, weights, strict=False))

    def scores(self, table: Table, rows: Sequence[int]) -> Floats:
        """The sums of rows."""
        figures = table.figures.to_numpy()[rows] @ np.array(list(self.figures.values()))
        return self.intercept + figures + np.array([sum(self.words.get(word, 0.0) for word in table.words[row])
                                                    for row in rows])

    def folded(self) -> dict[str, float]:
        """The weights of words with those of `talk` in them, small ones left out."""
        known = dict(talk.weights().known.select("feature", pl.col("units") / UNIT).iter_rows())
        shares = {False: self.figures["talk"], True: self.figures["talk >"]}
        weights = {word: self.words.get(word, 0.0) + shares[word.startswith(">")] * known.get(word, 0.0)
                   for word in sorted({*self.words, *known})}
        return {word: round(weight, 2) for word, weight in weights.items() if abs(weight) >= SMALLEST}


def left_out(table: Table, labels: Floats, share: Floats) -> Floats:
    """The sum of each row by a fit to seven eighths of the others."""
    order = np.random.RandomState(8).permutation(len(labels))
    scores = np.zeros(len(labels))
    for part in range(PARTS):
        chosen, rest = order[np.arange(len(order)) % PARTS != part], order[part::PARTS]
        scores[rest] = Fit(table, chosen.tolist(), labels, share).scores(table, rest.tolist())
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `clean --strict` wrote")
    parser.add_argument("--scores", type=Path, help="a file for the sums of rows left out")
    options = parser.parse_args()
    turns, lacking, others = rows_of(options.folder)
    table = Table([*turns, *others])
    labels = np.array([*map(float, lacking), *[0.0] * len(others)])
    share = np.array([1.0] * len(turns) + [SAY_OF_OTHERS] * len(others))
    print(len(turns), "turns,", sum(lacking), "of them without their subject;", len(others), "rows of other sources")
    scores, read = left_out(table, labels, share), np.arange(len(labels)) < len(turns)
    may_lack = sized(pl.DataFrame({"prompt": [pair[0] for pair in turns], "answer": [pair[1] for pair in turns]})).select(
        MAY_LACK_IT & (pl.col("answer").str.len_bytes() > SHORTEST_ANSWER)).to_series().to_numpy()
    weighed = np.r_[may_lack, np.ones(len(others), bool)]
    for least in (0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6):
        seen = weighed & (scores >= least)
        right = labels[seen & read]
        print(f"from {least}: {len(right)} turns seen, {right.mean():.3f} of them rightly, "
              f"{right.sum() / labels[read & weighed].sum():.3f} of those that lack it; others {(seen & ~read).sum()}")
    if options.scores:
        np.save(options.scores, scores)
    fit = Fit(table, range(len(labels)), labels, share)
    FILE.write_text(json.dumps({"intercept": 0.0, "weights": fit.folded()}, ensure_ascii=False, indent=0) + "\n",
                    encoding="utf-8")
    rounded = {name: round(weight, 2) for name, weight in fit.figures.items()}
    print("PROMPT_WEIGHTS =", {"intercept": round(fit.intercept, 2), "words": 1} | {
        name: rounded[name] for name in table.of_prompts})
    print("ANSWER_WEIGHTS =", {"words": 1} | {name: weight for name, weight in rounded.items()
                                              if name not in (*table.of_prompts, "talk", "talk >")})


if __name__ == "__main__":
    main()
