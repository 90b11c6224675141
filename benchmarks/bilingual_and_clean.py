"""ColossalChat's comparison in miniature: one base tuned on English or on both languages, and on raw or on cleaned rows.

    python -m benchmarks.bilingual_and_clean EN.json ZH.json RAW_ZH.json [--rows 192] [--work DIR]

Four trainings of SmolLM2-135M on the same number of rows, of the same lengths, in the same number of updates; then the
perplexity of held-out rows of both languages that none of them saw. Every training is a stage folder in DIR: run again, it
goes on where it stopped.
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

from benchmarks.results import save
from instructwild import stage
from instructwild.read.instructions import read
from instructwild_trainer.adapter import load_chat
from instructwild_trainer.data import Conversation, conversations
from instructwild_trainer.evaluate.statistics import interval

LONGEST = 192
HELD_OUT = 64
LANGUAGES = ("und", "zh")
"""As rows count that name no language: English by its script alone, Chinese by its own."""
ARMS = {"English": "English rows only", "both": "half English, half Chinese", "raw": "Chinese rows as they were found",
        "cleaned": "Chinese rows after `clean`"}


def command(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "instructwild", *map(str, words)], check=True)


def pool(source: str | Path, chat: object) -> list[Conversation]:
    """The answered rows of a file that fit, in an order drawn once."""
    rows, _ = conversations(read([source]).frame, chat, LONGEST)
    random.Random(0).shuffle(rows)
    return rows


def write(path: Path, rows: list[Conversation]) -> Path:
    if not path.exists():
        path.write_text("".join(json.dumps({"messages": row.messages, "language": row.language}, ensure_ascii=False) + "\n"
                                for row in rows), encoding="utf-8")
    return path


def sets(english: str, chinese: str, raw: str, count: int, work: Path) -> dict[str, Path]:
    """The training set of each arm and the held-out set, written once."""
    chat = load_chat("smollm2")
    en, zh = pool(english, chat), pool(chinese, chat)
    raw_rows, cleaned = pool(raw, chat), pool(work / "clean", chat)
    held = [*en[:HELD_OUT], *zh[:HELD_OUT]]
    keys = {row.key for row in held}
    en, zh, raw_rows, cleaned = ([row for row in rows if row.key not in keys] for rows in (en, zh, raw_rows, cleaned))
    arms = {"English": en[:count], "raw": raw_rows[:count], "cleaned": cleaned[:count],
             "both": [*en[:count // 2], *zh[:count // 2]]}
    for name, rows in arms.items():
        if len(rows) != count:
            raise SystemExit(f"{name}: {len(rows)} rows of at most {LONGEST} tokens, {count} wanted: give --rows")
    return {"held out": write(work / "held-out.jsonl", held),
            **{name: write(work / f"{name}.jsonl", rows) for name, rows in arms.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("english", "chinese", "raw"):
        parser.add_argument(name)
    parser.add_argument("--rows", type=int, default=192)
    parser.add_argument("--work", type=Path, default=Path("bilingual-and-clean"))
    arguments = parser.parse_args()
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    command("clean", arguments.raw, "--out", work / "clean")
    files = sets(arguments.english, arguments.chinese, arguments.raw, arguments.rows, work)
    for name in ARMS:
        command("train", "sft", files[name], "--model", "smollm2", "--out", work / "models" / name, "--held-out", 0,
                "--samples", 0, "--max-length", LONGEST, "--per-device-train-batch-size", 4, "--learning-rate", 2e-4,
                "--save-steps", 12)
    models = [word for name in ARMS for word in ("--model", work / "models" / name)]
    command("evaluate", "perplexity", files["held out"], "--model", "smollm2", *models, "--out", work / "perplexity")
    measured = stage.load(work / "perplexity").manifest
    table(measured.metrics, work, arguments)


def table(metrics: dict, work: Path, arguments: argparse.Namespace) -> None:
    rows = []
    for name in ("smollm2", *ARMS):
        less = metrics["less_bits_per_byte"].get(name)
        rows.append([name, ARMS.get(name, "the base, untrained"),
                     *(interval(metrics["perplexity"][name][language]) for language in LANGUAGES),
                     *(interval(less[language], 3, sign=True) if less else "" for language in LANGUAGES)])
    cleaned = stage.load(work / "clean").manifest
    trained = {name: stage.load(work / "models" / name).manifest.metrics for name in ARMS}
    direct = direct_comparison(work)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in cleaned.reasons.items())
    save("bilingual_and_clean", "English or both languages, raw or cleaned",
         f"SmolLM2-135M tuned four times with LoRA (r 16, one pass, learning rate 2e-4) on {arguments.rows} rows of at most "
         f"{LONGEST} tokens, {trained['English']['updates']} updates each; measured on {HELD_OUT} English and {HELD_OUT} "
         "Chinese rows that none of them saw, of the sources of the first two. This is a miniature: one seed, one small "
         "model, a few hundred rows. Intervals are of the held-out rows, not of the training's own chance.",
         [{"caption": "Perplexity of a held-out answer token (95% interval), and bits a byte fewer than the base",
           "columns": ["trained on", "", "English", "Chinese", "fewer bits, English", "fewer bits, Chinese"], "rows": rows},
          {"caption": "One arm against the other, bits a byte fewer on the same rows; an interval that leaves out 0 is more "
                      "than the chance of the rows", "columns": ["", "English", "Chinese"], "rows": direct}],
         [f"`clean` dropped {cleaned.rows.dropped:,} of {cleaned.rows.in_:,} raw Chinese rows ({reasons}): "
          "this source is hardly dirty, so raw and cleaned rows differ in few of the rows drawn.",
          "Answer tokens trained on: " + ", ".join(f"{name} {stage['answer_tokens']:,}" for name, stage in trained.items())
          + ". A Chinese character takes about two tokens of this model's vocabulary.",
          "Reproduce: `python -m benchmarks.bilingual_and_clean EN.json ZH.json RAW_ZH.json`."])


def direct_comparison(work: Path) -> list[list[str]]:
    """Both against English, cleaned against raw, on the same held-out rows."""
    from instructwild_trainer.evaluate.perplexity import figures_of

    frame = stage.load(work / "perplexity").frame()
    nats_of = {name: [next((measured["nats"], measured["tokens"]) for measured in models if measured["model"] == name)
                    for models in frame["models"].to_list()] for name in ARMS}
    lines = []
    for first, second in (("English", "both"), ("raw", "cleaned")):
        figures = figures_of([first, second], frame["id"].to_list(), frame["language"].to_list(), nats_of,
                          frame["bytes"].to_list())["less_bits_per_byte"][second]
        lines.append([f"{second} instead of {first}", *(interval(figures[part], 3, sign=True) for part in LANGUAGES)])
    return lines


if __name__ == "__main__":
    main()
