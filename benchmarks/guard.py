"""The guard against template merges: how many rows it keeps, and whether their answers say that it is right to.

Where two prompts ask for the same, their answers are alike; the guard, which sees prompts only, should keep pairs whose
answers are not.
"""

import os
import time
from fractions import Fraction
from pathlib import Path
from statistics import mean, median

import polars as pl
from rapidfuzz.distance import Indel

from benchmarks.peer import HERE
from benchmarks.results import save
from instructwild.clean.guard import guarded
from instructwild.clean.near import near_duplicate_matches, tokens

DATA = Path(os.environ.get("BENCH_ROWS", HERE.parent.parent / "shared" / "data" / "bench" / "bench_200k.parquet"))
LIMIT = Fraction(7, 10)
ALIKE = 0.5
COLUMNS = ["pairs that the plain rule merges", "language", "pairs", "with both answers", "median F of their answers",
           f"answers alike (F > {ALIKE})"]


def main() -> None:
    if not DATA.exists():
        return
    frame = pl.read_parquet(DATA)
    texts, answers = frame["instruction"].to_list(), frame["output"].to_list()
    chinese = (frame["han_frac"] >= 0.3).to_list()
    began = time.process_time()
    plain = near_duplicate_matches(texts, LIMIT).matches
    middle = time.process_time()
    after = guarded(texts, plain, LIMIT)
    ended = time.process_time()
    groups: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row, (first, last) in enumerate(zip(plain, after, strict=True)):
        if first is not None:
            merged = last is not None and last.index == first.index
            told = "merged with the guard too" if merged else "told apart by the guard"
            groups.setdefault((told, "zh" if chinese[row] else "other"), []).append((row, first.index))
    rows = [_line(told, language, pairs, answers) for (told, language), pairs in sorted(groups.items())]
    dropped, kept = (sum(match is not None for match in matches) for matches in (plain, after))
    save("guard", "The guard against template merges",
         f"{len(texts):,} rows of {DATA.name}: the plain rule drops {dropped:,}, with the guard {kept:,}. "
         f"CPU seconds: {middle - began:.1f} without it, {ended - middle:.1f} more with it.",
         [{"caption": "Are the answers of merged prompts alike?", "columns": COLUMNS, "rows": rows}],
         ["F is ROUGE-L's F1 over bilingual tokens of the two answers. It is a proxy: open questions have many good "
          "answers, so that pairs which ask for the same thing often have unlike ones; the difference of the groups tells.",
          "A pair told apart may still leave: the row can resemble another row that was kept."])


def _line(told: str, language: str, pairs: list[tuple[int, int]], answers: list[str | None]) -> list:
    names: dict[str, int] = {}

    def numbers(text: str) -> list[int]:
        return [names.setdefault(token, len(names)) for token in tokens(text)]

    both = [(numbers(answers[a]), numbers(answers[b])) for a, b in pairs if answers[a] and answers[b]]
    alike = [Indel.normalized_similarity(a, b) for a, b in both if a and b]
    return [told, language, f"{len(pairs):,}", f"{len(alike):,}", f"{median(alike):.2f}",
            f"{mean(f > ALIKE for f in alike):.1%}"] if alike else [told, language, f"{len(pairs):,}", "0", "", ""]


if __name__ == "__main__":
    main()
