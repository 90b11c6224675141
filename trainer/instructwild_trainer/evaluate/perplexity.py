"""`instructwild evaluate perplexity`: how likely models find the answers of a set, in each language."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from instructwild import stage
from instructwild.errors import InputError, ModelError
from instructwild.read.instructions import read
from instructwild.schema import Dropped, response_id, turn_of
from instructwild.text.quantity import quantity
from instructwild_trainer.adapter import Source, load_chat, source_of
from instructwild_trainer.data import Conversation, conversations, place
from instructwild_trainer.evaluate.chunks import in_chunks
from instructwild_trainer.evaluate.models import is_gguf, unique_names
from instructwild_trainer.evaluate.statistics import by_part, estimates_json, interval

if TYPE_CHECKING:
    from instructwild.report.page import Page

Measured = list[tuple[float, int]]
MEASURED = pl.Schema({"id": pl.String, "response_id": pl.String, "language": pl.String, "bytes": pl.Int64,
                      "models": pl.List(pl.Struct({"model": pl.String, "nats": pl.Float64, "tokens": pl.Int64}))})


def measure(data: Sequence[str | Path], models: Sequence[str], out: Path, *, held_out: float = 1.0, max_length: int = 1024,
            dtype: str = "auto", encoding: str | None = None, columns: Mapping[str, str] | None = None, force: bool = False,
            dry_run: bool = False) -> "stage.Stage | None":
    """Measure every model on the same rows and write a stage; None after a dry run.

    Args:
        data: stage folders or files with answered prompts.
        models: stage folders, model folders, Hub ids, `smollm2` or `tiny`.
        held_out: measure only on the prompts that a training with this share held out does not see; 1 takes all.
        max_length: rows with more tokens leave.
        dtype: of the weights; "auto" is what computes best here.
        columns: NAME -> COLUMN of plain files, as `--map` names them.

    Raises:
        InputError: no row can be measured by all models.
        ModelError: a model cannot be used.
    """
    sources = [_weights_of(model) for model in models]
    names = unique_names(source.label for source in sources)
    table = read(data, encoding, columns)
    config = {"models": names, "held_out": held_out, "max_length": max_length, "dtype": dtype}
    with stage.start(out, "evaluate perplexity", config=config, inputs=[*table.inputs, *(s.record for s in sources)],
                     force=force) as run:
        if run.finished:
            return run.finished
        rows, dropped, beyond = _common(table.frame, sources, max_length, held_out)
        if not rows:
            raise InputError("holds no row with an answer that can be measured", where=", ".join(map(str, data)),
                             remedy="give answered rows, or raise --max-length")
        if dry_run:
            return _plan(names, rows, beyond)
        results = {name: _measured(run, number, source, [row[number] for row in rows], dtype)
                 for number, (name, source) in enumerate(zip(names, sources, strict=True))}
        return _finish(run, names, [row[0] for row in rows], results, [*table.malformed, *dropped], beyond)


def _weights_of(model: str) -> Source:
    """A model whose weights are here: the likelihood of a given answer is computed from them."""
    kind = "an endpoint" if "://" in model else "a GGUF file" if is_gguf(Path(model)) else ""
    if kind:
        raise ModelError(f"is {kind}, and the likelihood of given answers is computed from weights that are loaded here",
                         where=model, remedy="give a model folder or Hub id; `export --format gguf` measures its own file")
    return source_of(model)


def _common(frame: pl.DataFrame, sources: Sequence[Source], max_length: int, held_out: float,
            ) -> tuple[list[tuple[Conversation, ...]], list[Dropped], int]:
    """The rows that every model can read, encoded for each; the rows none of them is asked; and how many lie beyond.

    Rows keep their order; a row that one model cannot read leaves for all, so that all are measured on the same.
    """
    whole = frame.with_row_index("place").with_columns(pl.col("place").cast(pl.String).alias("id"))
    encoded, lost = [], {}
    for source in sources:
        kept, dropped = conversations(whole.drop("place"), load_chat(source), max_length)
        encoded.append({int(row.id): row for row in kept})
        lost |= {int(item.id): item for item in reversed(dropped)}
    ids = frame["id"].to_list()
    common = [number for number in range(frame.height) if all(number in rows for rows in encoded)]
    requests = [number for number in common if held_out >= 1 or place(encoded[0][number].key) < held_out]
    return ([tuple(dataclasses.replace(rows[number], id=ids[number]) for rows in encoded) for number in requests],
            [item.model_copy(update={"id": ids[number], "step": "evaluate"}) for number, item in sorted(lost.items())],
            len(common) - len(requests))


def _measured(run: stage.Run, number: int, source: Source, rows: Sequence[Conversation], dtype: str) -> Measured:
    """Nats and tokens of each row's answers; the model is loaded only when a piece is missing."""
    from instructwild.console.terminal import progress
    from instructwild.llm.local import load
    from instructwild_trainer.likelihood import answer_loss

    loaded: list[Any] = []
    pad_id = load_chat(source).tokenizer.pad_token_id
    order = sorted(range(len(rows)), key=lambda i: -longest(rows[i]))
    with progress() as shown:
        task = shown.add_task(f"perplexity {source.label}", total=len(rows), note="")

        def work(part: Sequence[int]) -> list[Any]:
            if not loaded:
                loaded.append(load(source.folder, dtype=dtype)[0])
            examples = [(i, example) for i in part for example in rows[i].examples]
            losses = answer_loss(loaded[0], [example for _, example in examples], pad_id)
            sums = {i: [0.0, 0] for i in part}
            for (i, _), (nats, tokens) in zip(examples, losses, strict=True):
                sums[i] = [sums[i][0] + nats, sums[i][1] + tokens]
            shown.update(task, advance=len(part))
            return [sums[i] for i in part]

        results = in_chunks(run, f"model-{number}", order, work)
    return [(nats, tokens) for _, (nats, tokens) in sorted(zip(order, results, strict=True))]


