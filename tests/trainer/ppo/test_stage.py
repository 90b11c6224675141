"""`train ppo` as a person runs it: rows in, a stage folder out, whose model is another than it was."""

import json
import re
import shutil

import pytest
import torch

from instructwild.errors import ConfigError, InputError, ModelError
from instructwild.read.instructions import read
from instructwild.stage import load
from instructwild_trainer.adapter import load_policy, load_reward, source_of, weights_sha256
from instructwild_trainer.config import load as load_options
from instructwild_trainer.ppo.actors import POLICY, Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.experience import Experience
from instructwild_trainer.ppo.models import has_same_base
from instructwild_trainer.ppo.rollout import generate
from instructwild_trainer.ppo.rows import prepared
from instructwild_trainer.ppo.scores import EncodedPrompt, FunctionScore, ModelScore, SeparateModelScore, reward_function
from instructwild_trainer.ppo.stage import PPORun, run
from instructwild_trainer.templates import IGNORED, ready
from tests import vllm_stub

QUESTIONS = ["What is a tie?", "什么是并列？", "Name a colour.", "说一种颜色。", "How do I plan a trip?", "写一首短诗。"]
FUNCTIONS = """
def short(completions, **kwargs):
    return [-len(completion[0]["content"]) / 100 for completion in completions]

def by_language(prompts, language, completion_ids):
    assert prompts[0][0]["role"] == "user"
    return [None if name.startswith("zh") else 1.0 for name in language]

def same(completions, **kwargs):
    return [0.5] * len(completions)

def wrong(completions, **kwargs):
    return [0.0]

def checked(completions, checks):
    return [1.0] * len(completions)

def broken(completions, **kwargs):
    return [completion["text"] for completion in completions]
"""


