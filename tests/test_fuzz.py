"""A few seconds of what `python -m benchmarks.fuzz` does for an hour."""

from pathlib import Path

import pytest

from benchmarks import fuzz
from instructwild.errors import InputError
from instructwild.read.instructions import read

DAMAGED = Path(__file__).parent / "data" / "damaged.parquet"


def test_mutated_files_and_replies_raise_nothing_but_our_own_errors(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(fuzz, "OUT", tmp_path)
    counts = fuzz.fuzz(2, seed=11, most=120)
    assert [name for name in counts if name.startswith("failed")] == [], capsys.readouterr().out
    assert counts.total() == 120


def test_what_fails_is_kept(monkeypatch, tmp_path):
    def fail(path):
        raise RuntimeError("a fault")

    monkeypatch.setattr(fuzz, "OUT", tmp_path)
    monkeypatch.setattr(fuzz, "read_file", fail)
    counts = fuzz.fuzz(1, seed=1, most=8)
    assert any(name.startswith("failed") for name in counts)
    assert list(tmp_path.iterdir())


def test_a_parquet_file_at_which_polars_panics_is_one_message():
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read([DAMAGED])
