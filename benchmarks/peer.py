"""A peer in its own environment: made from pinned requirements, run as a child process, measured from outside."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE / "envs"


@dataclass(frozen=True)
class Outcome:
    """What a peer's script answered, or the first line of why it did not."""

    answer: dict
    error: str = ""


def python_of(name: str, minutes: float = 10) -> tuple[Path, str]:
    """The interpreter of a peer's environment, made on first use, and the error where it could not be made."""
    home = ENVIRONMENTS / name
    python = home / "bin" / "python"
    done = home / "requirements.txt"
    requirements = (HERE / "peers" / f"{name}.txt").read_text()
    if done.exists() and done.read_text() == requirements:
        return python, ""
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", HERE / "peers" / f"{name}.txt"]
    try:
        ran = subprocess.run(install, capture_output=True, text=True, timeout=60 * minutes)
    except subprocess.TimeoutExpired:
        return python, f"pip install did not end within {minutes:.0f} minutes"
    if ran.returncode:
        return python, next((line for line in ran.stderr.splitlines() if "ERROR" in line), "pip install failed")
    done.write_text(requirements)
    return python, ""


def run(python: Path, script: Path, arguments: list[str], seconds: float, threads: int = 1) -> Outcome:
    """Run a script that writes one JSON answer to its last argument, on so many threads and without a Hub."""
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch) / "answer.json"
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads),
                       "HF_HUB_OFFLINE": "1", "HF_HOME": scratch, "PYTHONPATH": str(HERE.parent)}
        try:
            ran = subprocess.run([python, script, *arguments, answer], capture_output=True, text=True, errors="replace",
                                 cwd=scratch, env=environment, timeout=seconds)
        except subprocess.TimeoutExpired:
            return Outcome({}, f"no result within {seconds:.0f} s")
        if ran.returncode or not answer.exists():
            errors = [line for line in ran.stderr.splitlines() if "Error" in line]
            return Outcome({}, (errors or ["no result"])[-1][:160])
        return Outcome(json.loads(answer.read_text()))
