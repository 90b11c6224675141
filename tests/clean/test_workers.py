"""Whatever the number of processes, `clean` writes the same bytes."""

import json
import os
import random
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.clean import chunks
from instructwild.clean.chunks import in_chunks, judged_by, runs, worth_chunks
from instructwild.clean.near import RequestIndex, SameRequests
from instructwild.clean.near import same_requests as near
from instructwild.clean.pipeline import clean, made
from instructwild.clean.rows import opened
from instructwild.clean.workers import Workers
from instructwild.read.assemble import Reading, from_lines
from instructwild.read.line import Line
from instructwild.stage.content import sha256_of

THINGS = ["a river in winter", "stack memory", "the tax on bread", "Python generators", "three old bridges", "沙漠里的植物",
          "进程和线程", "如何煮米饭", "一首关于海的诗", "光合作用", "SQL joins", "2024 leap years"]
FORMS = ["Explain {}.", "Please explain {}.", "Explain {} to a child", "What is {}?", "请解释{}。", "解释一下{}",
         "List 3 facts about {}", "Write a poem about {}", "  Explain {}. ", "{}&lt;b&gt;",
         "Tell ann.lee@corp-mail.net about {}"]
ANSWERS = ["n/a", "It is so.", "抱歉，我不能回答。", "Donâ€™t worry about it.", "",
           "Paris is the capital of that land, they say, and"]


def lines(count, seed=0):
    rng = random.Random(seed)
    for number in range(count):
        rows = {"instruction": rng.choice(FORMS).format(rng.choice(THINGS) + rng.choice(["", "", f" {number}", " again"])),
                "output": rng.choice(ANSWERS), "level": number % 3}
        yield Line(number + 1, rows)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "in.jsonl"
    path.write_text("\n".join(json.dumps(line.value, ensure_ascii=False) for line in lines(700)) + "\n{broken\n",
                    encoding="utf-8")
    return path


def hashes(folder):
    return [sha256_of(folder / name) for name in ("data.parquet", "dropped.parquet")]


def test_one_two_and_three_processes_write_the_same_bytes(source, tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 110)
    monkeypatch.setattr(near, "SIFTED_FROM", 100)
    monkeypatch.setattr(near, "SIFTED_AT_ONCE", 150)
    monkeypatch.setattr(near, "DECIDED_AT_ONCE", 100)
    monkeypatch.setattr(near, "LARGE", 50)
    (tmp_path / "eval.jsonl").write_text(json.dumps({"instruction": "Explain the tax on bread to a child of ten years now"}))
    steps = ["repair", "language", "rules", made("pii"), made("contamination", against=(str(tmp_path / "eval.jsonl"),)),
             "exact", "near"]
    stages = [clean([source], tmp_path / str(count), steps, workers=count) for count in (1, 2, 3)]
    assert hashes(stages[0].path) == hashes(stages[1].path) == hashes(stages[2].path)
    notes = [made.manifest.metrics["steps"] for made in stages]
    for note in notes:
        for figures in note.values():
            figures.pop("seconds")
    assert notes[0] == notes[1] == notes[2]
    assert {"rule", "near_duplicate", "exact_duplicate", "malformed"} <= {*stages[0].manifest.reasons}
    assert clean([source], tmp_path / "1", steps, workers=2).existed          # how many is no setting of the result


WORDS = st.lists(st.sampled_from([*"ab请把写诗", "explain", "the", "river", "3", "python", "不要", "@", "n/a", "&lt;"]),
                 max_size=7)


@settings(deadline=None, max_examples=10)
@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=12), st.integers(1, 5))
def test_row_wise_steps_judge_chunks_as_they_judge_all(texts, size):
    frame, _ = from_lines([Line(1, {"instruction": text or "?", "output": text[::-1] or "!"}) for text in texts],
                          Reading("in.jsonl"))
    rows = opened(frame)
    steps = [made(name) for name in ("repair", "language", "rules", "pii")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", size)
        parted = in_chunks(steps, rows, Workers(1))
    for step, result in zip(steps, parted, strict=True):
        whole = judged_by(step, rows)
        rows = whole.rows
        assert result.dropped.equals(whole.dropped)
        assert {**result.note, "seconds": 0} == {**whole.note, "seconds": 0}
    assert parted[-1].rows.equals(rows)


@settings(deadline=None, max_examples=25)
@given(st.lists(WORDS.map(" ".join), max_size=24), st.integers(1, 9))
def test_near_duplicates_by_groups_are_those_of_all_rows(texts, size):
    index = RequestIndex()
    expected = [None if match is None else match.index for match in map(index.add, texts)]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SIFTED_AT_ONCE", "DECIDED_AT_ONCE", "LARGE"):
            patch.setattr(near, name, size)
        patch.setattr(near, "BOUNDED", 0)
        merged = SameRequests(pl.Series(texts, dtype=pl.String), sifted=True)
    assert merged.verdicts == expected
    whole = SameRequests(texts, sifted=False, anew=len(texts))
    assert merged.just_kept() == whole.just_kept()
    assert merged.just_dropped() == whole.just_dropped()
    assert merged.dropped_at() == whole.dropped_at()


def test_own_rules_see_all_rows_and_split_the_run(tmp_path):
    steps = [made(name) for name in ("repair", "own_rules", "rules", "language", "exact")]
    assert [[step.name for step in run] for run in runs(steps)] == [
        ["repair"], ["own_rules"], ["rules", "language"], ["exact"]]
    rows = opened(from_lines(lines(20), Reading("in.jsonl"))[0])
    assert not worth_chunks(steps, rows, Workers(2))


def _ended(number):
    if number == 3 and os.environ.get("PARENT") != str(os.getpid()):
        os._exit(9)
    return number * number


def test_where_a_worker_is_killed_the_rest_is_computed_here(monkeypatch, capsys):
    monkeypatch.setenv("PARENT", str(os.getpid()))
    with Workers(2) as workers:
        assert list(workers.map(_ended, range(12))) == [number * number for number in range(12)]
    assert "ended from outside" in capsys.readouterr().err


def test_an_interruption_does_not_wait_for_what_the_workers_compute():
    code = ("import time\nfrom instructwild.clean.workers import Workers\n"
            "if __name__ == '__main__':\n"
            "    with Workers(2) as workers:\n"
            "        for _ in workers.map(time.sleep, [0, 60, 60]):\n"
            "            raise KeyboardInterrupt\n")
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert "KeyboardInterrupt" in ended.stderr


def test_the_language_of_a_text_does_not_depend_on_the_process():
    code = ("from instructwild.text.language.clues import clues\n"
            "print([clues(text) for text in ('la casa de una gran via e os dias', 'el día está em uma única città così')])")
    answers = {subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
                              capture_output=True, text=True).stdout for seed in ("0", "1")}
    assert len(answers) == 1