@pytest.fixture
def asked(tmp_path, tiny_model):
    """What a small run is asked for; arguments and options may be changed."""
    rows = [{"instruction": question, "output": "好的，当然可以。" if i % 2 else "Yes, of course."}
            for i, question in enumerate(QUESTIONS)]
    (tmp_path / "rows.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "rewards.py").write_text(FUNCTIONS)

    def make(out="out", **changes):
        overrides = {"model": str(tiny_model), "learning_rate": 5e-3, "held_out": 0.3} | changes.pop("overrides", {})
        arguments = {"prompts": [str(tmp_path / "rows.json")], "out": tmp_path / out, "config": "ppo-smoke",
                     "overrides": overrides,
                     "reward_functions": [f"{tmp_path / 'rewards.py'}:short"], "ptx": [str(tmp_path / "rows.json")]}
        return PPORun(**arguments | changes)
    return make


def test_a_run_leaves_a_stage_whose_model_is_another_and_equals_its_adapter(asked, tiny_model):
    made = run(asked())
    assert not made.existed
    assert weights_sha256(made.model) != weights_sha256(tiny_model)
    ids = torch.tensor([[5, 9, 301, 44, 7]])
    with torch.no_grad():
        merged, adapted, start = (load_policy(folder, dtype=torch.float32)[0].eval()(ids).logits
                                  for folder in (made.model, made.model / "adapter", tiny_model))
    assert torch.allclose(merged, adapted, atol=1e-4)
    assert not torch.allclose(merged, start, atol=1e-4)
    assert {path.suffix for path in made.path.rglob("*") if path.is_file()} <= {
        ".json", ".safetensors", ".jinja", ".html", ".parquet"}
    metrics = made.manifest.metrics
    assert metrics["updates"] == 2
    assert metrics["perplexity_before"].keys() == metrics["perplexity_after"].keys() != set()
    assert metrics["last"]["ptx_loss"] > 0
    assert made.manifest.rows.in_ == 12
    assert "tiny" not in json.dumps(made.manifest.config)     # what determines the result is the model, not where it lies
    page = (made.path / "report.html").read_text(encoding="utf-8")
    assert "Answers before and after" in page
    assert any(question in page for question in QUESTIONS)
    again = run(asked())
    assert again.existed
    assert again.manifest.to_json() == made.manifest.to_json()


def test_vllm_writes_a_runs_responses_and_leaves_no_adapter_of_its_own(asked, monkeypatch):
    seen = vllm_stub.install(monkeypatch)
    made = run(asked(overrides={"engine": "vllm", "max_steps": 1, "samples": 0}))
    assert made.manifest.metrics["last"]["sampler_difference"] < 1e-4
    assert len(seen.calls) == 1
    assert [path.name for path in made.path.rglob("adapter_config.json")] == ["adapter_config.json"]      # the policy's


def test_a_reward_adapter_scores_on_the_shared_base_as_the_reward_model_does_by_itself(reward_stage, tiny_model):
    from peft import LoraConfig

    assert has_same_base(source_of(reward_stage), source_of(tiny_model))
    base, _ = load_policy(tiny_model, dtype=torch.float32)
    actors = Actors(base, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM"), reward_stage)
    said = generate(actors, POLICY, [[5, 6, 7, 8], [9], [11, 12]], range(3), length=5, stop_ids=(2,), pad=0, seed=1)
    separate = SeparateModelScore(load_reward(reward_stage, dtype=torch.float32)[0], 2)(said)
    shared = ModelScore(actors, 2)(said)
    assert torch.allclose(shared, separate, atol=1e-4)
    assert shared.std() > 0.01
    assert torch.allclose(actors.values(said)[torch.arange(3), 0], _value_of_prompt(actors, said), atol=1e-4)


def _value_of_prompt(actors, said):
    """The value model starts as the reward model: before the first token its value is the score of the bare prompt."""
    bare = said.with_columns(response=said.response[:, :0], mask=said.mask[:, :0])
    return actors.scores(bare)


def test_reward_model_and_functions_add_up_in_a_run(asked, reward_stage):
    place = asked().reward_functions[0]
    made = run(asked(reward=str(reward_stage), reward_functions=[place, place.replace("short", "by_language")], ptx=[]))
    assert made.manifest.config["reward_functions"] == ["rewards.py:short", "rewards.py:by_language"]
    assert made.manifest.metrics["perplexity_before"] == {}
    assert "ptx_loss" not in made.manifest.metrics["last"]


def test_a_run_that_stops_early_says_why_and_fails_its_gate(asked):
    made = run(asked(overrides={"kl_stop": 1e-9}))
    assert made.manifest.gate == "failed"
    assert "nats per sequence" in made.manifest.metrics["stopped"]
    assert "Stopped early" in (made.path / "report.html").read_text(encoding="utf-8")
    assert load_policy(made.path / "model")[0] is not None


@pytest.mark.parametrize(("changes", "error", "message"), [
    ({"reward_functions": []}, ConfigError, "nothing judges"),
    ({"reward_functions": ["nowhere.py:f"]}, InputError, "does not exist|no Python file"),
    ({"overrides": {"kl_coeff": 1}}, ConfigError, "unknown option"),
    ({"overrides": {"model": ""}}, ModelError, "no model was named"),
    ({"overrides": {"response_length": 250}}, InputError, "no prompt that can be used"),
    ({"overrides": {"response_length": 256}}, ConfigError, "leaves no token for a prompt"),
    ({"overrides": {"lora_alpha": 1, "lora_r": 16}}, ConfigError, "hardly anything would be learned"),
    ({"overrides": {"algorithm": "grpo", "use_peft": False}}, ConfigError, "trains adapters only"),
    ({"reward": "tiny"}, ModelError, "no score head"),
])
def test_what_cannot_work_is_one_message_before_any_step(asked, changes, error, message):
    with pytest.raises(error, match=message):
        run(asked(**changes))
    assert not asked().out.exists()


def test_supervised_rows_without_an_answer_are_no_ptx(asked, tmp_path):
    (tmp_path / "bare.json").write_text(json.dumps([{"instruction": "Why?"}, {"instruction": "为什么？"}]))
    with pytest.raises(InputError, match="--ptx: holds no answered row"):
        run(asked(ptx=[str(tmp_path / "bare.json")]))


def other_words(folder, source, words):
    """The model of one folder under the tokenizer of another vocabulary."""
    from transformers import AutoTokenizer

    shutil.copytree(source, folder)
    tokenizer = AutoTokenizer.from_pretrained(source)
    tokenizer.add_tokens(words)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_reward_model_that_reads_other_tokens_is_refused(asked, reward_stage, tiny_model, tmp_path):
    start = other_words(tmp_path / "start", tiny_model, [])
    weights, _ = load_policy(start)
    weights.model.norm.weight.data.mul_(1.01)
    weights.save_pretrained(start)
    foreign = other_words(tmp_path / "foreign", reward_stage, ["<other>"])
    with pytest.raises(ModelError, match="foreign: has another vocabulary than the policy"):
        run(asked(reward=str(foreign), overrides={"model": str(start)}))


def test_mistake_9_a_reward_adapter_without_its_head_is_refused(asked, reward_stage):
    from safetensors.torch import load_file, save_file

    weights = load_file(reward_stage / "adapter_model.safetensors")
    save_file({name: weight for name, weight in weights.items() if not name.endswith("score.weight")},
              reward_stage / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="its reward head is not saved with it"):
        run(asked(reward=str(reward_stage)))


def test_mistake_12_quantized_weights_are_refused_before_they_are_loaded(asked, tiny_model, tmp_path):
    packed = other_words(tmp_path / "packed", tiny_model, [])
    config = json.loads((packed / "config.json").read_text())
    (packed / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "gptq", "bits": 4}}))
    with pytest.raises(ModelError, match="packed: its weights are quantized"):
        run(asked(overrides={"model": str(packed)}))


