"""Training says where it is when nobody can see its progress bar."""

import time

from instructwild.console.terminal import console, heartbeat


def test_a_line_comes_at_intervals_where_the_output_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(console, "_force_terminal", False)
    with heartbeat(lambda: ["update 3 of 9, loss 1.5"], seconds=0.05):
        time.sleep(0.3)
    assert "update 3 of 9, loss 1.5" in capsys.readouterr().err
    time.sleep(0.1)
    assert "update" not in capsys.readouterr().err
