"""Compiled code works wherever the toolkit is installed: read-only, on a full disk, or without numba."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import instructwild
from instructwild.clean.near.compiled import compiled

SOURCE = Path(instructwild.__file__).parent
ASK = ("from instructwild.clean.near import NearDuplicates as N, near_duplicates as n;"
       "t = ['what is a process', 'What is a process?', '你好'] * 2000;"
       "print(sum(v is not None for v in n(t)), N(t)._corpus is None)")


def ask(root, code=ASK, **environment):
    return subprocess.run([sys.executable, "-W", "error", "-B", "-c", code], cwd=root, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(root), **environment})


def test_a_function_whose_result_cannot_be_stored_still_answers(monkeypatch):
    calls = []

    def full(self, *_):
        calls.append(self)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(numba.core.caching.Cache, "_save_overload", full)

    @compiled
    def double(x):
        return 2 * x

    assert (double(21), double(4)) == (42, 8)
    assert len(calls) == 1


def test_an_interruption_within_numbas_dispatcher_is_one(monkeypatch):
    def interrupted(*_):
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    monkeypatch.setattr(numba, "njit", lambda **_: lambda function: interrupted)
    with pytest.raises(KeyboardInterrupt):
        compiled(len)(())


def test_a_command_that_ends_does_not_wait_for_the_compiler():
    code = ("import time; from instructwild.clean.near import batch;"
            "batch.NearDuplicates = lambda *_, **__: time.sleep(3600); batch.compile_ahead(10**6)")
    subprocess.run([sys.executable, "-c", code], timeout=120, check=True)


def test_without_numba_the_same_verdicts(tmp_path):
    shutil.copytree(SOURCE, tmp_path / "instructwild", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "numba.py").write_text("raise ImportError('no numba here')")
    ran = ask(tmp_path)
    assert (ran.stdout, ran.stderr) == ("5998 True\n", "")


BOTH = """
import json, random, sys
if sys.argv[1] == "without":
    sys.modules["numba"] = sys.modules["llvmlite"] = None
from instructwild.clean.near import NearDuplicates, SameRequests
rng = random.Random(7)
words = [first + last for first in ("tea", "sun", "box", "run", "far", "old")
         for last in ("ing", "ed", "s", "er", "ly", "ness", "")]
signs = "请写出一个关于春天的故事并说明它为什么好玩水火木金土日月山川风雨"
texts = []
for row in range(2_000):
    if row % 5 == 4:
        kept = list(texts[rng.randrange(row)])
        kept[rng.randrange(len(kept))] = rng.choice(["", "x", "不", " not ", "3"])
        texts.append("".join(kept) if row % 2 else "please " + texts[rng.randrange(row)] + " !")
    elif row % 2:
        texts.append(" ".join(rng.choices(words, k=rng.randint(3, 12))))
    else:
        texts.append("".join(rng.choices(signs, k=rng.randint(4, 20))))
plain, asks = NearDuplicates(texts, compiled=True), SameRequests(texts, sifted=True)
print(json.dumps([plain.verdicts, asks.verdicts, plain._corpus is not None,
                  [float(match) for _, match in plain.just_kept()], [float(match) for _, match in asks.just_kept()]]))
"""


def test_two_thousand_rows_get_the_same_verdicts_and_evidence_with_and_without_numba():
    shown = {}
    for how in ("with", "without"):
        ran = subprocess.run([sys.executable, "-c", BOTH, how], capture_output=True, text=True, check=True)
        shown[how] = json.loads(ran.stdout)
    assert (shown["with"].pop(2), shown["without"].pop(2)) == (True, False)
    assert shown["with"] == shown["without"]
    assert all(sum(verdict is not None for verdict in verdicts) > 50 for verdicts in shown["with"][:2])


@pytest.mark.slow
def test_where_nothing_can_be_stored_the_code_is_compiled_without_a_word(tmp_path):
    shutil.copytree(SOURCE, tmp_path / "instructwild", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "instructwild" / "clean" / "near" / "__pycache__").write_text("a file where the folder would be")
    (tmp_path / "home").write_text("")
    ran = ask(tmp_path, HOME=str(tmp_path / "home"), XDG_CACHE_HOME=str(tmp_path / "home"))
    assert (ran.stdout, ran.stderr) == ("5998 False\n", "")
