"""Posts in, seeds out: extract, judge, mask, name the origin; part by part, so that memory does not grow with the export."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.collect import page
from instructwild.collect.extract import candidates
from instructwild.collect.judge import LONGEST, refusal
from instructwild.collect.kinds import Kind, kind_named
from instructwild.collect.post import Post
from instructwild.errors import InputError
from instructwild.llm.name import understand
from instructwild.llm.open import Limits
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.privacy.forgotten import author_mark, fingerprint, forgotten, row_mark
from instructwild.privacy.masking import mask_all
from instructwild.privacy.salt import user_salt
from instructwild.schema.columns import instruction_to_columns
from instructwild.schema.identity import salted_hash
from instructwild.schema.instruction import Instruction, prompt_text
from instructwild.schema.message import Message
from instructwild.schema.provenance import Origin
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage import FileRecord, Run, Stage, Tokens, input_record, start
from instructwild.stage.frames import INSTRUCTION, dropped_frame
from instructwild.text.language import languages

PART = 5_000
SHOWN = 2_000
"""Characters kept of a dropped post."""


@dataclass(frozen=True)
class Terms:
    """On what terms posts become rows; all of it but the date goes into the stage's config."""

    kind: str
    salt: str
    license: str | None = None
    as_is: bool = False
    """Take every post as a prompt, whole: nothing is extracted, nothing judged."""
    private: bool = False
    """Take messages that were not written in public too."""
    keep_raw: bool = False
    """Keep the unmasked text of dropped posts."""
    forgotten: frozenset[str] = frozenset()
    today: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())

    def config(self) -> dict[str, Any]:
        """What determines the rows. The salt and the forget list go in as hashes."""
        return {"kind": self.kind, "license": self.license, "as_is": self.as_is, "private": self.private,
                "keep_raw": self.keep_raw, "salt": salted_hash(self.salt, "fingerprint"),
                "forgotten": fingerprint(self.forgotten)}


@dataclass(frozen=True)
class Asked:
    """The model that labels, and what the user allows it."""

    model: str
    limits: Limits = field(default_factory=Limits)
    cache: Path | None = None

    def config(self) -> dict[str, Any]:
        """What determines the labels."""
        from instructwild.collect.labels import template_hash
        from instructwild.llm.style import style_for

        name = understand(self.model)
        return {"model": name.label, "template_hash": template_hash(style_for(name)), "budget": self.limits.budget}


@dataclass(frozen=True)
class Prompt:
    """What a post became: a row and the form it was found in, and what was masked in it."""

    row: Instruction
    form: str
    masked: dict[str, int]


def collect(kind: str, sources: Sequence[str | Path], out: str | Path, *, license: str | None = None,
            salt: str | None = None, as_is: bool = False, private: bool = False, keep_raw: bool = False,
            root: str | Path = ".", encoding: str | None = None, limit: int = 1000, asked: Asked | None = None,
            force: bool = False, told: Callable[[int], object] = lambda posts: None) -> Stage:
    """Read posts and write a stage of seeds.

    Args:
        kind: one of `instructwild.collect.kinds.KINDS`.
        sources: exports of that kind, or queries where the kind can be asked live.
        license: of posts whose source names none, an SPDX id.
        salt: for the hashes of authors; by default this user's.
        as_is: take every post as a prompt, whole.
        private: take direct messages and closed chats too.
        keep_raw: leave the text of dropped posts unmasked.
        root: where the forget list lies.
        limit: posts per live query.
        asked: the model that names each prompt's type and risks; without one rows have no labels.
        told: called with the number of posts after each part.

    Raises:
        InputError: a source cannot be read.
        OutputError: `out` belongs to another run.
    """
    found = kind_named(kind)
    terms = Terms(kind, salt or user_salt(), license, as_is, private, keep_raw, forgotten(root))
    inputs = [_record(found, source) for source in sources]
    config = terms.config() | {"encoding": encoding} | ({"limit": limit} if any(not _local(s) for s in sources) else {})
    if asked is not None:
        config |= asked.config()
        inputs += model_inputs([asked.model])
    with start(out, "collect", config=config, inputs=inputs, force=force) as run:
        if run.finished is not None:
            return run.finished
        posts = chain.from_iterable(_posts(found, source, encoding, limit) for source in sources)
        parts = _parts(run, posts, terms, told)
        if not parts:
            raise InputError("no posts", where=", ".join(map(str, sources)), remedy="check how the export was made")
        kept, lost, tally = _joined(parts)
        spent: dict[str, Any] = {}
        if asked is not None:
            kept, spent = _labelled(run, kept, asked, tally)
        data, dropped = pl.scan_parquet(kept), pl.scan_parquet(lost)
        return run.finish(data=data, dropped=dropped, report=page.page(found, tally, data, dropped), **spent,
                          metrics={name: dict(sorted(counts.items())) for name, counts in tally.items()})


def _local(source: str | Path) -> bool:
    return Path(source).exists()


def _record(kind: Kind, source: str | Path) -> FileRecord:
    if _local(source):
        return input_record(source)
    if kind.live:
        return FileRecord(path=str(source), sha256=sha256(f"{kind.name} {source}".encode()).hexdigest())
    raise InputError("does not exist", where=str(source), remedy=f"give {kind.export}")


def _posts(kind: Kind, source: str | Path, encoding: str | None, limit: int) -> Iterator[Post]:
    if _local(source):
        return kind.posts(Path(source), encoding)
    return islice(kind.ask(str(source), limit), limit)


