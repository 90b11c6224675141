"""`instructwild convert`: rows in the layout that another tool reads.

`messages` and `preference` have TRL's column names; `alpaca` is instruction, input, output; `sharegpt` is conversations of
`from` and `value`. Ids, languages, tools and every further column that the rows were read with stand beside them.
Rankings, and rows that hold preferences, become preference pairs, as `schema.ranking` defines them: people before models, by
majority, ties none.
Rankings themselves stay whole in their stage, where reward modelling reads them.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.console.options import Columns, Encoding, Force, Json, Out, Shards, announce
from instructwild.errors import InputError
from instructwild.layout import Layout
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    import polars as pl

    from instructwild.schema.ranking import RankingRow
    from instructwild.schema.verdict import Reason
    from instructwild.stage import Stage

def convert(
    source: Annotated[Path, typer.Argument(metavar="STAGE", help="A stage folder, or a file of instructions.",
                                           show_default=False)],
    to: Annotated[Layout, typer.Option(help="The layout to write.", show_default=False)],
    out: Out,
    with_dataset_info: Annotated[bool, typer.Option("--dataset-info", help="Write LLaMA-Factory's dataset_info.json beside "
                                                                           "the rows.")] = False,
    columns: Columns = None,
    encoding: Encoding = None,
    shards: Shards = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write rows as another tool reads them: data.parquet and data.jsonl in the layout of TRL, Alpaca or ShareGPT."""
    from instructwild.read.names import parse_map

    announce(converted(source, out, to, columns=parse_map(columns or ()), with_dataset_info=with_dataset_info,
                       encoding=encoding, force=force, shards=shards), as_json)


def converted(source: str | Path, out: str | Path, to: str, *, columns: Mapping[str, str] | None = None,
              with_dataset_info: bool = False, encoding: str | None = None, force: bool = False,
              shards: int | None = None) -> "Stage":
    """Convert a stage or file into the stage folder `out`; rows that do not fit the layout say why in `dropped.parquet`.

    Args:
        source: a stage folder or a plain file.
        out: the folder to write.
        to: the layout, one of `Layout`.
        columns: NAME -> COLUMN of a plain file, as `--map` names them.
        with_dataset_info: write LLaMA-Factory's `dataset_info.json` beside the rows.
        encoding: of a text file that is not UTF-8.
        force: replace what another run left in `out`.
        shards: write the rows in so many files; `data.parquet` and `data.jsonl` are folders then.

    Raises:
        InputError: preferences are wanted and no row holds any, or the source holds rankings and others are wanted.
    """
    import polars as pl

    from instructwild.layouts_out import (
        LLAMA_FACTORY,
        columns_of,
        dataset_info,
        in_llama_factory,
        misfit,
        row_in,
        with_extra,
    )
    from instructwild.read.cells import json_text
    from instructwild.read.instructions import read
    from instructwild.read.rankings import read_rankings
    from instructwild.schema.verdict import Dropped, Reason
    from instructwild.stage import is_stage, load, start
    from instructwild.stage.frames import dropped_frame, instructions, is_ranking

    layout, ranked, frame, unread = Layout(to), [], None, []
    if layout is Layout.PREFERENCE:
        pairs = read_rankings([source], encoding, columns)
        ranked, inputs, lost = list(zip(pairs.rows, pairs.extra, strict=True)), pairs.inputs, list(pairs.dropped)
    else:
        if is_stage(source) and is_ranking(load(source).frame()):
            raise InputError(f"holds rankings, which do not become {layout.value}", where=str(source),
                             remedy="rankings become preference; instructions messages, alpaca or sharegpt")
        table = read([source], encoding, columns)
        frame, inputs, lost, unread = table.frame, table.inputs, list(table.malformed), table.unread
    config = {"to": layout.value, **({"map": dict(columns)} if columns else {}),
              **({"dataset_info": True} if with_dataset_info else {})}
    with start(out, "convert", config=config, inputs=inputs, force=force, shards=shards) as run:
        if run.finished:
            return run.finished
        written: list[dict[str, Any]] = []
        left_out = 0
        origin: list[int] = []
        if frame is None:
            for number, (row, extra) in enumerate(ranked):
                made = [with_extra(pair, extra, layout) for pair in preference_rows(row)]
                written += made
                origin += [number] * len(made)
                if not made:
                    lost.append(Dropped(id=row.id, step="convert", reason=_why_no_pair(row), row=row.model_dump(),
                                        evidence={"strictly_ordered_pairs": 0}))
        else:
            for number, instruction in enumerate(instructions(frame)):
                problem = misfit(instruction.messages, layout)
                if problem is None:
                    written.append(row_in(instruction, layout))
                    origin.append(number)
                else:
                    lost.append(Dropped(id=instruction.id, step="convert", reason=Reason.BAD_FORMAT,
                                        evidence={"problem": problem}, row=instruction.model_dump(mode="json")))
        data = pl.DataFrame(columns_of(written, layout))
        run.save_lines("data.jsonl", len(written), map(json_text, written))
        run.save_rows(data)
        if with_dataset_info and layout in (Layout.MESSAGES, Layout.PREFERENCE):
            fitting = [shared for row in written if (shared := in_llama_factory(row, layout)) is not None]
            left_out = len(written) - len(fitting)
            run.save_lines(LLAMA_FACTORY, len(fitting), map(json_text, fitting))
        if with_dataset_info:
            run.save("dataset_info.json", json.dumps(dataset_info(Path(out).name, layout, data.columns), indent=2) + "\n")
        notes = {"unread": unread, "notes": [
            f"{LLAMA_FACTORY} lacks {quantity(left_out, 'pair')}: LLaMA-Factory takes one turn a side, and theirs are "
            "several, or words and calls"] if left_out else []}
        return _finished(run, data, dropped_frame(lost), len(set(origin)), layout, notes)


