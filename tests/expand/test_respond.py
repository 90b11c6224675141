"""Prompts get answers: one each, or several different ones to be ranked."""

import json

import pytest

from instructwild import stage
from instructwild.errors import ConfigError
from instructwild.expand.replies import OpenPrompt, ResponsePlan, answer_of, trimmed
from instructwild.expand.respond import respond
from instructwild.llm.request import Reply, Sampling
from instructwild.llm.scripted import Script
from instructwild.read.instructions import read
from instructwild.schema import Reason, instruction_of
from instructwild.stage.frames import instructions, rankings

PROMPTS = """\
{"instruction": "How do I plant a lemon tree?"}
{"instruction": "怎样照顾柠檬树？", "output": "多晒太阳。"}
not json
{"instruction": "Name a star."}
"""


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text(PROMPTS, encoding="utf-8")
    return path


def test_one_answer_a_prompt_and_what_was_answered_stays(prompts, tmp_path):
    made = respond([prompts], tmp_path / "out", ["scripted"], ResponsePlan())
    rows = list(instructions(made.frame()))
    before = {row.id: row for row in instructions(read([prompts]).frame)}
    assert [row.id for row in rows] == list(before)
    assert all(row.response for row in rows)
    assert rows[1] == before[rows[1].id]
    assert rows[0].made_by.model == "scripted"
    assert made.manifest.reasons == {"malformed": 1}
    again = respond([prompts], tmp_path / "again", ["scripted"], ResponsePlan(overwrite=True))
    assert list(instructions(again.frame()))[1].response != "多晒太阳。"


def test_several_answers_differ_and_say_which_model_gave_them(prompts, tmp_path):
    made = respond([prompts], tmp_path / "out", ["scripted", "scripted"], ResponsePlan(k=3, keep_answer=True))
    rows = list(rankings(made.frame()))
    assert len(rows) == 3
    for row in rows:
        assert len({candidate.id for candidate in row.candidates}) == 3
        assert row.rankings == ()
    assert [candidate.model for candidate in rows[1].candidates if candidate.text == "多晒太阳。"] == [None]


def test_an_answer_made_by_a_machine_keeps_the_maker_of_its_prompt(tmp_path):
    from instructwild.schema import MadeBy
    from instructwild.stage.frames import instruction_frame

    row = instruction_of("Why is tea green?", made_by=MadeBy(model="maker", template="en/chat"))
    with stage.start(tmp_path / "in", "expand", config={}) as run:
        run.finish(data=instruction_frame([row]))
    made = next(instructions(respond([tmp_path / "in"], tmp_path / "out", ["scripted"], ResponsePlan()).frame()))
    assert made.made_by.model == "maker"
    assert made.made_by.sampling["answer"]["model"] == "scripted"
    assert made.id == row.id


@pytest.mark.parametrize(("reply", "expected"), [
    (Reply("Plant it in spring."), ("Plant it in spring.", None)),
    (Reply("  "), ("", Reason.EMPTY)),
    (Reply("I'm sorry, but I can't help with that."), ("I'm sorry, but I can't help with that.", Reason.REFUSED)),
    (Reply("很抱歉，我无法回答这个问题。"), ("很抱歉，我无法回答这个问题。", Reason.REFUSED)),
    (Reply("抱歉，我无法协助。"), ("抱歉，我无法协助。", Reason.REFUSED)),
    (Reply("Sorry is a word with five letters."), ("Sorry is a word with five letters.", None)),
    (Reply("", "refused"), ("", Reason.REFUSED)),
    (Reply("", "failed", problem="x"), ("", Reason.FAILED)),
    (Reply("First this. Then th", "length"), ("First this.", None)),
    (Reply("先做这个。再做那", "length"), ("先做这个。", None)),
    (Reply("never an end to it", "length"), ("", Reason.TRUNCATED)),
])
def test_an_answer_is_recognised_for_what_it_is(reply, expected):
    assert answer_of(reply, ResponsePlan()) == expected


def test_cut_answers_can_be_kept_or_dropped_and_refusals_kept():
    cut = Reply("First this. Then th", "length")
    assert answer_of(cut, ResponsePlan(truncated="keep")) == ("First this. Then th", None)
    assert answer_of(cut, ResponsePlan(truncated="drop"))[1] == Reason.TRUNCATED
    assert answer_of(Reply("I'm sorry, but I can't."), ResponsePlan(keep_refusals=True))[1] is None


@pytest.mark.parametrize(("text", "kept"), [
    ("One. Two. Thr", "One. Two."), ("It costs 3.5 dollars and more. Yes", "It costs 3.5 dollars and more."),
    ('He said "Stop." Then', 'He said "Stop."'), ("short. " + "x" * 100, ""), ("一。二！三", "一。二！"), ("", ""),
])
def test_trimming_ends_at_a_whole_sentence(text, kept):
    assert trimmed(text) == kept


