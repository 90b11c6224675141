"""How many of the rows that a reader throws away a model names, and how many good ones: `clean --model` against readings.

`python -m benchmarks.clean_judge MODEL SEED FOLDER [SEED FOLDER …]` judges the rows that `benchmarks.clean_readings SEED
FOLDER` drew, by the code of the step, and compares with `readings/clean.jsonl`. With `--write-requests FILE` nothing is
sent: the requests are written as JSON lines {"row", "messages"}; with `--replies FILE` replies are read from lines
{"row", "text"}. `--rows N` takes so many of them, at even distances; `--save NAME` adds the figures under that name to
RESULTS.md.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.clean_readings import key
from benchmarks.peer import HERE
from benchmarks.results import RESULTS, save
from instructwild.clean.judge_forecast import tokens_of
from instructwild.clean.judge_words import KEEP, NOT_JUDGED, digests, read_verdict, request_about
from instructwild.clean.judging import judge_rows
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits, open_model
from instructwild.stage.frames import INSTRUCTION

Z = 1.96
NAMED = "clean_judge"


def rows_of(folder: Path) -> pl.DataFrame:
    """The kept rows that were drawn into a folder."""
    lines = (folder / "kept.jsonl").read_text(encoding="utf-8").splitlines()
    columns = {name: INSTRUCTION[name] for name in ("id", "messages", "language", "tools")}
    return pl.DataFrame([{name: json.loads(line)[name] for name in columns} for line in lines], schema=columns)


def verdicts_of_reader(seed: int) -> dict[str, bool]:
    """Whether a reader keeps a row, by the row's hash."""
    read = pl.read_ndjson(HERE / "readings" / "clean.jsonl").filter(pl.col("seed") == seed, pl.col("list") == "kept")
    return dict(read.select("row", "good").iter_rows())


def by_model(model: str, rows: pl.DataFrame, cache: str) -> list[str]:
    """What a model says of each row."""
    session = open_model(model, Limits(), Ledger(cache), sort=8)
    return asyncio.run(judge_rows(session, lambda: [rows])).verdicts


def by_replies(file: Path, rows: pl.DataFrame) -> list[str]:
    """What replies in a file say of each row."""
    replies = {line["row"]: line["text"] for line in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    return [read_verdict(replies.get(key(messages), "")) or NOT_JUDGED for messages in rows["messages"]]


def write_requests(file: Path, rows: pl.DataFrame) -> None:
    """The requests of a first reading."""
    requests = [(key(row["messages"]), request_about(row)) for row in rows.iter_rows(named=True)]
    file.write_text("".join(json.dumps({"row": name, "messages": request.chat_messages()}, ensure_ascii=False) + "\n"
                            for name, request in requests), encoding="utf-8")
    tokens = sum(tokens_of(request) for _, request in requests)
    print(f"{len(requests):,} requests of about {tokens / max(1, len(requests)):,.0f} tokens each in {file}")


def wilson(hits: int, of: int) -> str:
    """A share in percent with its 95% interval."""
    if not of:
        return "–"
    share = hits / of
    middle, spread = share + Z * Z / (2 * of), Z * (share * (1 - share) / of + Z * Z / (4 * of * of)) ** 0.5
    low, high = ((middle + sign * spread) / (1 + Z * Z / of) for sign in (-1, 1))
    return f"{hits} of {of}: {share:.0%} [{max(low, 0.0):.0%}, {high:.0%}]"


def figures(read: pl.DataFrame) -> list[list[Any]]:
    """One line for each language: of columns `chinese`, `good`, `verdict`."""
    named = ~pl.col("verdict").is_in([KEEP, NOT_JUDGED])
    lines = []
    for language, rows in (("Chinese", read.filter("chinese")), ("others", read.filter(~pl.col("chinese"))), ("all", read)):
        bad, good = rows.filter(~pl.col("good")), rows.filter("good")
        hits, alarms = bad.filter(named).height, good.filter(named).height
        stays = rows.height - hits - alarms
        lines.append([language, wilson(hits, bad.height), wilson(alarms, good.height), wilson(hits, hits + alarms),
                      wilson(bad.height, rows.height), wilson(bad.height - hits, stays),
                      rows.filter(pl.col("verdict") == NOT_JUDGED).height])
    return lines


COLUMNS = ["rows", "to be thrown away, named", "good, named", "named, to be thrown away", "to be thrown away before",
           "to be thrown away among those not named", "not judged"]


def store(name: str, lines: list[list[Any]], counts: Mapping[str, int], seeds: list[int]) -> None:
    """Add the figures to those of other models in RESULTS.md."""
    file = RESULTS / f"{NAMED}.json"
    before = json.loads(file.read_text(encoding="utf-8"))["tables"] if file.exists() else []
    named = ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
    caption = f"{name}, seeds {', '.join(map(str, seeds))} (words {', '.join(digests().values())}): {named}"
    tables = [table for table in before if not table["caption"].startswith(f"{name}, ")]
    save(NAMED, "A model as judge of what clean --strict keeps",
         "Rows kept by `clean --strict`, read by eye (the section on readings) and judged by a model in one reading each; "
         "95% intervals (Wilson).",
         [*tables, {"caption": caption, "columns": COLUMNS, "rows": lines}],
         ["The reader's verdicts are the measure: doubtful rows count as good."])


def main() -> None:
    """Judge, compare, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("model")
    options.add_argument("draws", nargs="+", metavar="SEED FOLDER")
    options.add_argument("--replies", type=Path)
    options.add_argument("--write-requests", type=Path)
    options.add_argument("--cache", default=":memory:", help="a file of replies, to go on after an interruption")
    options.add_argument("--rows", type=int, default=0)
    options.add_argument("--save", default="")
    chosen = options.parse_args()
    seeds, folders = [int(seed) for seed in chosen.draws[::2]], [Path(folder) for folder in chosen.draws[1::2]]
    rows = pl.concat(map(rows_of, folders))
    if 0 < chosen.rows < rows.height:
        rows = rows[[rows.height * number // chosen.rows for number in range(chosen.rows)]]
    if chosen.write_requests:
        write_requests(chosen.write_requests, rows)
        return
    verdicts = by_replies(chosen.replies, rows) if chosen.replies else by_model(chosen.model, rows, chosen.cache)
    reader = {name: good for seed in seeds for name, good in verdicts_of_reader(seed).items()}
    read = pl.DataFrame({"chinese": rows["language"].str.starts_with("zh"), "verdict": verdicts,
                         "good": [reader[key(messages)] for messages in rows["messages"]]})
    lines, counts = figures(read), dict(read["verdict"].value_counts(sort=True).iter_rows())
    for line in lines:
        print(*(f"{column}: {cell}" for column, cell in zip(COLUMNS, line, strict=True)), sep="\n  ")
    print(counts)
    if chosen.save:
        store(chosen.save, lines, counts, seeds)


if __name__ == "__main__":
    main()
