"""What an export writes: complete folders that others load, from what can be exported and nothing else."""

import json
import shutil
import sys

import pytest
import torch
from export_plan import plan_of, write_adapter
from typer.testing import CliRunner

from instructwild import stage
from instructwild.errors import GateError, InputError
from instructwild.llm.local import load
from instructwild_trainer.adapter import source_of
from instructwild_trainer.export.calibration import choose
from instructwild_trainer.export.child import ChildError, in_child
from instructwild_trainer.export.stage import export

pytestmark = pytest.mark.filterwarnings("ignore")   # gptqmodel and its many parts warn as they please


@pytest.fixture
def in_this_process(monkeypatch):
    """The gate measures here, which is quicker; that it measures in new processes is what the 4-bit export shows."""
    from instructwild_trainer.export import gate
    from instructwild_trainer.export.probe import AS_IT_IS, ROUNDED, Probe, measure

    def here(folder, held, scratch, *, label, grid=None, **given):
        weights = (AS_IT_IS, *ROUNDED) if grid else (AS_IT_IS,)
        return Probe(**measure({"folder": str(folder), "held": held, "grid": grid, "weights": weights, **given},
                               lambda done: None))

    monkeypatch.setattr(gate, "probe", here)


@pytest.mark.usefixtures("in_this_process")
def test_a_merged_export_is_its_source(taught, rows, tmp_path):
    run = export(str(taught), tmp_path / "out", format="merged", calibration=[rows])
    made = stage.load(tmp_path / "out")
    assert run.finished is None
    assert made.manifest.gate == "passed"
    metrics = made.manifest.metrics
    assert metrics["agreement"] == 1.0
    assert metrics["perplexity"]["source"] == metrics["perplexity"]["export"]
    assert metrics["size_bytes"]["source"] == metrics["size_bytes"]["export"]
    assert metrics["text"]["from"] == ["rows.json"]
    assert (made.model / "model.safetensors").read_bytes() == (taught / "model.safetensors").read_bytes()
    assert export(str(taught), tmp_path / "out", format="merged", calibration=[rows]).finished is not None


@pytest.mark.usefixtures("in_this_process")
def test_a_merged_export_without_rows_is_measured_on_the_gates_own_questions(taught, tmp_path):
    export(str(taught), tmp_path / "out", format="merged")
    made = stage.load(tmp_path / "out")
    assert made.manifest.gate == "passed"
    assert made.manifest.metrics["agreement"] == 1.0
    assert made.manifest.metrics["text"] == {"from": [], "rows": {"en": 3, "zh": 3},
                                             "tokens": made.manifest.metrics["text"]["tokens"]}
    assert "the gate&#39;s own questions" in (tmp_path / "out" / "report.html").read_text() or \
        "the gate's own questions" in (tmp_path / "out" / "report.html").read_text()


def test_adapters_are_merged_at_full_precision_and_kept(taught, tmp_path, monkeypatch):
    from instructwild_trainer.export import gate
    from instructwild_trainer.export import stage as exporting

    tuned = write_adapter(taught, tmp_path / "adapter")
    monkeypatch.setattr(gate, "judge", lambda *given, **named: pytest.fail("judged"))
    plan = plan_of(tmp_path / "adapter", None, "merged")
    with stage.start(tmp_path / "out", "export", config={}) as run:
        merged = exporting._merged(run, plan)
        shutil.copytree(merged, run.folder / "model", ignore=shutil.ignore_patterns("adapter"))
        exporting._keep_adapter(run.folder / "model", run.folder / "model", plan.source.folder)
        exporting._complete(run.folder / "model", merged, plan.chat)
    folder = tmp_path / "out" / "model"
    ids = torch.arange(3, 35)[None]
    with torch.inference_mode():
        assert torch.allclose(load(folder, dtype="float32")[0](ids).logits, tuned.eval()(ids).logits, atol=1e-4)
    assert abs((folder / "model.safetensors").stat().st_size - (taught / "model.safetensors").stat().st_size) < 2000
    assert (folder / "adapter" / "adapter_model.safetensors").read_bytes() \
        == (tmp_path / "adapter" / "adapter_model.safetensors").read_bytes()
    again, _ = load(folder / "adapter", dtype="float32")           # its base is found from the new place
    with torch.inference_mode():
        assert torch.allclose(again(ids).logits, tuned(ids).logits, atol=1e-4)
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == [2]
    assert (tmp_path / "adapter" / "adapter_model.safetensors").is_file()