def _parts(run: Run, posts: Iterator[Post], terms: Terms, told: Callable[[int], object]) -> list[Path]:
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
        aside = done.with_suffix(".aside")
        aside.write_text(json.dumps(tally, ensure_ascii=False), encoding="utf-8")
        aside.replace(done)
        parts.append(done)
        told(len(parts) * PART - PART + len(batch))
    return parts


def _joined(parts: Sequence[Path]) -> tuple[list[Path], list[Path], dict[str, Counter[str]]]:
    total: dict[str, Counter[str]] = {}
    for part in parts:
        for name, counts in json.loads(part.read_text(encoding="utf-8")).items():
            total.setdefault(name, Counter()).update(counts)
    kept, lost = ([part.with_suffix(ending) for part in parts] for ending in (".kept", ".dropped"))
    return kept, lost, total


def _labelled(run: Run, parts: Sequence[Path], asked: Asked,
              tally: dict[str, Counter[str]]) -> tuple[list[Path], dict[str, Any]]:
    """The kept parts with labels, and what the model was sent and paid. Answers are kept in a ledger, so an interrupted
    run asks nothing twice.
    """
    from instructwild.collect.labels import label_parts
    from instructwild.llm.ledger import Ledger, run_name
    from instructwild.llm.open import open_model

    ledger = Ledger(asked.cache or run.scratch / "calls.sqlite", run_name(run.scratch))
    session = open_model(*models_asked([asked.model]), asked.limits, ledger, sort=8)
    labelled, tally["type"], tally["risk"] = asyncio.run(label_parts(session, parts))
    usage = session.usage
    return labelled, {"usd": ledger.spent().total, "tokens": Tokens(prompt=usage.prompt_tokens,
                                                                  completion=usage.completion_tokens)}


def process(posts: Iterable[Post], terms: Terms) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Counter[str]]]:
    """Rows, drops, and counts: by form, by why not, by type of what was masked, by language."""
    rows: list[Instruction] = []
    lost: list[Dropped] = []
    tally: dict[str, Counter[str]] = {name: Counter() for name in ("form", "why", "masked", "language")}
    for post in posts:
        found = prompt_of(post, terms)
        if isinstance(found, Dropped):
            lost.append(found)
            if isinstance(found.evidence, dict):
                tally["why"][found.evidence["why"]] += 1
        else:
            rows.append(found.row)
            tally["form"][found.form] += 1
            tally["masked"].update(found.masked)
    named = languages(pl.Series([prompt_text(row.messages) for row in rows], dtype=pl.String)).to_list()
    kept = [row.model_copy(update={"language": row.language if tag == "und" else tag})
            for row, tag in zip(rows, named, strict=True)]
    tally["language"].update(row.language for row in kept)
    return pl.DataFrame([instruction_to_columns(row) for row in kept], schema=INSTRUCTION), dropped_frame(lost), tally


def prompt_of(post: Post, terms: Terms) -> Prompt | Dropped:
    """The row that a post becomes, or why it becomes none."""
    author = author_mark(terms.salt, terms.kind, post.author) if post.author else None
    if post.problem is not None:
        return Dropped(id="", step="collect", reason=Reason.MALFORMED, evidence=post.where, row={"problem": post.problem})
    messages, form, why = _found(post, terms.as_is, terms.private)
    if author in terms.forgotten:
        return Dropped(id="", step="collect", reason=Reason.FORGOTTEN, evidence={"why": "the author", "where": post.where})
    if why is not None:
        raw = post.text or prompt_text(post.messages)
        text = raw if terms.keep_raw else mask_all([raw[:2 * SHOWN]], post.people)[0][0][:SHOWN]
        return Dropped(id="", step="collect", reason=Reason.REPOST if post.repost else Reason.NOT_A_PROMPT,
                       evidence={"why": why, "where": post.where}, row={"text": _writable(text), "url": post.url})
    texts, masked = mask_all([_writable(message.content) for message in messages], post.people)
    origin = Origin(kind=terms.kind, source=post.source, url=post.url, author=author,
                    license=post.license or terms.license, collected_at=post.created or terms.today)
    row = Instruction(messages=tuple(Message(role=message.role, content=text)
                                     for message, text in zip(messages, texts, strict=True)),
                      language=post.language or "und", origin=(origin,))
    if row_mark(terms.salt, row.id) in terms.forgotten:
        return Dropped(id=row.id, step="collect", reason=Reason.FORGOTTEN, evidence={"why": "the row", "where": post.where})
    return Prompt(row, form, masked)


def _found(post: Post, as_is: bool, private: bool) -> tuple[tuple[Message, ...], str, str | None]:
    """The messages of the prompt and the form they were found in, or why there is none."""
    if post.repost:
        return (), "", "somebody else's post"
    if post.skip is not None:
        return (), "", post.skip
    if post.private and not private:
        return (), "", "not written in public"
    if post.messages:
        asked = any(message.role == "user" and message.content.strip() for message in post.messages)
        return post.messages, "row", None if asked else "no question in it"
    if as_is or post.presented:
        why = refusal(post.text, presented=True) if post.presented else None if post.text.strip() else "no words"
        return _one(post.text), "as is", why
    if len(post.text) > 5 * LONGEST:
        return (), "", "too long for a prompt"
    first = None
    for candidate in candidates(post.text, post.alt_texts):
        why = refusal(candidate.text, presented=candidate.form != "bare")
        if why is None:
            return _one(candidate.text), candidate.form, None
        first = first or why
    return (), "", first or "no words"


def _one(text: str) -> tuple[Message, ...]:
    return (Message(role="user", content=text),)


def _writable(text: str) -> str:
    """Without lone surrogates, which JSON can spell and no file can hold."""
    return text.encode("utf-8", "replace").decode()
