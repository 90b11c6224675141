"""What was paid for is written down before anything else happens to it."""

import asyncio
import sqlite3

import pytest

from instructwild.errors import OutputError
from instructwild.llm.ledger import CALLS, Ledger, Spending, run_name
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


def test_what_an_answer_was_thought_and_mended_from_comes_back_too(tmp_path):
    reply = Reply("4", "stop", 3, 5, 0.25, "id-1", reasoning="2 + 2", reasoning_tokens=2, repairs=("unclosed tag", "fence"))
    Ledger(tmp_path / "calls").settle_all([("key", reply)])
    found = Ledger(tmp_path / "calls").get("key")
    assert (found.reasoning, found.reasoning_tokens, found.repairs) == ("2 + 2", 2, ("unclosed tag", "fence"))


def test_a_batch_is_noted_whole_with_its_answers_its_bills_and_what_may_be_lost(tmp_path):
    ledger = Ledger(tmp_path / "calls", "a")
    with ledger.changes() as file:
        file.execute("INSERT INTO batches VALUES ('n', 'a', 'p', NULL, 1.0, '{}', 4.0)")
        ledger.note_batch([("1", REPLY)], [(0.5, 7, 11), (0.25, 1, 2)], 2.0)
    assert ledger.get("1") == REPLY
    assert ledger.spent() == Spending(settled=1.0, possible=6.0, billed=0.75, prompt_tokens=8, completion_tokens=13)
    assert ledger.spent().total == 7.0
    with ledger.changes():
        ledger.note_batch([], [], 0.0)
    assert ledger._db.execute("SELECT count(*) FROM lost").fetchone() == (1,)


def test_a_call_that_was_charged_for_nothing_or_lost_is_no_longer_open(tmp_path):
    ledger = Ledger(tmp_path / "calls", "a")
    for key in ("billed", "lost"):
        ledger.send(key, 1.0)
    assert ledger.open_calls() == {"billed": 1.0, "lost": 1.0}
    at_once(ledger.bill("billed", 7, 11, 0.5), ledger.lose("lost", 2.0))
    assert ledger.open_calls() == {}
    assert ledger.spent() == Spending(0.5, 2.0, 0.5, 7, 11)
    assert ledger.give_up_open_calls() == 0


@pytest.mark.parametrize(("fails", "raised"), [(KeyError("x"), KeyError), (sqlite3.OperationalError("full"), OutputError)])
def test_changes_that_fail_leave_nothing_behind_and_the_file_usable(tmp_path, fails, raised):
    ledger = Ledger(tmp_path / "calls", "a")

    def change():
        with ledger.changes():
            ledger.note_batch([("1", REPLY)], [], 1.0)
            raise fails

    with pytest.raises(raised, match="x" if raised is KeyError else "full"):
        change()
    assert ledger.get("1") is None
    assert ledger.spent() == Spending(0.0, 0.0)
    ledger.settle_all([("2", REPLY)])
    assert ledger.get("2") == REPLY


def test_the_file_outlives_its_process_and_gathers_pages_before_it_waits_for_the_disk(tmp_path):
    ledger = Ledger(tmp_path / CALLS, "a")
    assert (tmp_path / "calls.sqlite").is_file()
    assert [ledger._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "wal_autocheckpoint")] == ["wal", 1, 20_000]
    ledger.settle_all([("1", REPLY)])
    assert (tmp_path / "calls.sqlite-wal").is_file()
    ledger.close()
    assert not (tmp_path / "calls.sqlite-wal").exists()
    with pytest.raises(sqlite3.ProgrammingError):
        ledger.get("1")


def test_a_run_has_one_name_that_no_other_has(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    name = run_name(tmp_path / "a")
    assert len(name) == 32
    assert run_name(tmp_path / "a") == name == (tmp_path / "a" / "run").read_text()
    assert run_name(tmp_path / "b") != name


def test_a_run_s_own_file_of_no_call_is_taken_away_and_a_shared_one_is_not(tmp_path):
    scratch = tmp_path / ".work"
    scratch.mkdir()
    Ledger(scratch / CALLS, run_name(scratch)).close()
    Ledger(tmp_path / "shared.sqlite", "a").close()
    assert [path.name for path in sorted(tmp_path.rglob("*")) if path.is_file()] == ["shared.sqlite"]
    ledger = Ledger(scratch / CALLS, run_name(scratch))
    ledger.send("call", 0.5)
    ledger.close()
    assert {path.name for path in scratch.iterdir()} == {"calls.sqlite", "run"}
