"""Slow tests on a real model: GPTQ closes most of the gap that rounding leaves, at a quarter of the size."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_most_of_the_gap_is_closed_at_a_quarter_of_the_size(shared, record_property):
    from benchmarks.quantization import run
    from instructwild.stage.cache import cache_dir
    from instructwild_trainer.export.size import shape_of

    rows = [str(shared / "demo" / f"alpaca_{language}_demo.json") for language in ("en", "zh")]
    work = cache_dir() / "benchmarks" / "quantization"
    found = run(rows, work)                                    # finished stages are found again
    figures = found.metrics
    for language, share in figures["gap_closed"].items():
        record_property(f"gap closed {language}", "{value:.0%} [{low:.0%}, {high:.0%}]".format(**share))
    linear = figures["linear_bytes"]["export"] / figures["linear_bytes"]["source"]
    shape = shape_of(work / "gptq" / "model")
    expected = shape.stored(4, figures["group_size"]) + shape.cached(200)
    record_property("linear weights of bf16", f"{linear:.3f}")
    record_property("peak over the formula's", f"{figures['peak_bytes']['export'] / expected:.2f}")
    assert found.gate == "passed"
    assert linear <= 0.28
    assert figures["size_bytes"]["export"] == pytest.approx(shape.stored(4, figures["group_size"]), rel=0.002)
    assert figures["gap_closed"]["all"]["value"] >= 0.6
