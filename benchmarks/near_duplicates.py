"""Near-duplicates: this toolkit beside its peers, on the same real instructions; the truth is the exact greedy rule.

Run by `make bench`, or `python -m benchmarks near_duplicates`. Rows come from a parquet file with a column `instruction`.
"""

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.peer import HERE, Outcome, python_of, run
from benchmarks.results import save
from instructwild.clean.near import near_duplicates, tokens
from instructwild.console.terminal import console

DATA = Path(os.environ.get("BENCH_ROWS", HERE.parent.parent / "shared" / "data" / "bench" / "bench_200k.parquet"))
LIMIT = 300          # seconds for one script
SAMPLE = 1_000       # rows for the original, which compares every pair
COLUMNS = ["method", "rows", "CPU s", "peak MB", "dropped", "precision", "recall", "Chinese rows wrongly dropped"]


@dataclass(frozen=True)
class Entry:
    """One line of the table: a script in `peers/`, its environment (None: this one), its options and sizes."""

    label: str
    script: str
    environment: str | None
    options: tuple[str, ...]
    sizes: tuple[int, ...]


ENTRIES = [
    Entry("**ours**, compiled", "near_ours", None, (), (10_000, 50_000, 200_000)),
    Entry("**ours**, without numba", "near_ours", None, ("index",), (10_000, 50_000)),
    Entry("rouge_score 0.1.2 (the original)", "near_rouge-score", "rouge-score", (), (SAMPLE,)),
    Entry("rapidfuzz 3.14.6 cdist", "near_rapidfuzz", "rapidfuzz", (), (10_000,)),
    Entry("rensa 0.5, bigrams, 0.5", "near_rensa", "rensa", (), (10_000, 50_000, 200_000)),
    Entry("datasketch 2.0 LSH, bigrams, 0.5", "near_datasketch", "datasketch", (), (10_000, 50_000)),
    Entry("text-dedup 0.4.0 minhash, defaults", "near_text-dedup", "text-dedup", (), (10_000, 50_000)),
    Entry("datatrove 0.10.1 minhash, defaults", "near_datatrove", "datatrove", (), (10_000,)),
    Entry("data-juicer 1.6.1 minhash, defaults", "near_data-juicer", "data-juicer", (), (10_000,)),
]


@dataclass(frozen=True)
class Rows:
    """The first rows of the file, and which of them the exact rule drops."""

    texts: list[str]
    chinese: set[int]
    exact: set[int]

    def write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as out:
            for text in self.texts:
                out.write(json.dumps({"text": text, "tokens": tokens(text)}) + "\n")


def main() -> None:
    if not DATA.exists():
        console.print(f"near_duplicates: no rows at {DATA}; name a parquet file with a column `instruction` in BENCH_ROWS")
        return
    table = []
    with tempfile.TemporaryDirectory() as scratch:
        files: dict[int, tuple[Rows, Path]] = {}
        for entry in ENTRIES:
            python, error = (Path(sys.executable), "") if entry.environment is None else python_of(entry.environment)
            failed = False
            for size in entry.sizes:
                if failed:
                    continue
                if size not in files:
                    files[size] = rows_of(size), Path(scratch) / f"{size}.jsonl"
                    files[size][0].write(files[size][1])
                rows, path = files[size]
                outcome = Outcome({}, error) if error else run(python, HERE / "peers" / f"{entry.script}.py",
                                                                  [str(path), *entry.options], LIMIT)
                failed = bool(outcome.error)
                table.append(line(entry, size, rows, outcome))
                console.print(*table[-1])
                if entry.script == "near_rouge-score" and not failed:
                    table.append(scaled(entry, size, 10_000, outcome.answer["cpu"]))
                save("near_duplicates", "Near-duplicates", LEAD,
                     [{"caption": "Same rows, one run, one thread", "columns": COLUMNS, "rows": table}], NOTES)


def rows_of(size: int) -> Rows:
    frame = pl.read_parquet(DATA, n_rows=size)
    texts = frame["instruction"].to_list()
    chinese = {i for i, fraction in enumerate(frame["han_frac"]) if fraction >= 0.3}
    return Rows(texts, chinese, {i for i, verdict in enumerate(near_duplicates(texts)) if verdict is not None})


def line(entry: Entry, size: int, rows: Rows, outcome: Outcome) -> list[str]:
    if outcome.error:
        return [entry.label, f"{size:,}", outcome.error, *[""] * 5]
    dropped = set(outcome.answer["dropped"])
    right = len(dropped & rows.exact)
    wrong = len((dropped - rows.exact) & rows.chinese)
    cpu, megabytes = outcome.answer["cpu"], outcome.answer["megabytes"]
    return [entry.label, f"{size:,}", f"{cpu:.2f}", f"{megabytes:,.0f}", f"{len(dropped):,}",
            f"{right / max(len(dropped), 1):.3f}", f"{right / max(len(rows.exact), 1):.3f}",
            f"{wrong:,} of {len(rows.chinese - rows.exact):,} ({wrong / max(len(rows.chinese - rows.exact), 1):.1%})"]


def scaled(entry: Entry, measured: int, size: int, cpu: float) -> list[str]:
    """What a method that compares every pair would take for more rows, which nobody waits for."""
    hours = cpu * (size / measured) ** 2 / 3600
    return [entry.label, f"{size:,}", f"{hours:.1f} h, scaled up from {measured:,} rows", *[""] * 5]


LEAD = ("The rule: in input order, a row is dropped iff an earlier kept row has ROUGE-L F > 0.7 over bilingual tokens. "
        "Precision and recall are over dropped rows, against that rule applied exactly. Rows are the first of a fixed "
        "shuffle of 200,000 real instructions, a quarter of them Chinese (at least 30% Han characters).")
NOTES = [
    "CPU seconds are of the work alone: imports, reading the rows, and a first run on a few rows (which loads compiled "
    "code) are left out. Peak MB is the largest process, interpreter and all.",
    "Ours and rouge_score start from raw text. rapidfuzz, rensa and datasketch leave tokenizing to their user: they get "
    "our tokens ready-made, and their seconds leave tokenizing out.",
    "rouge_score compares every pair: its time grows with the square of the rows, and the line for more rows than were "
    "measured is scaled up so.",
    "text-dedup, datatrove and data-juicer may keep another row of a group than the first, which costs them precision and "
    "recall here; they also use another notion of likeness (Jaccard of n-grams).",
]
