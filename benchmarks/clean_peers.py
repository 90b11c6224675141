"""`clean --strict` beside the recipes of data-juicer and datatrove, on the same rows, read by eye.

    python -m benchmarks.clean_peers SEED FOLDER RECIPES

9,000 mixed rows (as `clean_readings` draws them) go through each program. RECIPES is a folder with three files of the peers'
own repositories: data-juicer's `configs/data_juicer_recipes/alpaca_cot/alpaca-cot-{en,zh}-refine.yaml` and FineWeb-2's
`configs/cmn_Hani.yml`. Of each program 50 rows that it keeps and 50 that it drops are written into FOLDER, outside of the
repository, half of them Chinese: the texts belong to others. How many rows each step drops stands in
`readings/peer_counts.json`, what a reader decided in `readings/peers.jsonl`, by the hash of each row.
`python -m benchmarks clean_peers` sums that up in RESULTS.md.
"""

import json
import os
import random
import resource
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.clean_readings import key, mixed
from benchmarks.peer import HERE, python_of, run
from benchmarks.results import save

COUNTS, READ = HERE / "readings" / "peer_counts.json", HERE / "readings" / "peers.jsonl"
OURS = "clean --strict"
PEERS = {"data-juicer 1.6.1, Alpaca-CoT's recipes": ("data-juicer", ["alpaca-cot-en-refine.yaml",
                                                                     "alpaca-cot-zh-refine.yaml"]),
         "datatrove 0.10.1, FineWeb and FineWeb-2": ("datatrove", ["cmn_Hani.yml"])}
SAMPLED, SECONDS = 50, 1800
LANGUAGES = ("en", "zh")

NOTES = [
    "One reader, who knew which program a row was of; as mild as the sixth of the section on kept and dropped rows. "
    "Doubtful rows count as good: 3 of the 50 that `clean --strict` keeps, 3 of data-juicer's, 5 of datatrove's. Between "
    "6, 7 and 10 of 50 there is no difference beyond chance.",
    "Good is what an editor would keep; a dropped row that is another's twin, or asks the same as another row, counts as "
    "rightly dropped.",
    "data-juicer: the operators of its recipes for instructions (Alpaca-CoT, English and Chinese), run one after the other"
    " without its executor, which installs Ray and PyTorch for CUDA. `flagged_words_filter` is left out: its words and its"
    " model come from servers that could not be reached. Its first step compares texts without digits and marks, so that "
    "the root of 16 is a duplicate of the root of 256; prompts without an answer are too short for it.",
    "datatrove: the filters and MinHash of FineWeb (English) and FineWeb-2 (Chinese, its thresholds and stop words), "
    "without addresses, extraction and the score of the language. They are made for web pages: fifty words, stop words and"
    " lines that end in a mark are what a page has and an instruction has not.",
    "CPU seconds were taken beside other programs."]

Steps = dict[int, str]
"""Of each dropped row the step that dropped it."""


