"""Two datasets compared like a pull request."""

import json

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.clean.pipeline import clean
from instructwild.convert import converted
from instructwild.diff import diff, page, text
from instructwild.difference import difference
from instructwild.errors import InputError, OutputError
from instructwild.stage import Rows, start
from instructwild.stage.frames import ranking_frame
from tests.test_convert import ranking_row


def write(path, *rows):
    listed = [json.dumps({"instruction": a, "output": b}, ensure_ascii=False) for a, b in rows]
    path.write_text("\n".join(listed), encoding="utf-8")
    return path


def test_rows_are_added_dropped_rewritten_or_the_same(tmp_path):
    old = write(tmp_path / "old.jsonl", ("一", "1"), ("二", "2"), ("三", "3"))
    new = write(tmp_path / "new.jsonl", ("二", "2"), ("三", "III"), ("四", "4"))
    found = difference(old, new)
    assert [prompt for _, prompt in found.added] == ["四"]
    assert [row[1:] for row in found.dropped] == [("一", "no reason given")]
    assert [(row.what, row.before, row.after) for row in found.rewritten] == [("answer", "3", "III")]
    assert (found.same, found.rows, found.differs) == (1, (3, 3), True)


def test_a_stage_tells_why_rows_left_and_what_was_mended(tmp_path):
    old = write(tmp_path / "old.jsonl", ("Name a bird.\nno input", "robin"), ("写一首诗", "诗"), ("写一首诗", "诗"),
                ("Say it", "n/a"))
    clean([old], tmp_path / "new", ["repair", "rules", "exact"])
    found = difference(old, tmp_path / "new")
    assert found.reasons == {"rule: placeholder_answer": 1, "exact_duplicate": 1}
    mended = [(row.what, row.before, row.after) for row in found.rewritten]
    assert mended == [("prompt", "Name a bird.\nno input", "Name a bird.")]
    assert found.added == ()


def test_copies_of_a_row_are_told_apart_by_number(tmp_path):
    found = difference(write(tmp_path / "a.jsonl", ("x", "1"), ("x", "1")), write(tmp_path / "b.jsonl", ("x", "1")))
    assert (len(found.dropped), found.same) == (1, 1)


def test_the_exit_code_tells_whether_they_differ(tmp_path, capsys):
    a, b = write(tmp_path / "a.jsonl", ("x\x1b[31m", "1")), write(tmp_path / "b.jsonl", ("<script>", "1"))
    diff(str(a), str(a))
    assert "1 the same" in capsys.readouterr().out
    with pytest.raises(typer.Exit) as left:
        diff(str(a), str(b), as_json=True, html=tmp_path / "diff.html")
    assert left.value.exit_code == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["differs"], told["counts"]) == (True, {"added": 1, "dropped": 1, "rewritten": 0, "relabelled": 0})
    assert "<script>" not in (tmp_path / "diff.html").read_text()


def test_a_terminal_is_sent_no_control_characters(tmp_path):
    found = difference(write(tmp_path / "a.jsonl", ("x\x1b[31m\ny", "1")), write(tmp_path / "b.jsonl", ("z", "1")))
    assert "\x1b" not in text(found)
    assert "x [31m y" in text(found)
    assert "They differ" in page(found)


ROW = st.tuples(st.sampled_from(["甲", "乙", "丙", "a\nno input", "a"]), st.sampled_from(["", "1", "2"]))


@settings(max_examples=40)
@given(st.lists(ROW, min_size=1, max_size=8), st.lists(ROW, min_size=1, max_size=8))
def test_every_row_of_both_is_counted_once(tmp_path_factory, old, new):
    folder = tmp_path_factory.mktemp("diff")
    found = difference(write(folder / "old.jsonl", *old), write(folder / "new.jsonl", *new))
    assert found.same + len(found.rewritten) + len(found.dropped) == len(old)
    assert found.same + len(found.rewritten) + len(found.added) == len(new)
    assert found.differs == (sorted(old) != sorted(new))


def test_of_several_damaged_copies_one_was_mended_and_the_others_left(tmp_path):
    old = write(tmp_path / "old.jsonl", *[("Name a bird.\nno input", "robin")] * 3, ("Name a bird.", "owl"))
    clean([old], tmp_path / "new", ["repair", "exact"])
    found = difference(old, tmp_path / "new")
    assert (found.same, len(found.rewritten), len(found.dropped), found.added) == (0, 1, 3, ())
    assert sum(found.reasons.values()) == 3


