"""How many rankings are enough: the accuracy of a small reward model against the number of rankings it was trained on.

The model is linear: Bradley-Terry over hashed words and the form of an answer, so that a curve takes seconds on a CPU. A
language model's reward model reaches more; where this curve still rises, that one gains from more rankings too.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from zlib import crc32

import numpy as np

from instructwild.schema import RankingRow, prompt_text
from instructwild.text.tokens import tokens
from instructwild_annotation.agreement import counted, of_people
from instructwild_annotation.comparisons import Interval, share_interval
from instructwild_annotation.merge import merged
from instructwild_annotation.scripted import distinct_share, ends_by_itself, same_language

FOLDS = 5
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1.0)
FEWEST = 20             # prompts with an ordered pair below which nothing is measured
MOST = 3000             # prompts looked at, drawn at random
MOST_PAIRS = 15         # pairs of one prompt
HASHED = 1024           # columns for words and pairs of words
WORDS_READ = 400        # tokens of an answer that are looked at
PENALTY = 1e-3          # L2, on the mean loss
STEPS = 80
SEED = 0


@dataclass(frozen=True)
class CurvePoint:
    """Accuracy on held-out prompts (a share of pairs, ties half) after training on so many prompts and rankings."""

    prompts: int
    rankings: int
    accuracy: float
    interval: Interval | None


def features(prompt: str, answer: str) -> np.ndarray:
    """An answer as numbers, [HASHED + 5]: hashed words and pairs of words of length 1 together, then its form."""
    vector = np.zeros(HASHED + 5, dtype=np.float32)
    words = tokens(answer)
    read = words[:WORDS_READ]
    for part in (*read, *(f"{a} {b}" for a, b in pairwise(read))):
        number = crc32(part.encode("utf-8", "replace"))
        vector[number % HASHED] += 1.0 if number & 0x80000000 else -1.0
    length = float(np.linalg.norm(vector))
    if length:
        vector /= length
    of_prompt = set(tokens(prompt))
    vector[HASHED:] = (log(1 + len(words)) / 4, ends_by_itself(answer), distinct_share(answer),
                       same_language(prompt, answer), sum(word in of_prompt for word in read) / max(len(read), 1))
    return vector


def fitted(differences: np.ndarray) -> np.ndarray:
    """Weights [D] that put better before worse answers, from differences [N, D]: logistic loss with an L2 penalty.

    Nesterov's accelerated gradient with the step that the loss's curvature allows.
    """
    weights = previous = np.zeros(differences.shape[1], dtype=np.float32)
    step = 1 / (0.25 * float((differences ** 2).sum(axis=1).max(initial=1e-6)) + PENALTY)
    for number in range(STEPS):
        ahead = weights + number / (number + 3) * (weights - previous)
        wrong = 1 / (1 + np.exp(np.clip(differences @ ahead, -30, 30)))
        gradient = PENALTY * ahead - wrong @ differences / len(differences)
        weights, previous = ahead - step * gradient, weights
    return weights


def learning_curve(rows: Sequence[RankingRow]) -> list[CurvePoint]:
    """The curve, by cross-validation over prompts; empty where fewer than 20 prompts have an order by people.

    Args:
        rows: rows with all rankings; those of people are merged by Borda count, ties are no pairs.
    """
    rng = random.Random(SEED)
    kept = [row for row in of_people(rows) if (single := merged(row)) is not None and single.pairs]
    if len(kept) < FEWEST:
        return []
    rng.shuffle(kept)
    kept = kept[:MOST]
    numbers = [len(counted(row)) for row in kept]
    table, spans = _differences(kept, rng)
    points = []
    for share in SHARES:
        results, used, rankings = [], [], []
        for fold in range(FOLDS):
            train = [i for i in range(len(kept)) if i % FOLDS != fold]
            train = train[:max(int(len(train) * share), 2)]
            weights = fitted(table[np.concatenate([np.arange(*spans[i]) for i in train])])
            used.append(len(train))
            rankings.append(sum(numbers[i] for i in train))
            for i in range(fold, len(kept), FOLDS):
                scores = table[slice(*spans[i])] @ weights
                results.append(((scores > 0).sum() + (scores == 0).sum() / 2, len(scores)))
        right, of = np.array(results, dtype=float).sum(axis=0)
        points.append(CurvePoint(round(sum(used) / FOLDS), round(sum(rankings) / FOLDS), float(right / of),
                                 share_interval(results)))
    return points


def _differences(rows: Sequence[RankingRow], rng: random.Random) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Better minus worse, [pairs, D], and which of them are of each row; at most MOST_PAIRS of a row, drawn at random.

    One table, which is given back to the system as a whole: a page that measured goes on as small as it was.
    """
    chosen = [_pairs(row, rng) for row in rows]
    spans, start = [], 0
    for pairs in chosen:
        spans.append((start, start + len(pairs)))
        start += len(pairs)
    table = np.empty((start, HASHED + 5), dtype=np.float32)
    for row, pairs, (begin, _) in zip(rows, chosen, spans, strict=True):
        prompt = prompt_text(row.messages)
        vectors = np.stack([features(prompt, candidate.text) for candidate in row.candidates])
        for number, (better, worse) in enumerate(pairs, start=begin):
            table[number] = vectors[better] - vectors[worse]
    return table, spans


def _pairs(row: RankingRow, rng: random.Random) -> list[tuple[int, int]]:
    single = merged(row)
    ordered = list(single.pairs) if single else []
    return rng.sample(ordered, MOST_PAIRS) if len(ordered) > MOST_PAIRS else ordered
