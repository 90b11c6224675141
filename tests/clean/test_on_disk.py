"""Rows that are kept on disk while they are cleaned come out as the same bytes as rows in memory."""

import json
import random
import re
import subprocess
import sys
from contextlib import closing

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.progress import Progress

from instructwild.clean import drawn, near_step, on_disk, spill
from instructwild.clean.near import RequestIndex, same_requests
from instructwild.clean.near.texts_on_disk import TextsOnDisk
from instructwild.clean.own_rules import from_files
from instructwild.clean.pipeline import clean, made
from instructwild.errors import ConfigError
from instructwild.stage.content import sha256_of
from instructwild.stage.pieces import cut, write_parquet

SUBJECTS = ["the moon of Mars", "a heap in C", "rye bread", "iterators", "two lighthouses", "高原上的湖", "垃圾回收",
            "怎样腌黄瓜", "一首关于雪的诗", "潮汐"]
FRAMES = ["Describe {}.", "Please describe {}.", "What is {}?", "请描述{}。", "描述一下{}", "Name 4 facts about {}",
          "  Describe {}. ", "{}&amp;co", "Write to jo.ray@post-mail.net about {}"]
REPLIES = ["n/a", "That is so.", "抱歉，我无法回答。", "", "Itâ€™s a long story.", "It ends with the"]


def sample(count, seed):
    rng = random.Random(seed)
    for number in range(count):
        yield {"instruction": rng.choice(FRAMES).format(rng.choice(SUBJECTS) + rng.choice(["", "", f" {number}", " twice"])),
               "output": rng.choice(REPLIES), "level": number % 3}


@pytest.fixture
def small(monkeypatch):
    """Sizes at which some hundred rows are many."""
    monkeypatch.setattr(on_disk, "CHUNK", 70)
    monkeypatch.setattr(on_disk, "TWINS_AT_ONCE", 90)
    monkeypatch.setattr(spill, "PARTS", 3)
    monkeypatch.setattr(spill, "BUFFERED", 40)
    monkeypatch.setattr(near_step, "DECIDED_ANEW", 150)
    for name, size in (("SIFTED_FROM", 100), ("SIFTED_AT_ONCE", 90), ("DECIDED_AT_ONCE", 60), ("LARGE", 30)):
        monkeypatch.setattr(same_requests, name, size)


