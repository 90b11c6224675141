"""Ranking with number keys: what is typed is what is kept, and nothing finished is lost."""

import io
import json
import os
import pty
import select
import signal
import sys
import time

import pytest
from rich.console import Console

from instructwild import stage
from instructwild.cli import main
from instructwild.schema import Ranking
from instructwild.stage.frames import rankings
from instructwild_annotation.terminal.keys import ENTER, ERASE, ESCAPE, RESIZE, TerminalKeys
from instructwild_annotation.terminal.ledger import KeptRankings
from instructwild_annotation.terminal.screen import Screen, plain
from instructwild_annotation.terminal.session import PATIENCE, Entry, TerminalSession, shuffled, unshuffled
from instructwild_annotation.terminal.wording import CHINESE, ENGLISH, wording
from tests.annotation.rows import row

ROWS = [row("What is a tie?", ["Equal places.", "a knot", "a \x1b[31mred [bold]tie[/]"]),
        row("什么是并列？", ["名次相同。", "不知道"], language="zh-Hans"), row("Third?", ["x", ""])]


class Typed:
    """Key presses given beforehand, then silence."""

    def __init__(self, *keys):
        self.keys, self.timeouts = list(keys), []

    def read(self, timeout):
        self.timeouts.append(timeout)
        return self.keys.pop(0) if self.keys else None


def sit(tmp_path, *keys, rows=ROWS, words=ENGLISH, timeout=20, **options):
    ledger = KeptRankings(tmp_path / "kept.jsonl")
    shown = io.StringIO()
    typed = Typed(*keys)
    screen = Screen(Console(file=shown, width=90, force_terminal=True, color_system=None), words)
    TerminalSession(typed, screen, ledger, "person:me", timeout, **options).run(rows)
    return ledger, shown.getvalue(), typed


def asked(row, typed):
    """The ranks of the candidates from what was typed for the answers in the order shown."""
    return unshuffled([int(c) for c in typed], shuffled(row))


def test_digits_rank_the_answers_as_shown_ties_included(tmp_path):
    ledger, shown, _ = sit(tmp_path, "x", *"122", ENTER, *"11", ENTER, *"21", ENTER)
    assert ledger.rankings[ROWS[0].id].ranks == asked(ROWS[0], "122")
    assert ledger.rankings[ROWS[1].id].ranks == (1, 1)
    assert ledger.rankings[ROWS[2].id].ranks == asked(ROWS[2], "21")
    assert "Rankings of yours that are kept: 3" in shown
    assert KeptRankings(tmp_path / "kept.jsonl").rankings == ledger.rankings


def test_unshuffled_puts_shown_ranks_back():
    assert unshuffled([1, 2, 3], [2, 0, 1]) == (2, 3, 1)
    for each in ROWS:
        order = shuffled(each)
        assert sorted(order) == list(range(len(each.candidates)))
        assert unshuffled([order[i] + 1 for i in range(len(order))], order) == tuple(range(1, len(order) + 1))


def test_slips_are_caught_and_can_be_mended(tmp_path):
    ledger, shown, _ = sit(tmp_path, "x", "1", ENTER, "4", ERASE, "3", "2", "1", "9", ESCAPE, *"231", ENTER, "q")
    assert ledger.rankings[ROWS[0].id].ranks == asked(ROWS[0], "231")
    assert len(ledger.rankings) == 1
    assert "2 to go" in shown
    assert "from 1 to 3" in shown


def test_undo_takes_the_last_ranking_back_and_asks_again(tmp_path):
    ledger, shown, _ = sit(tmp_path, "x", "u", *"123", ENTER, "u", *"321", ENTER, "s", "u", *"11", ENTER, "q")
    assert ledger.rankings[ROWS[0].id].ranks == asked(ROWS[0], "321")
    assert ledger.rankings[ROWS[1].id].ranks == (1, 1)
    assert ledger.skipped == []
    assert "nothing to take back" in shown


def test_nobody_there_asks_nothing(tmp_path):
    ledger, shown, typed = sit(tmp_path)
    assert ledger.answered == 0
    assert typed.timeouts == [20]
    assert "Equal places" not in shown


def test_somebody_who_walks_away_keeps_what_is_done(tmp_path):
    ledger, _, typed = sit(tmp_path, "x", *"123", ENTER, "1")
    assert set(ledger.rankings) == {ROWS[0].id}
    assert set(typed.timeouts) == {20, 20 * PATIENCE}


def test_who_is_away_is_asked_another_time_where_no_script_ranks(tmp_path):
    for keys in ((), ("x", *"123", ENTER, "1")):
        _, shown, _ = sit(tmp_path, *keys, script_ranks=False)
        assert "goes on here next time" in shown
        assert "script" not in shown
    assert set(KeptRankings(tmp_path / "kept.jsonl").rankings) == {ROWS[0].id}


