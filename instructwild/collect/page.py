"""The page a person reads after collecting."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from instructwild.collect.answerable import reads_as_chinese
from instructwild.collect.kinds import SourceKind
from instructwild.collect.score import score
from instructwild.report import figures
from instructwild.report.page import Page, Prose, Samples
from instructwild.text.quantity import quantity

SAMPLES = 12


def page(kind: SourceKind, tally: Mapping[str, Counter[str]], data: pl.LazyFrame, dropped: pl.LazyFrame) -> Page:
    """The report, made from counts and a few rows: the tables themselves stay on disk."""
    kept, gone = (frame.select(pl.len()).collect().item() for frame in (data, dropped))
    shown = Page(title="Collect", lead=f"{quantity(kept + gone, 'post')} read from {kind.export}; {kept:,} held a prompt.")
    if tally["language"]:
        shown.add("Languages", figures.bars(tally["language"]))
        shown.add("How prompts were found", figures.bars(tally["form"]), Prose(FORMS))
    if tally["why"]:
        shown.add("Why posts left", figures.bars(tally["why"]))
    if tally.get("decided"):
        shown.add("Unsure posts, by a model's decision", figures.bars(tally["decided"]))
    if tally.get("type"):
        shown.add("What prompts ask for", figures.bars(tally["type"]), Prose(LABELS))
        if tally["risk"]:
            shown.add("What could be wrong with them", figures.bars(tally["risk"]))
    shown.add("What was masked", figures.bars(tally["masked"]) if tally["masked"] else Prose("Nothing."), Prose(PRIVACY))
    rows = _few(data, pl.col("id"), pl.col("language"), pl.col("messages"),
                pl.col("origin").list.first().struct.field("license"),
                pl.col("scores").list.first().struct.field("value"))
    if rows:
        shown.add("Some prompts", Samples([_sample(*row) for row in rows]))
    lost = _few(dropped.filter(pl.col("reason") == "not_a_prompt"),
                pl.col("row").str.json_path_match("$.text"), pl.col("evidence").str.json_path_match("$.why"))
    if lost:
        shown.add("Some posts that left", Samples([{"text": text or "", "badges": [why]} for text, why in lost]))
    return shown


def _few(frame: pl.LazyFrame, *columns: pl.Expr) -> list[tuple[Any, ...]]:
    """Some rows from the beginning, the same ones every time."""
    head = frame.head(4000).select(*columns).collect()
    return head.sample(min(SAMPLES, head.height), seed=1).rows()


def _sample(id_: str, language: str, messages: list[dict[str, str]], license_: str | None,
            score_: float | None) -> dict[str, object]:
    prompt = next((turn["content"] for turn in messages if turn["role"] == "user"), "")
    reply = messages[-1]["content"] if messages[-1]["role"] == "assistant" else None
    badges = [license_] if license_ else []
    if score_ is not None:
        speaks_for = score(prompt, reads_as_chinese(prompt)).evidence()["for"]
        badges += [f"score {score_:.2f}", *map(str, speaks_for)]
    return {"text": prompt, "language": language, "id": id_, "badges": badges, "reply": reply}


FORMS = ("- label: under a word such as “Prompt:” or 提示词：\n- report: “I asked ChatGPT to …”, 我让…\n"
         "- address: put to a bot\n- quote: in quotation marks or a code fence beside a model's name\n"
         "- alt: in the description of a picture\n- bare: the whole post\n"
         "- model: the whole post or a quotation, by a model's decision\n"
         "- row: an instruction or conversation as the file had it")
LABELS = "Type and risks are a model's opinion, not a person's."
PRIVACY = ("Account names, mails, phones, identity and card numbers, keys, addresses of machines and homes are replaced "
           "by placeholders, here as in the data. Authors are kept as salted hashes. A person's name is found where the "
           "source or the text says that it is one; other names stay.")
