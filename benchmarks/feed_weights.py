"""Train the weights by which `collect` tells a prompt out of a feed from talk: logistic regression with an L2 penalty.

    python -m benchmarks.feed_weights --prompts FOLDER --posts FOLDER

Writes `instructwild/collect/feed_weights.json`. Texts go through the product's own extraction; what its rules say of a text
is a feature among others. A source's say grows with the root of its size.
"""

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

import torch

from benchmarks import feed_data
from benchmarks.feed_data import Text
from benchmarks.logistic import fitted
from instructwild.collect import english, score
from instructwild.collect.answerable import reads_as_chinese
from instructwild.collect.extract import candidates
from instructwild.collect.features import features

LEAST_TEXTS, LEAST_SOURCES = 4, 2
PENALTY = 2e-4
INVENTED = "invented"
SAY = {INVENTED: 4.0, "tweets": 4.0, "reviews": 4.0}
"""Near-misses are few and matter most; after them, what people really wrote to each other."""
SMALLEST = 0.06           # a weight below it is left out
HARD = 2.5                # how much more a text counts that the rules let pass
REFUSED = frozenset(("<asks for nothing>", *(f"<{reason}>" for reason in english.REASONS)))
"""Features that are a reason of the rules against a text."""
RULES = 2.0
"""Taken off where the rules are against a text: they were made with real posts before them, which are few here."""

CAUTION = {"en": 0.0, "zh": 0.41}
"""Taken off the intercept, so that one threshold serves both languages: 0.83 of English texts was 0.88 of Chinese ones."""

Example = tuple[Text, set[str]]
"""A text and its features."""


def examples(texts: list[Text], language: str) -> list[Example]:
    """Each text of a language with the features of what would be judged."""
    made = []
    for text in texts:
        if text.language == language:
            first = next(iter(candidates(text.text)), None)
            shown = first.text if first else text.text
            made.append((text, features(shown, reads_as_chinese(shown))))
    return made


def vocabulary(made: list[Example]) -> list[str]:
    """The features that come often enough and in more than one source."""
    texts: Counter[str] = Counter()
    sources: dict[str, set[str]] = defaultdict(set)
    for text, named in made:
        texts.update(named)
        for name in named:
            sources[name].add(text.source if text.source != INVENTED else "")
    return sorted(name for name, count in texts.items() if (name[0] == "<" and name[-1] == ">") or (
        count >= LEAST_TEXTS and len(sources[name] - {""}) >= LEAST_SOURCES))


def shares(made: list[Example]) -> torch.Tensor:
    """How much each example counts; prompts and posts together count one each."""
    sizes = Counter((text.source, text.prompt) for text, _ in made)
    share = torch.tensor([SAY.get(text.source, 1.0) * sizes[text.source, text.prompt] ** -0.5
                          * (1.0 if named & REFUSED else HARD) for text, named in made])
    labels = torch.tensor([text.prompt for text, _ in made])
    for label in (False, True):
        share[labels == label] /= share[labels == label].sum()
    return share


def weights_of(made: list[Example], words: list[str]) -> tuple[dict[str, float], float]:
    """Weights and intercept."""
    weights, intercept = fitted([dict.fromkeys(named, 1.0) for _, named in made], [float(text.prompt) for text, _ in made],
                                shares(made), words, penalty=PENALTY, steps=150)
    values = dict(zip(words, weights, strict=True))
    values |= {name: values.get(name, 0.0) - RULES for name in REFUSED}
    return {word: round(value, 2) for word, value in values.items() if abs(value) >= SMALLEST}, round(intercept, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=Path, required=True, help="folder of prompts")
    parser.add_argument("--posts", type=Path, required=True, help="folder of unpacked packages")
    options = parser.parse_args()
    texts = [*feed_data.prompts(options.prompts), *feed_data.posts(options.posts), *feed_data.labelled()]
    texts = [text for text in texts if text.train]
    written = {}
    for language in ("en", "zh"):
        made = examples(texts, language)
        weights, intercept = weights_of(made, vocabulary(made))
        intercept = round(intercept - CAUTION[language], 2)
        written[language] = {"intercept": intercept, "weights": dict(sorted(weights.items()))}
        print(language, len(made), "texts,", len(weights), "weights, intercept", intercept)
    score.FILE.write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
