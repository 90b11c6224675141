"""What a collection holds does not grow with what it reads."""

from pathlib import Path

import pytest


@pytest.mark.prove
def test_peak_memory_stays_the_same_when_the_dump_is_four_times_as_large(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    monkeypatch.setenv("INSTRUCTWILD_SALT", "s")
    from collect_memory import measure

    small, large = (measure(size, tmp_path)[2] for size in (40, 160))
    assert large - small < 60