def ours(folder: Path) -> tuple[list[dict[str, Any]], Steps, float]:
    """All rows as `clean` reads them, by their number; what it drops, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "instructwild", "clean", folder / "rows.jsonl", "--out", folder / "strict",
                    "--force", "--strict"], check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    kept = pl.read_parquet(folder / "strict" / "data.parquet").to_dicts()
    dropped = pl.read_parquet(folder / "strict" / "dropped.parquet").to_dicts()
    listed = {_number(row): row for row in kept}
    steps: Steps = {}
    for verdict in dropped:
        row = json.loads(verdict["row"])
        listed[_number(row)] = row
        steps[_number(row)] = verdict["step"]
    return [listed[number] for number in range(len(listed))], steps, sum(
        getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))


def _number(row: dict[str, Any]) -> int:
    return int(json.loads(row["extra"])["number"])


def draw(seed: int, folder: Path, recipes: Path) -> None:
    """Run the programs, write down how many rows each step drops, and draw what is to be read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps({**row, "number": str(number)}, ensure_ascii=False) + "\n"
                                               for number, row in enumerate(mixed(seed))), encoding="utf-8")
    rows, steps, cpu = ours(folder)
    languages = ["zh" if (row["language"] or "").startswith("zh") else "en" for row in rows]
    texts = ["\n".join(turn["content"] or "" for turn in row["messages"]) for row in rows]
    (folder / "texts.jsonl").write_text("".join(json.dumps({"text": text, "language": language}, ensure_ascii=False) + "\n"
                                                for text, language in zip(texts, languages, strict=True)), encoding="utf-8")
    dropped, seconds = {OURS: steps}, {OURS: cpu}
    for name, (peer, options) in PEERS.items():
        python, error = python_of(peer, 30)
        outcome = run(python, HERE / "peers" / f"clean_{peer}.py",
                      [str(folder / "texts.jsonl"), *(str(recipes / option) for option in options)], SECONDS)
        if error or outcome.error:
            sys.exit(f"{name}: {error or outcome.error}")
        dropped[name] = {int(number): step for number, step in outcome.answer["steps"].items()}
        seconds[name] = outcome.answer["cpu"]
    COUNTS.write_text(json.dumps({"seed": seed, "rows": Counter(languages), "programs": {
        name: {"cpu": round(seconds[name], 1), **{language: Counter(
            step for number, step in steps.items() if languages[number] == language) for language in LANGUAGES}}
        for name, steps in dropped.items()}}, indent=1) + "\n", encoding="utf-8")
    for name, steps in dropped.items():
        lists: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, language in enumerate(languages):
            lists["dropped" if number in steps else "kept", language].append(number)
        rng = random.Random(f"{seed} {name}")
        drawn = [(kind, language, number) for (kind, language), numbers in sorted(lists.items())
                 for number in rng.sample(numbers, min(SAMPLED // 2, len(numbers)))]
        lines = (json.dumps({"program": name, "list": kind, "language": language, "step": steps.get(number, ""),
                             "dropped_by": [other for other in dropped if number in dropped[other]],
                             "row": key(rows[number]["messages"]), "messages": rows[number]["messages"],
                             "source": rows[number]["origin"][0]["source"]}, ensure_ascii=False, default=str)
                 for kind, language, number in drawn)
        (folder / f"{name.split(' ')[0]}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    """Sum up what a reader decided."""
    counts = json.loads(COUNTS.read_text(encoding="utf-8"))
    read = pl.read_ndjson(READ)
    programs, rows = counts["programs"], counts["rows"]

    def listed(program: str, kind: str, *, good: bool) -> pl.DataFrame:
        return read.filter(program=program, list=kind, good=good)

    def lost(program: str) -> int:
        """Good rows that a program drops, estimated from the share of each language that was read."""
        parts = [(sum(programs[program][language].values()), read.filter(program=program, list="dropped", language=language))
                 for language in LANGUAGES]
        return round(sum(count * part["good"].mean() for count, part in parts))

    table = [[name, *(f"{sum(of[language].values()):,} of {rows[language]:,}" for language in LANGUAGES),
              f"{listed(name, 'dropped', good=True).height} of {SAMPLED}", f"{lost(name):,}",
              f"{listed(name, 'kept', good=False).height} of {SAMPLED}", of["cpu"]] for name, of in programs.items()]
    steps = [[name, step, *(of[language].get(step, 0) for language in LANGUAGES)] for name, of in programs.items()
             for step in dict.fromkeys([*of["en"], *of["zh"]])]
    others = [[name, kind, bad.height, *(sum(other in dropped_by for dropped_by in bad["dropped_by"]) for other in programs)]
              for name in programs for kind in ("dropped", "kept") if (bad := listed(name, kind, good=False)).height]
    reasons = [[name, ", ".join(f"{reason} {count}" for reason, count in
                                Counter(listed(name, "kept", good=False)["reason"].sort()).most_common())]
               for name in programs]
    save("clean_peers", "clean --strict beside data-juicer and datatrove",
         f"{sum(rows.values()):,} mixed rows of seed {counts['seed']}; of each program {SAMPLED} rows that it drops and "
         f"{SAMPLED} that it keeps were read, half of them Chinese.",
         [{"caption": "What each drops that was good, and keeps that is to be thrown away", "rows": table,
           "columns": ["program", "rows dropped, not Chinese", "Chinese", "dropped though good",
                       "good rows dropped, estimated", "kept, to be thrown away", "CPU s"]},
          {"caption": "Rows rightly dropped and wrongly kept, by the program for which they were drawn: how many each drops",
           "rows": others, "columns": ["program", "rows that it", "number", *programs]},
          {"caption": "Why rows that are kept are to be thrown away", "rows": reasons, "columns": ["program", "reasons"]},
          {"caption": "What each step drops", "rows": steps, "columns": ["program", "step", "not Chinese", "Chinese"]}],
         NOTES)


if __name__ == "__main__":
    draw(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
