"""Two datasets compared like a pull request."""

import json

import pytest
import typer

from instructwild.clean.pipeline import clean
from instructwild.diff import diff, difference, page, text


def write(path, *rows):
    listed = [json.dumps({"instruction": a, "output": b}, ensure_ascii=False) for a, b in rows]
    path.write_text("\n".join(listed), encoding="utf-8")
    return path


def test_rows_are_added_dropped_rewritten_or_the_same(tmp_path):
    old = write(tmp_path / "old.jsonl", ("一", "1"), ("二", "2"), ("三", "3"))
    new = write(tmp_path / "new.jsonl", ("二", "2"), ("三", "III"), ("四", "4"))
    found = difference(old, new)
    assert ([prompt for _, prompt in found.added], [row[1:] for row in found.dropped]) == (["四"], [("一", "not told")])
    assert [(row.what, row.before, row.after) for row in found.rewritten] == [("answer", "3", "III")]
    assert (found.same, found.rows, found.differs) == (1, (3, 3), True)


def test_a_stage_tells_why_rows_left_and_what_was_mended(tmp_path):
    old = write(tmp_path / "old.jsonl", ("Name a bird.\nno input", "robin"), ("写一首诗", "诗"), ("写一首诗", "诗"),
                ("Say it", "n/a"))
    clean([old], tmp_path / "new", ["repair", "rules", "exact"])
    found = difference(old, tmp_path / "new")
    assert found.reasons == {"rule": 1, "exact_duplicate": 1}
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
    assert (told["differs"], told["counts"]) == (True, {"added": 1, "dropped": 1, "rewritten": 0})
    assert "<script>" not in (tmp_path / "diff.html").read_text()


def test_a_terminal_is_sent_no_control_characters(tmp_path):
    found = difference(write(tmp_path / "a.jsonl", ("x\x1b[31m\ny", "1")), write(tmp_path / "b.jsonl", ("z", "1")))
    assert "\x1b" not in text(found)
    assert "x [31m y" in text(found)
    assert "They differ" in page(found)
