"""Random numbers that follow from their place: no generator, no state, no trip from the device to the processor.

A number is a hash of (row's seed, index of the token, number of the draw): the finalizer of SplitMix64 (Steele, Lea and
Flood 2014) over a Weyl sequence. What a row is decoded with, and on how many devices, has no part in it.
"""

import torch
from torch import Tensor

WEYL, DRAW = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
WORD = (1 << 64) - 1


def signed(number: int) -> int:
    """The 64 bits of a number as torch's int64 holds them."""
    number &= WORD
    return number - (1 << 64) if number >> 63 else number


def key_of(seed: int) -> int:
    """The int64 that stands for a row's seed: a hash, so that rows with seeds beside each other share nothing."""
    word = (seed * WEYL + DRAW) & WORD
    word = ((word ^ word >> 30) * FIRST) & WORD
    word = ((word ^ word >> 27) * SECOND) & WORD
    return signed(word ^ word >> 31)


def uniform(keys: Tensor, index: Tensor, draw: int = 0) -> Tensor:
    """Numbers in [0, 1) of 53 bits.

    Args:
        keys: [B] int64 of `key_of`.
        index: [B] int64, the place of the token in its answer.
        draw: which of several numbers for that place.

    Returns:
        [B] fp64.
    """
    word = keys + (index + 1) * signed(WEYL) + signed(draw * DRAW)
    word = (word ^ _shifted(word, 30)) * signed(FIRST)
    word = (word ^ _shifted(word, 27)) * signed(SECOND)
    return _shifted(word ^ _shifted(word, 31), 11).to(torch.float64) * 2.0**-53


def _shifted(word: Tensor, bits: int) -> Tensor:
    """A shift to the right that fills with zeros; torch's own repeats the sign."""
    return (word >> bits) & ((1 << (64 - bits)) - 1)
