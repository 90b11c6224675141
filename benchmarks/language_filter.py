"""`clean --languages en,zh` on mixed rows: what is kept that should be, and dropped that should be.

    python -m benchmarks language_filter

Labelled short prompts in ten languages (`BENCH_LANGUAGES`), and rows made of them: an order in one language about a text in
another, code, formulas, answers and system turns in another language than the question.
"""

import json
import random
from collections import defaultdict
from typing import Any, NamedTuple

import polars as pl

from benchmarks.clean_readings import DATA
from benchmarks.dropped_rows import Turn, dropped, talk
from benchmarks.language import DATA as LABELLED
from benchmarks.results import save
from instructwild.console.terminal import console

EACH, SHORT = 300, 20
KEPT = ("en", "zh")
ORDERS = {"en": "Translate the following sentence into English: {}", "zh": "把下面这句话翻译成中文：{}",
          "fr": "Traduisez la phrase suivante en français : {}", "de": "Übersetze den folgenden Satz ins Deutsche: {}",
          "es": "Traduce la siguiente frase al español: {}", "it": "Traduci la seguente frase in italiano: {}",
          "pt": "Traduza a seguinte frase para o português: {}", "ru": "Переведи следующее предложение на русский: {}",
          "ja": "次の文を日本語に翻訳してください：{}", "ko": "다음 문장을 한국어로 번역해 주세요: {}"}
QUOTES = ("{}", "“{}”", "\"{}\"", "\n{}")
"""How a text that an order is about stands behind it."""


class Row(NamedTuple):
    """A conversation, what it is an example of, and whether `--languages en,zh` should keep it."""

    kind: str
    turns: list[Turn]
    expected: bool


def rows(rng: random.Random) -> list[Row]:
    """All rows, of every kind."""
    of: dict[str, list[str]] = defaultdict(list)
    for text, tag in json.loads(LABELLED.read_text(encoding="utf-8")):
        of[tag].append(text)
    others = sorted(of.keys() - {*KEPT})
    made = [Row(f"prompts in {tag}" if tag in KEPT else f"prompts in eight other languages, {length(text)}",
                talk(text, "…"), tag in KEPT) for tag, texts in sorted(of.items()) for text in texts]

    def some(tags: list[str], count: int = EACH) -> list[str]:
        return [rng.choice(of[rng.choice(tags)]) for _ in range(count)]

    def about(order: str, text: str) -> list[Turn]:
        return talk(order.format(rng.choice(QUOTES).format(text)), "…")

    for tag in KEPT:
        other = "zh" if tag == "en" else "en"
        made += [Row(f"orders in {tag} about a text in another language", about(ORDERS[tag], text), True)
                 for text in some([*others, other])]
        made += [Row(f"questions in {tag}, answered in another language", talk(text, answer), True)
                 for text, answer in zip(some([tag]), some(others), strict=True)]
        made += [Row(f"questions in other languages, system turn in {tag}",
                     [{"role": "system", "content": system}, *talk(text, "…")], False)
                 for text, system in zip(some(others), some([tag]), strict=True)]
        made += [Row(f"orders in other languages about a text in {tag}", about(ORDERS[rng.choice(others)], text), False)
                 for text in some([tag])]
    table = pl.read_parquet(DATA / "bench" / "bench_200k.parquet", columns=["source", "output"])
    code = table.filter(pl.col("source") == "codealpaca", pl.col("output").str.len_chars() > 40)["output"]
    made += [Row("code alone", talk(text, "…"), True) for text in code.sample(EACH, seed=7)]
    made += [Row("sums alone", talk(sum_of(rng), "…"), True) for _ in range(EACH)]
    rng.shuffle(made)
    return made


def length(text: str) -> str:
    """Whether a text is a label of a word or two, as half of those in other languages are."""
    return f"under {SHORT} characters" if len(text) < SHORT else f"{SHORT} characters and more"


def sum_of(rng: random.Random) -> str:
    """A formula without a word."""
    first, second, third = (rng.randint(2, 999) for _ in range(3))
    return rng.choice((f"{first} + {second} * {third} =", f"({first}x - {second}) / {third} = 0, x = ?",
                       f"$\\frac{{{first}}}{{{second}}} + x^{{{third}}}$", f"√{first} ≈ ?", f"{first} ÷ {second}"))


def share(kept: list[bool], expected: bool) -> str:
    """The share of rows that are kept, or dropped, as they should be."""
    return f"{sum(each == expected for each in kept) / len(kept):.3f}"


def totals(listed: list[Row], lost: set[int], *, labelled: bool) -> list[str]:
    """Recall and precision of what is kept, of the labelled prompts or of the rows made of them; code and sums apart."""
    taken = [(row.expected, at not in lost) for at, row in enumerate(listed)
             if not row.kind.endswith("alone") and row.kind.startswith("prompts") == labelled]
    right = sum(expected and kept for expected, kept in taken)
    return [f"{right / sum(expected for expected, _ in taken):.3f}", f"{right / sum(kept for _, kept in taken):.3f}"]


def main() -> None:
    """Measure and save."""
    if not LABELLED.exists():
        return
    listed = rows(random.Random(15))
    options = (",".join(KEPT), ",".join([*KEPT, "-und"]))
    lost = [dropped([row.turns for row in listed], "--steps", "language", "--languages", option) for option in options]
    kinds: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for at, row in enumerate(listed):
        kinds[not row.expected, row.kind].append(at)
    lines: list[list[Any]] = [
        [kind, "dropped" if unwanted else "kept", len(numbers),
         *(share([at not in each for at in numbers], not unwanted) for each in lost)]
        for (unwanted, kind), numbers in sorted(kinds.items())]
    summed = [[name, *(cell for each in lost for cell in totals(listed, each, labelled=labelled))]
              for name, labelled in (("labelled prompts", True), ("rows made of them", False))]
    console.print(*lines, *summed, sep="\n")
    save("language_filter", "Rows of two languages out of ten",
         f"`clean --languages {options[0]}` and `{options[1]}` on {len(listed):,} mixed rows.",
         [{"caption": "What is kept: recall and precision", "rows": summed,
           "columns": ["rows", *(f"{figure}, `{option}`" for option in options for figure in ("recall", "precision"))]},
          {"caption": "Rows by kind", "rows": lines,
           "columns": ["rows", "should be", "number", *(f"share that is, `{option}`" for option in options)]}],
         ["Labelled prompts are those of the section Language, many of those in other languages labels of a page of one or"
          " two words. A text that an order is about stands behind its colon, in quotation marks or not, or on a line of "
          "its own.",
          "What shows no language (`und`) is kept unless `-und` says otherwise: most of what is wrongly kept of the "
          "labelled prompts are such labels. Code and sums alone are not in the totals.",
          "A few orders to translate in eight other languages still pass as the language of the text that they are about."])


if __name__ == "__main__":
    main()
