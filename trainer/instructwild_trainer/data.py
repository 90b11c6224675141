"""Rows for training: read, encoded, and split by prompt into what is trained on and what is held out, in each language."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import polars as pl

from instructwild.errors import InputError, ModelError
from instructwild.llm.rendering import tools_of, turns
from instructwild.read.marks import is_context_only
from instructwild.schema import Dropped, Reason, content_id
from instructwild_trainer.templates import Chat, Encoded, is_answer

STRAY = 0.01
"""A language found in a smaller share of the rows that name none is taken for a mistake about a few of them."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Conversation:
    """One supervised row, ready for the trainer."""

    id: str
    key: str
    language: str
    messages: list[dict[str, Any]]
    encoded: Encoded
    """The example that ends in the last answer."""
    earlier: tuple[Encoded, ...] = ()
    """Examples of earlier answers, where the template writes a conversation otherwise than like its own beginning."""
    tools: list[Any] | None = None

    @property
    def examples(self) -> tuple[Encoded, ...]:
        """All that is trained on, in the order of the answers."""
        return (*self.earlier, self.encoded)

    @property
    def prompt(self) -> list[dict[str, Any]]:
        """The turns before the last answer."""
        return self.messages[:self.last]

    @property
    def answer(self) -> str:
        """The last answer."""
        return str(self.messages[self.last]["content"])

    @property
    def last(self) -> int:
        """The index of the last answer."""
        return max(i for i, message in enumerate(self.messages) if is_answer(message))


@dataclass(frozen=True)
class Split(Generic[Item]):
    """Items to train on, items held out to measure on, by language, and how many more are held out."""

    train: list[Item]
    held_out: dict[str, list[Item]]
    unmeasured: int = 0

    @property
    def measured(self) -> int:
        """How many items are measured on in all languages."""
        return sum(map(len, self.held_out.values()))

    @property
    def rows(self) -> int:
        """All items: trained on, measured on, or held out beyond what is measured."""
        return len(self.train) + self.measured + self.unmeasured


def conversations(frame: pl.DataFrame, chat: Chat, max_length: int) -> tuple[list[Conversation], list[Dropped]]:
    """Instruction rows as encoded conversations; what cannot be trained on leaves with a reason.

    That is a row without an answer, one too long for the context, and one that the chat template will not write, such as
    one where two answers follow each other.

    Args:
        frame: instruction columns.
        chat: the tokenizer.
        max_length: the longest conversation in tokens.

    Raises:
        ModelError: the template writes none of the rows.
    """
    kept: list[Conversation] = []
    dropped: list[Dropped] = []
    refused: list[ModelError] = []
    languages = languages_of(frame["language"], frame["messages"].to_list())
    for row, language in zip(frame.iter_rows(named=True), languages, strict=True):
        messages = with_marks(turns(row["messages"]), row.get("extra"))
        if not any(map(is_answer, messages)):
            dropped.append(Dropped(id=row["id"], step="train", reason=Reason.NO_ANSWER, row=shown(messages)))
            continue
        tools = tools_of(row.get("tools"))
        try:
            *earlier, encoded = chat.examples(messages, tools)
        except ModelError as error:
            refused.append(error)
            dropped.append(Dropped(id=row["id"], step="train", reason=Reason.BAD_FORMAT, row=shown(messages),
                                   evidence=error.what))
            continue
        longest = max(len(example.input_ids) for example in (*earlier, encoded))
        if longest > max_length:
            dropped.append(Dropped(id=row["id"], step="train", reason=Reason.TOO_LONG, row=shown(messages),
                                   evidence={"tokens": longest, "max_length": max_length}))
            continue
        kept.append(Conversation(row["id"], split_key(messages), language, messages, encoded, tuple(earlier), tools))
    if refused and len(refused) == sum(lost.reason is not Reason.NO_ANSWER for lost in dropped) + len(kept):
        raise refused[0]
    return kept, dropped


