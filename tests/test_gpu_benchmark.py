"""`python -m benchmarks.gpu` runs whole with tiny sizes where there is no GPU, and names what it leaves out."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning"),     # gptqmodel's folders
              pytest.mark.filterwarnings("ignore:Exception ignored in. <finalize:pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """All parts in this process, which has imported what they need."""
    from benchmarks.gpu.__main__ import main

    out = tmp_path_factory.mktemp("gpu")
    lines = main(["--inline", "--out", str(out)])
    assert [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()] == lines
    assert (out / "results.md").read_text().startswith("| part | what | figures |")
    return lines


def test_every_part_measures_or_says_why_not(lines):
    from benchmarks.gpu.__main__ import PARTS

    assert list(dict.fromkeys(line["part"] for line in lines)) == list(PARTS)
    assert not [line for line in lines if "error" in line]
    left_out = {(line["part"], line["what"]): line["left_out"] for line in lines if "left_out" in line}
    assert left_out["continuous", "transformers continuous batching"] == "no GPU"


def test_figures_are_there_for_each_bar(lines):
    def figure(part, what, name):
        return [line[name] for line in lines if (line["part"], line["what"]) == (part, what)]

    for part, what, name in (("sft", "ours, packed", "useful_tokens_s"), ("sft", "ratios", "over TRL, padded"),
                             ("reward", "ratios", "over TRL, pairs"), ("ppo", "one update with PTX", "rollout_s"),
                             ("ppo", "one update with PTX", "estimate_gib"), ("generation", "ours over generate", "ratio"),
                             ("generation", "ours with adapters over generate without", "ratio"),
                             ("serve", "engine", "tokens_s"), ("all_weights", "ours, packed", "useful_tokens_s")):
        assert all(value > 0 for value in figure(part, what, name)), (part, what)
        assert figure(part, what, name)


def test_parts_share_a_process_and_one_that_does_not_end_takes_none_with_it(tmp_path, monkeypatch):
    """The processes are shell scripts here; what is measured is not looked at."""
    from benchmarks.gpu.__main__ import PARTS, PartRunner

    begun = tmp_path / "begun"
    program = tmp_path / "python"
    program.write_text(f"""#!/bin/sh
echo "$@" >> {begun}
for part in "$@"; do case $part in -*|benchmarks.gpu) ;; *)
  echo "{{\\"begins\\": \\"$part\\"}}"; echo "{{\\"part\\": \\"$part\\", \\"what\\": \\"measured\\"}}"
  [ $part = ppo ] && exec sleep 60
  [ $part = serve ] && exit 3 ;;
esac; done; true
""")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    for name in PARTS:
        monkeypatch.setitem(PARTS, name, (1, PARTS[name][1]))
    lines = PartRunner(["doctor", "ppo", "reward", "serve", "sft"], time.monotonic() + 100, None).lines
    assert [(line["part"], line["what"]) for line in lines] == [
        ("doctor", "measured"), ("ppo", "measured"), ("ppo", "ended early"), ("reward", "measured"), ("serve", "measured"),
        ("serve", "ended early"), ("sft", "measured")]
    assert [len(line.split()) - 3 for line in begun.read_text().splitlines()] == [5, 3, 1]
    assert PartRunner(["doctor", "ppo"], time.monotonic() + 0.1, None).lines == [
        {"part": name, "what": "skipped", "left_out": "0 s left"} for name in ("doctor", "ppo")]


def test_the_command_runs_from_a_checkout_and_skips_a_part_without_time_by_name():
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'trainer'}"}
    run = subprocess.run([sys.executable, "-m", "benchmarks.gpu", "doctor", "--seconds", "1"], cwd=ROOT, text=True,
                         capture_output=True, timeout=120, env=environment, check=True)
    assert json.loads(run.stdout.splitlines()[0]) == {"part": "doctor", "what": "skipped", "left_out": "1 s left"}
