"""Which writing systems a text uses: code points counted by script, for many texts at once."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from instructwild.text import scripts
from instructwild.text.tokens import tokens

OTHER, LATIN, HAN, HANS, HANT, KANA, HANGUL, CYRILLIC, ARABIC, DEVANAGARI, GREEK, HEBREW, THAI, SYMBOL = range(14)
SCRIPTS = 14
CHUNK = 2**20
LESS_FREQUENT = 0xC680
"""Where the less frequent half of Big5 begins."""

RANGES = {
    LATIN: ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x1E00, 0x1EFF), (0xFF21, 0xFF3A),
            (0xFF41, 0xFF5A)),
    HAN: scripts.HAN,
    KANA: (*scripts.KANA, (0xFF66, 0xFF9D)),
    HANGUL: scripts.HANGUL,
    CYRILLIC: ((0x400, 0x52F),),
    ARABIC: ((0x600, 0x6FF), (0x750, 0x77F)),
    DEVANAGARI: ((0x900, 0x97F),),
    GREEK: ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    HEBREW: ((0x590, 0x5FF),),
    THAI: ((0xE00, 0xE7F),),
    SYMBOL: tuple((ord(sign), ord(sign)) for sign in "{}[]()<>=;_\\/*+|&^%$#@`~"),
}


@cache
def table() -> np.ndarray:
    """The script of every code point, uint8 [0x110000].

    The characters of only one of the two Chinese scripts come from the two national standards: what GB 2312 can write and
    Big5 cannot is simplified; what the frequent half of Big5 can write and GB 2312 cannot is traditional.
    """
    script_of = np.zeros(0x110000, dtype=np.uint8)
    for script, ranges in RANGES.items():
        for first, last in ranges:
            script_of[first:last + 1] = script
    for first, last in RANGES[KANA]:              # "・" and the voicing marks are no evidence of Japanese
        for point in range(first, last + 1):
            if unicodedata.category(chr(point))[0] != "L":
                script_of[point] = OTHER
    ideographs = "".join(map(chr, range(0x4E00, 0xA000)))
    simplified, _ = _writable(ideographs, "gb2312")
    traditional, codes = _writable(ideographs, "big5")
    script_of[simplified[~np.isin(simplified, traditional)]] = HANS
    script_of[traditional[~np.isin(traditional, simplified) & (codes < LESS_FREQUENT)]] = HANT
    return script_of


def _writable(characters: str, codec: str) -> tuple[np.ndarray, np.ndarray]:
    """Those of the characters that a codec of two bytes can write, as code points, and their codes there."""
    encoded = characters.encode(codec, "ignore")
    return np.frombuffer(encoded.decode(codec).encode("utf-32-le"), np.uint32), np.frombuffer(encoded, ">u2")


def counts(texts: Sequence[str]) -> np.ndarray:
    """Code points of each script in each text, int64 [N, SCRIPTS]."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    parts = [np.zeros((0, SCRIPTS), dtype=np.int64)]
    bounds = np.searchsorted(np.cumsum(lengths), np.arange(CHUNK, int(lengths.sum()) + CHUNK, CHUNK))
    edges = [0, *dict.fromkeys(int(bound) + 1 for bound in bounds if bound < len(lengths) - 1), len(lengths)]
    for first, last in pairwise(edges):
        points = np.frombuffer("".join(texts[first:last]).encode("utf-32-le"), dtype=np.uint32)
        rows = np.repeat(np.arange(last - first, dtype=np.int32) * SCRIPTS, lengths[first:last])
        rows += table().take(points)
        counted = np.bincount(rows, minlength=(last - first) * SCRIPTS)
        parts.append(counted.reshape(-1, SCRIPTS))
    return np.concatenate(parts)


def main_script(text: str) -> int | None:
    """The writing system of most tokens of a text (HAN for both Chinese scripts), or None where no token has one.

    Counting tokens rather than letters keeps a Chinese sentence with a few English names Chinese. Japanese mixes Han and
    Kana, Chinese has no Kana: a fifth of Kana makes both Kana.
    """
    counted = Counter(int(table()[ord(token[0])]) for token in tokens(text))
    counted[HAN] += counted.pop(HANS, 0) + counted.pop(HANT, 0)
    counted[OTHER] = 0
    if counted[KANA] * 5 > counted[HAN]:
        counted[KANA] += counted.pop(HAN)
    script, count = counted.most_common(1)[0]
    return script if count else None
