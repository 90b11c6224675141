"""Unicode's composed form (NFC) of many texts at once."""

import numpy as np
import polars as pl

COMPOSED = ("\\x00-\u02ff\u0391-\u03a9\u03b1-\u03c9\u0400-\u0482\u048a-\u052f\u2002-\u2027\u2030-\u205e\u20a0-\u20bf\u2122"
            "\u2190-\u22ff\u2460-\u27ff\u3000-\u3029\u3030-\u3096\u309b-\u30ff\u4e00-\u9fff\uac00-\ud7a3\ufe0f\uff00-\uffef"
            "\U0001f300-\U0001faff")
"""Characters of which every text is in NFC: each is its own composed form, and none joins with the one before it."""


def nfc(texts: pl.Series) -> pl.Series:
    """The texts in NFC. Those that hold nothing but such characters, nearly all, are left as they are: the form costs more
    than all else that is done to find a text's id.
    """
    other = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(False)
    beside_ascii = texts.filter(other)
    order = other.arg_true().filter(beside_ascii.str.contains(f"[^{COMPOSED}]"))
    if order.is_empty():
        return texts
    at = np.arange(len(texts))
    at[order.to_numpy()] = len(texts) + np.arange(len(order))
    return pl.concat([texts, texts.gather(order).str.normalize("NFC")], rechunk=True)[at]
