"""What was paid for is written down before anything else happens to it."""

import pytest

from instructwild.errors import OutputError
from instructwild.llm.ledger import Ledger
from instructwild.llm.request import Reply

REPLY = Reply("好的，当然", "length", 3, 5, 0.25, "id-1")


def test_an_answer_comes_back_as_it_was(tmp_path):
    Ledger(tmp_path / "calls", "a").settle("key", REPLY)
    found = Ledger(tmp_path / "calls", "b").get("key")
    assert found == REPLY
    assert found.cached
    assert Ledger(tmp_path / "calls").get("other") is None


def test_spending_is_counted_by_run_and_open_calls_at_their_bound(tmp_path):
    ledger = Ledger(tmp_path / "calls", "a")
    for key in ("1", "2", "3"):
        ledger.send(key, 1.0)
    ledger.settle("1", REPLY)
    ledger.withdraw("2")
    assert (ledger.spent().settled, ledger.spent().possible) == (0.25, 1.0)
    assert ledger.give_up_open_calls() == 1
    assert ledger.open_calls() == {}
    assert ledger.spent().total == 1.25
    ledger.settle("3", REPLY)
    assert ledger.spent().total == 1.5, "the lost attempt stays counted beside the one that was answered"
    assert Ledger(tmp_path / "calls", "b").spent().total == 0


def test_a_file_that_is_no_ledger_is_one_message(tmp_path):
    (tmp_path / "calls").write_text("this is no database, only text that is long enough to be looked at" * 20)
    with pytest.raises(OutputError, match="cannot be used as a cache"):
        Ledger(tmp_path / "calls")
