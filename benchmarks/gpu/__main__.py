"""What one GPU does with this toolkit: parts in order of worth, each with its own limit, at most eight minutes.

    PYTHONPATH=.:trainer python -m benchmarks.gpu [PART…] [--seconds 480] [--out FOLDER]

Needs torch 2.8 or newer and what `train` needs; no network, no files: weights are random and made on the card. A comparison
whose package is missing is left out by its name, a part for which no time is left is skipped by its name. JSON lines go to
stdout as they come, the table comes last; --out keeps both. Without a GPU everything runs with tiny sizes.

All parts run in one process, which imports and makes the 7B weights once; where one is not done at its limit that process is
ended, and another goes on with the next part.
"""

import argparse
import json
import os
import queue
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from benchmarks.gpu import doctor, generation, measure, ppo, training

PARTS: dict[str, tuple[int, Callable[[], None]]] = {
    "doctor": (30, doctor.doctor), "ppo": (150, ppo.ppo), "generation": (120, generation.generation),
    "reward": (90, training.reward), "serve": (50, generation.serve), "qlora": (45, training.qlora),
    "all_weights": (45, training.all_weights), "continuous": (40, generation.continuous), "sft": (120, training.sft),
    "four_bits": (60, generation.four_bits)}
"""Most seconds of each part, and what it does; those whose bars have no figure yet come first (docs/gpu.md)."""
IMPORTS = 90
"""Seconds that a process may take before its first part begins."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TRL_EXPERIMENTAL_SILENCE": "1",
           "TOKENIZERS_PARALLELISM": "false"}


def main(arguments: list[str] | None = None) -> list[dict]:
    """Measure, and give all lines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which parts, in this order; all without any")
    parser.add_argument("--seconds", type=float, default=480, help="for everything together")
    parser.add_argument("--out", type=Path, help="a folder for results.jsonl, results.md, and log.txt with the errors")
    parser.add_argument("--inline", action="store_true", help="in this process, without limits")
    options = parser.parse_args(arguments)
    os.environ.update(OFFLINE)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
    names = options.parts or list(PARTS)
    lines = [line for name in names for line in inline(name)] if options.inline else PartRunner(
        names, time.monotonic() + options.seconds, options.out).lines
    print(measure.table(lines))
    if options.out is not None:
        (options.out / "results.jsonl").write_text("".join(json.dumps(line, default=str) + "\n" for line in lines))
        (options.out / "results.md").write_text(measure.table(lines) + "\n")
    return lines


def inline(name: str) -> list[dict]:
    """A part in this process."""
    print(json.dumps({"begins": name}), flush=True)
    before = len(measure.LINES)
    try:
        PARTS[name][1]()
    except Exception as error:
        traceback.print_exc()
        measure.emit(name, "failed", error=f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]}")
    measure.free()
    return measure.LINES[before:]


class PartRunner:
    """Parts in a process of their own, ended where one is not done at its limit; what was measured until then counts.

    Args:
        names: of the parts.
        end: when everything ends, on the clock of `time.monotonic`.
        out: a folder for the log.
    """

    def __init__(self, names: list[str], end: float, out: Path | None) -> None:
        self.end, self.out, self.lines = end, out, []
        left = list(names)
        while left and end - time.monotonic() >= PARTS[left[0]][0] / 3:
            left = self._process(left)
        for name in left:
            self._add({"part": name, "what": "skipped", "left_out": f"{max(0.0, end - time.monotonic()):.0f} s left"})

    def _add(self, line: dict) -> None:
        self.lines.append(line)
        print(json.dumps(line, ensure_ascii=False), flush=True)

    def _process(self, names: list[str]) -> list[str]:
        """Run them one after another; those that are left when one did not end or no time is left for the next."""
        with open(self.out / "log.txt" if self.out is not None else os.devnull, "a", encoding="utf-8") as log:
            child = subprocess.Popen([sys.executable, "-m", "benchmarks.gpu", *names, "--inline"], text=True,
                                     stdout=subprocess.PIPE, stderr=log)
            try:
                return self._read(child, names)
            finally:
                child.kill()
                child.wait()

    def _read(self, child: subprocess.Popen, names: list[str]) -> list[str]:
        written: queue.SimpleQueue[str | None] = queue.SimpleQueue()

        def read() -> None:
            with child.stdout as lines:
                for line in lines:
                    written.put(line)
            written.put(None)

        threading.Thread(target=read, daemon=True).start()
        left, part, limit = list(names), names[0], time.monotonic() + IMPORTS
        while True:
            try:
                line = written.get(timeout=max(0.0, min(limit, self.end) - time.monotonic()))
            except queue.Empty:
                self._add({"part": part, "what": "ended early", "error": "not done at its limit"})
                return left[1:]
            if line is None:
                if code := child.wait():
                    self._add({"part": part, "what": "ended early", "error": f"its process ended with {code}"})
                return left[1:]
            if line.startswith('{"begins"'):
                part = json.loads(line)["begins"]
                left = names[names.index(part):]
                if self.end - time.monotonic() < PARTS[part][0] / 3:
                    return left
                limit = time.monotonic() + PARTS[part][0]
            elif line.startswith('{"part"'):
                self._add(json.loads(line))


if __name__ == "__main__":
    main()
