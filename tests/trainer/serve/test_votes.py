"""People's votes come back as training data."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from instructwild import stage
from instructwild.convert import converted
from instructwild.errors import OutputError
from instructwild.lineage.forget import Forgetting
from instructwild.schema import Message
from instructwild_trainer.config import RewardOptions
from instructwild_trainer.reward.command import learn
from instructwild_trainer.serve.votes import Votes, VoteVerdict, wins

QUESTION = (Message(role="user", content="什么是并列？"),)
LEFT, RIGHT = ("b-model", "名次相同。"), ("a-model", "不知道。")


@pytest.fixture(autouse=True)
def _salt(monkeypatch, tmp_path):
    monkeypatch.setenv("INSTRUCTWILD_SALT", "salt and pepper")
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path / "cache"))     # forget searches it, and the user's own is large


def test_sides_may_change_and_a_person_has_one_vote(tmp_path):
    votes = Votes(tmp_path / "votes")
    assert votes.rows() == []
    name = votes.keep(QUESTION, [LEFT, RIGHT], VoteVerdict.LEFT, "anna", 3.5)
    assert votes.keep(QUESTION, [RIGHT, LEFT], VoteVerdict.LEFT, "bo") == name        # the other side, so the other answer
    [row] = votes.rows()
    assert [candidate.model for candidate in row.candidates] == ["a-model", "b-model"]
    assert [ranking.ranks for ranking in row.rankings] == [(2, 1), (1, 2)]
    assert row.language == "zh-Hans"
    votes.keep(QUESTION, [LEFT, RIGHT], VoteVerdict.TIE, "anna")
    [row] = votes.rows()
    assert sorted(ranking.ranks for ranking in row.rankings) == [(1, 1), (1, 2)]
    assert not any(name in ranking.annotator for ranking in row.rankings for name in ("anna", "bo"))
    votes.keep(QUESTION, [LEFT, RIGHT], VoteVerdict.BOTH_BAD, "anna")
    assert wins(votes.rows()) == {"a-model": {"better": 1, "worse": 0, "tie": 0, "both_bad": 1},
                                  "b-model": {"better": 0, "worse": 1, "tie": 0, "both_bad": 1}}


def test_the_same_answers_after_another_beginning_are_another_row(tmp_path):
    votes = Votes(tmp_path / "votes")
    longer = (Message(role="system", content="短"), *QUESTION)
    first, second = (votes.keep(turns, [LEFT, RIGHT], VoteVerdict.LEFT, "anna") for turns in (QUESTION, longer))
    assert first != second
    assert len(votes.rows()) == 2


def test_votes_from_several_servers_at_once_are_all_kept(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: Votes(tmp_path / "votes").keep(QUESTION, [LEFT, RIGHT], VoteVerdict.LEFT, f"person {n}"),
                      range(12)))
    [row] = Votes(tmp_path / "votes").rows()
    assert len({ranking.annotator for ranking in row.rankings}) == 12


def test_what_was_forgotten_on_disk_stays_forgotten(tmp_path):
    votes = Votes(tmp_path / "votes")
    votes.keep(QUESTION, [LEFT, RIGHT], VoteVerdict.LEFT, "anna")
    [row] = votes.rows()
    Forgetting.begin(row.id, tmp_path).run()
    votes.keep((Message(role="user", content="Another"),), [LEFT, RIGHT], VoteVerdict.LEFT, "anna")
    assert [row.messages[0].content for row in votes.rows()] == ["Another"]


@pytest.mark.parametrize("foreign", ["file", "stage"])
def test_a_folder_of_something_else_is_left_alone(tmp_path, foreign):
    if foreign == "file":
        (tmp_path / "mine.txt").write_text("mine")
    else:
        with stage.start(tmp_path, "clean", config={}) as run:
            run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}))
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(OutputError, match="choose another --votes"):
        Votes(tmp_path)
    assert sorted({path.name for path in tmp_path.iterdir()} - {"votes.lock"}) == before


def test_votes_become_preferences_and_a_reward_model_reads_them(tmp_path, tiny_model, capsys):
    votes = Votes(tmp_path / "votes")
    verdicts = [VoteVerdict.LEFT, VoteVerdict.RIGHT, VoteVerdict.TIE, VoteVerdict.BOTH_BAD]
    for n, verdict in enumerate([*verdicts, *verdicts[:2]]):
        votes.keep((Message(role="user", content=f"Question {n}?"),), [LEFT, RIGHT], verdict, "anna")
    made = converted(tmp_path / "votes", tmp_path / "pairs", "preference").frame()
    assert made["chosen"].to_list() == [[{"role": "assistant", "content": text}]
                                        for _, text in (LEFT, RIGHT, LEFT, RIGHT)]
    assert learn([tmp_path / "votes"], tmp_path / "reward", RewardOptions(model=str(tiny_model)), dry_run=True) is None
    assert "<|im_end|>" in capsys.readouterr().err         # an example of what it would learn from
