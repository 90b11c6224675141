"""data-juicer's recipes for instructions: `SCRIPT ROWS.jsonl RECIPE_EN.yaml RECIPE_ZH.yaml ANSWER.json`.

A row is {"text", "language"}. Operators run one after the other, as its executor runs them, but without Ray. What needs a
list or a model from its own servers is left out: `flagged_words_filter`.
"""

from pathlib import Path

import yaml
from data_juicer.core.data import NestedDataset
from data_juicer.ops import load_ops
from protocol import OPTIONS, answer

LEFT_OUT = {"flagged_words_filter"}


def find(rows):
    dropped = {}
    for language, recipe in zip(("en", "zh"), OPTIONS, strict=True):
        listed = [number for number, row in enumerate(rows) if row["language"] == language]
        dataset = NestedDataset.from_dict({"text": [rows[number]["text"] for number in listed], "row": listed})
        steps = yaml.safe_load(Path(recipe).read_text(encoding="utf-8"))["process"]
        for step in steps:
            name = next(iter(step))
            if name in LEFT_OUT:
                continue
            before = set(dataset["row"])
            dataset = load_ops([step])[0].run(dataset)
            dropped |= dict.fromkeys(before - set(dataset["row"]), name)
    return dropped


if __name__ == "__main__":
    answer(find)
