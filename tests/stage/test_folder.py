"""A stage folder is whole or unfinished, never something in between."""

import json
import subprocess
import sys
from contextlib import suppress

import polars as pl
import pytest

from instructwild import stage
from instructwild.errors import GateError, InputError, OutputError
from instructwild.read.instructions import read
from instructwild.schema import Dropped, Reason, instruction_of
from instructwild.stage import atomic, fingerprint
from instructwild.stage.frames import instruction_frame

ROWS = instruction_frame([instruction_of("What is a tie?"), instruction_of("什么是并列？")])
LOST = [Dropped(id="x", step="read", reason=Reason.MALFORMED, evidence="a.jsonl:3", row={"value": "<b>"})]


def make(out, config=None, **options):
    with stage.start(out, "clean", config=config or {"threshold": 0.7}, **options) as run:
        return run.finished or run.finish(data=ROWS, dropped=LOST, report="<p>")


def test_rows_in_are_kept_plus_dropped_and_every_file_is_named_by_content(tmp_path):
    made = make(tmp_path / "out")
    written = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert written["rows"] == {"in": 3, "kept": 2, "dropped": 1}
    assert written["reasons"] == {"malformed": 1}
    assert {record["path"] for record in written["outputs"]} == {"data.parquet", "dropped.parquet", "report.html"}
    assert made.frame().equals(ROWS)
    assert made.dropped()["evidence"].to_list() == ['"a.jsonl:3"']
    assert made.dataset().column_names == ROWS.columns


def test_the_same_run_again_is_skipped_and_another_is_refused_by_name(tmp_path):
    make(tmp_path / "out")
    with stage.start(tmp_path / "out", "clean", config={"threshold": 0.7}) as run:
        assert run.finished is not None
    with pytest.raises(OutputError, match=r"threshold: 0.7 there, 0.8 now"):
        make(tmp_path / "out", {"threshold": 0.8})
    make(tmp_path / "out", {"threshold": 0.8}, force=True)
    assert stage.load(tmp_path / "out").manifest.config == {"threshold": 0.8}


def test_an_interrupted_run_is_resumed_with_its_scratch_files(tmp_path):
    with pytest.raises(KeyboardInterrupt), stage.start(tmp_path / "out", "expand", config={}) as run:
        (run.scratch / "cache").write_text("paid")
        raise KeyboardInterrupt
    assert not stage.is_stage(tmp_path / "out")
    with pytest.raises(InputError, match="no finished stage"):
        stage.load(tmp_path / "out")
    with stage.start(tmp_path / "out", "expand", config={}) as run:
        assert run.resumed
        assert (run.scratch / "cache").read_text() == "paid"
        run.finish(data=ROWS)
    assert not run.scratch.exists()


def test_a_run_that_fails_before_any_work_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match="early"), stage.start(tmp_path / "out", "clean", config={}):
        raise ValueError("early")
    assert not (tmp_path / "out").exists()


def test_a_half_written_file_never_has_its_final_name(tmp_path):
    with pytest.raises(RuntimeError), \
            stage.start(tmp_path / "out", "clean", config={}) as run, run.atomic("data.parquet") as path:
        path.write_bytes(b"half")
        raise RuntimeError
    assert not (tmp_path / "out" / "data.parquet").exists()


FULL = """
import json, resource, sys
from pathlib import Path
from instructwild.clean.pipeline import clean
from instructwild.convert import converted
from instructwild.errors import OutputError
from instructwild.stage.folder import is_stage, table
root = Path(sys.argv[1])
source, outcomes = root / "in.jsonl", []
for name, work in (("clean", lambda out: clean([source], out)), ("convert", lambda out: converted(source, out, "alpaca"))):
    whole = work(root / f"{name} whole").frame()
    for limit in (0, 700, 4000):
        out = root / f"{name} {limit}"
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            work(out)
            outcomes.append("fits")
        except OutputError as error:
            assert str(out) in str(error) and "remedy" in str(error), error
            outcomes.append("refused")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if outcomes[-1] == "refused":
            assert not is_stage(out)
            for half in out.glob("*.parquet"):
                table(half)
        assert work(out).frame().equals(whole)
print(json.dumps(outcomes))
"""


