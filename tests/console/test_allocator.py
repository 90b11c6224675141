"""Polars keeps freed memory for some seconds while `clean` runs, unless the user has chosen otherwise."""

import subprocess
import sys

import pytest

from instructwild.console import allocator

NAME = "_RJEM_MALLOC_CONF"


@pytest.mark.parametrize(("cores", "arenas"), [(None, 1), (1, 1), (2, 1), (16, 8)])
def test_arenas_follow_the_cores(monkeypatch, cores, arenas):
    monkeypatch.setattr(allocator.sys, "modules", {})
    monkeypatch.setattr(allocator.os, "cpu_count", lambda: cores)
    monkeypatch.setattr(allocator.os, "environ", environment := {})
    allocator.keep_freed_memory()
    assert environment == {NAME: f"narenas:{arenas},dirty_decay_ms:{allocator.KEPT_MS}"}


@pytest.mark.parametrize("modules", [{}, {"polars": None}])
def test_what_the_user_chose_stays_and_once_polars_is_there_nothing_is_set(monkeypatch, modules):
    monkeypatch.setattr(allocator.sys, "modules", modules)
    monkeypatch.setattr(allocator.os, "environ", environment := {} if modules else {NAME: "thp:always"})
    before = dict(environment)
    allocator.keep_freed_memory()
    assert environment == before


def test_the_command_sets_it_before_polars_is_loaded(tmp_path):
    script = (f"import os, sys\nos.environ.pop({NAME!r}, None)\n"
              "from instructwild.cli import main\n"
              f"try:\n    main(['clean', {str(tmp_path / 'missing.json')!r}, '--out', {str(tmp_path / 'out')!r}])\n"
              "except SystemExit:\n    pass\n"
              f"print(os.environ[{NAME!r}].endswith('narenas:' + str(max(1, os.cpu_count() // 2))"
              f" + ',dirty_decay_ms:{allocator.KEPT_MS}'), 'polars' in sys.modules)")
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.splitlines()[-1] == "True True"
