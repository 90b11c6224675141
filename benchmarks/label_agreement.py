"""How far a model's labels agree with people's: `instructwild collect --model`'s question on rows with labels.

    python -m benchmarks.label_agreement MODEL FILE.jsonl [ROWS]

FILE has InstructionWild's keys: `instruction`, `instruction_type` and, where one applies, `special_tag`. Told are the
share of types that agree, overall and by type, beside the share that always naming the commonest type would reach; Cohen's
kappa; and precision and recall of the risk tags.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.results import save
from instructwild.collect.labels import label_rows
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits, open_model
from instructwild.schema import instruction_of
from instructwild.text.quantity import quantity


async def ask(model: str, texts: list[str], folder: str) -> list:
    """The model's labels of each text."""
    async with open_model(model, Limits(batch=16), Ledger(Path(folder) / "calls.sqlite", "agreement"), sort=8) as session:
        return [answer.labels for answer in await label_rows(session, [instruction_of(text) for text in texts])]


def main() -> None:
    """Ask, compare, print."""
    model, path, most = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = rows[:: max(1, len(rows) // most)][:most] if most else rows
    with tempfile.TemporaryDirectory() as folder:
        labelled = asyncio.run(ask(model, [row["instruction"] for row in rows], folder))
    people = [row["instruction_type"] for row in rows]
    types_named = [labels.type if labels else None for labels in labelled]
    agreed = sum(a == b for a, b in zip(people, types_named, strict=True)) / len(rows)
    common = Counter(people).most_common(1)[0]
    chance = sum(count * Counter(types_named)[name] for name, count in Counter(people).items()) / len(rows) ** 2
    kappa = (agreed - chance) / (1 - chance)
    lead = (f"{len(rows)} prompts of {path.name} with a person's type, labelled by {model} in answer to the question of "
            f"`collect --model`: {agreed:.1%} of the types agree, where always naming {common[0]} would reach "
            f"{common[1] / len(rows):.1%}; Cohen's kappa {kappa:.2f}; "
            f"{quantity(types_named.count(None), 'answer names', 'answers name')} none.")
    types = [[name, count, Counter(types_named)[name], sum(a == b == name for a, b in zip(people, types_named, strict=True))]
             for name, count in Counter(people).most_common()]
    tags = [(row.get("special_tag"), labels.risk if labels else ()) for row, labels in zip(rows, labelled, strict=True)]
    hit = sum(tag in risks for tag, risks in tags if tag)
    named, by_people = sum(len(risks) for _, risks in tags), sum(bool(tag) for tag, _ in tags)
    risk = f"Risk tags: {by_people} given by people, {named} named by the model, {hit} the same."
    print(lead, *(" | ".join(map(str, row)) for row in types), risk, sep="\n")
    save("label_agreement", "Labels of a model beside people's", lead,
         [{"caption": "Types", "columns": ["type", "people", "model", "both"], "rows": types}], [risk])


if __name__ == "__main__":
    main()
