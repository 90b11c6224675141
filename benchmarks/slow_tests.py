"""`make slow`: the slow tests, one after another, into benchmarks/SLOW_TESTS.md.

Each test marked `slow` runs in a process of its own and leaves one file under `results/slow_tests/`. A test that passed for
the code as it is now, which is the package it is about and the shared packages, is not run again, so the run can be stopped
at any moment and goes on where it was. Figures that a test hands to `record_property` stand in the table.

    python -m benchmarks.slow_tests [WORDS]      only tests whose name holds one of the words
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
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "slow_tests", ROOT / "benchmarks" / "SLOW_TESTS.md"
SHARED = ("schema", "text", "web", "stage", "read", "privacy", "llm", "report", "console")
OWN = {"trainer": ["trainer"], "annotation": ["annotation"]}
"""What the tests in a folder are about; any other folder is about `instructwild`: all of that."""


def code_hash(test: str) -> str:
    """A hash over what a test depends on: the package it is about, the shared packages and its folder of tests."""
    part = test.split("/")[1]
    folders = [*OWN.get(part, ["instructwild"]), *(f"instructwild/{name}" for name in SHARED), f"tests/{part}"]
    total = hashlib.sha256()
    for path in sorted({path for folder in folders for path in (ROOT / folder).rglob("*.py")}):
        total.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return total.hexdigest()[:12]


def result_file(test: str) -> Path:
    """The file that keeps one test's result."""
    return RESULTS / (re.sub(r"[^a-zA-Z0-9]+", "-", test.removeprefix("tests/")).strip("-") + ".json")


def collected() -> list[str]:
    """The ids of all slow tests, in the order of the files."""
    listed = subprocess.run([sys.executable, "-m", "pytest", "-o", "addopts=", "-m", "slow", "--collect-only", "-q"],
                           cwd=ROOT, capture_output=True, text=True)
    if listed.returncode not in (0, 5):
        sys.exit(listed.stdout + listed.stderr)
    return [line for line in listed.stdout.splitlines() if "::" in line]


def run(test: str) -> dict[str, object]:
    """Run one test: whether it passed, what it measured, how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        began = time.monotonic()
        process = subprocess.run([sys.executable, "-m", "pytest", "-m", "slow", test, f"--junitxml={report}",
                               "-o", "junit_family=xunit1", "--timeout=3600"],
                              cwd=ROOT, capture_output=True, text=True)
        seconds = round(time.monotonic() - began, 1)
        case = ElementTree.parse(report).find(".//testcase") if report.exists() else None
    figures = {} if case is None else {item.get("name"): item.get("value") for item in case.iter("property")}
    skipped = case is not None and case.find("skipped") is not None
    outcome = "skipped" if skipped else "holds" if process.returncode == 0 else "FAILS"
    if outcome == "FAILS":
        print(process.stdout[-3000:], file=sys.stderr)
    return {"outcome": outcome, "seconds": seconds, "figures": figures}


def write(order: list[str]) -> None:
    """Render the page that people read from the results."""
    lines = ["# Slow tests", "", "What is slow but must hold, as `make slow` last measured it. Python "
             f"{platform.python_version()}, {platform.machine()}, two CPU cores.", "",
             "| test | outcome | measured | seconds | code |", "|---|---|---|---:|---|"]
    for test in (test for test in order if result_file(test).exists()):
        result = json.loads(result_file(test).read_text(encoding="utf-8"))
        figures = "; ".join(f"{name} {value}" for name, value in result["figures"].items())
        name = test.removeprefix("tests/").replace("_", " ").replace(".py::", ": ")
        lines.append(f"| {name} | {result['outcome']} | {figures} | {result['seconds']} | {result['code']} |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(words: list[str]) -> int:
    """Run what has not passed for the code as it is; how many tests fail."""
    order = collected()
    RESULTS.mkdir(parents=True, exist_ok=True)
    failed = 0
    chosen = [test for test in order if not words or any(word in test for word in words)]
    for number, test in enumerate(chosen, start=1):
        file, code = result_file(test), code_hash(test)
        result = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if result.get("code") != code or result["outcome"] != "holds":
            print(f"[{number}/{len(chosen)}] {test}", flush=True)
            result = {"test": test, **run(test), "code": code}
            file.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            write(order)
        print(f"[{number}/{len(chosen)}] {result['outcome']} ({result['seconds']} s)", flush=True)
        failed += result["outcome"] == "FAILS"
    write(order)
    print(PAGE.relative_to(ROOT))
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
