"""Posts in, seeds out: part by part, so that memory does not grow with the export."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.collect import page
from instructwild.collect.answerable import THRESHOLD, UNSURE
from instructwild.collect.choices import Mask, Recall
from instructwild.collect.export import check
from instructwild.collect.kinds import SourceKind, kind_named
from instructwild.collect.post import Post
from instructwild.collect.row import Terms, prompt_of
from instructwild.errors import InputError
from instructwild.llm.name import understand
from instructwild.llm.open import Limits
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.privacy.forgotten import forgotten
from instructwild.privacy.salt import user_salt
from instructwild.schema.columns import instruction_to_columns
from instructwild.schema.instruction import Instruction, prompt_text
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage import FileRecord, Run, Stage, Tokens, input_record, start
from instructwild.stage.atomic import write_atomic
from instructwild.stage.frames import INSTRUCTION, dropped_frame
from instructwild.stage.remote import as_url, local_copy
from instructwild.text.language import languages
from instructwild.text.quantity import quantity

PART = 5_000


@dataclass(frozen=True)
class Labeller:
    """The model that decides on unsure posts and labels rows, and what the user allows it."""

    model: str
    limits: Limits = field(default_factory=Limits)
    cache: Path | None = None

    def config(self) -> dict[str, Any]:
        """What determines its decisions and labels."""
        from instructwild.collect.labels import template_hash
        from instructwild.llm.style import style_for

        name = understand(self.model)
        return {"model": name.label, "template_hash": template_hash(style_for(name)), "budget": self.limits.budget}


def collect(kind: str, sources: Sequence[str | Path], out: str | Path, *, license: str | None = None,
            salt: str | None = None, as_is: bool = False, private: bool = False, keep_raw: bool = False,
            mask: Mask | None = None, recall: Recall = "default", threshold: float = THRESHOLD,
            root: str | Path = ".", encoding: str | None = None, limit: int = 1000, labeller: Labeller | None = None,
            force: bool = False, shards: int | None = None,
            on_progress: Callable[[int], object] = lambda posts: None) -> Stage:
    """Read posts and write a stage of seeds.

    Args:
        kind: one of `instructwild.collect.kinds.KINDS`.
        sources: exports of that kind, or queries where the kind can be asked live.
        license: of posts whose source names none, an SPDX id.
        salt: for the hashes of authors; by default this user's.
        as_is: take every post as a prompt, whole.
        private: take direct messages and closed chats too.
        keep_raw: leave the text of dropped posts unmasked.
        mask: what to mask in rows that hold an answer; None changes no text of theirs. Posts are always masked.
        recall: `high` keeps bare posts that only may be prompts too.
        threshold: the least score of a bare post that is kept, between 0 and 1.
        root: where the forget list lies.
        limit: posts per live query.
        labeller: the model that decides on posts near the threshold and names each prompt's type and risks; without one the
            score decides, and rows have no labels.
        shards: write the rows in so many files; `data.parquet` is a folder then.
        on_progress: called with the number of posts after each part.

    Raises:
        InputError: a source cannot be read.
        OutputError: `out` belongs to another run.
    """
    source_kind = kind_named(kind)
    terms = Terms(kind, salt or user_salt(), license, as_is, private, keep_raw, forgotten(root), mask, recall,
                  threshold, keep_unsure=labeller is not None)
    inputs = [_record(source_kind, source) for source in sources]
    asked_live = any(export_at(source_kind, source) is None for source in sources)
    config = terms.config() | {"encoding": encoding} | ({"limit": limit} if asked_live else {})
    if labeller is not None:
        config |= labeller.config()
        inputs += model_inputs([labeller.model])
    with start(out, "collect", config=config, inputs=inputs, force=force, shards=shards) as run:
        if run.finished is not None:
            return run.finished
        posts = chain.from_iterable(_posts(source_kind, source, encoding, limit) for source in sources)
        parts = _parts(run, posts, terms, on_progress)
        if not parts:
            raise InputError("no posts", where=", ".join(map(str, sources)), remedy="check how the export was made")
        kept, lost, tally = _joined(parts)
        spent: dict[str, Any] = {}
        if labeller is not None:
            kept, refused, spent = _with_model(run, kept, labeller, tally, terms.least)
            lost += refused
        data, dropped = pl.scan_parquet(kept), pl.scan_parquet(lost)
        metrics: dict[str, Any] = {name: dict(sorted(counts.items())) for name, counts in tally.items()}
        if notes := [note for note in (_unread(source_kind, data, dropped), _left_near(dropped, terms.least)) if note]:
            metrics["notes"] = notes
        return run.finish(data=data, dropped=dropped, report=page.page(source_kind, tally, data, dropped), **spent,
                          metrics=metrics)


def _unread(kind: SourceKind, data: pl.LazyFrame, dropped: pl.LazyFrame) -> str:
    """Why no post could be read, where none could; nothing otherwise."""
    if not data.head(1).collect().is_empty():
        return ""
    others = dropped.filter(pl.col("reason") != Reason.MALFORMED.value).head(1).collect()
    first = dropped.select("evidence", "row").head(1).collect()
    if not others.is_empty() or first.is_empty():
        return ""
    problem = (json.loads(first["row"][0]) or {}).get("problem")
    return (f"no post could be read as {kind.name}; the first, {json.loads(first['evidence'][0])}: {problem}. "
            f"Give {kind.export}; a table of prompts is read by `instructwild clean` or `collect jsonl`")


def _left_near(dropped: pl.LazyFrame, least: float) -> str:
    """How many posts that left `--recall high` would keep; nothing where there are none."""
    score = pl.col("evidence").str.json_path_match("$.score").cast(pl.Float64, strict=False)
    left = dropped.filter(pl.col("reason") == Reason.NOT_A_PROMPT.value, score.is_between(UNSURE[0], least, closed="left"))
    if not (count := left.select(pl.len()).collect().item()):
        return ""
    return f"{quantity(count, 'post that left', 'posts that left')} may be prompts too: see --recall high and --model"


def export_at(kind: SourceKind, source: str | Path) -> Path | None:
    """Where an export lies, of one behind a URL its local copy; None where the source is a query, or nothing.

    Raises:
        InputError: the URL cannot be read.
    """
    url = as_url(source)
    query = url is not None and bool(kind.live) and url.startswith("http")     # an address that the kind is asked at
    path = Path(source if query else local_copy(source))
    return path if path.exists() else None


def _record(kind: SourceKind, source: str | Path) -> FileRecord:
    if (path := export_at(kind, source)) is not None:
        check(path)
        return input_record(source)
    if kind.live:
        return FileRecord(path=str(source), sha256=sha256(f"{kind.name} {source}".encode()).hexdigest())
    raise InputError("does not exist", where=str(source), remedy=f"give {kind.export}")


def _posts(kind: SourceKind, source: str | Path, encoding: str | None, limit: int) -> Iterator[Post]:
    if (path := export_at(kind, source)) is not None:
        return kind.posts(path, encoding)
    return islice(kind.ask(str(source), limit), limit)


def _parts(run: Run, posts: Iterator[Post], terms: Terms, on_progress: Callable[[int], object]) -> list[Path]:
    """Work through the posts; each part is two tables and a tally, the tally last. Parts of an earlier run are passed by."""
    parts: list[Path] = []
    while (done := run.scratch / f"{len(parts):06d}.json").exists():
        parts.append(done)
    posts = islice(posts, len(parts) * PART, None)
    while batch := tuple(islice(posts, PART)):
        done = run.scratch / f"{len(parts):06d}.json"
        data, dropped, tally = process(batch, terms)
        data.write_parquet(done.with_suffix(".kept"))
        dropped.write_parquet(done.with_suffix(".dropped"))
        write_atomic(done, json.dumps(tally, ensure_ascii=False))
        parts.append(done)
        on_progress(len(parts) * PART - PART + len(batch))
    return parts


def _joined(parts: Sequence[Path]) -> tuple[list[Path], list[Path], dict[str, Counter[str]]]:
    total: dict[str, Counter[str]] = {}
    for part in parts:
        for name, counts in json.loads(part.read_text(encoding="utf-8")).items():
            total.setdefault(name, Counter()).update(counts)
    kept, lost = ([part.with_suffix(ending) for part in parts] for ending in (".kept", ".dropped"))
    return kept, lost, total


def _with_model(run: Run, parts: Sequence[Path], labeller: Labeller, tally: dict[str, Counter[str]],
                least: float) -> tuple[list[Path], list[Path], dict[str, Any]]:
    """The parts that a model kept, with labels; those it dropped; and what it was sent and paid. Answers are kept in a
    ledger, so an interrupted run asks nothing twice.
    """
    from instructwild.collect.labels import REFUSED, label_parts
    from instructwild.llm.ledger import CALLS, Ledger, run_name
    from instructwild.llm.open import SORTED_OVER, open_model

    ledger = Ledger(labeller.cache or run.scratch / CALLS, run_name(run.scratch))
    session = open_model(*models_asked([labeller.model]), labeller.limits, ledger, sort=SORTED_OVER)
    labelled = asyncio.run(label_parts(session, parts, least))
    tally |= {"type": labelled.types, "risk": labelled.risks, "decided": labelled.decisions,
              "language": languages_of(labelled.kept)}
    if labelled.decisions["kept"]:
        tally["form"]["model"] += labelled.decisions["kept"]
    if labelled.decisions["dropped"]:
        tally["why"][REFUSED] += labelled.decisions["dropped"]
    usage = session.usage
    return labelled.kept, labelled.dropped, {
        "usd": ledger.spent().total, "tokens": Tokens(prompt=usage.prompt_tokens, completion=usage.completion_tokens)}


def languages_of(parts: Sequence[Path]) -> Counter[str]:
    """How many rows of these parts are in which language."""
    return Counter(pl.scan_parquet(parts).select("language").collect()["language"].to_list())


def process(posts: Iterable[Post], terms: Terms) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Counter[str]]]:
    """Rows, drops, and counts: by form, by why not, by type of what was masked, by language."""
    rows: list[Instruction] = []
    lost: list[Dropped] = []
    tally: dict[str, Counter[str]] = {name: Counter() for name in ("form", "why", "masked", "language")}
    for post in posts:
        result = prompt_of(post, terms)
        if isinstance(result, Dropped):
            lost.append(result)
            if isinstance(result.evidence, dict):
                tally["why"][result.evidence["why"]] += 1
        else:
            rows.append(result.row)
            if not (terms.keep_unsure and result.unsure):
                tally["form"][result.form] += 1
            tally["masked"].update(result.masked)
    named = languages(pl.Series([prompt_text(row.messages) for row in rows], dtype=pl.String)).to_list()
    kept = [row.model_copy(update={"language": row.language if tag == "und" else tag})
            for row, tag in zip(rows, named, strict=True)]
    tally["language"].update(row.language for row in kept)
    return pl.DataFrame([instruction_to_columns(row) for row in kept], schema=INSTRUCTION), dropped_frame(lost), tally
