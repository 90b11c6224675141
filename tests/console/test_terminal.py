"""Work whose output is no terminal says every now and then what it does, how far it is and how long it will take."""

import re
import time
from types import SimpleNamespace

from instructwild.console import terminal


def test_a_line_tells_what_how_far_how_long_and_what_it_cost(capsys, monkeypatch):
    monkeypatch.setattr(terminal.console, "_force_terminal", False)
    monkeypatch.setattr(terminal, "LINE_SECONDS", 0.05)
    with terminal.progress() as shown:
        task = shown.add_task("respond m", total=40, note="")
        done = shown.add_task("read", total=1, note="")
        shown.advance(done)
        shown.update(task, completed=10, note="1,200 tokens, US$ 0.0031")
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    assert re.match(r"respond m: 10 of 40, about \d+ s to go; 1,200 tokens, US\$ 0\.0031", lines[-1])
    assert not any(line.startswith("read") for line in lines)


def test_what_is_left_takes_as_long_for_each_as_what_was_measured():
    task = SimpleNamespace(description="respond m", total=40, completed=20, elapsed=30.0, fields={"before": 10, "note": ""})
    assert terminal._line(task) == "respond m: 20 of 40, about 60 s to go"


def test_what_an_interrupted_run_had_done_is_not_taken_for_speed(capsys, monkeypatch):
    monkeypatch.setattr(terminal.console, "_force_terminal", False)
    monkeypatch.setattr(terminal, "LINE_SECONDS", 0.05)
    with terminal.progress() as shown:
        task = shown.add_task("sft, updates", total=4000, completed=3000, before=3000, note="")
        time.sleep(0.2)
        assert "sft, updates: 3,000 of 4,000, 1 s so far" in capsys.readouterr().err
        shown.update(task, completed=3001)
        time.sleep(0.3)
    assert "3,001 of 4,000, about" in (line := capsys.readouterr().err.splitlines()[-1])
    assert " min to go" in line     # 999 of some 0.3 s each


def test_inside_another_display_tasks_are_added_to_it():
    with terminal.progress() as shown:
        with terminal.progress() as inner:
            assert inner is shown
        with terminal.progress() as again:
            assert again is shown
    with terminal.progress() as other:
        assert other is not shown


def test_time_is_readable():
    assert [terminal._duration(seconds) for seconds in (0.2, 80, 600, 9000)] == ["1 s", "80 s", "10 min", "2.5 h"]