def test_mistakes_6_and_7_prompts_are_never_cut_and_ptx_learns_to_stop(asked, chat):
    options = load_options(PPOOptions, "ppo", "ppo-smoke", {"held_out": 0.0})
    table = read(asked().ptx)
    rows = prepared(table, table, chat, options)
    assert [prompt.ids for prompt in rows.prompts] == [chat.prompt_ids(prompt.messages) for prompt in rows.prompts]
    assert chat.tokenizer.pad_token_id not in chat.stop_ids
    for row in rows.ptx:
        learned = [label for label in row.encoded.labels if label != IGNORED]
        assert learned[-1] in chat.stop_ids
        assert chat.tokenizer.decode(learned[:-1]) == row.answer


def test_mistake_11_ptx_learns_answers_only_whether_or_not_the_template_has_a_generation_block(asked, chat, tokenizer):
    options = load_options(PPOOptions, "ppo", "ppo-smoke", {"held_out": 0.0})
    table = read(asked().ptx)
    with_block = prepared(table, table, chat, options).ptx
    tokenizer.chat_template, blocks = re.subn(r"{%-? (end)?generation -?%}", "", tokenizer.chat_template)
    assert blocks == 2
    without = prepared(table, table, ready(tokenizer), options).ptx
    assert [row.encoded.labels for row in without] == [row.encoded.labels for row in with_block]
    for row in without:
        assert 0 < row.encoded.trained < len(row.encoded.labels)


def test_mistake_8_functions_read_a_response_whole_and_without_its_stop_token(chat):
    text = "Here is an instruction: stop only at the stop token. 指令：继续。"
    ids = chat.tokenizer(text, add_special_tokens=False)["input_ids"] + [chat.stop_ids[0]]
    read_by = []
    prompt = EncodedPrompt("0", "0", "en", [{"role": "user", "content": "?"}], [5], {})
    said = Experience(prompt=torch.tensor([[5]]), prompt_mask=torch.tensor([[True]]), response=torch.tensor([ids]),
                      mask=torch.ones(1, len(ids), dtype=torch.bool), ended=torch.tensor([True]), row=torch.tensor([0]),
                      which=torch.tensor([0]))
    FunctionScore(lambda completions: read_by.extend(completions) or [0.0], [prompt], chat)(said)
    assert read_by == [[{"role": "assistant", "content": text}]]


def test_a_dry_run_leaves_nothing_behind(asked):
    assert run(asked(dry_run=True)) is None
    assert not asked().out.exists()


def test_prompts_that_do_not_fit_leave_with_their_reason(asked):
    made = run(asked(overrides={"max_length": 31, "max_steps": 1}))
    dropped = made.dropped()
    assert set(dropped["reason"]) == {"too_long"}
    assert made.manifest.rows.kept + dropped.height == 12
    assert load(made.path).manifest.metrics["updates"] == 1


