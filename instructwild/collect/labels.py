"""What a prompt asks for and what could be wrong with it, as a model sees it: InstructionWild's nine types and five risks.

The question is `label.txt`, or for a small model, which continues a text, the examples of `label-base.txt`; its hash is part
of the stage's config. An answer that names no type leaves the row without labels, and is counted.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import polars as pl

from instructwild.llm.request import Reply, Request, Sampling
from instructwild.llm.session import Session
from instructwild.llm.style import style_for
from instructwild.schema.instruction import Instruction, Labels, prompt_text
from instructwild.schema.message import Message
from instructwild.stage.frames import instruction_frame, instructions

TYPES = ("Generation", "Open QA", "Closed QA", "Brainstorming", "Chat", "Rewrite", "Summarization", "Classification",
         "Other")
RISKS = ("immoral", "political sensitive", "gender biased", "racial", "illegal")
SAMPLING = Sampling(max_tokens=32, temperature=0.0)
CONTINUED = Sampling(max_tokens=16, temperature=0.0, stop=("\n\n",))
LONGEST_LINE = 500
"""Characters of a prompt that a small model is shown, in one line as its examples are."""
LONGEST = 4_000
"""Characters of a prompt that the model is shown: its kind shows early."""
TYPE_LINE = re.compile(r"type\W{1,4}(?P<it>[^\n]+)", re.IGNORECASE)
RISK_LINE = re.compile(r"risks?\W{1,4}(?P<it>[^\n]+)", re.IGNORECASE)


@cache
def template(style: str) -> str:
    """The question in a style, `chat` or `base`, with a place for the prompt."""
    name = "label-base.txt" if style == "base" else "label.txt"
    return files("instructwild.collect").joinpath(name).read_text(encoding="utf-8").rstrip("\n")


def template_hash(style: str) -> str:
    """Sixteen hex digits that change when the question does."""
    return sha256(template(style).encode()).hexdigest()[:16]


def request_for(row: Instruction, style: str = "chat") -> Request:
    """The question about one row."""
    shown = prompt_text(row.messages)
    if style == "base":
        on_one_line = " ".join(shown.split())[:LONGEST_LINE]
        return Request(text=template(style).replace("{{ prompt }}", on_one_line), sampling=CONTINUED)
    asked = template(style).replace("{{ prompt }}", shown[:LONGEST].replace(">>>", "> > >"))
    return Request(messages=(Message(role="user", content=asked),), sampling=SAMPLING)


def read_labels(text: str) -> Labels | None:
    """The labels in an answer; None where it names no type. A type on a line of its own counts without its name."""
    line = TYPE_LINE.search(text)
    told = (line.group("it") if line else text.strip().partition("\n")[0]).casefold().replace("-", " ")
    found = sorted((told.find(name.casefold()), name) for name in TYPES if name.casefold() in told)
    if not found:
        return None
    risks = RISK_LINE.search(text)
    named = risks.group("it").casefold().replace("politically", "political") if risks else ""
    return Labels(type=found[0][1], risk=tuple(risk for risk in RISKS if re.search(rf"\b{risk}", named)))


async def label_rows(session: Session, rows: Sequence[Instruction]) -> list[Labels | None]:
    """The labels of each row, in order.

    Raises:
        BudgetError: the budget does not cover the next question; what has been answered is kept in the ledger.
    """
    style = style_for(session.name)
    waiting: Iterator[Request] = iter([request_for(row, style) for row in rows])
    found: list[Labels | None] = []
    async for _, reply in session.stream(lambda: next(waiting, None)):
        found.append(_read(reply))
    if session.stopped is not None:
        raise session.stopped
    return found


def _read(reply: Reply) -> Labels | None:
    return read_labels(reply.text) if reply.finish in ("stop", "length") else None


async def label_parts(session: Session, parts: Sequence[Path]) -> tuple[list[Path], Counter[str], Counter[str]]:
    """Label parts of a stage, one after another; the labelled parts, and how many rows have which type and risk."""
    types: Counter[str] = Counter()
    risks: Counter[str] = Counter()
    written = []
    async with session:
        for part in parts:
            rows = list(instructions(pl.read_parquet(part)))
            found = await label_rows(session, rows)
            types.update(labels.type or "" if labels else "not told" for labels in found)
            risks.update(risk for labels in found if labels for risk in labels.risk)
            rows = [row.model_copy(update={"labels": labels}) if labels else row
                    for row, labels in zip(rows, found, strict=True)]
            written.append(part.with_suffix(".labelled"))
            instruction_frame(rows).write_parquet(written[-1])
    return written, types, risks
