"""`python -m benchmarks.gpu` runs whole with tiny sizes where there is no GPU, and names what it leaves out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """All parts in one process; each imports what it needs only once."""
    out = tmp_path_factory.mktemp("gpu")
    run = subprocess.run([sys.executable, "-m", "benchmarks.gpu", "--inline", "--out", str(out)], cwd=ROOT, text=True,
                         capture_output=True, timeout=600, env=_without_a_gpu(), check=True)
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert (out / "results.md").read_text().startswith("| part | what | figures |")
    assert [line for line in run.stdout.splitlines() if line.startswith('{"part"')]
    return lines


def _without_a_gpu():
    """The sizes of the real thing are not for a test, on whichever machine it runs."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'trainer'}", "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1"}


def test_every_part_measures_or_says_why_not(lines):
    from benchmarks.gpu.__main__ import PARTS

    assert list(dict.fromkeys(line["part"] for line in lines)) == list(PARTS)
    assert not [line for line in lines if "error" in line]
    left_out = {(line["part"], line["what"]): line["left_out"] for line in lines if "left_out" in line}
    assert left_out["generation", "transformers continuous batching"] == "no GPU"


def test_figures_are_there_for_each_bar(lines):
    def figure(part, what, name):
        return [line[name] for line in lines if (line["part"], line["what"]) == (part, what)]

    for part, what, name in (("sft", "ours, packed", "useful_tokens_s"), ("sft", "ratios", "over TRL, padded"),
                             ("reward", "ratios", "over TRL, pairs"), ("ppo", "one update with PTX", "rollout_s"),
                             ("ppo", "one update with PTX", "estimate_gib"), ("generation", "ours over generate", "ratio"),
                             ("serve", "engine", "tokens_s"), ("all_weights", "ours, packed", "useful_tokens_s")):
        assert all(value > 0 for value in figure(part, what, name)), (part, what)
        assert figure(part, what, name)


def test_a_part_without_time_is_skipped_by_name():
    run = subprocess.run([sys.executable, "-m", "benchmarks.gpu", "doctor", "--seconds", "1"], cwd=ROOT, text=True,
                         capture_output=True, timeout=120, env=_without_a_gpu(), check=True)
    assert json.loads(run.stdout.splitlines()[0]) == {"part": "doctor", "what": "skipped", "left_out": "1 s left"}
