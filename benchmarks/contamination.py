"""Contamination: questions of evaluation sets planted into real rows, and look-alikes that are none.

    python -m benchmarks contamination

`clean --against` searches 6,000 real rows, into which questions of a set were put in eight ways. A dropped row without a
planted question counts as wrong.
"""

import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from benchmarks.clean_readings import DATA
from benchmarks.dropped_rows import Turn, dropped, talk, write_lines
from benchmarks.results import save
from instructwild.console.terminal import console

ROWS, EACH, LOOK_ALIKES = 6_000, 100, 400
PLANTED = {"en": 40, "zh": 20}
"""Characters of a question, at least, that is planted."""


class Set(NamedTuple):
    """A set of questions, others of the same kind, and the least characters of a question that is searched for."""

    name: str
    language: str
    questions: Callable[[], list[str]]
    beside: Callable[[], list[str]]
    shortest: int = 0


NOTES = [
    f"{EACH} questions are planted in each way. Among the rows are up to {LOOK_ALIKES} look-alikes: questions of the same "
    "kind that the set does not hold (GSM8K's `train`, Self-Instruct's seeds, CMMLU's `dev`), and the first thirds of "
    "questions that it does.",
    "Questions that are planted have 40 characters and more, Chinese ones 20; one word is missing, or one character of "
    "Chinese.",
    "Short Chinese questions are a stem and one subject (“which of these is no operating system”). The stem does not "
    "count, so that every text with the subject in it is dropped: of the 274 rows wrongly dropped for all of CMMLU 257 are"
    " so by questions with at most six words or characters that count.",
    "An instruction of eight words, one of them missing, has few runs of four words left: that is what is not found in "
    "answers."]

Way = Callable[[str, str, str], list[Turn]]
"""How a question, a prompt and an answer become a conversation."""


def without_a_word(question: str) -> str:
    """A question without one word, or one character of Chinese."""
    chinese = re.search("[\u4e00-\u9fff]", question)
    words = list(question) if chinese else question.split(" ")
    return ("" if chinese else " ").join([*words[:len(words) // 3], *words[len(words) // 3 + 1:]])


def typed_anew(question: str) -> str:
    """A question in capitals or full-width signs, with other spaces and without its last mark."""
    other = question.upper() if re.search("[a-z]", question) else question.translate(str.maketrans("，。？（）", ",.?()"))
    return re.sub(r"\s+", "  ", other).rstrip("?？.。 ")


WAYS: dict[str, Way] = {
    "the prompt": lambda question, prompt, answer: talk(question, answer),
    "behind another prompt": lambda question, prompt, answer: talk(f"{prompt}\n{question}", answer),
    "at the start of an answer": lambda question, prompt, answer: talk(prompt, f"{question}\n{answer}"),
    "in an answer, a word missing": lambda question, prompt, answer: talk(prompt, f"{answer}\n{without_a_word(question)}"),
    "in an earlier turn": lambda question, prompt, answer: talk(question, answer, prompt, answer),
    "in the system turn": lambda question, prompt, answer: [
        {"role": "system", "content": f"Example: {question}"}, *talk(prompt, answer)],
    "typed anew": lambda question, prompt, answer: talk(typed_anew(question), answer),
    "a word missing": lambda question, prompt, answer: talk(without_a_word(question), answer)}


def _instructions(name: str) -> list[str]:
    return pl.read_ndjson(DATA / "self_instruct" / name)["instruction"].to_list()


def _cmmlu(part: str) -> list[str]:
    files = sorted((DATA / "eval" / "cmmlu" / part).glob("*.csv"))
    return [text for path in files for text in pl.read_csv(path, infer_schema=False)["Question"].drop_nulls()]


def _gsm8k_train() -> list[str]:
    rows = pl.read_parquet(DATA / "bench" / "bench_200k.parquet", columns=["source", "instruction"])
    return rows.filter(pl.col("source") == "gsm8k-train")["instruction"].to_list()


SETS = [Set("GSM8K", "en", lambda: pl.read_ndjson(DATA / "eval" / "gsm8k_test.jsonl")["question"].to_list(), _gsm8k_train),
        Set("Self-Instruct's user-oriented instructions", "en", lambda: _instructions("user_oriented_instructions.jsonl"),
            lambda: _instructions("seed_tasks.jsonl")),
        Set("CMMLU, questions of 20 characters and more", "zh", lambda: _cmmlu("test"), lambda: _cmmlu("dev"), 20),
        Set("CMMLU, all questions", "zh", lambda: _cmmlu("test"), lambda: _cmmlu("dev"))]
LEFT_OUT = ("gsm8k-train", "alpagasus-testprompts")
"""Sources of the rows that hold questions of these sets, or look-alikes of them."""


def planted(of: Set, rng: random.Random) -> tuple[list[tuple[str, list[Turn]]], list[str]]:
    """Each row with the way in which a question was planted (empty: none), and all questions of the set."""
    searched = sorted({text for text in of.questions() if len(text) >= of.shortest})
    long = [text for text in searched if len(text) >= PLANTED[of.language]]
    han = pl.col("han_frac")
    frame = pl.read_parquet(DATA / "bench" / "bench_200k.parquet").filter(
        han >= 0.3 if of.language == "zh" else han < 0.05, ~pl.col("source").is_in(LEFT_OUT), pl.col("output") != "")
    pairs = frame.select("instruction", "output").drop_nulls().sample(ROWS, seed=5).rows()
    rows = [("", talk(*pair)) for pair in pairs]
    spots = iter(rng.sample(range(ROWS), len(WAYS) * EACH + LOOK_ALIKES))
    for way, plant in WAYS.items():
        for question in rng.sample(long, EACH):
            at = next(spots)
            rows[at] = (way, plant(question, *pairs[at]))
    beside = sorted({*of.beside()} - {*searched})
    parts = [text[:len(text) // 3] for text in rng.choices(long, k=LOOK_ALIKES // 2)]
    for text in (*rng.sample(beside, min(LOOK_ALIKES // 2, len(beside))), *parts):
        at = next(spots)
        rows[at] = ("", talk(text, pairs[at][1]))
    return rows, searched


def main() -> None:
    """Measure and save."""
    lines: list[list[Any]] = []
    totals: list[list[Any]] = []
    for of in SETS:
        rows, searched = planted(of, random.Random(5))
        with tempfile.TemporaryDirectory() as folder:
            against = Path(folder) / "set.jsonl"
            write_lines(against, [{"instruction": text} for text in searched])
            lost = dropped([turns for _, turns in rows], "--steps", "contamination", "--against", against)
        hits = Counter(rows[at][0] for at in lost)
        right = len(lost) - hits[""]
        totals.append([of.name, f"{len(searched):,}", f"{len(WAYS) * EACH} in {ROWS:,} rows",
                       f"{right / len(WAYS) / EACH:.3f}", f"{right / max(len(lost), 1):.3f}", hits[""]])
        lines.append([of.name, *(f"{hits[way] / EACH:.2f}" for way in WAYS)])
        console.print(totals[-1], lines[-1])
    save("contamination", "Contamination", "Questions of evaluation sets planted into real rows; `clean --against`.",
         [{"caption": "Recall and precision", "rows": totals,
           "columns": ["set", "questions searched for", "planted", "recall", "precision", "rows wrongly dropped"]},
          {"caption": "Recall by where the question stands", "rows": lines, "columns": ["set", *WAYS]}],
         NOTES)


if __name__ == "__main__":
    main()