def test_a_full_disk_is_one_clear_message_and_the_same_command_goes_on_once_there_is_room(tmp_path):
    rows = [{"instruction": f"question {n} of {n * 7919 % 100_003}", "output": f"{n * 104729 % 99_991}"} for n in range(300)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ran = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    outcomes = json.loads(ran.stdout.splitlines()[-1])
    assert outcomes.count("refused") == 6


def test_a_folder_whose_name_looks_like_a_pattern_is_that_folder(tmp_path):
    made = make(tmp_path / "a[1] *?")
    assert stage.load(made.path).frame().equals(ROWS)
    assert read([made.path]).frame.height == 2


def test_what_sets_two_runs_apart_is_told_option_by_option(tmp_path):
    make(tmp_path / "out", {"steps": [{"step": "near", "threshold": 0.7}], "keep": []})
    with pytest.raises(OutputError) as raised:
        make(tmp_path / "out", {"steps": [{"step": "near", "threshold": 0.8}], "keep": ["zh"]})
    told = "steps.1.threshold: 0.7 there, 0.8 now; keep: [] there, None now; keep.1: None there, 'zh' now"
    assert told in str(raised.value)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(OutputError, match="no stage of this toolkit"):
            make(tmp_path, force=force)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("left", [(), ("lock",), ("lock", ".plan.json.7.tmp")])
def test_a_run_killed_before_it_noted_what_it_is_is_begun_anew(tmp_path, left):
    (tmp_path / "out" / ".work").mkdir(parents=True)
    for name in left:
        (tmp_path / "out" / ".work" / name).write_text("{")
    assert make(tmp_path / "out").manifest.rows.kept == ROWS.height


def test_an_output_below_a_file_is_one_clear_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        make(tmp_path / "file" / "out")


def test_a_failed_gate_is_refused_by_the_next_stage(tmp_path):
    with stage.start(tmp_path / "out", "export", config={}) as run:
        run.finish(data=ROWS, gate="failed")
    with pytest.raises(GateError, match="gate of this export stage failed"):
        read([tmp_path / "out"])


def test_two_processes_cannot_write_one_folder(tmp_path):
    with stage.start(tmp_path / "out", "clean", config={}) as first:
        (first.scratch / "begun").write_text("")
        with pytest.raises(OutputError, match="another instructwild process"), \
                stage.start(tmp_path / "out", "clean", config={}):
            pass


def test_counts_that_do_not_reconcile_cannot_be_written():
    with pytest.raises(ValueError, match="do not reconcile"):
        stage.Rows(**{"in": 5, "kept": 3, "dropped": 1})


def test_other_input_content_is_another_run(tmp_path):
    source = tmp_path / "in.parquet"
    ROWS.write_parquet(source)
    make(tmp_path / "out", inputs=[stage.input_record(source)])
    ROWS.head(1).write_parquet(source)
    with pytest.raises(OutputError, match="other content"):
        make(tmp_path / "out", inputs=[stage.input_record(source)])


def test_frames_keep_types_through_parquet(tmp_path):
    path = tmp_path / "rows.parquet"
    ROWS.write_parquet(path)
    assert pl.read_parquet(path).schema == ROWS.schema


@pytest.mark.parametrize("moment", range(8))
def test_replacing_a_stage_can_be_cut_off_anywhere_and_tried_again(tmp_path, monkeypatch, moment):
    out, removed = tmp_path / "out", []
    make(out)
    remove = atomic.remove

    def cut_off(path):
        if len(removed) == moment:
            raise KeyboardInterrupt
        removed.append(path)
        remove(path)

    for module in (fingerprint, atomic):
        monkeypatch.setattr(module, "remove", cut_off)
    with suppress(KeyboardInterrupt):
        make(out, {"threshold": 0.8}, force=True)
    monkeypatch.undo()
    assert stage.fingerprint_of(out)["config"] in ({"threshold": 0.7}, {"threshold": 0.8})
    if not stage.is_stage(out):
        with suppress(OutputError):
            make(out)
    made = make(out, {"threshold": 0.8}, force=True)
    assert stage.load(out).manifest.config == {"threshold": 0.8}
    assert made.frame().equals(ROWS)