@pytest.mark.usefixtures("in_this_process")
def test_a_failed_gate_exits_1_and_nothing_is_built_on_it(taught, rows, tmp_path, monkeypatch):
    from instructwild.cli import app
    from instructwild.publish.gather import gather
    from instructwild_trainer.export import gate

    monkeypatch.setattr(gate, "MAX_PERPLEXITY_RATIO_MERGED", 0.5)
    words = ["export", str(taught), "--format", "merged", "--calibration", rows, "--out", str(tmp_path / "out")]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 1
    assert "gate: perplexity on held-out" in shown.stderr
    assert "The gate: failed" in shown.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["gate"] == "failed"
    assert len(manifest["metrics"]["failures"]) == 3
    assert (tmp_path / "out" / "model" / "config.json").is_file()              # there to be looked at
    assert CliRunner().invoke(app, words).exit_code == 1                       # skipped, and still failed
    for use in (lambda: source_of(tmp_path / "out"), lambda: stage.load(tmp_path / "out"), lambda: gather(tmp_path / "out")):
        with pytest.raises(GateError):
            use()


def test_the_figures_reach_the_model_card(quantized):
    from instructwild.publish.model_card import model_card

    card = model_card("a model", [quantized.manifest])
    for figure in ("perplexity.source.", "perplexity.rtn asymmetric.", "peak_bytes.export", "linear_bytes.export",
                   "agreement", "gap_closed.all.low", "template", "answers_that_loop.export"):
        assert figure in card, figure


def test_calibration_takes_the_languages_in_turn_and_the_same_rows_every_time(taught, rows):
    parts = plan_of(taught, rows, samples=10).calibration
    assert parts.rows == {"en": 5, "zh": 5}
    assert parts.ids == plan_of(taught, rows, samples=10).calibration.ids
    with pytest.raises(InputError, match="too few"):
        choose([], 10)


def test_a_dry_run_plans_and_writes_nothing(taught, rows, tmp_path):
    from instructwild.cli import app

    shown = CliRunner().invoke(app, ["export", str(taught), "--calibration", rows, "--out", str(tmp_path / "out"),
                                     "--dry-run"])
    assert shown.exit_code == 0
    assert "calibrating on" in shown.stdout
    assert "4 bits in groups of 64" in shown.stdout
    assert "held-out rows: en" in shown.stdout
    assert not (tmp_path / "out").exists()


def test_a_child_answers_and_its_failure_is_its_last_line_or_the_signal_that_ended_it(tmp_path):
    (tmp_path / "work.py").write_text("def double(plan, step):\n    step(1)\n    return plan['n'] * 2\n"
                                      "def broken(plan, step):\n    print('noise')\n    raise ValueError('too hot')\n"
                                      "def killed(plan, step):\n    import os, signal\n    print('noise', flush=True)\n"
                                      "    os.kill(os.getpid(), getattr(signal, plan['by']))\n")
    sys.path.insert(0, str(tmp_path))
    try:
        assert in_child("work:double", {"n": 21}, tmp_path / "a", label="doubling", total=1) == 42
        with pytest.raises(ChildError, match="ValueError: too hot"):
            in_child("work:broken", {}, tmp_path / "b", label="breaking", total=1)
        for by, why in (("SIGILL", "ended by SIGILL: a library in use was built for another processor"),
                        ("SIGKILL", "ended by SIGKILL, as the system does where memory runs out"),
                        ("SIGTERM", "ended by SIGTERM")):
            with pytest.raises(ChildError, match=rf"^{why}$"):
                in_child("work:killed", {"by": by}, tmp_path / by, label="killing", total=1)
    finally:
        sys.path.remove(str(tmp_path))


def test_what_a_child_finished_is_not_done_again(tmp_path, monkeypatch):
    (tmp_path / "work.py").write_text("from pathlib import Path\n"
                                      "def count(plan, step):\n    with Path('ran').open('a') as told:\n"
                                      "        told.write('x')\n    return plan['n']\n")
    monkeypatch.syspath_prepend(tmp_path)
    ask = {"label": "counting", "total": 1}
    assert [in_child("work:count", {"n": 1}, tmp_path / "a", **ask) for _ in range(2)] == [1, 1]
    assert (tmp_path / "a" / "ran").read_text() == "x"
    assert in_child("work:count", {"n": 2}, tmp_path / "a", **ask) == 2      # another plan
    assert (tmp_path / "a" / "ran").read_text() == "xx"
