"""Language: accuracy and speed on labelled prompts, for the default, the model alone, and langdetect.

The function words were looked at beside the even rows of the set; accuracy on the odd rows is given apart.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.peer import HERE
from benchmarks.results import save
from instructwild.text.language import languages, shared_script

DATA = Path(os.environ.get("BENCH_LANGUAGES", HERE.parent.parent / "shared" / "data" / "bench" / "langid_6000.json"))
COLUMNS = ["method", "rows", "accuracy", "odd rows", "en recall", "zh recall", "others", "rows/s of CPU"]
SLOW = 500


def main() -> None:
    if not DATA.exists():
        return
    texts, truth = (list(column) for column in zip(*json.loads(DATA.read_text(encoding="utf-8")), strict=True))
    languages(pl.Series(texts[:10]))
    methods: list[tuple[str, Callable[[pl.Series], list[str]], int]] = [
        ("**ours**: scripts, function words, lid.176.ftz", lambda sample: languages(sample).to_list(), len(texts)),
        ("lid.176.ftz alone", lambda sample: [_model(text) for text in sample], len(texts)),
        ("ours with langdetect, seeded", lambda sample: languages(sample, "langdetect").to_list(), SLOW),
        ("langdetect alone, seeded", lambda sample: [_langdetect(text) for text in sample], SLOW),
    ]
    rows = []
    for name, method, count in methods:
        began = time.process_time()
        tags = [tag.partition("-")[0] for tag in method(pl.Series(texts[:count]))]
        seconds = time.process_time() - began
        right = [tag == language for tag, language in zip(tags, truth, strict=False)]
        kinds = [language if language in ("en", "zh") else "others" for language in truth]
        recalls = [_share([ok for ok, kind in zip(right, kinds, strict=False) if kind == group])
                   for group in ("en", "zh", "others")]
        rows.append([name, count, _share(right), _share(right[1::2]), *recalls, round(count / seconds)])
    labels = ", ".join(f"{tag} {count:,}" for tag, count in Counter(truth).most_common())
    save("language", "Language", f"{len(texts):,} labelled short prompts and interface strings: {labels}.",
         [{"caption": "Accuracy and speed", "columns": COLUMNS, "rows": rows}],
         ["zh counts either script. The function words were looked at beside the even rows; odd rows are given apart.",
          f"langdetect is timed on the first {SLOW:,} rows."])


def _share(right: list[bool]) -> float:
    return round(sum(right) / max(len(right), 1), 4)


def _model(text: str) -> str:
    return max(shared_script._fasttext(text).items(), key=lambda pair: pair[1], default=("und", 0.0))[0]


def _langdetect(text: str) -> str:
    return max(shared_script._langdetect(text).items(), key=lambda pair: pair[1], default=("und", 0.0))[0]
