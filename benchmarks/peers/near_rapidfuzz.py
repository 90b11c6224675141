"""All pairs by `rapidfuzz.process.cdist`, in blocks; a token is one character, so that a string is a token list."""

import numpy as np
from protocol import answer
from rapidfuzz import process
from rapidfuzz.distance import Indel

BLOCK = 500

def find(rows):
    names = {}
    texts = ["".join(chr(names.setdefault(token, len(names))) for token in row["tokens"]) for row in rows]
    dropped = np.zeros(len(texts), bool)
    for begin in range(0, len(texts), BLOCK):
        block = texts[begin:begin + BLOCK]
        similar = process.cdist(block, texts[:begin + len(block)], scorer=Indel.normalized_similarity, score_cutoff=0.7,
                                dtype=np.float64, workers=1)
        for at, line in enumerate(similar):
            row = begin + at
            near = np.flatnonzero(line[:row] > 0.7 + 1e-12)
            dropped[row] = bool(texts[row]) and any(not dropped[other] and texts[other] for other in near)
    return np.flatnonzero(dropped)

answer(find)
