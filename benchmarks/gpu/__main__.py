"""What one GPU does with this toolkit: parts in order of worth, each a process with its own limit, at most eight minutes.

    PYTHONPATH=.:trainer python -m benchmarks.gpu [PART…] [--seconds 480] [--out FOLDER]

Needs torch 2.8 or newer and what `train` needs; no network, no files: weights are random and made on the card. A comparison
whose package is missing is left out by its name, a part for which no time is left is skipped by its name. JSON lines go to
stdout as they come, the table comes last; --out keeps both. Without a GPU everything runs with tiny sizes.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from benchmarks.gpu import doctor, generation, measure, ppo, training

PARTS: dict[str, tuple[int, Callable[[], None]]] = {
    "doctor": (30, doctor.doctor), "sft": (120, training.sft), "ppo": (150, ppo.ppo), "reward": (90, training.reward),
    "generation": (110, generation.generation), "serve": (50, generation.serve), "four_bits": (60, generation.four_bits),
    "all_weights": (45, training.all_weights), "qlora": (45, training.qlora)}
"""Most seconds of each part, and what it does."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TRL_EXPERIMENTAL_SILENCE": "1",
           "TOKENIZERS_PARALLELISM": "false"}


def main(arguments: list[str] | None = None) -> list[dict]:
    """Measure, and give all lines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which parts, in this order; all without any")
    parser.add_argument("--seconds", type=float, default=480, help="for everything together")
    parser.add_argument("--out", type=Path, help="a folder for results.jsonl, results.md, and PART.log with the errors")
    parser.add_argument("--inline", action="store_true", help="no process of its own for a part, and no limits")
    options = parser.parse_args(arguments)
    os.environ.update(OFFLINE)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
    began, lines = time.monotonic(), []
    for name in options.parts or PARTS:
        left = options.seconds - (time.monotonic() - began)
        lines += inline(name) if options.inline else apart(name, min(PARTS[name][0], left), left, options.out)
    print(measure.table(lines))
    if options.out is not None:
        (options.out / "results.jsonl").write_text("".join(json.dumps(line, default=str) + "\n" for line in lines))
        (options.out / "results.md").write_text(measure.table(lines) + "\n")
    return lines


def inline(name: str) -> list[dict]:
    """A part in this process."""
    before = len(measure.LINES)
    try:
        PARTS[name][1]()
    except Exception as error:
        traceback.print_exc()
        measure.emit(name, "failed", error=f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]}")
    measure.free()
    return measure.LINES[before:]


def apart(name: str, seconds: float, left: float, out: Path | None) -> list[dict]:
    """A part in a process of its own, ended at its limit; what it measured until then counts."""
    if left < PARTS[name][0] / 3:
        line = {"part": name, "what": "skipped", "left_out": f"{left:.0f} s left"}
        print(json.dumps(line), flush=True)
        return [line]
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.gpu", name, "--inline"], stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.PIPE)
    try:
        output, errors = child.communicate(timeout=seconds)
        problem = "" if child.returncode == 0 else (errors.strip().splitlines() or ["no word"])[-1][:300]
    except subprocess.TimeoutExpired:
        child.kill()
        output, errors = child.communicate()
        problem = f"ended after {seconds:.0f} s"
    if out is not None:
        (out / f"{name}.log").write_text(errors, encoding="utf-8")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"part"')]
    if problem:
        lines.append({"part": name, "what": "ended early", "error": problem})
    for line in lines:
        print(json.dumps(line, ensure_ascii=False), flush=True)
    return lines


if __name__ == "__main__":
    main()
