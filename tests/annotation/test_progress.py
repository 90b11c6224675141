"""How far the annotators have come, and what they wrote."""

from datetime import datetime, timedelta

from instructwild.schema import Ranking
from instructwild_annotation.pull import PullResult, _time, corrections, figures, progress_of
from instructwild_annotation.push import disagreements
from instructwild_annotation.wire import PulledRecord, SubmittedAnswer
from tests.annotation.rows import row

BEGAN = datetime(2026, 11, 23, 10)


def answer(who, ranks, seconds, **more):
    return SubmittedAnswer(Ranking(annotator=who, ranks=ranks), BEGAN + timedelta(seconds=seconds), **more)


def read_rankings():
    both = [answer("person:a", (1, 2), 0), answer("person:b", (1, 1), 5)]
    written = [answer("person:a", (2, 1), 30, correction="更好", rating=4)]
    records = [PulledRecord(row("one", ["x", "y"]), both, completed=True),
               PulledRecord(row("二", ["x", "y"], language="zh-Hans"), written, {"draft": 1}),
               PulledRecord(row("three", ["x", "y"]), [answer("person:a", (2, 1), 3600, safety="safe")])]
    for record in records:
        record.row = record.row.model_copy(update={"rankings": tuple(given.ranking for given in record.answers)})
    found = PullResult(records, overlap={"rankings-k2": 2}, sizes={"rankings-k2": 2})
    _time(found.records)
    return found


def test_done_left_overlap_pace_and_seconds_by_hand():
    far = progress_of(read_rankings())
    assert (far.records, far.complete, far.rankings, far.left) == (3, 1, 4, 2)
    assert far.overlap == {1: 2, 2: 1}
    assert far.people == {"person:a": 3, "person:b": 1}
    assert far.seconds == 30            # 0 -> 30 s; the hour after it was a break
    assert far.per_hour == 3.0          # 3 more within the hour before the last
    assert far.hours_left == 2 / 3


def test_a_correction_is_a_new_answer_that_says_who_wrote_it_for_what():
    found = read_rankings()
    made = corrections(found.records, "argilla")
    assert [(one.response, one.language, one.parents, one.origin[0].author) for one in made] == [
        ("更好", "zh-Hans", (found.records[1].row.id,), "a")]
    assert made[0].id == row("二", ["x"]).id
    told = figures(found)
    assert (told["corrections"], told["best_answer_rating"], told["safety"]) == (1, 4.0, {"safe": 1})
    assert told["responses_not_counted"] == {"draft": 1}


def test_the_fingerprint_changes_with_every_answer():
    before, after = read_rankings(), read_rankings()
    assert before.fingerprint == after.fingerprint
    after.records[0].answers.pop()
    assert before.fingerprint != after.fingerprint


def test_disagreements_are_rows_where_a_model_and_another_are_opposed_most_first():
    rows = [row("same", ["x", "y"], ("model:m", [1, 2]), ("person:a", [1, 2])),
            row("people only", ["x", "y"], ("person:b", [2, 1]), ("person:a", [1, 2])),
            row("little", ["x", "y", "z"], ("model:m", [1, 2, 3]), ("person:a", [1, 3, 2])),
            row("much", ["x", "y"], ("model:m", [1, 2]), ("model:n", [2, 1])),
            row("tie", ["x", "y"], ("model:m", [1, 1]), ("model:n", [2, 1]))]
    assert [found.messages[0].content for found in disagreements(rows)] == ["much", "little"]