def _why_no_pair(row: "RankingRow") -> "Reason":
    from instructwild.schema.verdict import Reason

    if len(row.candidates) < 2:
        return Reason.TOO_FEW_CANDIDATES
    return Reason.NO_PREFERENCE if any(ranking.status == "submitted" for ranking in row.rankings) else Reason.NOT_RANKED


def _finished(run: Any, data: "pl.DataFrame", lost: "pl.DataFrame", kept: int, layout: Layout,
              notes: Mapping[str, list[str]]) -> "Stage":
    """Finish with counts of the rows read: one ranking may give many pairs, or none."""
    from instructwild.report.page import Page, Samples, Stats
    from instructwild.schema.columns import compact
    from instructwild.stage import Rows

    shown = Page(title="Convert", lead=f"{quantity(data.height, 'row')} written as {layout.value}.")
    shown.add("", Stats([("rows read", kept + lost.height), ("rows used", kept), ("rows written", data.height)]))
    shown.add("The first rows", Samples([compact(row) for row in data.head(5).iter_rows(named=True)]))
    return run.finish(dropped=lost, rows=Rows(**{"in": kept + lost.height, "kept": kept, "dropped": lost.height}),
                      report=shown,
                      metrics={"rows_written": data.height, **{name: texts for name, texts in notes.items() if texts}})


def preference_rows(row: "RankingRow") -> Iterator[dict[str, Any]]:
    """The preference pairs of a ranking row, the prompt apart, as TRL's reward and DPO trainers read them."""
    prompt = [message.chat() for message in row.messages]
    tools = {"tools": row.tools} if row.tools else {}
    for pair in row.preference_pairs():
        sides = {"chosen": row.candidates[pair.chosen], "rejected": row.candidates[pair.rejected]}
        answers = {name: [message.chat() for message in candidate.messages] for name, candidate in sides.items()}
        yield {"prompt": prompt, **answers, **tools, "id": pair.id, "language": row.language, "annotator": pair.annotator,
               "agreement": pair.agreement,
               **{f"{name}_model": candidate.model for name, candidate in sides.items() if candidate.model}}