def test_a_prompt_that_its_template_does_not_write_leaves_alone(tmp_path, tokenizer):
    tokenizer.chat_template = ("{% for m in messages %}{{ raise_exception('no system') if m['role'] == 'system' else "
                               "m['content'] }}<|im_end|>{% endfor %}{% if add_generation_prompt %}>{% endif %}")
    talks = [[{"role": "user", "content": question}] for question in QUESTIONS]
    talks.append([{"role": "system", "content": "Be brief."}, *talks[0]])
    (tmp_path / "talks.jsonl").write_text("\n".join(json.dumps({"messages": talk}) for talk in talks), encoding="utf-8")
    options = load_options(PPOOptions, "ppo", "ppo-smoke", {"held_out": 0.0})
    rows = prepared(read([tmp_path / "talks.jsonl"]), read([]), ready(tokenizer), options)
    assert len(rows.prompts) == len(QUESTIONS)
    assert [(lost.reason, "no system" in lost.evidence) for lost in rows.dropped] == [("bad_format", True)]
    (tmp_path / "talks.jsonl").write_text(json.dumps({"messages": talks[-1]}), encoding="utf-8")
    with pytest.raises(ModelError, match="no system"):
        prepared(read([tmp_path / "talks.jsonl"]), read([]), ready(tokenizer), options)


@pytest.mark.parametrize(("name", "told"), [
    ("wrong", "wrong: gave 1 score for 8 responses"), ("checked", "checked: needs checks, and the prompts have no"),
    ("broken", r"broken, rewards.py line \d+: failed \(TypeError")])
def test_a_reward_function_that_does_not_work_is_named(asked, name, told):
    with pytest.raises(InputError, match=told):
        run(asked(reward_functions=[asked().reward_functions[0].replace("short", name)]))


def test_places_of_reward_functions_are_read_strictly(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0")
    (tmp_path / "fine.py").write_text("x = 1")
    for place, message in (("broken.py:f", "ZeroDivisionError"), ("fine.py:f", "holds no function 'f'"),
                           ("fine.py:x", "holds no function 'x'"), ("fine.py", "names no function")):
        with pytest.raises(InputError, match=message):
            reward_function(f"{tmp_path}/{place}")


def test_callbacks_are_told_of_every_update_and_may_end_the_run(asked):
    from transformers import TrainerCallback

    class Ending(TrainerCallback):
        told = []

        def on_log(self, args, state, control, logs=None, **_):
            self.told.append((state.global_step, logs["reward"]))

        def on_step_end(self, args, state, control, **_):
            control.should_training_stop = state.global_step == 1

    made = run(asked(callbacks=[Ending()], overrides={"report_to": "tensorboard", "max_steps": 3}))
    assert [step for step, _ in Ending.told] == [1]
    assert made.manifest.metrics["updates"] == 1
    assert made.manifest.gate is None
    assert list((made.path / "tensorboard").glob("events.*"))


@pytest.mark.parametrize("algorithm", ["grpo", "rloo", "dpo"])
def test_trls_trainers_take_the_same_prompts_and_scores(asked, reward_stage, tiny_model, algorithm):
    made = run(asked(algorithm, reward=str(reward_stage), overrides={
        "algorithm": algorithm, "max_steps": 1, "per_device_train_batch_size": 4, "num_generations": 4, "temperature": 1.0,
        "missing_eos_penalty": "none"}))
    assert weights_sha256(made.model) != weights_sha256(tiny_model)
    assert made.manifest.metrics["updates"] > 0
    assert "How it went" in (made.path / "report.html").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="no multiple"):
        run(asked("other", overrides={"algorithm": algorithm, "batch_size": 6, "num_generations": 4, "mini_batch_size": 6}))


@pytest.mark.parametrize("algorithm", ["grpo", "rloo"])
def test_a_run_whose_responses_all_score_alike_does_not_pass_for_trained(asked, algorithm):
    same = asked().reward_functions[0].replace("short", "same")
    with pytest.raises(ModelError, match="every weight of the policy as it was") as caught:
        run(asked(reward_functions=[same], overrides={
            "algorithm": algorithm, "max_steps": 1, "per_device_train_batch_size": 4, "num_generations": 4,
            "missing_eos_penalty": "none"}))
    assert "another reward" in caught.value.remedy


