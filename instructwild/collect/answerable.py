"""Whether a text is an instruction that a model could answer; the reason when it is not.

Two thresholds: what its author presents as a prompt must only be a request at all; a bare post must also stand by itself,
because most questions on social media are put to people, about something that the reader knows and a model does not.
"""

import re
from typing import NamedTuple

from instructwild.collect import chinese, english
from instructwild.collect.material import explained_plainly, order_of
from instructwild.collect.score import Score, score
from instructwild.text.scripts import ANY_CJK, ANY_HAN

THRESHOLD = 0.83
"""The least score of a bare post, by totals of tests/collect/labelled_feeds.jsonl and of real posts (docs/sources.md)."""
OUTWEIGHS = 0.88
"""The least score of a bare post that the rules take for talk."""
PRESENTED = 0.2
"""The same for what its author puts to a model."""
UNSURE = (0.1, 0.97)
"""Scores of bare posts that a model decides on, where there is one."""
TALK = "reads like talk among people"
ASKS_NOTHING = "neither a question nor a request"
READS_AS_TALK = frozenset((ASKS_NOTHING, *english.REASONS))
"""Reasons of the rules that a high score outweighs: with `recall` high they decide alone, otherwise each is a weight."""

HAN = re.compile(ANY_HAN)
WORD = re.compile(rf"[A-Za-z0-9]+(?:['’-][A-Za-z]+)*|{ANY_CJK}|[^\W_]+")
NO_WORDS = re.compile(r"https?://\S+|@\w+|\[[A-Z]+_\d+\]")
PICTURE = re.compile(r"^/imagine\b|\s--(?:ar|v|niji|stylize|no|q) ?[\w:]+", re.IGNORECASE)
PICTURE_TAGS = re.compile(
    r"\b(?:masterpiece|best quality|(?:ultra|highly|hyper)[ -]?(?:detailed|realistic)|octane render|"
    r"trending on artstation|8k|4k|hdr|"
    r"cinematic light\w*|depth of field|bokeh|\d{2,3}mm|1girl|1boy|unreal engine|volumetric|concept art)\b|"
    r"超高清|景深|柔光|虚幻引擎|大师作品|最佳质量",
    re.IGNORECASE)
SHORTEST, SHORTEST_BARE, LONGEST = 3, 4, 8000


def reads_as_chinese(text: str) -> bool:
    """Whether the rules for Chinese judge it: its first word is one, or a third of them are."""
    words = WORD.findall(NO_WORDS.sub(" ", text))
    return bool(words) and (HAN.match(words[0]) is not None or len(HAN.findall(text)) > len(words) / 3)


class PostJudgement(NamedTuple):
    """Whether a stretch of a post is an instruction for a model, and how sure that is."""

    why: str | None
    """Why it is none; None where it is one."""
    score: Score | None = None
    """None where the rules alone decide."""
    unsure: bool = False
    """The score is so near to the threshold that a model, where there is one, should decide."""


def out_of_feed(text: str, form: str, threshold: float = THRESHOLD) -> PostJudgement:
    """The judgement on a stretch of a post.

    Args:
        text: the stretch, without tags and trailing links.
        form: how it stood in the post (`extract.Candidate.form`).
        threshold: the least score of a bare post or a quotation, from 0 (all that may be prompts) to 1. What its author
            puts to a model needs `PRESENTED` at most.
    """
    plainly = explained_plainly(text) if form == "bare" else None
    shown = plainly or text
    why = refusal(shown, presented=form != "bare")
    if why is not None and (form != "bare" or why not in READS_AS_TALK):
        return PostJudgement(why)
    scored = score(shown, reads_as_chinese(shown))
    unsure = form in ("bare", "quote") and UNSURE[0] <= scored.value < UNSURE[1]
    if form == "bare" and _orders_with_material(text):
        return PostJudgement(None, scored, unsure)
    least = threshold if form in ("bare", "quote") and plainly is None else min(threshold, PRESENTED)
    if why is not None:
        least = max(least, OUTWEIGHS)
    return PostJudgement(None if scored.value >= least else why or TALK, scored, unsure)


def _orders_with_material(text: str) -> bool:
    """Whether a bare post is an order with the text that it is about, and is put to no person."""
    order = order_of(text)
    return order is not None and not (english.PEOPLE.search(order) or chinese.PEOPLE.search(order))


def refusal(text: str, *, presented: bool) -> str | None:
    """Why the text is no instruction; None where it is one.

    Args:
        text: the stretch of a post, without tags and trailing links.
        presented: its author called it a prompt or put it to a model.
    """
    words = WORD.findall(NO_WORDS.sub(" ", text))
    if not words:
        return "no words"
    language = chinese if reads_as_chinese(text) else english
    if len(words) < (SHORTEST if presented else SHORTEST_BARE):
        return "too short to tell"
    if len(text) > LONGEST:
        return "too long for a prompt"
    if PICTURE.search(text) or len(PICTURE_TAGS.findall(text)) > 1:
        return "a prompt for pictures"
    how = language.asks(text)
    if how is None or (how == "task" and not presented):
        return None if presented and language.NAMED.match(text) else ASKS_NOTHING
    return None if presented else language.talk(text, how)
