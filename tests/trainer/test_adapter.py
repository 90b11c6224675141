"""A model saved by one stage is the same model in the next, on this machine or on another."""

import json
import shutil

import pytest
import torch

from instructwild.errors import ModelError
from instructwild_trainer.adapter import (
    BASE,
    base_of,
    load_chat,
    load_policy,
    load_reward,
    merge,
    save_adapter,
    save_policy,
    source_of,
)
from instructwild_trainer.reward.head import reward_model

IDS = torch.tensor([[5, 9, 301, 44, 7]])


@pytest.fixture
def base(tiny, tmp_path):
    """The tiny model in a folder of its own, so that a test may move or change it."""
    shutil.copytree(tiny, tmp_path / "base")
    return source_of(tmp_path / "base")


def with_adapter(model, task="CAUSAL_LM", **options):
    """A model under LoRA whose adapters are no longer zero."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    model = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type=task, **options))
    for name, weights in model.named_parameters():
        if "lora_B" in name:
            weights.data.normal_(std=0.5)
    return model.eval()


@torch.no_grad()
def logits(model):
    return model.eval()(IDS).logits


def test_merged_equals_adapter_logits_and_the_adapter_is_kept(base, tmp_path):
    model = with_adapter(load_policy(base)[0])
    expected = logits(model)
    assert not torch.allclose(expected, logits(load_policy(base)[0]))
    save_policy(model, load_chat(base), tmp_path / "out", base)
    assert torch.allclose(logits(load_policy(tmp_path / "out")[0]), expected, atol=1e-5)
    assert torch.allclose(logits(load_policy(tmp_path / "out" / "adapter")[0]), expected, atol=1e-5)


def test_a_saved_policy_stops_where_its_template_ends_answers(base, tmp_path):
    save_policy(load_policy(base)[0], load_chat(base), tmp_path / "out", base)
    saved = json.loads((tmp_path / "out" / "generation_config.json").read_text())
    assert saved["eos_token_id"] == [2]
    assert saved["pad_token_id"] == 0


def test_only_safetensors_are_written(base, tmp_path):
    save_policy(with_adapter(load_policy(base)[0]), load_chat(base), tmp_path / "out", base)
    assert {p.suffix for p in (tmp_path / "out").rglob("*") if p.is_file()} <= {".json", ".safetensors", ".jinja"}


def reward_adapter(base, folder):
    chat = load_chat(base)
    model = with_adapter(reward_model(base.folder, chat.tokenizer), "SEQ_CLS", modules_to_save=["score"])
    save_adapter(model, folder, base)
    chat.tokenizer.save_pretrained(folder)
    return model


def test_the_reward_head_is_saved_and_reloaded_under_lora(base, tmp_path):
    model = reward_adapter(base, tmp_path / "rm")
    loaded, _ = load_reward(tmp_path / "rm")
    assert torch.equal(logits(loaded), logits(model))
    assert logits(loaded).dtype == torch.float32


def test_a_reward_adapter_without_its_head_is_refused(base, tmp_path):
    from safetensors.torch import load_file, save_file

    reward_adapter(base, tmp_path / "rm")
    weights = tmp_path / "rm" / "adapter_model.safetensors"
    save_file({key: value for key, value in load_file(weights).items() if "score" not in key}, weights)
    with pytest.raises(ModelError, match="no score head"):
        load_reward(tmp_path / "rm")


def test_a_fully_trained_reward_model_keeps_its_head_as_well(base, tmp_path):
    from instructwild_trainer.reward.command import save

    chat = load_chat(base)
    model = reward_model(base.folder, chat.tokenizer, dtype="float32")
    save(model, chat, tmp_path / "rm", base, tmp_path / "rm")
    assert torch.equal(logits(load_reward(tmp_path / "rm")[0]), logits(model))


def test_lora_reaches_every_layer_of_the_reward_model(base, tmp_path):
    # ColossalAI #3004: the adapters of the reward model were never put on
    model = reward_adapter(base, tmp_path / "rm")
    trained = {name.split(".lora_")[0] for name, weights in model.named_parameters() if weights.requires_grad}
    assert sum("layers" in name for name in trained) == 2 * 7
    assert any("score" in name for name in trained)


def test_base_and_adapter_that_move_together_find_each_other(base, tmp_path):
    reward_adapter(base, tmp_path / "rm")
    expected = logits(load_reward(tmp_path / "rm")[0])
    (tmp_path / "elsewhere").mkdir()
    for name in ("base", "rm"):
        shutil.move(tmp_path / name, tmp_path / "elsewhere" / name)
    assert torch.equal(logits(load_reward(tmp_path / "elsewhere" / "rm")[0]), expected)
    assert str(tmp_path) not in (tmp_path / "elsewhere" / "rm" / BASE).read_text()


@pytest.mark.parametrize("name", ["tiny", "base"])
def test_peft_loads_an_adapter_from_any_working_folder_and_after_it_was_moved(base, tmp_path, monkeypatch, name):
    """PEFT reads a relative path from the working folder; docs/decisions/0029."""
    from peft import AutoPeftModelForCausalLM

    source = base if name == "base" else source_of("tiny")
    model = with_adapter(load_policy(source)[0])
    expected = logits(model)
    save_policy(model, load_chat(source), tmp_path / "out", source)
    shutil.move(tmp_path / "out", tmp_path / "moved")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    loaded = AutoPeftModelForCausalLM.from_pretrained(tmp_path / "moved" / "adapter")
    assert torch.allclose(logits(loaded), expected, atol=1e-5)


def test_a_policy_loads_in_plain_transformers_with_the_same_logits(base, tmp_path, monkeypatch):
    from transformers import AutoModelForCausalLM

    model = with_adapter(load_policy(base)[0])
    expected = logits(model)
    save_policy(model, load_chat(base), tmp_path / "out", base)
    monkeypatch.chdir("/")
    assert torch.allclose(logits(AutoModelForCausalLM.from_pretrained(tmp_path / "out")), expected, atol=1e-5)


def test_an_adapter_on_a_named_model_finds_it_by_name(tiny, tmp_path):
    reward_adapter(source_of("tiny"), tmp_path / "rm")
    noted = json.loads((tmp_path / "rm" / BASE).read_text())
    assert noted["name"] == "tiny"
    assert noted["path"] is None
    assert base_of(tmp_path / "rm") == tiny


def test_an_adapter_of_another_model_is_refused(base, tmp_path):
    from instructwild.llm.tiny import write_tiny

    reward_adapter(base, tmp_path / "rm")
    write_tiny(base.folder, seed=7)
    with pytest.raises(ModelError, match="the weights differ"):
        load_reward(tmp_path / "rm")


def test_a_lost_base_is_one_clear_message(base, tmp_path):
    reward_adapter(base, tmp_path / "rm")
    shutil.rmtree(base.folder)
    with pytest.raises(ModelError, match="is an adapter on 'base'"):
        load_reward(tmp_path / "rm")


def test_adapters_are_never_merged_into_quantized_weights(base):
    model = with_adapter(load_policy(base)[0])
    model.config.quantization_config = {"bits": 4}
    with pytest.raises(ModelError, match="quantized"):
        merge(model)


@pytest.mark.parametrize("pads", [(0, 0), (0, 3), (3, 0)], ids=["none", "right", "left"])
@pytest.mark.parametrize("neighbour", [False, True])
def test_the_score_is_that_of_the_last_real_token_whatever_the_padding(base, pads, neighbour):
    # averaged over padding in Coati, read after EOS in TRL #3750
    chat = load_chat(base)
    model = reward_model(base.folder, chat.tokenizer).eval()
    with torch.no_grad():
        alone = model(IDS, attention_mask=torch.ones_like(IDS)).logits[0]
        ids = torch.nn.functional.pad(IDS, pads, value=chat.tokenizer.pad_token_id)
        mask = torch.nn.functional.pad(torch.ones_like(IDS), pads)
        if neighbour:
            ids, mask = torch.cat([ids, ids + 1]), torch.cat([mask, torch.ones_like(mask)])
        assert torch.allclose(model(ids, attention_mask=mask).logits[0], alone, atol=1e-5)
        hidden = model.model(IDS).last_hidden_state
        assert torch.allclose(hidden[0, -1].float() @ model.score.weight[0], alone[0], atol=1e-5)


def test_scores_of_a_bf16_model_are_told_apart_in_fp32(base):
    model = reward_model(base.folder, load_chat(base).tokenizer, dtype="bfloat16")
    assert model.score.weight.dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert logits(model).dtype == torch.float32


def test_a_model_padded_with_its_end_token_cannot_be_scored(base):
    tokenizer = load_chat(base).tokenizer
    tokenizer.pad_token = tokenizer.eos_token
    with pytest.raises(ModelError, match="padding token is its end token"):
        reward_model(base.folder, tokenizer)