def longest(row: Conversation) -> int:
    """Tokens of the longest example of a conversation."""
    return max(len(example.input_ids) for example in row.examples)


def _finish(run: stage.Run, names: Sequence[str], rows: Sequence[Conversation], results: Mapping[str, Measured],
            dropped: list[Dropped], beyond: int) -> stage.Stage:
    sizes = [answer_bytes(row.messages) for row in rows]
    metrics = {**figures_of(names, [row.key for row in rows], [row.language for row in rows], results, sizes),
               "held_back": beyond}
    data = pl.DataFrame([{"id": row.id, "response_id": response_id([turn_of(message) for message in row.messages]),
                          "language": row.language, "bytes": size,
                          "models": [{"model": name, "nats": results[name][i][0], "tokens": results[name][i][1]}
                                     for name in names]}
                         for i, (row, size) in enumerate(zip(rows, sizes, strict=True))], schema=MEASURED)
    return run.finish(data=data, dropped=dropped, metrics=metrics, report=page_of(names, rows, results, metrics))


def answer_bytes(messages: Sequence[Mapping[str, str]]) -> int:
    """UTF-8 bytes of all answers of a conversation."""
    return sum(len(message["content"].encode()) for message in messages if message["role"] == "assistant")


def figures_of(names: Sequence[str], keys: Sequence[str], languages: Sequence[str], results: Mapping[str, Measured],
               sizes: Sequence[int]) -> dict[str, Any]:
    """Perplexity an answer token and bits a byte of each model, and how the others differ from the first, by language.

    Perplexity is exp(Σ nats / Σ tokens). It depends on how a tokenizer cuts text; bits a byte, Σ nats / (ln 2 · Σ bytes),
    do not, so that models with different tokenizers are compared by them.

    Args:
        names: the models, the first being the one that others are compared with.
        keys: the prompt that a row belongs to: rows of one prompt are drawn together.
        languages: of the rows.
        results: (nats, answer tokens) a row, by model.
        sizes: UTF-8 bytes of the answers of a row.
    """
    bits = [size * math.log(2) for size in sizes]
    first = [nats for nats, _ in results[names[0]]]
    result: dict[str, Any] = {"perplexity": {}, "bits_per_byte": {}, "tokens": {}, "less_bits_per_byte": {}}
    for name in names:
        nats, tokens = [nats for nats, _ in results[name]], [tokens for _, tokens in results[name]]
        result["perplexity"][name] = estimates_json(by_part(nats, tokens, keys, languages), math.exp)
        result["bits_per_byte"][name] = estimates_json(by_part(nats, bits, keys, languages))
        result["tokens"][name] = sum(tokens)
        if name != names[0]:
            less = [before - after for before, after in zip(first, nats, strict=True)]
            result["less_bits_per_byte"][name] = estimates_json(by_part(less, bits, keys, languages))
    return result


