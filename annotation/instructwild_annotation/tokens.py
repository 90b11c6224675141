"""How this room counts text: one token per Han or Kana character, one per run of other letters and digits."""

import re
import unicodedata

TOKEN = re.compile(r"[\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
                   r"|[^\W_\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
                   r"\U00020000-\U0003ffff]+")
SCRIPTS = {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "HANGUL": "Hangul", "LATIN": "Latin",
           "CYRILLIC": "Cyrillic", "ARABIC": "Arabic", "GREEK": "Greek", "HEBREW": "Hebrew", "THAI": "Thai",
           "DEVANAGARI": "Devanagari"}


def tokens(text: str) -> list[str]:
    """The tokens of a text, casefolded, so that lengths and repeats mean the same in English and Chinese."""
    return TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def script(text: str) -> str | None:
    """The writing system of most tokens of a text, or None where it has none.

    Counting tokens rather than letters keeps a Chinese sentence with a few English names Chinese.
    """
    counts: dict[str, int] = {}
    for token in tokens(text):
        name = unicodedata.name(token[0], "").split(" ")[0].split("-")[0]
        if found := SCRIPTS.get(name):
            counts[found] = counts.get(found, 0) + 1
    if counts.get("Kana", 0) * 5 > counts.get("Han", 0):    # Japanese mixes both, Chinese has no Kana
        counts["Kana"] += counts.pop("Han", 0)
    return max(counts, key=lambda name: counts[name]) if counts else None
