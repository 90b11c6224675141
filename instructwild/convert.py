"""`instructwild convert`: rows in the layout that another tool reads.

`messages` and `preference` have TRL's column names; `alpaca` is instruction, input, output; `sharegpt` is conversations of
`from` and `value`. A ranking stage becomes preference pairs, as `schema.ranking` defines them: people before models,
by majority, ties none. Rankings themselves stay whole in their stage, where reward modelling reads them.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.console.options import Encoding, Force, Json, Out, announce
from instructwild.errors import InputError
from instructwild.schema.verdict import Reason

if TYPE_CHECKING:
    import polars as pl

    from instructwild.schema.ranking import RankingRow
    from instructwild.stage import Stage

Turn = Mapping[str, str]
SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt"}


class Layout(StrEnum):
    """A layout that other tools read."""

    MESSAGES = "messages"
    PREFERENCE = "preference"
    ALPACA = "alpaca"
    SHAREGPT = "sharegpt"


def convert(
    source: Annotated[Path, typer.Argument(metavar="STAGE", help="A stage folder, or a file of instructions.",
                                           show_default=False)],
    to: Annotated[Layout, typer.Option(help="The layout to write.", show_default=False)],
    out: Out,
    encoding: Encoding = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write rows as another tool reads them: data.parquet and data.jsonl in the layout of TRL, Alpaca or ShareGPT."""
    announce(converted(source, out, to, encoding=encoding, force=force), as_json)


def converted(source: str | Path, out: str | Path, to: str, *, encoding: str | None = None, force: bool = False) -> "Stage":
    """Convert a stage or file into the stage folder `out`; rows that do not fit the layout say why in `dropped.parquet`.

    Raises:
        InputError: rankings are wanted and the source has none, or the other way round.
    """
    import polars as pl

    from instructwild.read import read
    from instructwild.schema.verdict import Dropped
    from instructwild.stage import input_record, is_stage, load, start
    from instructwild.stage.frames import dropped_frame, instructions, is_ranking, rankings

    layout, lost = Layout(to), []
    ranked = is_stage(source) and is_ranking(load(source).frame())
    if ranked != (layout is Layout.PREFERENCE):
        raise InputError(f"holds {'rankings' if ranked else 'instructions'}, which do not become {layout.value}",
                         where=str(source), remedy="rankings become preference; instructions messages, alpaca or sharegpt")
    if ranked:
        frame, inputs = load(source).frame(), [input_record(source)]
    else:
        table = read([source], encoding)
        frame, inputs, lost = table.frame, table.inputs, list(table.malformed)
    with start(out, "convert", config={"to": layout.value}, inputs=inputs, force=force) as run:
        if run.finished:
            return run.finished
        written: list[dict[str, Any]] = []
        origin: list[int] = []
        if ranked:
            for number, row in enumerate(rankings(frame)):
                pairs = list(preference_rows(row))
                written += pairs
                origin += [number] * len(pairs)
                if not pairs:
                    lost.append(Dropped(id=row.id, step="convert", reason=_why_no_pair(row), row=row.model_dump(),
                                        evidence={"strictly_ordered_pairs": 0}))
        else:
            for number, found in enumerate(instructions(frame)):
                turns = [message.model_dump() for message in found.messages]
                problem = misfit(turns, layout)
                if problem is None:
                    written.append(in_layout(turns, layout))
                    origin.append(number)
                else:
                    lost.append(Dropped(id=found.id, step="convert", reason=Reason.BAD_FORMAT, evidence={"problem": problem},
                                        row=found.model_dump(mode="json")))
        data = pl.DataFrame(written, schema=schema(layout))
        with run.aside("data.jsonl") as path:
            data.write_ndjson(path)
        run.save("data.parquet", data)
        return _finished(run, data, dropped_frame(lost), len(set(origin)), layout)


def _why_no_pair(row: "RankingRow") -> Reason:
    if len(row.candidates) < 2:
        return Reason.TOO_FEW_CANDIDATES
    return Reason.NO_PREFERENCE if any(one.status == "submitted" for one in row.rankings) else Reason.NOT_RANKED


def _finished(run: Any, data: "pl.DataFrame", lost: "pl.DataFrame", kept: int, layout: Layout) -> "Stage":
    """Finish with counts of the rows read: one ranking may give many pairs, or none."""
    from instructwild.report.page import Page, Samples, Stats
    from instructwild.schema.columns import compact
    from instructwild.stage import Rows

    shown = Page(title="Convert", lead=f"{data.height:,} rows written as {layout.value}.")
    shown.add("", Stats([("rows read", kept + lost.height), ("rows used", kept), ("rows written", data.height)]))
    shown.add("The first rows", Samples([compact(row) for row in data.head(5).iter_rows(named=True)]))
    return run.finish(dropped=lost, rows=Rows(**{"in": kept + lost.height, "kept": kept, "dropped": lost.height}),
                      report=shown, metrics={"rows_written": data.height})


def preference_rows(row: "RankingRow") -> Iterator[dict[str, Any]]:
    """The preference pairs of a ranking row, the prompt apart, as TRL's reward and DPO trainers read them."""
    prompt = [message.model_dump() for message in row.messages]
    for pair in row.preference_pairs():
        yield {"prompt": prompt, "chosen": [_answer(row.candidates[pair.chosen].text)],
               "rejected": [_answer(row.candidates[pair.rejected].text)], "id": pair.id, "annotator": pair.annotator,
               "agreement": pair.agreement}


def _answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def misfit(turns: Sequence[Turn], layout: Layout) -> str | None:
    """Why turns cannot be written in a layout without losing something; None where they can."""
    if layout is not Layout.ALPACA:
        return None
    roles = [turn["role"] for turn in turns if turn["role"] != "system"]
    if sum(turn["role"] == "system" for turn in turns) > 1 or (turns[0]["role"] != "system" and len(roles) != len(turns)):
        return "a system turn that is not the first"
    pairs, alone = divmod(len(roles), 2)
    if roles != ["user", "assistant"] * pairs + ["user"] * alone:
        return "turns do not alternate between user and assistant"
    return None


def in_layout(turns: Sequence[Turn], layout: Layout) -> dict[str, Any]:
    """One conversation in a layout it fits."""
    if layout is Layout.MESSAGES:
        return {"messages": list(turns)}
    if layout is Layout.SHAREGPT:
        return {"conversations": [{"from": SHAREGPT[turn["role"]], "value": turn["content"]} for turn in turns]}
    system = turns[0]["content"] if turns[0]["role"] == "system" else ""
    said = [turn["content"] for turn in turns if turn["role"] != "system"]
    answer = said.pop() if len(said) % 2 == 0 else ""
    return {"instruction": said[-1], "input": "", "output": answer, "system": system,
            "history": [[said[place], said[place + 1]] for place in range(0, len(said) - 1, 2)]}


def schema(layout: Layout) -> "dict[str, pl.DataType]":
    """The columns of a layout."""
    import polars as pl

    turns = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
    return {
        Layout.MESSAGES: {"messages": turns},
        Layout.PREFERENCE: {"prompt": turns, "chosen": turns, "rejected": turns, "id": pl.String(),
                            "annotator": pl.String(), "agreement": pl.Float64()},
        Layout.ALPACA: {"instruction": pl.String(), "input": pl.String(), "output": pl.String(), "system": pl.String(),
                        "history": pl.List(pl.List(pl.String))},
        Layout.SHAREGPT: {"conversations": pl.List(pl.Struct({"from": pl.String, "value": pl.String}))},
    }[layout]
