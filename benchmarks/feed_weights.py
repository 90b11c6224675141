"""Train the weights by which `collect` tells a prompt out of a feed from talk: logistic regression with an L2 penalty.

    python -m benchmarks.feed_weights --prompts FOLDER --posts FOLDER

Writes `instructwild/collect/feed_weights.json`. Texts go through the product's own extraction and first judgement,
so the weights decide only on what those leave open. A source's say grows with the root of its size.
"""

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

import torch

from benchmarks import feed_data
from benchmarks.feed_data import CHINESE, Text
from instructwild.collect import score
from instructwild.collect.extract import candidates
from instructwild.collect.features import features
from instructwild.collect.judge import refusal

LEAST_TEXTS, LEAST_SOURCES = 4, 2
PENALTY = 3e-4
SHIFT = {"en": 0.0, "zh": 0.4}
"""Added to the intercept, so that one threshold wrongly keeps about as many posts in both languages (half `test`)."""
INVENTED = "invented"
SAY = {INVENTED: 3.0}
"""Near-misses are few and matter most."""
SMALLEST = 0.06           # a weight below it is left out
HARD = 4.0                # how much more a text counts that the first judgement lets pass


def examples(texts: list[Text], language: str) -> list[tuple[Text, set[str], bool]]:
    """Each text with its features and whether the first judgement lets it pass."""
    made = []
    for text in texts:
        if text.language != language:
            continue
        first = next(iter(candidates(text.text)), None)
        shown = first.text if first else text.text
        passes = first is not None and refusal(shown, presented=False) is None
        made.append((text, features(shown, CHINESE[language]), passes))
    return made


def vocabulary(made: list[tuple[Text, set[str], bool]]) -> list[str]:
    """The features that come often enough and in more than one source."""
    texts: Counter[str] = Counter()
    sources: dict[str, set[str]] = defaultdict(set)
    for text, named, _ in made:
        texts.update(named)
        for name in named:
            sources[name].add(text.source if text.source != INVENTED else "")
    return sorted(name for name, count in texts.items() if (name[0] == "<" and name[-1] == ">") or (
        count >= LEAST_TEXTS and len(sources[name] - {""}) >= LEAST_SOURCES))


def fitted(made: list[tuple[Text, set[str], bool]], words: list[str]) -> tuple[dict[str, float], float]:
    """Weights and intercept."""
    index = {word: at for at, word in enumerate(words)}
    rows = [[index[name] for name in named if name in index] for _, named, _ in made]
    flat = torch.tensor([at for row in rows for at in row])
    offsets = torch.tensor([0, *torch.tensor([len(row) for row in rows]).cumsum(0).tolist()[:-1]])
    labels = torch.tensor([float(text.prompt) for text, _, _ in made])
    sizes = Counter((text.source, text.prompt) for text, _, _ in made)
    share = torch.tensor([(HARD if passes else 1.0) * SAY.get(text.source, 1.0) * sizes[text.source, text.prompt] ** -0.5
                          for text, _, passes in made])
    for label in (0.0, 1.0):
        share[labels == label] /= share[labels == label].sum()
    weights, intercept = torch.zeros(len(words), 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, intercept], max_iter=150, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = torch.nn.functional.embedding_bag(flat, weights, offsets, mode="sum").squeeze(1) + intercept
        value = (share * torch.nn.functional.binary_cross_entropy_with_logits(scores, labels, reduction="none")).sum()
        value = value + PENALTY * weights.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    values = weights.detach().squeeze(1).tolist()
    return {word: round(value, 2) for word, value in zip(words, values, strict=True) if abs(value) >= SMALLEST}, \
        round(intercept.item(), 2)





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
        weights, intercept = fitted(made, vocabulary(made))
        intercept = round(intercept + SHIFT[language], 2)
        written[language] = {"intercept": intercept, "weights": dict(sorted(weights.items()))}
        print(language, len(made), "texts,", len(weights), "weights, intercept", intercept)
    score.FILE.write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
