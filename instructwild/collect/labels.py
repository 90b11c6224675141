"""What a prompt asks for and what could be wrong with it, as a model sees it: InstructionWild's nine types and five risks;
and whether a post that the score leaves open is a prompt at all.

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
from typing import NamedTuple

import polars as pl

from instructwild.collect.answerable import TALK, UNSURE
from instructwild.collect.row import SCORE
from instructwild.llm.request import Reply, Request, Sampling
from instructwild.llm.session import Session
from instructwild.llm.style import style_for
from instructwild.schema.instruction import Instruction, Labels, prompt_text
from instructwild.schema.message import Message
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.frames import dropped_frame, instruction_frame, instructions

TYPES = ("Generation", "Open QA", "Closed QA", "Brainstorming", "Chat", "Rewrite", "Summarization", "Classification",
         "Other")
RISKS = ("immoral", "political sensitive", "gender biased", "racial", "illegal")
NO_PROMPT = "Not a prompt"
"""The type that a model names where a text is none."""
REFUSED = "a model says that it is no prompt"
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
    question = template(style).replace("{{ prompt }}", shown[:LONGEST].replace(">>>", "> > >"))
    return Request(messages=(Message(role="user", content=question),), sampling=SAMPLING)


def read_labels(text: str) -> Labels | None:
    """The labels in an answer; None where it names no type. A type on a line of its own counts without its name."""
    line = TYPE_LINE.search(text)
    answer = (line.group("it") if line else text.strip().partition("\n")[0]).casefold().replace("-", " ")
    types = sorted((answer.find(name.casefold()), name) for name in TYPES if name.casefold() in answer)
    if not types:
        return None
    risks = RISK_LINE.search(text)
    named = risks.group("it").casefold().replace("politically", "political") if risks else ""
    return Labels(type=types[0][1], risk=tuple(risk for risk in RISKS if re.search(rf"\b{risk}", named)))


class LabelAnswer(NamedTuple):
    """What a model said about one row."""

    labels: Labels | None
    """None where it names no type."""
    refused: bool = False
    """It says that the text is no prompt."""


def read_answer(text: str) -> LabelAnswer:
    """What an answer says: that it is no prompt, or its labels."""
    line = TYPE_LINE.search(text)
    named = (line.group("it") if line else text.strip().partition("\n")[0]).strip(" \t*.`'\"-").casefold()
    return LabelAnswer(None, refused=True) if named.startswith(NO_PROMPT.casefold()) else LabelAnswer(read_labels(text))


async def label_rows(session: Session, rows: Sequence[Instruction]) -> list[LabelAnswer]:
    """What the model says about each row, in order.

    Raises:
        BudgetError: the budget does not cover the next question; what has been answered is kept in the ledger.
    """
    style = style_for(session.name)
    waiting: Iterator[Request] = iter([request_for(row, style) for row in rows])
    answers: list[LabelAnswer] = []
    async for _, reply in session.stream(lambda: next(waiting, None)):
        answers.append(_read(reply))
    if session.stopped is not None:
        raise session.stopped
    return answers


def _read(reply: Reply) -> LabelAnswer:
    return read_answer(reply.text) if reply.finish in ("stop", "length") else LabelAnswer(None)


class Labelled(NamedTuple):
    """Parts of a stage after a model saw them, and what it said how often."""

    kept: list[Path]
    dropped: list[Path]
    types: Counter[str]
    risks: Counter[str]
    decisions: Counter[str]
    """Of posts that the score left open: how many the model kept and dropped."""


async def label_parts(session: Session, parts: Sequence[Path], least: float) -> Labelled:
    """Label parts of a stage, one after another, and drop the unsure rows that the model calls no prompt.

    Args:
        session: the model.
        parts: tables of rows, unsure ones among them.
        least: the score from which on an unsure row stays where the model names no type.
    """
    from instructwild.console.terminal import progress

    made = Labelled([], [], Counter(), Counter(), Counter())
    total = pl.scan_parquet(parts).select(pl.len()).collect().item() if parts else 0
    with progress() as shown:
        task = shown.add_task(f"labels of {session.name.label}", total=total, note="")
        session.on_known = lambda known: shown.update(task, completed=known)
        await _label_each(session, parts, least, made)
    return made


async def _label_each(session: Session, parts: Sequence[Path], least: float, made: Labelled) -> None:
    """Write the tables of one part after the other, and count."""
    async with session:
        for part in parts:
            rows = list(instructions(pl.read_parquet(part)))
            kept, lost = [], []
            for row, answer in zip(rows, await label_rows(session, rows), strict=True):
                stays = not unsure(row) or (not answer.refused and (answer.labels is not None or row.scores[SCORE] >= least))
                if unsure(row):
                    made.decisions["kept" if stays else "dropped"] += 1
                if not stays:
                    lost.append(_refused(row, answer))
                    continue
                made.types[answer.labels.type or "" if answer.labels else "not told"] += 1
                made.risks.update(answer.labels.risk if answer.labels else ())
                kept.append(row.model_copy(update={"labels": answer.labels}) if answer.labels else row)
            made.kept.append(part.with_suffix(".labelled"))
            made.dropped.append(part.with_suffix(".refused"))
            instruction_frame(kept).write_parquet(made.kept[-1])
            dropped_frame(lost).write_parquet(made.dropped[-1])


def unsure(row: Instruction) -> bool:
    """Whether a model decides on a row: its score is near the threshold."""
    return SCORE in row.scores and UNSURE[0] <= row.scores[SCORE] < UNSURE[1]


def _refused(row: Instruction, answer: LabelAnswer) -> Dropped:
    why = REFUSED if answer.refused else TALK
    return Dropped(id=row.id, step="collect", reason=Reason.NOT_A_PROMPT, row={"text": prompt_text(row.messages)},
                   evidence={"why": why, "where": row.origin[0].source, "score": row.scores[SCORE]})
