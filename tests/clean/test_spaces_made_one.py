"""White space is made one for exact twins, whatever runs of it a text holds."""

import re
from itertools import product

import polars as pl

from instructwild.clean.rows import spaced_alike


def test_every_run_of_white_space_becomes_one_space():
    texts = [f"a{''.join(run)}b{''.join(run[::-1])}c" for size in range(4)
             for run in product(" \n\t\u3000", repeat=size)] + ["  led and trailed \n", " ", "\n", ""]
    assert spaced_alike(pl.Series(texts)).to_list() == [re.sub(r"\s+", " ", text).strip() for text in texts]
