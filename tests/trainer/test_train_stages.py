"""SFT, then a reward model on it, through the real commands: what is written, inherited, skipped, refused and resumed."""

import json
import shutil

import pytest
import torch
from chats import conversation
from typer.testing import CliRunner

from instructwild import stage
from instructwild.errors import GateError, InputError, InstructwildError, ModelError
from instructwild_trainer import fit
from instructwild_trainer.adapter import load_policy, load_reward, source_of
from instructwild_trainer.cli import train

COLOURS = ["blue", "red", "grey", "green", "蓝色", "红色", "灰色", "绿色"]
SMALL = ["--model", "tiny", "--config", "smoke", "--max-length", "128", "--held-out", "0.2", "--samples", "2",
         "--sample-tokens", "4", "--eval-steps", "6"]


def answered(folder, count=24):
    path = folder / "answered.jsonl"
    rows = [{"messages": conversation(f"Name colour {n}." if n % 2 else f"说出第{n}种颜色。", COLOURS[n % 8])}
            for n in range(count)]
    rows += [{"messages": conversation("too long", "很" * 400)}, {"instruction": "no answer"}]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows) + "{broken\n", encoding="utf-8")
    return path


def ranked(folder, count=24):
    path = folder / "ranked.jsonl"
    rows = [{"instruction": f"Name colour {n}." if n % 2 else f"说出第{n}种颜色。",
             "output": [COLOURS[n % 8] * 3, "no", "不"]} for n in range(count)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def run(*words):
    return CliRunner().invoke(train, [str(word) for word in words], catch_exceptions=True)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sft")
    result = run("sft", answered(folder), "--out", folder / "sft", *SMALL)
    assert result.exit_code == 0, result.output
    return stage.load(folder / "sft")


@pytest.fixture(scope="module")
def rewarded(tuned):
    folder = tuned.path.parent
    result = run("reward", ranked(folder), "--out", folder / "reward", "--model", tuned.path, "--config", "smoke",
                 "--max_steps", "25", "--eval-steps", "10")
    assert result.exit_code == 0, result.output
    return stage.load(folder / "reward")


def test_rows_reconcile_and_every_lost_row_has_its_reason(tuned):
    assert tuned.manifest.rows.model_dump() == {"in_": 27, "kept": 24, "dropped": 3}
    assert tuned.manifest.reasons == {"malformed": 1, "no_answer": 1, "too_long": 1}
    assert tuned.dropped().height == 3


def test_all_weights_trained_with_passes_in_bfloat16_are_kept_in_float32_and_nearly_all_move(tmp_path):
    result = run("sft", answered(tmp_path), "--out", tmp_path / "all", *SMALL[:-2], "--no-use-peft", "--dtype", "bfloat16",
                 "--learning-rate", "0.0003")
    assert result.exit_code == 0, result.output
    after = dict(load_policy(tmp_path / "all", dtype="float32")[0].named_parameters())
    for name, weight in load_policy("tiny", dtype="float32")[0].named_parameters():
        if "embed" not in name:
            assert (after[name] != weight).float().mean() > 0.95, name      # norms too
    assert stage.load(tmp_path / "all").manifest.config["dtype"] == "bfloat16"


def test_the_weights_are_others_and_held_out_loss_falls_in_both_languages(tuned):
    metrics = tuned.manifest.metrics
    assert source_of(tuned.path).sha256 != metrics["base"]["sha256"]
    loss = metrics["held_out_loss"]
    assert set(loss["after"]) == {"zh", "en"}
    assert all(loss["after"][name] < loss["before"][name] for name in loss["after"])


def test_the_model_is_complete_and_its_adapter_is_kept(tuned):
    merged, tokenizer = load_policy(tuned.path)
    adapted, _ = load_policy(tuned.model / "adapter")
    ids = torch.tensor([tokenizer("Name")["input_ids"]])
    with torch.no_grad():
        assert torch.allclose(merged.eval()(ids).logits, adapted.eval()(ids).logits, atol=1e-4)
    assert tokenizer.chat_template


def test_nothing_written_names_this_machine(tuned, rewarded):
    for made in (tuned, rewarded):
        for path in [*made.model.rglob("*.json"), *made.model.rglob("*.md"), made.path / "report.html"]:
            text = path.read_text(encoding="utf-8")
            if path.name == "adapter_config.json":      # PEFT needs the place of the base there; publish rewrites it
                text = text.replace(json.loads(text)["base_model_name_or_path"], "")
            assert str(made.path.parent) not in text, path
            assert str(source_of("tiny").folder.parent) not in text, path


def test_the_report_shows_answers_before_and_after(tuned):
    page = (tuned.path / "report.html").read_text(encoding="utf-8")
    assert "Held-out loss" in page
    assert "Answers before and after" in page
    assert "颜色" in page


def test_the_reward_stage_inherits_from_the_one_before_and_says_so(tuned, rewarded):
    assert rewarded.manifest.config["max_length"] == 128 or rewarded.manifest.metrics["inherited"]["max_length"] == 128
    assert rewarded.manifest.metrics["inherited"]["held_out"] == 0.2
    assert rewarded.manifest.config["held_out"] == 0.2
    assert rewarded.manifest.metrics["base"]["sha256"] == source_of(tuned.path).sha256


def test_the_reward_model_orders_held_out_pairs_and_is_judged_beside_its_baselines(rewarded):
    every = rewarded.manifest.metrics["accuracy"]["all pairs"]
    assert set(every) == {"reward model", "before training", "longer wins", "likelier wins"}
    assert every["reward model"]["value"] > 0.9
    assert every["reward model"]["low"] <= every["reward model"]["value"] <= every["reward model"]["high"]
    differences = rewarded.manifest.metrics["differences"]["all pairs"]["before training"]
    assert differences["value"] == pytest.approx(every["reward model"]["value"] - every["before training"]["value"])


def test_the_reward_model_ranks_candidates_as_a_judge(rewarded, tmp_path):
    from instructwild.expand.judge_stage import judge_candidates
    from instructwild.schema import Candidate, Message, RankingRow
    from instructwild.stage.frames import ranking_frame, rankings

    rows = [RankingRow(id=f"{n:016x}", messages=(Message(role="user", content=f"Name colour {n}."),),
                       candidates=tuple(Candidate(id=text, text=text) for text in ("no", COLOURS[n % 8] * 3)))
            for n in range(8)]
    with stage.start(tmp_path / "candidates", "respond", config={}) as work:
        work.finish(data=ranking_frame(rows))
    made = judge_candidates([tmp_path / "candidates"], tmp_path / "judged", [f"reward:{rewarded.path}"])
    given = [row.rankings[0] for row in rankings(made.frame())]
    assert {one.annotator for one in given} == {"model:reward:reward"}
    assert sum(one.ranks == (2, 1) for one in given) > 6
    assert [record.path for record in made.manifest.inputs][1].endswith("reward")


def test_the_reward_model_is_an_adapter_with_its_head_on_the_sft_model(tuned, rewarded):
    model, tokenizer = load_reward(rewarded.path)
    ids = torch.tensor([tokenizer("Name colour 1.")["input_ids"]])
    with torch.no_grad():
        assert model(ids, attention_mask=torch.ones_like(ids)).logits.shape == (1, 1)
    assert sum(p.numel() for p in model.parameters()) > 0
    assert not (rewarded.model / "model.safetensors").exists()


def test_the_same_command_again_does_nothing(tuned):
    before = (tuned.path / "manifest.json").stat().st_mtime_ns
    result = run("sft", tuned.path.parent / "answered.jsonl", "--out", tuned.path, *SMALL)
    assert result.exit_code == 0
    assert "finished before" in result.output
    assert (tuned.path / "manifest.json").stat().st_mtime_ns == before


def test_a_dry_run_shows_the_plan_and_writes_nothing(tmp_path, tuned):
    result = run("sft", tuned.path.parent / "answered.jsonl", "--out", tmp_path / "x", "--dry-run", *SMALL)
    assert result.exit_code == 0, result.exception
    assert not (tmp_path / "x").exists()


class Killed(BaseException):
    """As when the process ends: nothing after it runs."""


@pytest.mark.parametrize(("verb", "made"), [("sft", "tuned"), ("reward", "rewarded")])
def test_an_interrupted_run_goes_on_to_the_same_weights_bit_for_bit(verb, made, request, tmp_path, monkeypatch):
    from transformers import Trainer

    whole = request.getfixturevalue(made)
    folder = request.getfixturevalue("tuned").path.parent
    words = ["sft", folder / "answered.jsonl", *SMALL] if verb == "sft" else [
        "reward", folder / "ranked.jsonl", "--model", folder / "sft", "--config", "smoke", "--max-steps", "25",
        "--eval-steps", "10"]
    words += ["--out", tmp_path / "again", "--save-steps", "5"]
    step = Trainer.training_step
    steps = []

    def dies(self, *args, **kwargs):
        steps.append(self.state.global_step)
        if len(steps) == 8:
            raise Killed
        return step(self, *args, **kwargs)

    monkeypatch.setattr(Trainer, "training_step", dies)
    with pytest.raises(Killed):
        run(*words)
    assert not stage.is_stage(tmp_path / "again")
    half = next((tmp_path / "again" / ".work" / fit.CHECKPOINTS).glob("checkpoint-5"))
    shutil.copytree(half, half.with_name("checkpoint-7"))
    (half.with_name("checkpoint-7") / "trainer_state.json").write_text("{")  # cut off while it was written
    monkeypatch.setattr(Trainer, "training_step", step)
    assert run(*words).exit_code == 0
    assert source_of(tmp_path / "again").sha256 == source_of(whole.path).sha256


def test_a_loss_that_is_no_number_stops_the_run_and_says_what_to_do(tmp_path, tuned, monkeypatch):
    from transformers import Trainer

    monkeypatch.setattr(Trainer, "training_step", lambda self, model, *_: next(model.parameters()).sum() * 0 + float("nan"))
    result = run("sft", tuned.path.parent / "answered.jsonl", "--out", tmp_path / "x", *SMALL)
    assert isinstance(result.exception, InstructwildError)
    assert "loss became nan" in str(result.exception)
    assert "--learning-rate" in result.exception.remedy


def test_a_reward_run_that_changed_no_weight_is_an_error_with_its_remedy(tmp_path, rewarded, tuned):
    words = ["--model", tuned.path, "--config", "smoke", "--max-steps", "1", "--warmup-steps", "1"]
    result = run("reward", rewarded.path.parent / "ranked.jsonl", "--out", tmp_path / "x", *words)
    assert isinstance(result.exception, ModelError)
    assert "left every weight as it was" in str(result.exception)
    assert "--warmup-steps 0" in result.exception.remedy
    assert not (tmp_path / "x" / "manifest.json").exists()


@pytest.mark.parametrize(("words", "error", "message"), [
    (["sft", "{nothing}", "--model", "tiny"], InputError, "does not exist"),
    (["sft", "{unanswered}", "--model", "tiny"], InputError, "none is left to train on: 2 no_answer"),
    (["sft", "{data}", "--model", "tiny", "--max-length", "8"], InputError, "none is left to train on: 25 too_long"),
    (["sft", "{data}", "--model", "{quantized}"], ModelError, "its weights are quantized"),
    (["sft", "{data}", "--model", "{scorer}"], ModelError, "is a reward model"),
    (["reward", "{ranked}", "--model", "{scorer}"], ModelError, "is a reward model"),
    (["reward", "{ranked}", "--model", "{adapter}"], ModelError, "is an adapter"),
    (["reward", "{single}", "--model", "tiny"], InputError, "none is left to train on: 1 too_few_candidates"),
    (["sft", "{data}"], ModelError, "no model was named"),
    (["sft", "{data}", "--model", "{folder}"], ModelError, "is no model folder"),
    (["sft", "{data}", "--model", "tiny", "--chat-template", "{nothing}"], InputError, "cannot be read"),
    (["sft", "{data}", "--model", "tiny", "--lora-alpha", "1", "--lora-r", "64"], InputError, "hardly anything"),
    (["reward", "{data}", "--model", "tiny"], InputError, "holds no row with candidates"),
    (["reward", "{tied}", "--model", "tiny"], InputError, "none is left to train on"),
    (["reward", "{ranked}", "--model", "tiny", "--annotator-weights", "x"], InputError, "no annotator with a weight")])
def test_bad_input_is_one_message_before_any_training_step(rewarded, tmp_path, words, error, message):
    (tmp_path / "unanswered.jsonl").write_text('{"instruction": "a"}\n{"instruction": "b"}\n')
    (tmp_path / "tied.jsonl").write_text('{"prompt": "q", "completion": "a", "score": 1}\n'
                                         '{"prompt": "q", "completion": "b", "score": 1}\n')
    (tmp_path / "single.jsonl").write_text('{"instruction": "q", "output": ["a"]}\n')
    folders = rewarded.path.parent
    shutil.copytree(source_of("tiny").folder, tmp_path / "gptq")
    config = json.loads((tmp_path / "gptq" / "config.json").read_text())
    (tmp_path / "gptq" / "config.json").write_text(json.dumps({**config, "quantization_config": {"quant_method": "gptq"}}))
    places = {"data": answered(tmp_path), "ranked": ranked(tmp_path), "nothing": tmp_path / "nothing.json",
              "unanswered": tmp_path / "unanswered.jsonl", "tied": tmp_path / "tied.jsonl", "folder": tmp_path,
              "single": tmp_path / "single.jsonl", "quantized": tmp_path / "gptq", "scorer": folders / "reward",
              "adapter": folders / "sft" / "model" / "adapter"}
    result = run(*(word.format(**places) for word in words), "--out", tmp_path / "out", "--max-steps", "1")
    assert isinstance(result.exception, error), result.exception
    assert message in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_model_whose_gate_failed_is_not_built_on(tuned, tmp_path):
    shutil.copytree(tuned.path, tmp_path / "sft")
    manifest = json.loads((tmp_path / "sft" / "manifest.json").read_text())
    (tmp_path / "sft" / "manifest.json").write_text(json.dumps({**manifest, "gate": "failed"}))
    with pytest.raises(GateError):
        source_of(tmp_path / "sft")