def test_the_same_answer_twice_is_one_candidate():
    row = OpenPrompt(instruction_of("Name a star."))
    assert row.take(Reply("Vega."), "m", ResponsePlan(k=2))
    assert not row.take(Reply(" Vega. "), "m", ResponsePlan(k=2))
    assert row.reasons == [Reason.EXACT_DUPLICATE]


def test_a_prompt_without_enough_different_answers_leaves_with_the_reason(prompts, tmp_path, monkeypatch):
    monkeypatch.setattr(Script, "reply", lambda self, request: Reply("Always the same."))
    made = respond([prompts], tmp_path / "out", ["scripted"], ResponsePlan(k=2, attempts=2))
    assert made.manifest.rows.kept == 0
    assert made.manifest.reasons == {"too_few_candidates": 3, "malformed": 1}
    assert made.manifest.metrics["requests"] == 3 * (2 + 1)
    assert made.manifest.metrics["answers_not_taken"] == {"exact_duplicate": 3 * 2}


def test_a_local_model_answers_conversations(tiny_model, prompts, tmp_path):
    wanted = ResponsePlan(sampling=Sampling(max_tokens=8), truncated="keep")
    made = respond([prompts], tmp_path / "out", [str(tiny_model)], wanted)
    assert made.manifest.rows.in_ == 4
    assert made.manifest.tokens.completion > 0


def test_conversations_are_answered_after_their_last_user_turn(tmp_path):
    talk = [("user", "Hi"), ("assistant", "Hello"), ("user", "Sing.")]
    messages = [{"role": role, "content": content} for role, content in talk]
    (tmp_path / "p.jsonl").write_text(json.dumps({"messages": messages}) + "\n")
    made = next(instructions(respond([tmp_path / "p.jsonl"], tmp_path / "out", ["scripted"], ResponsePlan()).frame()))
    assert [message.role for message in made.messages] == ["user", "assistant", "user", "assistant"]
    assert [(message.role, message.content) for message in made.messages[:3]] == talk


def test_conversations_with_tools_go_on_after_a_result_and_keep_an_answer_that_calls(tmp_path):
    call = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": {"port": "Ribe"}}}
    calling = [{"role": "user", "content": "When is high tide?"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    rows = [{"messages": calling}, {"messages": [*calling, {"role": "tool", "content": "05:10", "tool_call_id": "c1"}]}]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, rows)))
    first, second = instructions(respond([tmp_path / "p.jsonl"], tmp_path / "out", ["scripted"], ResponsePlan()).frame())
    assert [message.role for message in first.messages] == ["user", "assistant"]
    assert json.loads(first.answer.tool_calls) == [call]
    assert [message.role for message in second.messages] == ["user", "assistant", "tool", "assistant"]
    made = respond([tmp_path / "p.jsonl"], tmp_path / "two", ["scripted"], ResponsePlan(k=2, keep_answer=True))
    own = [[each.shown for each in row.candidates if each.model is None] for row in rankings(made.frame())]
    assert own == [['tide({"port": "Ribe"})'], []]


def test_an_unknown_way_with_cut_answers_is_one_message(prompts, tmp_path):
    with pytest.raises(ConfigError, match="trim, drop, keep"):
        respond([prompts], tmp_path / "out", ["scripted"], ResponsePlan(truncated="maybe"))


def test_models_that_stages_made_are_inputs_and_sign_with_names_of_their_own(tiny_model, prompts, tmp_path):
    import shutil

    for place, name in enumerate("ab"):
        with stage.start(tmp_path / name / "sft", "sft", config={}) as run:
            with run.atomic("model") as model:
                shutil.copytree(tiny_model, model)
                (model / "made").write_text(str(place))
            run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}))
    models = [str(tmp_path / name / "sft") for name in "ab"]
    wanted = ResponsePlan(k=2, truncated="keep", sampling=Sampling(max_tokens=6, temperature=1.0))
    made = respond([prompts], tmp_path / "out", models, wanted, judges=[models[1]])
    assert [record.sha256 for record in made.manifest.inputs[1:]] == [
        stage.input_record(models[place]).sha256 for place in (0, 1, 1)]
    signed = {candidate.model for row in rankings(made.frame()) for candidate in row.candidates}
    assert signed == set(made.manifest.config["models"])
    assert len(signed) == 2


def test_a_model_that_a_stage_made_is_an_input_of_the_rows_it_wrote(tiny_model, tmp_path):
    import shutil

    from instructwild.expand.plan import ExpandPlan
    from instructwild.expand.run import expand

    with stage.start(tmp_path / "sft", "sft", config={}) as run:
        with run.atomic("model") as model:
            shutil.copytree(tiny_model, model)
        run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}))
    (tmp_path / "seeds.jsonl").write_text('{"instruction": "How do I plant a lemon tree?"}\n' * 3)
    made = expand([tmp_path / "seeds.jsonl"], tmp_path / "out", str(tmp_path / "sft"),
                  ExpandPlan(target=1, languages=("en",), max_empty=1))
    assert made.manifest.inputs[1].sha256 == stage.input_record(tmp_path / "sft").sha256
