"""How likely a text out of a feed is a prompt for a model: a sum of weights, each of which a person can read.

The weights are `feed_weights.json`, written by `python -m benchmarks.feed_weights`; which texts they are made from stands in
docs/sources.md.
"""

import json
from functools import cache
from math import exp
from pathlib import Path
from typing import NamedTuple

from instructwild.collect.features import features

FILE = Path(__file__).with_name("feed_weights.json")
SHOWN = 4
"""Reasons that a verdict names."""


class Score(NamedTuple):
    """How likely a text is a prompt, and what spoke for and against it the most."""

    value: float
    """Between 0 and 1: the probability among texts of which half are prompts."""
    reasons: tuple[tuple[str, float], ...]
    """Features and their weights, the weightiest first; positive ones speak for a prompt."""

    def evidence(self) -> dict[str, object]:
        """The score and what spoke for and against it, as a verdict keeps it."""
        return {"score": round(self.value, 2),
                "for": [f"{readable(name)} {weight:+.1f}" for name, weight in self.reasons if weight > 0],
                "against": [f"{readable(name)} {weight:+.1f}" for name, weight in self.reasons if weight < 0]}


def readable(feature: str) -> str:
    """A feature in words."""
    if feature[0] == "<" and feature[-1] == ">":
        return feature[1:-1]
    if len(feature) > 1 and feature[0] == "^":
        return f"opens with “{feature[1:]}”"
    if len(feature) > 1 and feature[-1] == "$":
        return f"ends with “{feature[:-1]}”"
    return f"“{feature}”"


@cache
def weights(language: str) -> tuple[float, dict[str, float]]:
    """Intercept and weights of `en` or `zh`."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))[language]
    return stored["intercept"], stored["weights"]


def score(text: str, chinese: bool) -> Score:
    """The score of a text, read as Chinese or as English."""
    intercept, known = weights("zh" if chinese else "en")
    reasons = [(name, known[name]) for name in features(text, chinese) if name in known]
    total = max(-30.0, min(30.0, intercept + sum(weight for _, weight in reasons)))
    reasons.sort(key=lambda reason: (-abs(reason[1]), reason[0]))
    return Score(1 / (1 + exp(-total)), tuple(reasons[:SHOWN]))
