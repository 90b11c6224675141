"""What reports say alike: what went in and came out, and what the rows are."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from instructwild.report import figures
from instructwild.report.blocks import Block, Stats, Table
from instructwild.report.page import Page
from instructwild.report.template import decimal, shown

if TYPE_CHECKING:
    import polars as pl

    from instructwild.stage import Manifest

SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
WORD = rf"[{SPACELESS}]|[\p{{L}}\p{{M}}\p{{N}}&&[^{SPACELESS}]]+"
WORDS = "words (a Chinese character counts as one)"


def by_language(frame: "pl.DataFrame") -> dict[str, int]:
    """Rows by language, most first."""
    return _counted(frame, "language")


def by_source(frame: "pl.DataFrame") -> dict[str, int]:
    """Rows by where they come from, each counted once: the model that made it, or else its first origin."""
    import polars as pl

    if "origin" not in frame.columns:
        return {}
    first = pl.col("origin").list.first()
    sources = pl.concat_str([first.struct.field("kind"), first.struct.field("source")], separator=" · ", ignore_nulls=True)
    made = pl.col("made_by").struct.field("model") if "made_by" in frame.columns else pl.lit(None, dtype=pl.String)
    return _counted(frame.select(source=pl.coalesce(
        pl.when(made.is_not_null() & (made != "")).then(pl.concat_str([pl.lit("made by "), made])),
        pl.when(first.is_not_null()).then(sources), pl.lit("unknown"))), "source")


def by_type(frame: "pl.DataFrame") -> dict[str, int]:
    """Rows by instruction type, where they have one."""
    import polars as pl

    if "labels" not in frame.columns:
        return {}
    return _counted(frame.select(type=pl.col("labels").struct.field("type")).drop_nulls(), "type")


def lengths(frame: "pl.DataFrame", role: str = "user") -> list[int]:
    """For each row the words in all its turns of one role; a Han, Kana or Hangul character counts as a word."""
    import polars as pl

    if "messages" not in frame.columns or frame.is_empty():
        return []
    turn = pl.element().struct
    spoken = pl.col("messages").list.eval(pl.when(turn.field("role") == role).then(turn.field("content"))).list.drop_nulls()
    counted = frame.select(n=pl.when(spoken.list.len() > 0).then(spoken.list.join("\n").str.count_matches(WORD)))
    return counted["n"].drop_nulls().to_list()


def _counted(frame: "pl.DataFrame", column: str) -> dict[str, int]:
    if column not in frame.columns:
        return {}
    counted = frame.group_by(column).len().sort("len", column, descending=[True, False])
    return {str(name): int(count) for name, count in counted.iter_rows()}


def stage_header(page: Page, manifest: "Manifest") -> Page:
    """Add what went in and came out, what it took, and why rows left."""
    page.add("", Stats(headline(manifest)))
    if manifest.reasons:
        page.add("Why rows left", figures.bars(manifest.reasons, title="Dropped rows by reason", wide=True))
    return page


def headline(manifest: "Manifest") -> list[tuple[Any, ...]]:
    """The numbers of a stage that a reader wants first."""
    rows, tokens = manifest.rows, manifest.tokens
    items: list[tuple[Any, ...]] = [("rows in", rows.in_)]
    items.append(("kept", rows.kept, f"{100 * rows.kept / rows.in_:.1f}%" if rows.in_ else ""))
    items.append(("dropped", rows.dropped, f"{100 * rows.dropped / rows.in_:.1f}%" if rows.in_ else ""))
    items.append(("time", duration(manifest.seconds)))
    items.append(("peak memory", f"{manifest.peak_memory_mb:,} MiB"))
    if tokens.prompt or tokens.completion:
        items.append(("tokens", tokens.prompt + tokens.completion,
                      f"{tokens.prompt:,} sent, {tokens.completion:,} received"))
    if manifest.usd or tokens.prompt or tokens.completion:
        items.append(("cost", money(manifest.usd)))
    if manifest.gate:
        items.append(("gate", manifest.gate))
    return items


def rows_section(page: Page, data: "pl.DataFrame", before: "pl.DataFrame | None" = None) -> Page:
    """Add what the rows are: languages, sources, types and lengths, beside those that came in where they are given."""
    languages = {"kept": by_language(data)} if before is None else {"in": by_language(before), "kept": by_language(data)}
    blocks: list[Block] = []
    if any(languages.values()):
        blocks.append(figures.stacked(languages, title="Languages"))
    sources, types = by_source(data), by_type(data)
    if sources:
        blocks.append(figures.bars(sources, title="Sources", most=8,
                                   caption="Each row once: the model that made it, or else where it was first found."))
    if types:
        blocks.append(figures.bars(types, title="Instruction types", most=10))
    for role, title in (("user", "Length of prompts"), ("assistant", "Length of answers")):
        sets = {"before": lengths(before, role), "after": lengths(data, role)} if before is not None else \
            {"": lengths(data, role)}
        if any(sets.values()):
            blocks.append(figures.histogram(sets, label=WORDS, title=title))
    return page.add("What the rows are", *blocks) if blocks else page


def figures_table(page: Page, manifest: "Manifest") -> Page:
    """Add the stage's own figures as one table."""
    rows = flat(manifest.metrics)
    return page.add("Figures", Table(["figure", "value"], rows)) if rows else page


def flat(values: Mapping[str, Any], before: str = "") -> list[list[str]]:
    """Nested figures as (dotted name, text) rows; long lists are left to the manifest."""
    rows = []
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            rows += flat(value, f"{name}.")
        elif isinstance(value, list | tuple):
            named = [item.get("step", item.get("name")) if isinstance(item, Mapping) else item for item in value]
            if len(value) <= 12 and all(isinstance(item, str | int | float) for item in named):
                rows.append([name, ", ".join(map(shown, named))])
        else:
            rows.append([name, shown(value)])
    return rows


def text_of(held: Any) -> str:
    """The text of a row as `dropped.parquet` holds it: what its user said, or else whatever there is."""
    if isinstance(held, dict):
        messages = held.get("messages")
        if isinstance(messages, list):
            return "\n".join(_said(messages)) or _plain(held)
        for key in ("text", "instruction", "prompt", "value"):
            if isinstance(held.get(key), str):
                return str(held[key])
    return held if isinstance(held, str) else _plain(held)


def _said(messages: Iterable[Any]) -> list[str]:
    turns = [message for message in messages if isinstance(message, dict) and isinstance(message.get("content"), str)]
    return [turn["content"] for turn in turns if turn.get("role") != "assistant"] or [turn["content"] for turn in turns]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{decimal(round(seconds, 1))} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def money(usd: float) -> str:
    """US$ with as many digits as the sum deserves."""
    return f"US$ {usd:,.2f}" if usd >= 0.1 or not usd else f"US$ {usd:.4f}"
