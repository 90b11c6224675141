"""Whether more rankings help, measured by a small reward model."""

import random

import numpy as np
import pytest

from instructwild_annotation.curve import features, fitted, learning_curve
from tests.annotation.rows import row

WORDS = {"en": "the boat sails home before winter and nobody minds", "zh": "船在冬天之前回家谁也不介意"}


def ranked(count, noise, seed=0, language="en"):
    """Rows whose better answer has more of some words than the worse, with so much noise in between."""
    rng = random.Random(seed)
    good, bad = ("gladly", "sorry") if language == "en" else ("乐意", "抱歉")
    words = WORDS[language].split() if language == "en" else list(WORDS[language])
    rows = []
    for number in range(count):
        answers = [" ".join([*rng.choices(words, k=12), *[good] * amount, *[bad] * (4 - amount)]) for amount in (4, 2, 0)]
        scores = [rng.gauss(-place, noise) for place in range(3)]
        ranks = [1 + sum(other > score for other in scores) for score in scores]
        rows.append(row(f"Question {number}?", answers, ("person:a", ranks), ("model:m", [3, 2, 1]), language=language))
    return rows


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_curve_finds_what_people_prefer_and_counts_what_it_used(language):
    points = learning_curve(ranked(120, 0.3, language=language))
    assert points[-1].accuracy > 0.9
    assert points[-1].interval[0] < points[-1].accuracy < points[-1].interval[1]
    assert [point.prompts for point in points] == sorted(point.prompts for point in points)
    assert (points[-1].prompts, points[-1].rankings) == (96, 96)      # four fifths; the model's rankings do not count


def test_a_coin_is_not_predicted():
    last = learning_curve(ranked(200, 1000.0))[-1]
    assert last.interval[0] < 0.5 < last.interval[1] or last.accuracy == pytest.approx(0.5, abs=0.06)


def test_few_rankings_give_no_curve():
    assert learning_curve([]) == learning_curve(ranked(19, 0.1)) == []


def test_fitting_finds_a_separating_direction():
    rng = np.random.default_rng(0)
    differences = rng.normal(size=(200, 5)).astype(np.float32)
    differences *= np.sign(differences[:, :1])
    assert (differences @ fitted(differences) > 0).mean() > 0.95
    assert features("Why?", "").sum() == pytest.approx(features("Why?", "")[-5:].sum())
