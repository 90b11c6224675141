"""What was paid for is written down before anything else happens to it."""

import asyncio
import sqlite3

import pytest

from instructwild.errors import OutputError
from instructwild.llm.ledger import Ledger
from instructwild.llm.request import Reply

REPLY = Reply("好的，当然", "length", 3, 5, 0.25, "id-1")


def test_an_answer_comes_back_as_it_was(tmp_path):
    Ledger(tmp_path / "calls", "a").settle_all([("key", REPLY)])
    found = Ledger(tmp_path / "calls", "b").get("key")
    assert found == REPLY
    assert found.cached
    assert Ledger(tmp_path / "calls").get("other") is None


def test_spending_is_counted_by_run_and_open_calls_at_their_bound(tmp_path):
    ledger = Ledger(tmp_path / "calls", "a")
    for key in ("1", "2", "3"):
        ledger.send(key, 1.0)
    at_once(ledger.settle("1", REPLY), ledger.withdraw("2"))
    assert (ledger.spent().settled, ledger.spent().possible) == (0.25, 1.0)
    assert ledger.give_up_open_calls() == 1
    assert ledger.open_calls() == {}
    assert ledger.spent().total == 1.25
    at_once(ledger.settle("3", REPLY))
    assert ledger.spent().total == 1.5, "the lost attempt stays counted beside the one that was answered"
    assert Ledger(tmp_path / "calls", "b").spent().total == 0


def test_what_is_noted_together_is_one_transaction_and_in_the_file_before_anyone_goes_on(tmp_path):
    ledger, other = Ledger(tmp_path / "calls", "a"), Ledger(tmp_path / "calls", "b")
    said = []
    ledger._db.set_trace_callback(said.append)

    async def paid(key):
        await ledger.settle(key, REPLY)
        return other.get(key)

    assert at_once(*(paid(str(i)) for i in range(20))) == [REPLY] * 20
    assert said.count("COMMIT") == 1


def test_a_call_that_is_given_up_while_it_is_noted_takes_no_other_with_it(tmp_path):
    ledger = Ledger(tmp_path / "calls", "a")

    async def one_of_two():
        tasks = [asyncio.create_task(ledger.settle(key, REPLY)) for key in ("1", "2")]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    given_up, written = asyncio.run(one_of_two())
    assert isinstance(given_up, asyncio.CancelledError)
    assert written is None
    assert ledger.get("1") == ledger.get("2") == REPLY, "and what was paid for is kept"


def test_a_file_that_takes_no_more_is_one_message_to_each_that_waits(tmp_path):
    ledger = Ledger(tmp_path / "calls", "a")
    ledger._db.execute("PRAGMA max_page_count=1")
    failures = asyncio.run(gathered([ledger.settle(str(i), Reply("long " * 5000)) for i in range(2)]))
    assert [str(failure) for failure in failures] == [str(failures[0])] * 2
    assert isinstance(failures[0], OutputError)
    assert "calls cannot be written down" in str(failures[0])
    with pytest.raises(OutputError, match="cannot be written down"):
        for i in range(2000):
            ledger.send(f"{i}" * 30, 1.0)
    assert sqlite3.connect(tmp_path / "calls").execute("SELECT count(*) FROM replies").fetchone() == (0,)


async def gathered(writes, exceptions=True):
    return await asyncio.gather(*writes, return_exceptions=exceptions)


def at_once(*writes):
    """Note all in one turn of a loop."""
    return asyncio.run(gathered(writes, exceptions=False))


def test_a_file_that_is_no_ledger_is_one_message(tmp_path):
    (tmp_path / "calls").write_text("this is no database, only text that is long enough to be looked at" * 20)
    with pytest.raises(OutputError, match="cannot be used as a cache"):
        Ledger(tmp_path / "calls")
