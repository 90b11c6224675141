"""In which encoding a text is, by its beginning."""

import codecs

CHUNK = 1 << 20
ENCODINGS = ("gb18030", "big5", "cp1252", "latin-1")
"""Tried in this order where a text is neither UTF-8 nor UTF-16."""


def codec_of_text(raw: bytes) -> str:
    """The encoding of the beginning of a text: UTF-8 wherever it can be, else what the bytes allow."""
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = raw[:CHUNK]
    thirds = [sum(sample[offset + at::4].count(0) for offset in (0, 1, 2)) for at in (0, 1)]
    if max(thirds) > len(sample) * 9 // 16:
        return "utf-32-le" if thirds[1] >= thirds[0] else "utf-32-be"
    nulls = sample[1::2].count(0), sample[::2].count(0)
    if max(nulls) > len(sample) // 8:
        return "utf-16-le" if nulls[0] >= nulls[1] else "utf-16-be"
    for codec in ("utf-8", *ENCODINGS):
        try:
            codecs.getincrementaldecoder(codec)().decode(sample)
        except UnicodeError:
            continue
        return codec
    return "latin-1"
