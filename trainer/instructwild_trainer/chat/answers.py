"""Questions, put to several models one after another so that only one is in memory at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild import stage
from instructwild.schema import Candidate, Message, RankingRow, content_id, response_id
from instructwild.stage.frames import ranking_frame, rankings
from instructwild.text.language import language_of
from instructwild.text.quantity import quantity
from instructwild_trainer.adapter import source_of

if TYPE_CHECKING:
    from instructwild.report.page import Page


def ask_all(models: Sequence[str], names: Sequence[str], questions: Sequence[str], max_tokens: int, temperature: float,
            out: Path | None, force: bool) -> tuple[list[RankingRow], stage.Stage | None]:
    """One row per question, one candidate per model; kept as a ranking stage where `out` is given."""
    if out is None:
        return _answers(models, names, questions, max_tokens, temperature), None
    config = {"names": list(names), "questions": list(questions), "max_tokens": max_tokens, "temperature": temperature}
    with stage.start(out, "chat", config=config, inputs=[source_of(model).record for model in models], force=force) as run:
        if run.finished is not None:
            return list(rankings(run.finished.frame())), run.finished
        rows = _answers(models, names, questions, max_tokens, temperature)
        return rows, run.finish(data=ranking_frame(rows), report=_page(rows))


def _answers(models: Sequence[str], names: Sequence[str], questions: Sequence[str], max_tokens: int,
             temperature: float) -> list[RankingRow]:
    from instructwild.console.terminal import console
    from instructwild.llm.local import LocalModel
    from instructwild.llm.request import Request, Sampling

    sampling = Sampling(max_tokens=max_tokens, temperature=temperature)
    requests = [Request(messages=(Message(role="user", content=question),), sampling=sampling) for question in questions]
    output: list[list[str]] = []
    for model, name in zip(models, names, strict=True):
        with console.status(f"{name} is answering"):
            output.append([reply.text.strip() for reply in LocalModel(source_of(model).folder).generate(requests)])
    rows = []
    for number, question in enumerate(questions):
        turns = [("user", question)]
        candidates = tuple(Candidate(id=response_id([*turns, ("assistant", texts[number])]) or "", text=texts[number],
                                     model=name) for texts, name in zip(output, names, strict=True))
        rows.append(RankingRow(id=content_id(turns), messages=(Message(role="user", content=question),),
                               language=language_of(question), candidates=candidates))
    return rows


def _page(rows: Sequence[RankingRow]) -> "Page":
    from instructwild.report.page import Page, Sample, Samples

    page = Page(title="Answers side by side", lead="One question, one model after another, the likeliest answer of each.")
    page.add("", Samples([Sample(row.messages[-1].content, language=row.language,
                                 replies=tuple((candidate.model or "", candidate.text) for candidate in row.candidates))
                          for row in rows]))
    return page


def show(rows: Sequence[RankingRow]) -> None:
    """The answers in the terminal: beside one another where the terminal is wide enough, else one below another."""
    from rich.columns import Columns
    from rich.panel import Panel
    from rich.text import Text

    from instructwild.console.terminal import console

    for row in rows:
        console.print(f"\n[bold]{quantity(len(row.candidates), 'answer')} to:[/] ", Text(row.messages[-1].content), sep="")
        width = max(36, console.width // max(1, len(row.candidates)) - 1)
        console.print(Columns([Panel(Text(candidate.text or "(nothing)"), title=candidate.model,
                                     width=min(width, console.width)) for candidate in row.candidates]))
