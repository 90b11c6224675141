"""Threads that wait leave their core to others after a moment, unless the user has chosen otherwise."""

import subprocess
import sys

import pytest

from instructwild.llm import threads


@pytest.fixture
def before_torch(monkeypatch):
    """A process that has not imported torch."""
    monkeypatch.setattr(threads.sys, "modules", {})


@pytest.mark.parametrize("chosen", [{}, {"OMP_WAIT_POLICY": "active"}, {"GOMP_SPINCOUNT": "7"}])
def test_what_the_user_chose_stays(before_torch, chosen):
    environment = dict(chosen)
    assert threads.limit_spinning(environment) == (not chosen)
    assert environment == (chosen or {"GOMP_SPINCOUNT": threads.SPINS})


def test_once_torch_is_there_nothing_is_set(monkeypatch):
    monkeypatch.setattr(threads.sys, "modules", {"torch": None})
    environment = {}
    assert not threads.limit_spinning(environment)
    assert environment == {}


def test_the_command_sets_it_before_torch_is_loaded():
    script = ("import os, sys\nfor name in ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT'):\n    os.environ.pop(name, None)\n"
              "from instructwild.cli import main\n"
              "try:\n    main(['--version'])\nexcept SystemExit:\n    pass\n"
              "print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)")
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.splitlines()[-1] == f"{threads.SPINS} False"
