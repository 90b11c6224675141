"""The same verdicts as brute force found once on real instructions, a quarter of them Chinese."""

import hashlib

import numpy as np
import polars as pl
import pytest

from instructwild.clean.near import near_duplicates

REFERENCE = {10_000: "27056ef3f0ca7c9d", 50_000: "b57b7dea3c1900a4", 200_000: "4c260ddfb73f7d2d"}


def digest(verdicts):
    """SHA-256 of the verdicts as little-endian int32, -1 where kept."""
    return hashlib.sha256(np.array([-1 if v is None else v for v in verdicts], "<i4").tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("rows", [10_000, 50_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_verdicts_on_real_rows_are_the_reference(shared, rows):
    texts = pl.read_parquet(shared / "bench" / "bench_200k.parquet", n_rows=rows)["instruction"].to_list()
    assert digest(near_duplicates(texts)) == REFERENCE[rows]
