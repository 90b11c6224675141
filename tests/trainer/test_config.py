"""Options: one source, typed beats file beats inherited beats default, and nothing unknown gets through."""

import dataclasses

import pytest
from typer.testing import CliRunner

from instructwild.errors import ConfigError, InputError
from instructwild_trainer import begin
from instructwild_trainer.cli import train
from instructwild_trainer.command_options import BATCHES, DATA, OPTIMIZER, parameter_of
from instructwild_trainer.config import PRESETS, DpoOptions, RewardOptions, SftOptions, load, plain
from instructwild_trainer.ppo.config import PPOOptions

KINDS = {"sft": SftOptions, "reward": RewardOptions, "dpo": DpoOptions, "ppo": PPOOptions}


def test_what_is_typed_beats_the_file_which_beats_what_is_inherited(tmp_path):
    (tmp_path / "c.yaml").write_text("max_length: 300\nlora_r: 4\n")
    options = load(SftOptions, "sft", tmp_path / "c.yaml", {"lora_r": "2", "model": None}, {"max_length": 9999, "seed": 5})
    assert (options.max_length, options.lora_r, options.seed, options.model) == (300, 2, 5, "")


def test_a_section_belongs_to_its_stage_and_beats_the_shared_keys(tmp_path):
    (tmp_path / "c.yaml").write_text("seed: 1\nsft: {seed: 2, packing: true}\nreward: {lora_r: 4}\n")
    assert load(SftOptions, "sft", tmp_path / "c.yaml").seed == 2
    rewards = load(RewardOptions, "reward", tmp_path / "c.yaml")
    assert (rewards.seed, rewards.lora_r) == (1, 4)


def test_an_unknown_key_names_the_nearest_one(tmp_path):
    (tmp_path / "c.yaml").write_text("lerning_rate: 1e-4\n")
    with pytest.raises(ConfigError, match=r"lerning_rate: unknown option(.|\n)*did you mean learning_rate\?"):
        load(SftOptions, "sft", tmp_path / "c.yaml")


@pytest.mark.parametrize("text", ["False", "false", "0", "no"])
def test_mistake_10_false_in_words_is_false(text):
    # argparse's type=bool made "False" true
    assert load(SftOptions, "sft", typed={"use_peft": text}).use_peft is False


@pytest.mark.parametrize(("key", "value", "message"), [
    ("max_length", "many", "valid integer"), ("lora_r", "0", "at least 1"), ("held_out", "0.9", "at most 0.5"),
    ("dtype", "float8", "'auto', 'float32' or 'bfloat16'"), ("use_peft", "perhaps", "boolean"),
    ("learning_rate", "-1", "at least 0")])
def test_a_value_that_cannot_be_is_refused_with_what_was_found(key, value, message):
    with pytest.raises(ConfigError, match=message) as refused:
        load(SftOptions, "sft", typed={key: value})
    assert value in str(refused.value)


def test_a_number_in_yaml_that_yaml_takes_for_text_is_a_number(tmp_path):
    (tmp_path / "c.yaml").write_text("learning_rate: 1e-4\n")
    assert load(SftOptions, "sft", tmp_path / "c.yaml").learning_rate == 1e-4


@pytest.mark.parametrize("name", [path.stem for path in sorted(PRESETS.glob("[!p]*.yaml"))])
@pytest.mark.parametrize("stage", ["sft", "reward", "dpo"])
def test_every_preset_is_understood_by_every_stage(name, stage):
    assert load(KINDS[stage], stage, name).model


def test_a_missing_config_names_the_presets():
    with pytest.raises(InputError, match=r"name a preset: .*demo.*smoke"):
        load(SftOptions, "sft", "nowhere.yaml")


@pytest.mark.parametrize("text", ["- a\n", "a: [", "sft: 3\n"])
def test_a_config_that_is_no_mapping_is_one_clear_message(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError):
        load(SftOptions, "sft", tmp_path / "c.yaml")


@pytest.mark.parametrize("stage", ["sft", "reward", "dpo", "ppo"])
def test_help_lists_every_option_once_with_its_default_under_a_panel(stage):
    shown = CliRunner().invoke(train, [stage, "--help"], env={"COLUMNS": "250"}).output
    for item in dataclasses.fields(KINDS[stage]):
        assert shown.count(f"--{item.name.replace('_', '-')} ") == 1, item.name
    assert "(default 1024)" in shown
    assert "--use-peft / --no-use-peft" in shown
    assert [shown.index(panel) for panel in (DATA, BATCHES, OPTIMIZER)] == sorted(
        shown.index(panel) for panel in (DATA, BATCHES, OPTIMIZER))


@pytest.mark.parametrize(("typed", "message"), [
    (("--max_length", "oops"), "Invalid value for '--max-length'"), (("--lora-r", "0"), "Invalid value for '--lora-r'"),
    (("--held-out", "0.9"), "Invalid value for '--held-out'"), (("--dtype", "float8"), "not one of 'auto'"),
    (("--lerning-rate", "1"), "--learning-rate"), (("--packing=maybe",), "--packing")])
def test_the_command_line_refuses_what_is_mistyped_before_anything_is_read(typed, message):
    refused = CliRunner().invoke(train, ["sft", "missing.json", "--out", "x", *typed])
    assert refused.exit_code == 2
    assert message in refused.output


@pytest.fixture
def taken(monkeypatch):
    """What `train sft` hands on of what was typed."""
    seen = {}

    def loaded(kind, stage, config, typed, inherited=None):
        seen.update(typed)
        raise ConfigError("enough")

    monkeypatch.setattr(begin, "load", loaded)

    def call(*words):
        seen.clear()
        CliRunner().invoke(train, ["sft", "rows.json", "--out", "x", *words])
        return dict(seen)
    return call


def test_options_arrive_typed_in_trls_spelling_too_and_what_is_not_typed_does_not(taken):
    assert taken("--max_length", "64", "--held-out", "0.25", "--no-use-peft", "--packing", "--dtype", "bfloat16") == {
        "max_length": 64, "held_out": 0.25, "use_peft": False, "packing": True, "dtype": "bfloat16"}


@pytest.mark.parametrize(("typed", "value"), [
    (("--packing", "true"), True), (("--packing=false",), False), (("--packing", "false"), False), (("--packing",), True),
    (("--no-packing",), False)])
def test_a_switch_followed_by_true_or_false_works_with_a_note_for_one_version(taken, capsys, typed, value):
    assert taken(*typed) == {"packing": value}


def test_a_number_or_a_word_is_either(capsys):
    [item] = [item for item in dataclasses.fields(PPOOptions) if item.name == "missing_eos_penalty"]
    parse = parameter_of(item).annotation.__metadata__[0].parser
    assert (parse("-2"), parse("none")) == (-2.0, "none")
    with pytest.raises(ValueError, match="neither"):
        parse("neither")


def test_grpo_shows_no_option_that_it_has_no_use_for():
    shown = CliRunner().invoke(train, ["grpo", "--help"], env={"COLUMNS": "250"}).output
    assert "--num-generations" in shown
    assert not any(name in shown for name in ("--ptx-coef", "--value-trunk", "--gamma", "--algorithm", "--kl-stop"))


def test_every_option_is_plain_text_in_the_manifest():
    assert set(plain(SftOptions())) == {item.name for item in dataclasses.fields(SftOptions)}