def page_of(names: Sequence[str], rows: Sequence[Conversation], results: Mapping[str, Measured],
            metrics: Mapping[str, Any]) -> "Page":
    """Perplexities with their intervals, by language, and the rows that the last model finds least likely."""
    from instructwild.report import figures
    from instructwild.report.page import Page, Sample, Samples, Table

    perplexity = metrics["perplexity"]
    parts = list(perplexity[names[0]])
    lead = "; ".join(f"{name}: " + ", ".join(f"{part} {perplexity[name][part]['value']:.2f}" for part in parts)
                     for name in names)
    page = Page(title="Perplexity", lead=f"{lead}. Lower is better.")
    page.add("Perplexity of an answer token",
             figures.grouped_bars({part: {name: perplexity[name][part]["value"] for name in names} for part in parts},
                                  caption="exp of the mean loss over answer tokens only, stop tokens included."),
             Table(["language", "rows", *names],
                   [[part, perplexity[names[0]][part]["rows"], *(interval(perplexity[name][part]) for name in names)]
                    for part in parts],
                   caption="95% intervals by bootstrap over prompts. Comparable between models of one tokenizer only."))
    page.add("Bits a byte of text", Table(
        ["language", *names, *(f"{name}, fewer than {names[0]}" for name in names[1:])],
        [[part, *(interval(metrics["bits_per_byte"][name][part], 3) for name in names),
          *(interval(metrics["less_bits_per_byte"][name][part], 3, sign=True) for name in names[1:])] for part in parts],
        caption="The same loss over the UTF-8 bytes of the answers: comparable whatever the tokenizer. A Chinese character "
                "is three bytes. Differences are paired: an interval that leaves out 0 is no chance."))
    last = names[-1]
    worst = sorted(range(len(rows)), key=lambda i: -results[last][i][0] / max(1, results[last][i][1]))[:8]
    page.add(f"Answers that {last} finds least likely", Samples(
        [Sample(rows[i].prompt[-1]["content"], language=rows[i].language, id=rows[i].id, reply=rows[i].answer,
                badges=[f"{name} {_perplexity(results[name][i]):,.1f}" for name in names])
         for i in worst]))
    return page


def _perplexity(item: tuple[float, int]) -> float:
    return math.exp(min(50.0, item[0] / max(1, item[1])))


def _plan(names: Sequence[str], rows: Sequence[tuple[Conversation, ...]], beyond: int) -> None:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row[0].language] = counts.get(row[0].language, 0) + 1
    lines = ", ".join(f"{count:,} {language}" for language, count in sorted(counts.items()))
    left = f", {beyond:,} more that training sees are left out" if beyond else ""
    print(f"{quantity(len(rows), 'row')} to measure ({lines}){left}")
    for number, name in enumerate(names):
        examples = [example for row in rows for example in row[number].examples]
        print(f"{name}: {quantity(sum(len(example.input_ids) for example in examples), 'token')} to read, "
              f"{sum(example.trained for example in examples):,} of them answers")
