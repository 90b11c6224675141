"""When Python looks for garbage."""

import gc

import pytest

from instructwild.cli import main
from instructwild.console import collector
from instructwild.console.lazy_group import PanelCommand


def test_nothing_is_collected_within_a_pause_and_as_before_after_it():
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            with collector.paused():
                assert not gc.isenabled()
            assert gc.isenabled() is enabled
        finally:
            gc.enable()


def test_a_pause_ends_with_an_error_too():
    with pytest.raises(ValueError, match="inside"), collector.paused():
        raise ValueError("inside")
    assert gc.isenabled()


def test_what_is_loaded_is_left_out_of_collections_only_in_a_process_of_its_own(monkeypatch):
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    with collector.loading():
        pass
    assert not frozen
    monkeypatch.setattr(collector, "_one_command", True)
    with collector.loading():
        pass
    assert frozen


@pytest.mark.parametrize("enabled", [True, False])
def test_a_command_collects_only_if_its_caller_did(enabled, monkeypatch):
    within = []
    command = PanelCommand("look", callback=lambda: within.append(gc.isenabled()))
    if not enabled:
        gc.disable()
    try:
        with collector.paused():
            command.main([], standalone_mode=False)
        assert (within, gc.isenabled()) == ([enabled], enabled)
    finally:
        gc.enable()


def test_a_command_called_from_python_leaves_the_collector_as_it_was():
    before = gc.get_freeze_count()
    with pytest.raises(SystemExit):
        main(["clean", "nowhere.jsonl", "--out", "nowhere"])
    assert gc.isenabled()
    assert gc.get_freeze_count() == before
