"""`make prove`: the slow proofs, one after another, into benchmarks/PROOF.md.

Each test marked `prove` runs in a process of its own and leaves one file under `results/proofs/`. A proof given for the code
as it is now, which is the test's own part of the house and the rooms all parts share, is not run again, so it can be
stopped at any moment and goes on where it was. Figures that a test hands to `record_property` stand in the table.

    python -m benchmarks.prove [WORDS]      only tests whose name holds one of the words
"""

import hashlib
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROOFS, PAGE = ROOT / "benchmarks" / "results" / "proofs", ROOT / "benchmarks" / "PROOF.md"
SHARED = ("schema", "stage", "llm", "report")
OWN = {"trainer": ["trainer"], "annotation": ["annotation"]}
"""The folders that a proof in this folder of tests is about; any other is about a room of `instructwild`: all of that."""


def code_hash(test: str) -> str:
    """What the code behind a proof is now: a hash over its part of the house, the shared rooms and its folder of tests."""
    part = test.split("/")[1]
    folders = [*OWN.get(part, ["instructwild"]), *(f"instructwild/{room}" for room in SHARED), f"tests/{part}"]
    total = hashlib.sha256()
    for path in sorted({path for folder in folders for path in (ROOT / folder).rglob("*.py")}):
        total.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return total.hexdigest()[:12]


def place_of(test: str) -> Path:
    """The file that keeps what one proof found."""
    return PROOFS / (re.sub(r"[^a-zA-Z0-9]+", "-", test.removeprefix("tests/")).strip("-") + ".json")


def collected() -> list[str]:
    """The ids of all proofs, in the order of the files."""
    found = subprocess.run([sys.executable, "-m", "pytest", "-o", "addopts=", "-m", "prove", "--collect-only", "-q"],
                           cwd=ROOT, capture_output=True, text=True)
    if found.returncode not in (0, 5):
        sys.exit(found.stdout + found.stderr)
    return [line for line in found.stdout.splitlines() if "::" in line]


def prove(test: str) -> dict[str, object]:
    """Run one proof: whether it holds, what it measured, how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "pytest", "-m", "prove", test, f"--junitxml={report}",
                               "-o", "junit_family=xunit1", "--timeout=3600"],
                              cwd=ROOT, capture_output=True, text=True)
        seconds = round(time.monotonic() - began, 1)
        case = ElementTree.parse(report).find(".//testcase") if report.exists() else None
    figures = {} if case is None else {found.get("name"): found.get("value") for found in case.iter("property")}
    skipped = case is not None and case.find("skipped") is not None
    outcome = "skipped" if skipped else "holds" if done.returncode == 0 else "FAILS"
    if outcome == "FAILS":
        print(done.stdout[-3000:], file=sys.stderr)
    return {"outcome": outcome, "seconds": seconds, "figures": figures}


def write(order: list[str]) -> None:
    """Render the page that people read from what is kept of each proof."""
    lines = ["# Proofs", "", "What is slow but must hold, as `make prove` last found it. Python "
             f"{platform.python_version()}, {platform.machine()}, two CPU cores.", "",
             "| proof | outcome | measured | seconds | code |", "|---|---|---|---:|---|"]
    for test in (test for test in order if place_of(test).exists()):
        found = json.loads(place_of(test).read_text(encoding="utf-8"))
        figures = "; ".join(f"{name} {value}" for name, value in found["figures"].items())
        name = test.removeprefix("tests/").replace("_", " ").replace(".py::", ": ")
        lines.append(f"| {name} | {found['outcome']} | {figures} | {found['seconds']} | {found['code']} |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(words: list[str]) -> int:
    """Run what has not been proven for the code as it is; how many proofs fail."""
    order = collected()
    PROOFS.mkdir(parents=True, exist_ok=True)
    failed = 0
    wanted = [test for test in order if not words or any(word in test for word in words)]
    for number, test in enumerate(wanted, start=1):
        place, code = place_of(test), code_hash(test)
        found = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
        if found.get("code") != code or found["outcome"] != "holds":
            print(f"[{number}/{len(wanted)}] {test}", flush=True)
            found = {"test": test, **prove(test), "code": code}
            place.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            write(order)
        print(f"[{number}/{len(wanted)}] {found['outcome']} ({found['seconds']} s)", flush=True)
        failed += found["outcome"] == "FAILS"
    write(order)
    print(PAGE.relative_to(ROOT))
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
