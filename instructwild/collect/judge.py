"""Whether a text is an instruction that a model could answer; the reason when it is not.

Two thresholds: what its author presents as a prompt must only be a request at all; a bare post must also stand by itself,
because most questions on social media are put to people, about something that the reader knows and a model does not.
"""

import re
from typing import Literal

from instructwild.collect import chinese, english
from instructwild.collect.evidence import weakness
from instructwild.text.scripts import ANY_CJK, ANY_HAN

Recall = Literal["default", "high"]

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


def reads_as_chinese(text: str, words: list[str]) -> bool:
    """Whether the rules for Chinese judge it: its first word is one, or a third of them are."""
    return bool(words) and (HAN.match(words[0]) is not None or len(HAN.findall(text)) > len(words) / 3)


def out_of_feed(text: str, form: str, recall: Recall) -> str | None:
    """Why a stretch of a post is no instruction for a model; None where it is one.

    Args:
        text: the stretch, without tags and trailing links.
        form: how it stood in the post (`extract.Candidate.form`).
        recall: `default` asks for strong evidence, `high` takes what may be one.
    """
    why = refusal(text, presented=form != "bare")
    if why is not None or recall == "high":
        return why
    return weakness(text, form, reads_as_chinese(text, WORD.findall(NO_WORDS.sub(" ", text))))


def refusal(text: str, *, presented: bool) -> str | None:
    """Why the text is no instruction; None where it is one.

    Args:
        text: the stretch of a post, without tags and trailing links.
        presented: its author called it a prompt or put it to a model.
    """
    words = WORD.findall(NO_WORDS.sub(" ", text))
    if not words:
        return "no words"
    language = chinese if reads_as_chinese(text, words) else english
    if len(words) < (SHORTEST if presented else SHORTEST_BARE):
        return "too short to tell"
    if len(text) > LONGEST:
        return "too long for a prompt"
    if PICTURE.search(text) or len(PICTURE_TAGS.findall(text)) > 1:
        return "a prompt for pictures"
    how = language.asks(text)
    if how is None:
        return None if presented and language.NAMED.match(text) else "neither a question nor a request"
    return None if presented else language.talk(text, how)