@pytest.fixture
def shards(tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    rows = list(sample(800, 1))
    (folder / "part-0.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows[:370]) + "{no\n")
    (folder / "part-1.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[370:]))
    return folder


def test_progress_counts_rows_in_each_pass_and_texts_in_near(small, shards, tmp_path, monkeypatch):
    states = []
    advance = Progress.advance

    def noted(self, task, by=1):
        advance(self, task, by)
        states.append(re.sub(r"\d[\d,]*", "N", self.tasks[task].description) + f" {self.tasks[task].total}")

    monkeypatch.setattr(Progress, "advance", noted)
    clean([shards], tmp_path / "out", ["rules", "exact", "near"], on_disk=True)
    kept = [state.rsplit(" ", 1) for state in dict.fromkeys(states)]
    assert [what for what, _ in kept] == ["rules (pass N of N): rows", "exact (pass N of N): rows", "near: texts read",
                                          "near: texts compared", "near (pass N of N): rows"]
    assert [of == "None" for _, of in kept] == [True, False, False, False, False]


def written(stage):
    return {path.relative_to(stage.path).as_posix(): sha256_of(path) for path in stage.path.rglob("*.parquet")}


def figures(stage):
    steps = json.loads(stage.manifest.to_json())["metrics"]["steps"]
    return {name: {**note, "seconds": 0} for name, note in steps.items()}


@pytest.mark.parametrize("steps", [
    ["repair", "language", "rules", "exact", "near"], ["exact", "near"], ["near"], ["language"],
    ["near", "rules", "exact", "pii"], []])
def test_the_bytes_are_those_of_cleaning_in_memory(shards, tmp_path, small, steps):
    here = clean([shards], tmp_path / "memory", steps, on_disk=False)
    there = clean([shards], tmp_path / "disk", steps, on_disk=True)
    assert written(here) == written(there)
    assert figures(here) == figures(there)
    assert here.manifest.inputs == there.manifest.inputs
    assert here.manifest.config == there.manifest.config
    assert here.manifest.reasons == there.manifest.reasons
    assert clean([shards], tmp_path / "memory", steps, on_disk=True).existed
    assert clean([shards], tmp_path / "disk", steps, on_disk=False).existed
    assert (there.path / "report.html").read_text().count("<h2") == (here.path / "report.html").read_text().count("<h2")


def test_shards_workers_stages_and_masked_rows_too(shards, tmp_path, small):
    first = clean([shards], tmp_path / "first", ["repair"], shards=3)
    steps = ["language", "exact", made("pii"), "near"]
    here = clean([first.path, shards], tmp_path / "memory", steps, shards=4, on_disk=False)
    there = clean([first.path, shards], tmp_path / "disk", steps, shards=4, on_disk=True, workers=2)
    assert written(here) == written(there)
    assert figures(here) == figures(there)
    assert len(list((there.path / "data.parquet").iterdir())) == 4
    assert "jo.ray@" not in "".join(there.dropped()["row"])


def test_a_report_of_many_rows_says_that_it_is_drawn_from_some(shards, tmp_path, small, monkeypatch):
    monkeypatch.setattr(drawn, "DRAWN", 110)
    stage = clean([shards], tmp_path / "disk", on_disk=True)
    page = (stage.path / "report.html").read_text()
    assert "drawn from every 8th row" in page
    assert f"{stage.manifest.rows.in_:,} rows in" in page


def test_what_sees_all_rows_at_once_stays_in_memory(shards, tmp_path, small):
    code, expression = tmp_path / "shouts.py", tmp_path / "own.yaml"
    code.write_text('action = "drop"\n\n\ndef seen(prompt, answer):\n    return prompt.endswith("twice")\n')
    expression.write_text('rules: {often: {seen: pl.col("prompt").is_duplicated(), action: drop}}')
    by_code = ["repair", made("own_rules", rules=from_files([code]).rules), "exact"]
    assert written(clean([shards], tmp_path / "memory", by_code, on_disk=False)) == written(
        clean([shards], tmp_path / "disk", by_code, on_disk=True))
    with pytest.raises(ConfigError, match="polars expressions may compare all rows"):
        clean([shards], tmp_path / "other", [made("own_rules", rules=from_files([expression]).rules)], on_disk=True)


def test_large_inputs_go_to_disk_of_themselves(shards, tmp_path, small, monkeypatch):
    from instructwild.clean import pipeline

    used = []
    monkeypatch.setattr(pipeline, "_run_on_disk", lambda run, *rest: used.append(run) or run.finish(data=pl.DataFrame()))
    monkeypatch.setattr(pipeline, "LARGE_INPUTS", 1_000)
    clean([shards], tmp_path / "large")
    assert len(used) == 1


def test_a_run_that_fails_leaves_no_rows_behind(shards, tmp_path, small, monkeypatch):
    monkeypatch.setattr(on_disk, "keyed", lambda rows: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        clean([shards], tmp_path / "disk", on_disk=True)
    assert not (tmp_path / "disk" / ".work" / "rows").exists()


WORDS = st.lists(st.sampled_from([*"ab请把写诗", "describe", "the", "lake", "3", "python", "不要"]), max_size=7)


@settings(deadline=None, max_examples=25)
@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=24), st.integers(1, 9))
def test_near_duplicates_of_texts_on_disk_are_those_of_texts_in_memory(tmp_path_factory, texts, size):
    index = RequestIndex()
    expected = [None if match is None else match.index for match in map(index.add, texts)]
    folder = tmp_path_factory.mktemp("near")
    stored = TextsOnDisk(folder / "texts")
    for begin in range(0, len(texts), 5):
        stored.append(pl.Series(texts[begin:begin + 5], dtype=pl.String))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SIFTED_AT_ONCE", "DECIDED_AT_ONCE", "LARGE"):
            patch.setattr(same_requests, name, size)
        merged = same_requests.SameRequests(stored, sifted=True, anew=size, folder=folder)
    whole = same_requests.SameRequests(texts, sifted=False)
    assert merged._first is not None                     # the sieve was used: memory is bounded
    assert merged.verdicts == expected
    assert merged.just_kept() == whole.just_kept()
    assert merged.just_dropped() == whole.just_dropped()
    assert merged.dropped_at() == same_requests.SameRequests(texts[:size], sifted=False).dropped_at()
    assert np.allclose(merged.f, whole.f)
    stored.close()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=12), st.randoms())
def test_texts_on_disk_are_read_as_they_were_added(tmp_path_factory, texts, rng):
    with closing(TextsOnDisk(tmp_path_factory.mktemp("texts") / "texts")) as stored:
        stored.append(pl.Series(texts[:4], dtype=pl.String))
        stored.append(pl.Series(texts[4:], dtype=pl.String))
        rows = sorted(rng.sample(range(len(texts)), rng.randint(0, len(texts))))
        assert stored.gather(np.array(rows, np.int64)) == [texts[row] for row in rows]
        assert stored[:] == texts


@given(st.lists(st.integers(0, 6), max_size=8), st.integers(1, 5))
def test_pieces_of_another_size_hold_the_same_rows(heights, size):
    frames, begin = [], 0
    for height in heights:
        frames.append(pl.DataFrame({"a": pl.Series(range(begin, begin + height), dtype=pl.Int64)}))
        begin += height
    pieces = list(cut(frames, iter(lambda: size, 0)))
    assert [value for piece in pieces for value in piece["a"]] == list(range(begin))
    assert all(piece.height == size for piece in pieces[:-1])


def test_equal_rows_make_equal_files_however_they_lie_in_memory(tmp_path, monkeypatch):
    from instructwild.stage import pieces

    monkeypatch.setattr(pieces, "ROW_GROUP", 30)
    rows = pl.DataFrame({"text": [f"text {number}" for number in range(200)],
                         "many": [[str(number)] * (number % 4) for number in range(200)]})
    padded = pl.concat([rows, rows])[50:250].rechunk()
    for name, frames in {"whole": [rows], "parts": [rows[:17], rows[17:]], "other": [padded[150:], padded[:150]]}.items():
        write_parquet(tmp_path / name, rows.schema, frames)
    assert sha256_of(tmp_path / "whole") == sha256_of(tmp_path / "parts") == sha256_of(tmp_path / "other")


def test_rows_that_wait_for_their_part_hold_no_chunk_in_memory(tmp_path):
    """A few rows of each of many chunks: what is in memory is theirs, not their chunks'."""
    script = """
import sys
from pathlib import Path
import numpy as np
import polars as pl
from instructwild.clean.spill import SpilledParts

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20

parts = SpilledParts(Path(sys.argv[1]) / "parts")
before = None
for number in range(60):
    chunk = pl.DataFrame({"at": range(1000), "text": [f"{number} {row} " + "reed " * 2000 for row in range(1000)]})
    parts.add(chunk.filter(pl.col("at") == 7), np.array([0]))
    before = before or resident()
print(resident() - before)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200, "60 chunks of 10 MB each"