def test_answers_that_changed_places_are_the_same_rows(tmp_path):
    a = write(tmp_path / "a.jsonl", ("x", "1"), ("x", "2"))
    assert not difference(a, write(tmp_path / "b.jsonl", ("x", "2"), ("x", "1"))).differs


def test_a_row_with_another_language_is_relabelled_and_differs(tmp_path):
    old = write(tmp_path / "old.jsonl", ("写一首诗", "诗"))
    clean([old], tmp_path / "new", ["language"])
    found = difference(old, tmp_path / "new")
    assert (found.same, found.relabelled, found.differs) == (1, 1, True)
    assert "1 of them relabelled" in text(found)


def test_rows_that_hold_no_instruction_are_left_out_and_said(tmp_path):
    a, b = write(tmp_path / "a.jsonl", ("x", "1")), write(tmp_path / "b.jsonl", ("x", "1"))
    b.write_text(b.read_text() + "\n{broken")
    found = difference(a, b)
    assert (found.unread, found.differs) == ((0, 1), True)
    assert "1 of the second" in text(found)
    assert "1 of the second" in page(found)


def test_rankings_and_converted_rows_are_compared_too(tmp_path):
    first, second = ranking_row([0], [1]), ranking_row([1], [0])
    for name, row in (("one", first), ("two", second)):
        with start(tmp_path / name, "pull", config={}) as run:
            run.finish(data=ranking_frame([row]))
    found = difference(tmp_path / "one", tmp_path / "two")
    assert [row.what for row in found.rewritten] == ["ranking"]
    assert not difference(tmp_path / "one", tmp_path / "one").differs
    converted(tmp_path / "one", tmp_path / "pairs", "preference")
    assert not difference(tmp_path / "pairs", tmp_path / "pairs").differs
    rows = write(tmp_path / "rows.jsonl", ("一", "1"))
    converted(rows, tmp_path / "alpaca", "alpaca")
    assert not difference(rows, tmp_path / "alpaca").differs


def test_a_failed_gate_may_be_looked_at(tmp_path):
    with start(tmp_path / "failed", "pull", config={}) as run:
        run.finish(data=ranking_frame([ranking_row([0], [1])]), gate="failed")
    assert not difference(tmp_path / "failed", tmp_path / "failed").differs


def test_two_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "data.jsonl", (name, "1"))
    found = difference(tmp_path / "before" / "data.jsonl", tmp_path / "after" / "data.jsonl")
    assert (found.first, found.second) == ("before/data.jsonl", "after/data.jsonl")


@pytest.mark.parametrize("what", ["model", "damaged", "missing rows", "empty folder", "no manifest", "wrong manifest"])
def test_a_folder_without_rows_is_one_clear_message(tmp_path, what):
    rows, odd = write(tmp_path / "rows.jsonl", ("一", "1")), tmp_path / "odd"
    if what in ("empty folder", "no manifest"):
        odd.mkdir()
        if what == "no manifest":
            (odd / "data.parquet").write_bytes(b"PAR1")
    else:
        with start(odd, "train sft", config={}) as run:
            if what == "model":
                (odd / "model").mkdir()
            run.finish(rows=Rows(**{"in": 1, "kept": 1, "dropped": 0}))
        if what == "damaged":
            (odd / "data.parquet").write_bytes(b"PAR1 half a file")
        if what == "wrong manifest":
            (odd / "manifest.json").write_text('{"stage": 3')
    told = {"model": "is a train sft stage: it holds a model and no rows",
            "damaged": "is not named in its manifest|cannot be read as Parquet",
            "missing rows": "cannot be read as Parquet", "wrong manifest": "cannot be read as a manifest"}
    for compare in (lambda: difference(rows, odd), lambda: difference(odd, rows),
                    lambda: converted(odd, tmp_path / "out", "alpaca"), lambda: clean([odd], tmp_path / "out")):
        with pytest.raises(InputError, match=told.get(what, "folder without a manifest")):
            compare()
    assert not (tmp_path / "out").exists()


def test_a_page_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    a = write(tmp_path / "a.jsonl", ("x", "1"))
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "folder", tmp_path / "no" / "page.html"):
        with pytest.raises(OutputError, match="cannot be written"):
            diff(str(a), str(a), html=place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "folder"]


def test_a_column_that_was_lost_is_shown(tmp_path):
    for name, row in (("old", {"instruction": "a", "nr": 1}), ("new", {"instruction": "a"})):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row))
    compared = difference(tmp_path / "old.jsonl", tmp_path / "new.jsonl")
    assert compared.columns == {"nr": (1, 0)}
    assert "column nr: 1 row → 0 rows" in text(compared)
