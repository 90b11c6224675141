"""One post as one row: extracted, judged, masked, its origin named; or why it becomes none."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from instructwild.collect.answerable import LONGEST, THRESHOLD, UNSURE, PostJudgement, out_of_feed, refusal
from instructwild.collect.choices import Mask, Recall
from instructwild.collect.extract import candidates
from instructwild.collect.post import Post
from instructwild.privacy.forgotten import author_mark, fingerprint, row_mark
from instructwild.privacy.masking import mask_all
from instructwild.privacy.turns import texts_of, with_texts_of
from instructwild.schema.identity import salted_hash
from instructwild.schema.instruction import Instruction, prompt_text
from instructwild.schema.message import Message
from instructwild.schema.provenance import Origin
from instructwild.schema.verdict import Dropped, Reason

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
    mask: Mask | None = None
    """What is masked in rows that hold an answer: nothing, values, names or both. Posts are always masked."""
    recall: Recall = "default"
    threshold: float = THRESHOLD
    """The least score of a bare post; `recall` high takes every one that the rules let pass and that is not surely talk."""
    keep_unsure: bool = False
    """Make rows of posts near the threshold too, for a model to decide on."""
    today: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())

    def config(self) -> dict[str, Any]:
        """What determines the rows. The salt and the forget list go in as hashes."""
        return {"kind": self.kind, "license": self.license, "as_is": self.as_is, "private": self.private,
                "keep_raw": self.keep_raw, "salt": salted_hash(self.salt, "fingerprint"), "mask": self.mask,
                "recall": self.recall, "threshold": self.least, "forgotten": fingerprint(self.forgotten)}

    @property
    def least(self) -> float:
        """The least score of a bare post that becomes a row without a model."""
        return min(UNSURE[0], self.threshold) if self.recall == "high" else self.threshold


@dataclass(frozen=True)
class Prompt:
    """What a post became: a row and the form it had in the post, and what was masked in it."""

    row: Instruction
    form: str
    masked: dict[str, int]
    unsure: bool = False
    """Its score is near the threshold."""


SCORE = "prompt"
"""The name of the score in a row: how likely the post is a prompt."""


def prompt_of(post: Post, terms: Terms) -> Prompt | Dropped:
    """The row that a post becomes, or why it becomes none."""
    post = post.writable()
    author = author_mark(terms.salt, terms.kind, post.author) if post.author else None
    if post.problem is not None:
        return Dropped(id="", step="collect", reason=Reason.MALFORMED, evidence=post.where, row={"problem": post.problem})
    messages, form, judged = _extracted(post, terms)
    if author in terms.forgotten:
        return Dropped(id="", step="collect", reason=Reason.FORGOTTEN, evidence={"why": "the author", "where": post.where})
    if judged.why is not None and not (terms.keep_unsure and judged.unsure):
        raw = post.text or prompt_text(post.messages)
        scored = judged.score.evidence() if judged.score else {}
        text = raw if terms.keep_raw else mask_all([raw[:2 * SHOWN]], post.people)[0][0][:SHOWN]
        return Dropped(id="", step="collect", reason=Reason.REPOST if post.repost else Reason.NOT_A_PROMPT,
                       evidence={"why": judged.why, "where": post.where, **scored}, row={"text": text, "url": post.url})
    messages, masked = _masked(messages, post, terms)
    origin = Origin(kind=terms.kind, source=post.source, url=post.url, author=author,
                    license=post.license or terms.license, collected_at=post.created or terms.today)
    row = Instruction(messages=messages, language=post.language or "und", origin=(origin,),
                      scores={SCORE: round(judged.score.value, 2)} if judged.score else {})
    if row_mark(terms.salt, row.id) in terms.forgotten:
        return Dropped(id=row.id, step="collect", reason=Reason.FORGOTTEN, evidence={"why": "the row", "where": post.where})
    return Prompt(row, form, masked, judged.unsure)


def _masked(messages: tuple[Message, ...], post: Post, terms: Terms) -> tuple[tuple[Message, ...], dict[str, int]]:
    """Posts without personal data; the text of rows that hold an answer as it is, unless masks are asked for."""
    answered = any(message.role == "assistant" and message.content.strip() for message in messages)
    kinds = terms.mask if answered else "all"
    if not kinds:
        return messages, {}
    turns = [message.model_dump() for message in messages]
    texts, counts = mask_all([text or "" for _, text in texts_of(turns)], post.people, kinds)
    return tuple(Message(**turn) for turn in with_texts_of(turns, iter(texts))), counts


def _extracted(post: Post, terms: Terms) -> tuple[tuple[Message, ...], str, PostJudgement]:
    """The messages of the prompt, the form they had, and the judgement on them."""
    for applies, why in ((post.repost, "somebody else's post"), (post.skip is not None, post.skip),
                         (post.private and not terms.private, "not written in public")):
        if applies:
            return (), "", PostJudgement(why)
    if post.messages:
        has_question = any(message.role == "user" and message.content.strip() for message in post.messages)
        return post.messages, "row", PostJudgement(None if has_question else "no question in it")
    if terms.as_is or post.presented:
        why = refusal(post.text, presented=True) if post.presented else None if post.text.strip() else "no words"
        return _one_turn(post.text), "as is", PostJudgement(why)
    if len(post.text) > 5 * LONGEST:
        return (), "", PostJudgement("too long for a prompt")
    return _from_text(post, terms)


def _from_text(post: Post, terms: Terms) -> tuple[tuple[Message, ...], str, PostJudgement]:
    """The first stretch that is a prompt; else the first that a model may decide on; else why the first is none."""
    rejected: list[tuple[str, str, PostJudgement]] = []
    for candidate in candidates(post.text, post.alt_texts):
        judged = out_of_feed(candidate.text, candidate.form, terms.least)
        if judged.why is None:
            return _one_turn(candidate.text), candidate.form, judged
        rejected.append((candidate.text, candidate.form, judged))
    if not rejected:
        return (), "", PostJudgement("no words")
    text, form, judged = next((item for item in rejected if item[2].unsure), rejected[0])
    return _one_turn(text), form, judged


def _one_turn(text: str) -> tuple[Message, ...]:
    return (Message(role="user", content=text),)