def test_the_next_sitting_goes_on_where_the_last_one_stopped(tmp_path):
    sit(tmp_path, "x", *"123", ENTER, "s", "q")
    ledger, shown, _ = sit(tmp_path, "x", *"11", ENTER)
    assert "Question 3 of 3" in shown
    assert "Question 1 of 3" not in shown
    assert set(ledger.rankings) == {ROWS[0].id, ROWS[2].id}
    assert sit(tmp_path)[1] == ""


def test_text_from_the_world_cannot_touch_the_terminal(tmp_path):
    _, shown, _ = sit(tmp_path, "x", "q")
    assert "\x1b[31m" not in shown
    assert "[bold]tie[/]" in shown
    assert plain("a\r\nb\x07\x9b2J\u202ec").plain == "a\nb\ufffd\ufffd2J\ufffdc"


def test_the_screen_speaks_chinese(tmp_path, monkeypatch):
    _, shown, _ = sit(tmp_path, "x", "?", *"12", "q", words=CHINESE, rows=ROWS[1:])
    assert "哪个回答更好" in shown
    assert "第 1 题，共 2 题" in shown
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert wording() is CHINESE
    assert wording("en") is ENGLISH


def test_long_answers_wrap_rather_than_being_cut(tmp_path):
    _, shown, _ = sit(tmp_path, "x", "q", rows=[row("?", ["word " * 100 + "END", "很" * 200 + "完"])])
    assert "END" in shown
    assert "完" in shown


def test_keys_understand_full_width_digits_arrows_and_split_characters():
    read, write = os.pipe()
    keys = TerminalKeys(read)
    os.write(write, "１".encode()[:1])
    os.write(write, "１".encode()[1:] + b"Q\r\x7f")
    assert [keys.read(1) for _ in range(4)] == ["1", "q", ENTER, ERASE]
    os.write(write, b"\x1b[A")
    assert keys.read(1) == ESCAPE
    assert keys.read(0) is None
    os.close(write)
    assert keys.read(1) == "end"
    os.close(read)


@pytest.mark.parametrize(("size", "typed", "ranks"), [
    (3, "213", [2, 1, 3]), (10, "05", [10, 5]), (12, "12 01 5", [12, 1, 5]), (12, "1 9", [1, 9]), (26, "26209", [26, 20, 9]),
    (12, "139", [9]), (11, "00" "11", [11])])
def test_more_than_ten_answers_take_two_digits_where_a_rank_can_have_two(size, typed, ranks):
    entry = Entry(size)
    for key in typed:
        if key != " ":
            entry.digit(key)
        elif entry.pending:
            entry.settle()
    assert entry.ranks == ranks


def test_two_digits_are_typed_erased_and_kept_for_twelve_answers(tmp_path):
    many = row("Which harbour?", [f"Harbour {i}" for i in range(12)])
    ledger, shown, _ = sit(tmp_path, "x", "1", ERASE, *"12", *"11", *"10", *"98765432", "1", " ", ENTER, rows=[many])
    assert ledger.rankings[many.id].ranks == unshuffled([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], shuffled(many))
    assert "1_" in shown


def test_a_resized_window_is_drawn_anew_and_nothing_typed_is_lost(tmp_path):
    ledger, shown, _ = sit(tmp_path, RESIZE, "x", "2", RESIZE, "1", ENTER, "q", rows=[ROWS[1]])
    assert ledger.rankings[ROWS[1].id].ranks == unshuffled([2, 1], shuffled(ROWS[1]))
    assert shown.count("什么是并列") == 2
    read, write = os.pipe()
    waiting, resized = os.pipe()
    os.write(resized, b"rr")
    assert TerminalKeys(read, waiting).read(1) == RESIZE
    for handle in (read, write, waiting, resized):
        os.close(handle)


def test_joined_emoji_combining_marks_and_wide_spaces_are_shown_as_they_are():
    text = "👩‍💻 café 全角　空格 नि"
    assert plain(text).plain == text
    assert plain("a b").plain == "a\nb"


def test_a_ledger_survives_a_torn_line(tmp_path):
    path = tmp_path / "kept.jsonl"
    KeptRankings(path).rank("a", Ranking(annotator="person:me", ranks=(1, 2)))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-9])
    ledger = KeptRankings(path)
    ledger.rank("b", Ranking(annotator="person:me", ranks=(2, 1)))
    assert {name: kept.ranks for name, kept in KeptRankings(path).rankings.items()} == {"a": (1, 2), "b": (2, 1)}


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    lines = [{"instruction": r.messages[0].content, "language": r.language, "candidates": [c.text for c in r.candidates]}
             for r in ROWS] + [{"instruction": "one answer", "candidates": ["x"]}, {"instruction": "none"}]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def run(*args):
    with pytest.raises(SystemExit) as left:
        main(["annotate", *map(str, args)])
    return left.value.code


