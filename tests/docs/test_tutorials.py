"""The tutorials run as they are written, with a tiny random model and a scripted one in the place of SmolLM2.

Blocks marked `bash` are run, page by page in one folder; `console` blocks need people, a GPU, Ollama or the Hub, and
are not.
"""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("table", "posts", "ranking", "training", "one-gpu", "ollama", "publishing")
QUICK = ("table", "posts")     # run with every test; the rest by `make slow`
NEEDS = {"ranking": ["posts"], "training": ["posts", "ranking"], "one-gpu": ["posts", "ranking", "training"],
         "ollama": ["posts", "ranking", "training"], "publishing": ["posts", "ranking", "training"]}
SMALL = {"--config demo": "--config smoke", "--config ppo-demo": "--config ppo-smoke"}
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, suffix=""):
    return BLOCK.findall((DOCS / f"tutorials/{page}{suffix}.md").read_text(encoding="utf-8"))


def with_small_models(command):
    """The same commands with models that need no download: generation by the scripted one, training from the tiny one."""
    lines = []
    for line in command.splitlines():
        stand_in = "scripted" if re.match(r"instructwild (expand|respond)", line) else "tiny"
        for written, small in {"smollm2": stand_in, **SMALL}.items():
            line = line.replace(written, small)
        lines.append(line)
    return "\n".join(lines)


def scripts(page):
    """A page's blocks as a reader's shell has them: one script, cut where a command is left running."""
    joined = [""]
    for block in blocks(page):
        command = with_small_models(block).rstrip()
        joined = [*joined, command, ""] if command.endswith("&") else [*joined[:-1], f"{joined[-1]}\n{command}"]
    return [script for script in joined if script]


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    """Run a page after those it goes on from, each once."""
    folder = tmp_path_factory.mktemp("tutorials")
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                   "INSTRUCTWILD_SALT": secrets.token_hex(16)}
    finished: dict[str, str] = {}

    def run(page):
        for earlier in NEEDS.get(page, ()):
            run(earlier)
        if page not in finished:
            finished[page] = ""
            for command in scripts(page):
                if command.endswith("&"):
                    finished[page] += served(command.removesuffix("&"), folder, environment)
                    continue
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment,
                                      capture_output=True, text=True, timeout=2700)
                assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
                assert "Traceback" not in done.stderr
                finished[page] += done.stdout + done.stderr
        return folder, finished[page]

    return run


def served(command, folder, environment):
    """Start a page that runs until Ctrl-C, ask it for its first screen, and stop it."""
    log = folder / "page.log"
    with log.open("w") as stream:
        process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder, env=environment, stdout=stream,
                                   stderr=stream)
    try:
        deadline = time.monotonic() + 240
        links = []
        while len(links) < 4 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.5)
            links = re.findall(r"http://\S+", log.read_text())
        assert len(links) >= 4, log.read_text()
        with urllib.request.urlopen(links[0], timeout=60) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    return log.read_text()


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("page", [pytest.param(page, marks=[] if page in QUICK else pytest.mark.slow) for page in PAGES])
def test_every_command_of_a_tutorial_runs(page, tutorial):
    folder, output = tutorial(page)
    if page == "table":
        assert "exact_duplicate" in output
        assert "anna@lindenbach-chor.de" not in (folder / "alpaca/data.jsonl").read_text(encoding="utf-8")
        assert '"topic"' in (folder / "alpaca/data.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_chinese_page_has_the_same_commands(page):
    assert blocks(page) == blocks(page, ".zh-CN")


def test_every_tutorial_is_run():
    assert {path.name.split(".")[0] for path in (DOCS / "tutorials").glob("*.md")} == set(PAGES)


def test_small_models_stand_in_for_all_that_is_downloaded():
    for page in PAGES:
        commands = "\n".join(map(with_small_models, blocks(page)))
        assert not re.search(r"smollm2|https?://(?!forum\.example)", commands), page
