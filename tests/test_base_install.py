"""The base install: what it needs to clean a table, and one message where a job needs more."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from instructwild.cli import EXTRA_OF
from instructwild.doctor import BASE, JOBS
from instructwild.errors import install_command

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({absent!r}))
from instructwild.cli import main
for args in {commands!r}:
    try:
        main(args)
    except SystemExit as leaving:
        if leaving.code:
            raise
    print("loaded", *sys.modules)
"""
SLOW_TO_LOAD = {"asyncio", "http.client", "multiprocessing", "rapidfuzz", "ssl", "urllib.request", "xml.etree"}
"""Modules that few rows need not."""
ABSENT = sorted({*EXTRA_OF, "pandas", "llvmlite", "multiprocess", "dill", "aiohttp", "fsspec", "psutil", "latex2mathml"})


def base_only(folder, *commands):
    """Commands in a process in which nothing but the base install can be imported, up to the first that fails."""
    program = WITHOUT.format(absent=ABSENT, commands=[list(args) for args in commands])
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=200)


@pytest.fixture
def rows(tmp_path):
    shown = [{"instruction": "What is a draw?", "output": "Nobody wins."},
             {"instruction": "什么是平局？", "output": "没有人赢。"},
             {"instruction": "What is a draw?", "output": "Nobody wins."},
             {"instruction": "Call +1 212 736 5000", "output": "No."}]
    (tmp_path / "my.json").write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")
    return tmp_path


def test_the_data_path_needs_nothing_of_the_extras(rows):
    ran = base_only(rows, ("clean", "my.json", "--out", "clean"), ("collect", "json", "my.json", "--out", "seeds"),
                    ("convert", "clean", "--to", "sharegpt", "--out", "share"), ("diff", "clean", "clean"),
                    ("clean", "my.json", "--steps", "pii,near", "--out", "masked"))
    assert ran.returncode == 0, ran.stderr
    assert (rows / "masked" / "manifest.json").is_file()
    assert (rows / "clean" / "report.html").stat().st_size > 1000
    assert json.loads((rows / "clean" / "manifest.json").read_text(encoding="utf-8"))["rows"]["kept"] == 3
    by_clean = next(line.split() for line in ran.stdout.splitlines() if line.startswith("loaded "))
    assert not SLOW_TO_LOAD & {*by_clean}, "a few rows are cleaned in a second of one core: load this where it is needed"


def test_parquet_is_read_without_pyarrow(rows):
    import polars as pl

    pl.read_json(rows / "my.json").write_parquet(rows / "my.parquet")
    ran = base_only(rows, ("collect", "parquet", "my.parquet", "--out", "a"), ("clean", "my.parquet", "--out", "b"))
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(("args", "extra"), [
    (("clean", "someone/some-dataset", "--out", "x"), "datasets"),
    (("publish", "clean", "someone/x", "--dry-run"), "datasets"),
    (("annotate", "page", "clean", "--invite", "anna", "--home", "page"), "annotate")])
def test_what_needs_an_extra_is_one_message(rows, args, extra):
    ran = base_only(rows, ("clean", "my.json", "--out", "clean"), args)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert f"[{extra}]" in ran.stderr
    assert not (rows / "page").exists(), "nothing is sent to a page that cannot start"


def names(lines):
    return {re.split(r"[<>=\[; ]", line)[0] for line in lines}


def test_doctor_looks_at_every_package_of_every_extra():
    extras = {extra: names(lines) - {"instructwild"} for extra, lines in PROJECT["optional-dependencies"].items()
              if extra not in ("all", "dev", "docs")}
    assert {job: {*packages} for job, packages in JOBS.items() if job != BASE} == extras
    assert {*EXTRA_OF.values()} <= {*extras}
    assert {*JOBS[BASE]} <= names(PROJECT["dependencies"])


def test_doctor_names_what_of_an_extra_is_missing(monkeypatch):
    from instructwild import doctor

    monkeypatch.setattr(doctor, "_installed", lambda package: None if package in ("nh3", "numba") else "1.0")
    found = {finding.what: (finding.state, finding.value) for finding in doctor._packages()}
    assert found["annotate"] == ("missing", "nh3 not installed")
    assert found["fast"] == ("missing", "numba not installed")
    assert found["view"] == ("ok", "starlette 1.0, uvicorn 1.0")


def test_the_base_install_names_none_of_the_heavy_packages():
    heavy = {"datasets", "pandas", "pyarrow", "numba", "phonenumbers", "torch", "transformers", "huggingface-hub"}
    assert not names(PROJECT["dependencies"]) & heavy


@pytest.mark.parametrize(("origin", "command"), [
    ('{"url": "file:///src/wild%20one", "dir_info": {"editable": true}}', "pip install -e '/src/wild one[train]'"),
    ('{"url": "file:///src/wild", "dir_info": {}}', "pip install 'instructwild[train] @ file:///src/wild'"),
    ('{"url": "file:///d/instructwild-0.2.0-py3-none-any.whl", "archive_info": {}}',
     "pip install 'instructwild[train] @ file:///d/instructwild-0.2.0-py3-none-any.whl'"),
    ('{"url": "https://example.org/wild.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}',
     "pip install 'instructwild[train] @ git+https://example.org/wild.git@abc'"),
    (None, "pip install 'instructwild[train]'"), ("no json", "pip install '.[train]', in the folder of the source")])
def test_a_remedy_installs_from_where_the_toolkit_came_from(monkeypatch, origin, command):
    class Installed:
        def read_text(self, name):
            return origin if name == "direct_url.json" else None

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    assert install_command("train") == command


def test_a_source_tree_that_is_not_installed_says_so(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", absent)
    assert install_command() == "pip install '.', in the folder of the source"


@pytest.mark.parametrize(("folder", "mark", "command"), [
    ("pipx/venvs/wild", "pipx_metadata.json", "pipx install --force 'instructwild[view] @ file:///src/wild'"),
    ("uv/tools/wild", "uv-receipt.toml", "uv tool install --force 'instructwild[view] @ file:///src/wild'"),
    ("uv/archive-v0/x1", "pyvenv.cfg", "uvx --from 'instructwild[view] @ file:///src/wild' instructwild"),
    ("venv", "pyvenv.cfg", "uv pip install 'instructwild[view] @ file:///src/wild'")])
def test_a_remedy_is_that_of_who_made_the_environment(monkeypatch, tmp_path, folder, mark, command):
    class Installed:
        def read_text(self, name):
            return '{"url": "file:///src/wild", "dir_info": {}}'

    environment = tmp_path / folder
    environment.mkdir(parents=True)
    (environment / mark).touch()
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(environment))
    assert install_command("view") == command