def test_without_a_terminal_the_script_ranks_everything_where_it_is_named(source, tmp_path, capsys):
    assert run("terminal", source, "--out", tmp_path / "out") == 2
    assert "--scripted tidy" in capsys.readouterr().err
    assert run("terminal", source, "--out", tmp_path / "out", "--scripted", "tidy") == 0
    made = stage.load(tmp_path / "out")
    rows = list(rankings(made.frame()))
    assert {ranking.annotator for each in rows for ranking in each.rankings} == {"scripted:tidy"}
    assert made.manifest.metrics["rankings_by_kind"] == {"scripted": 3}
    assert made.manifest.metrics["scripted_rule"].startswith("tidy: 2 points")
    assert made.manifest.reasons == {"malformed": 1, "too_few_candidates": 1}
    assert made.dropped()["evidence"].to_list() == [f'"{source}:5"', "1"]


def test_bad_options_leave_no_folder_and_exit_2(source, tmp_path, capsys):
    assert run("terminal", source, "--out", tmp_path / "out", "--scripted", "nonsense") == 2
    assert "tidy, complete, brief" in capsys.readouterr().err
    assert run("terminal", source, "--out", tmp_path / "out", "--language", "fr") == 2
    assert run("merge", source, "--out", tmp_path / "out", "--method", "nonsense") == 2
    assert run("terminal", tmp_path / "nowhere.jsonl", "--out", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()


def test_merge_leaves_one_ranking_a_prompt_and_drops_the_rest_with_a_reason(source, tmp_path):
    assert run("terminal", source, "--out", tmp_path / "a", "--limit", 0, "--scripted", "none") == 0
    assert run("merge", tmp_path / "a", "--out", tmp_path / "b") == 1      # nobody ranked: no row is left
    assert stage.load(tmp_path / "b", even_failed=True).manifest.reasons == {"not_ranked": 3}
    assert run("terminal", tmp_path / "a", "--out", tmp_path / "c", "--limit", 0) == 0
    assert run("merge", tmp_path / "c", "--out", tmp_path / "d", "--method", "bradley-terry") == 0
    rows = list(rankings(stage.load(tmp_path / "d").frame()))
    assert [len(each.rankings) for each in rows] == [1, 1, 1]


def drive(args, keys, interrupt=False):
    """Run the command on a terminal of its own, press keys one after another, and return its exit status and screen."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "instructwild", "annotate", "terminal", *map(str, args)])
    shown, waiting, until = b"", list(keys), time.monotonic() + 60
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:
                break
        elif waiting and shown:
            os.write(terminal, waiting.pop(0).encode())
        elif interrupt and shown:
            os.kill(child, signal.SIGINT)
            interrupt = False
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    return status, shown.decode()


def test_a_real_terminal_interrupted_goes_on_and_people_are_told_from_scripts(source, tmp_path):
    out = tmp_path / "out"
    args = [source, "--out", out, "--limit", "2", "--timeout", "60", "--language", "zh", "--name", "Anna",
            "--scripted", "tidy"]
    status, shown = drive(args, [" ", "122\r", "1"], interrupt=True)
    assert status == 130
    assert "哪个回答更好" in shown
    assert not stage.is_stage(out)
    status, shown = drive(args, [" ", "21\r"])
    assert status == 0, shown
    rows = list(rankings(stage.load(out).frame()))
    assert rows[0].rankings[0].ranks == asked(ROWS[0], "122")
    assert rows[1].rankings[0].ranks == asked(ROWS[1], "21")
    assert [each.rankings[0].annotator.partition(":")[0] for each in rows] == ["person", "person", "scripted"]
    assert len({each.rankings[0].annotator for each in rows[:2]}) == 1
    assert "Anna" not in (out / "manifest.json").read_text()
    metrics = stage.load(out).manifest.metrics
    assert metrics["rankings_by_kind"] == {"person": 2, "scripted": 1}
    assert metrics["person_scripted_agreement"] is not None


def test_q_keeps_what_is_done_and_the_same_command_goes_on(source, tmp_path):
    out = tmp_path / "out"
    args = [source, "--out", out, "--timeout", "60", "--name", "Anna"]
    status, shown = drive(args, [" ", "122\r", "q"])
    assert (status, shown.count("same command goes on")) == (130, 1)
    assert not stage.is_stage(out)
    status, shown = drive(args, [" ", "21\r", "f"])
    assert (status, "Question 1 of 3" in shown) == (0, False)
    assert stage.load(out).manifest.metrics["rankings_by_kind"] == {"person": 2}