@pytest.mark.parametrize("algorithm", ["grpo", "rloo"])
def test_trls_rollouts_read_prompts_as_they_are_at_use_and_end_at_every_stop_token(algorithm, make_actors, tokenizer,
                                                                                   tmp_path):
    from instructwild_trainer.fit import silence_libraries
    from instructwild_trainer.trl_algorithms import _online

    tokenizer.chat_template = ("{% for tool in tools or [] %}{{ tool['function']['name'] }}{% endfor %}"
                               "{% for m in messages %}{{ m['role'] }}\n{{ m['content'] }}<|im_start|>{% endfor %}"
                               "{% if add_generation_prompt %}assistant\n{% endif %}")
    chat = ready(tokenizer)
    messages = [{"role": "user", "content": "几点涨潮？"}]
    tool = {"type": "function", "function": {"name": "tides", "description": "Times.", "parameters": {"type": "object"}}}
    ids = chat.prompt_ids(messages, [tool])
    options = load_options(PPOOptions, "ppo", "ppo-smoke", {"algorithm": algorithm, "max_steps": 1, "num_generations": 4,
                                                            "per_device_train_batch_size": 4})
    with silence_libraries():
        trainer = _online(make_actors(shared_trunk=True), lambda experience: torch.zeros(len(experience)),
                          [EncodedPrompt("0", "0", "zh", messages, ids, {})], chat, options, tmp_path)
    [read], _, _ = trainer._tokenize_prompts([trainer.train_dataset[0]["prompt"]])
    assert read == ids
    assert set(trainer.eos_token_ids) == set(chat.stop_ids) == {tokenizer.convert_tokens_to_ids("<|im_start|>"),
                                                                tokenizer.eos_token_id}

    def responses():
        made = trainer._generate_single_turn([ids] * 6, None, {}, *([4] if algorithm == "grpo" else []))
        return made[0] if algorithm == "grpo" else made

    first = responses()
    assert all(0 < len(row) <= options.response_length for row in first)
    assert all(not set(row[:-1]) & set(chat.stop_ids) for row in first)
    assert len({tuple(row) for row in first}) > 1
    torch.manual_seed(1)
    assert responses() == first     # what a resumed run draws follows from the seed and the step alone
    trainer.state.global_step = 7
    assert responses() != first
    assert trainer.model.training


def test_what_a_stage_hands_on_and_ppo_has_no_option_for_is_not_said_to_be_inherited(capsys):
    from types import SimpleNamespace

    from instructwild_trainer.ppo.config import PPOOptions
    from instructwild_trainer.ppo.plan import print_plan

    base = SimpleNamespace(manifest=SimpleNamespace(stage="sft"), inherited={"lora_dropout": 0.5, "seed": 0})
    print_plan(base, PPOOptions(seed=0), 8, 2, 4, 1)
    shown = " ".join(capsys.readouterr().err.split())
    assert "seed 0" in shown
    assert "lora_dropout" not in shown


def test_sampled_dpo_learns_from_the_tokens_that_were_sampled(asked, reward_stage, monkeypatch):
    from instructwild_trainer.dpo import trainer
    from instructwild_trainer.templates import ready

    pairs = []

    class Seen(trainer.PairTrainer):
        def __init__(self, train_dataset, **rest):
            pairs.extend(train_dataset)
            super().__init__(train_dataset=train_dataset, **rest)

    monkeypatch.setattr(trainer, "PairTrainer", Seen)
    made = run(asked("sampled", reward=str(reward_stage), overrides={
        "algorithm": "dpo", "max_steps": 1, "num_generations": 4, "temperature": 1.0, "missing_eos_penalty": "none"}))
    from transformers import AutoTokenizer

    stops = ready(AutoTokenizer.from_pretrained(made.model)).stop_ids
    answers = [ids for row in pairs for ids in (row["chosen_ids"], row["rejected_ids"])]
    longest = max(map(len, answers))
    assert any(ids[-1] not in stops for ids in answers)           # cut off at response_length
    assert all(len(ids) == longest for ids in answers if ids[-1] not in stops)


def test_a_chat_template_of_its_own_is_what_ppo_reads_and_saves(asked, tmp_path):
    template = tmp_path / "t.jinja"
    template.write_text("{% for m in messages %}{{ '<|im_start|>' + m['role'] + '~' + m['content'] + '<|im_end|>' }}"
                        "{% endfor %}"
                        "{% if add_generation_prompt %}{{ '<|im_start|>assistant~' }}{% endif %}", encoding="utf-8")
    previews = []
    assert run(asked("template", overrides={"chat_template": str(template)}, dry_run=True,
                     on_preview=previews.append)) is None
    assert all("user~" in example["text"] for example in previews[0].examples)
    previews.clear()
    run(asked("masked", overrides={"reasoning": "drop"}, dry_run=True, on_preview=previews.append))
    assert previews