def with_marks(messages: list[dict[str, Any]], extra: str | None) -> list[dict[str, Any]]:
    """Messages of a conversation; those that its file said are not to be learned get `weight` 0, and are context only.

    What says so is told in `read.marks.is_context_only`.

    Args:
        messages: of the row.
        extra: what else the row held, as JSON; a list under a name like `messages_fields` is the further fields of each
            message.
    """
    beside = json.loads(extra) if extra and '_fields"' in extra else {}
    fields = next((value for name, value in beside.items() if name.endswith("_fields") and isinstance(value, list)
                   and len(value) == len(messages) and all(isinstance(field, Mapping) for field in value)), None)
    if fields is None:
        return messages
    return [{**message, "weight": 0} if message["role"] == "assistant" and is_context_only(field) else message
            for message, field in zip(messages, fields, strict=True)]


def unwritten_thoughts(rows: Sequence[Conversation], chat: Chat) -> int:
    """In how many rows the last answer has thoughts that the template leaves out, so that they are not in the example."""
    if chat.reasoning == "drop":
        return 0
    rows = [row for row in rows if row.messages[row.last].get("reasoning_content")]
    return sum(str(row.messages[row.last]["reasoning_content"]).strip() not in chat.tokenizer.decode(row.encoded.input_ids)
               for row in rows)


def shown(messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `dropped.parquet` keeps of a conversation."""
    return {"messages": [{**message, "content": (message["content"] or "")[:2000]} for message in messages]}


def split_key(messages: Sequence[Mapping[str, str]]) -> str:
    """What a row is split by: its first question, so that two branches of one conversation fall on the same side."""
    first = next((message["content"] for message in messages if message["role"] == "user"), "")
    return content_id([("user", first)])


def languages_of(named: Iterable[str | None], messages: Iterable[Sequence[Mapping[str, str]]]) -> list[str]:
    """The language each row is counted under: its own without region and script, or, where it names none, that of its user.

    Args:
        named: BCP 47 tags, by row; None or `und` where no language is named.
        messages: the turns of each row.

    Returns:
        Language by row; `und` where none shows, or one that next to no other row is in.
    """
    tags = [tag or "und" for tag in named]
    texts = {row: "\n".join(turn["content"] for turn in turns if turn["role"] == "user")
             for row, (tag, turns) in enumerate(zip(tags, messages, strict=True)) if tag == "und"}
    if texts:
        from instructwild.text.language import languages

        detected = languages(pl.Series(list(texts.values()), dtype=pl.String)).to_list()
        often = Counter(tag.split("-")[0] for tag in detected)
        for row, tag in zip(texts, detected, strict=True):
            tags[row] = tag if often[tag.split("-")[0]] >= STRAY * len(texts) else "und"
    return [tag.split("-")[0] for tag in tags]


def place(key: str) -> float:
    """Where in [0, 1) a prompt falls: the same in every stage and on every machine."""
    return int(hashlib.sha256(f"held out: {key}".encode()).hexdigest()[:13], 16) / 16**13


def split(items: Sequence[Item], share: float, *, key: Callable[[Item], str], language: Callable[[Item], str],
          most: int | None = None) -> Split[Item]:
    """Hold out the prompts whose place is below `share`; in a language that would have none, the lowest one.

    The same prompt is held out in every stage that holds out the same share, and however many other rows there are.

    Args:
        items: rows, in input order, which is kept.
        share: 0 holds nothing out.
        key: what names the prompt of an item; items of one prompt stay together.
        language: the language that an item is counted under.
        most: measure on at most this many a language; the rest of the held-out rows is neither trained on nor measured.

    Raises:
        InputError: nothing is left to train on.
    """
    keys: dict[str, set[str]] = defaultdict(set)
    for item in items:
        keys[language(item)].add(key(item))
    out = {prompt for prompts in keys.values() for prompt in _held_out(prompts, share)}
    train = [item for item in items if key(item) not in out]
    if not train:
        raise InputError(f"of {len(items)} usable rows none is left to train on", where="training rows",
                         remedy="give more rows, or raise --max-length if dropped.parquet says too_long")
    held: dict[str, list[Item]] = {}
    for name in sorted(keys):
        rows = sorted((item for item in items if language(item) == name and key(item) in out), key=lambda i: place(key(i)))
        if rows:
            held[name] = rows[:most]
    return Split(train, held, len(items) - len(train) - sum(map(len, held.values())))


def _held_out(prompts: set[str], share: float) -> set[str]:
    below = {prompt for prompt in prompts if place(prompt) < share}
    return below or ({min(prompts, key=place)} if share > 0 and len(prompts) > 1 else set())
