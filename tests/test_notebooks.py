"""The notebooks run from the first cell to the last, and are kept without their output."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_all_four_are_there():
    assert len(NOTEBOOKS) == 4


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_something(path, tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    NotebookClient(book, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/svg+xml" in output.get("data", {}) for output in shown)
    assert not [output for output in shown if output.output_type == "error"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_first_notebook_installs_the_toolkit_in_an_empty_environment(tmp_path):
    """As in Colab: a kernel, the notebook, and the wheel beside it; packages come from the index."""
    programs = tmp_path / "empty/bin"
    shown = tmp_path / "uploaded"
    for command in ([sys.executable, "-m", "venv", tmp_path / "empty"],
                    [programs / "pip", "install", "--quiet", "nbclient", "ipykernel"],
                    [programs / "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", shown, FOLDER.parent]):
        subprocess.run(command, check=True, cwd=tmp_path)
    (shown / NOTEBOOKS[0].name).write_bytes(NOTEBOOKS[0].read_bytes())
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run([programs / "jupyter", "execute", "--inplace", NOTEBOOKS[0].name], cwd=shown, env=environment,
                         capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    outputs = [output for cell in nbformat.read(shown / NOTEBOOKS[0].name, as_version=4).cells if cell.cell_type == "code"
               for output in cell.outputs]
    assert any("image/svg+xml" in output.get("data", {}) for output in outputs)
    assert "came from" in "".join(output.get("text", "") for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output_and_speaks_both_languages(path):
    book = nbformat.read(path, as_version=4)
    assert not [cell for cell in book.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    said = "".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert any("\u4e00" <= character <= "\u9fff" for character in said)
