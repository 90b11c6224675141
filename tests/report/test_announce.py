"""What a command says when its stage is finished, now or before."""

import pytest
import typer

from instructwild import stage
from instructwild.console.options import announce
from instructwild.stage.frames import instruction_frame


def made(folder, gate=None):
    with stage.start(folder, "clean", config={}) as run:
        return run.finished or run.finish(data=instruction_frame([]), gate=gate)


def test_work_that_was_done_before_is_not_said_to_be_done_now(tmp_path, capsys):
    announce(made(tmp_path / "out"))
    assert "clean done in" in capsys.readouterr().err
    announce(made(tmp_path / "out"))
    assert "clean was finished before: nothing to do" in capsys.readouterr().err


def test_a_failed_gate_leaves_with_one_now_and_whenever_asked_again(tmp_path):
    for _ in range(2):
        with pytest.raises(typer.Exit) as leaving:
            announce(made(tmp_path / "out", gate="failed"))
        assert leaving.value.exit_code == 1
