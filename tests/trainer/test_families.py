"""Small random models of real architectures: what is trained on them, and what loads elsewhere."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from instructwild.errors import ConfigError
from instructwild_trainer.config import SftOptions
from instructwild_trainer.experts import balance_arguments
from instructwild_trainer.fit import lora

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
         "max_position_embeddings": 512}
GROUPED = {**SIZES, "num_key_value_heads": 2, "head_dim": 8}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16}
WINDOW = {"sliding_window": 16}
DELTA = {"linear_num_value_heads": 4, "linear_num_key_heads": 2, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
         "layer_types": ["linear_attention", "full_attention"]}
FAMILIES = {
    "qwen3": {**GROUPED, "tie_word_embeddings": True},
    "llama": GROUPED,
    "gemma2": {**GROUPED, **WINDOW, "query_pre_attn_scalar": 8},
    "gemma3_text": {**GROUPED, **WINDOW, "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 8},
    "phi3": {**SIZES, **WINDOW, "num_key_value_heads": 2},
    "mistral": {**GROUPED, **WINDOW},
    "glm4": GROUPED,
    "granite": {**SIZES, "num_key_value_heads": 2},
    "olmo2": {**SIZES, "num_key_value_heads": 2},
    "smollm3": {**SIZES, "num_key_value_heads": 2},
    "cohere2": {**GROUPED, **WINDOW},
    "qwen3_moe": {**GROUPED, **EXPERTS, "num_experts": 4},
    "gpt_oss": {**GROUPED, **WINDOW, "num_local_experts": 4, "num_experts_per_tok": 2,
                "layer_types": ["sliding_attention", "full_attention"]},
    "deepseek_v3": {**SIZES, **EXPERTS, "num_key_value_heads": 4, "n_routed_experts": 4, "n_shared_experts": 1, "n_group": 1,
                    "topk_group": 1, "q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8,
                    "v_head_dim": 8, "first_k_dense_replace": 1},
    "qwen3_5_text": {**GROUPED, **DELTA},
    "falcon_h1": {**SIZES, "num_key_value_heads": 2, "mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8,
                  "mamba_d_state": 8, "mamba_chunk_size": 8},
    "mamba2": {"hidden_size": 32, "num_hidden_layers": 2, "num_heads": 8, "head_dim": 8, "state_size": 8, "n_groups": 1,
               "chunk_size": 8},
    "granitemoehybrid": {**SIZES, "num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2,
                         "shared_intermediate_size": 16, "layer_types": ["mamba", "attention"], "mamba_n_heads": 8,
                         "mamba_d_head": 8, "mamba_d_state": 8, "mamba_chunk_size": 8},
    "phimoe": {**SIZES, "num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2},
    "lfm2": {**SIZES, "num_key_value_heads": 2, "layer_types": ["conv", "full_attention"]},
}
WITHOUT_SCORES = ("lfm2", "falcon_h1", "mamba2", "granite", "granitemoehybrid", "cohere2")
"""Which transformers has no sequence classifier of: they are refused as reward models, in one message."""
QUESTIONS = [("What is a tide?", "The rise and fall of the sea."), ("什么是潮汐？", "海水的涨落。"),
             ("Name a knot.", "The bowline."), ("说一个绳结。", "布林结。")]


def config_of(kind: str, **others: int):
    from transformers import AutoConfig

    return AutoConfig.for_model(kind, vocab_size=1024, bos_token_id=1, eos_token_id=2, pad_token_id=0,
                                **{**FAMILIES[kind], **others})


def build(kind: str, folder: Path, tiny: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config_of(kind)).float()
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(folder)


def test_adapters_keep_off_the_layers_that_mamba_reads_past_them():
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        hybrid, plain = (AutoModelForCausalLM.from_config(config_of(kind)) for kind in ("falcon_h1", "llama"))
    assert lora(SftOptions(), hybrid, "CAUSAL_LM").exclude_modules == {"mamba.out_proj"}
    assert lora(SftOptions(), plain, "CAUSAL_LM").exclude_modules is None
    with torch.device("meta"):
        routed = AutoModelForCausalLM.from_config(config_of("phimoe"))
    assert lora(SftOptions(), routed, "CAUSAL_LM").exclude_modules == {"mlp.router"}     # a linear layer that gives a tuple
    with pytest.raises(ConfigError, match="out_proj past its adapters"):
        lora(SftOptions(lora_target_modules="in_proj,out_proj"), hybrid, "CAUSAL_LM")


def test_a_model_without_attention_has_no_cache_that_grows():
    from instructwild.llm.generation.slot_cache import column_bytes

    assert column_bytes(config_of("mamba2"), 2) == 0
    assert column_bytes(config_of("llama"), 2) == 2 * 2 * 2 * 8 * 2


def test_router_logits_that_a_trained_config_asks_for_are_left_to_training():
    from transformers import AutoModelForCausalLM

    from instructwild.llm.generation.forward import forward_of

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config_of("qwen3_moe"))
    model.config.output_router_logits = True
    forward_of(model)
    assert not model.config.output_router_logits


@pytest.mark.parametrize("kind", ["granitemoehybrid", "phimoe", "glm4_moe"])
def test_the_number_of_experts_is_read_whatever_a_config_calls_it(kind):
    from transformers import AutoConfig

    config = AutoConfig.for_model(kind)
    assert balance_arguments(SimpleNamespace(config=config)) == {}
    assert config.num_experts == config.num_local_experts > 0
    assert "num_experts" not in config.to_diff_dict()


def test_a_model_of_a_family_of_experts_that_has_none_gets_no_balance_loss():
    dense = SimpleNamespace(config=config_of("granitemoehybrid", num_local_experts=0, num_experts_per_tok=0))
    assert balance_arguments(dense) == {"router_aux_loss_coef": 0.0}
    assert balance_arguments(SimpleNamespace(config=config_of("llama"))) == {}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The following (rank|alpha)_pattern keys")     # of plain PEFT, which loads adapters below
@pytest.mark.parametrize("kind", list(FAMILIES))
def test_every_stage_runs_and_its_results_load_elsewhere(kind, tiny, tmp_path, monkeypatch):
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM
    from typer.testing import CliRunner

    from instructwild.cli import app
    from instructwild.llm.local import LocalModel
    from instructwild.llm.request import Request, Sampling

    build(kind, tmp_path / "base", tiny)
    rows, pairs = tmp_path / "rows.jsonl", tmp_path / "pairs.jsonl"
    rows.write_text("\n".join(json.dumps({"instruction": q, "output": a}) for q, a in QUESTIONS), encoding="utf-8")
    pairs.write_text("\n".join(json.dumps({"prompt": q, "chosen": a, "rejected": "?"}) for q, a in QUESTIONS),
                     encoding="utf-8")

    def run(*words: object) -> str:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code in (0, 2), (done.output, done.exception)
        return "done" if done.exit_code == 0 else done.output

    small = ["--held-out", 0.25, "--max-steps", 2, "--learning-rate", 0.01, "--warmup-steps", 0, "--max-length", 200,
             "--dtype", "float32"]     # a CPU with bfloat16 would merge in it
    sft, reward = tmp_path / "sft", tmp_path / "reward"
    assert run("train", "sft", rows, "--model", tmp_path / "base", "--out", sft, "--samples", 1, *small) == "done"
    assert run("train", "dpo", pairs, "--model", sft, "--out", tmp_path / "dpo", *small) == "done"
    if kind not in WITHOUT_SCORES:
        assert run("train", "reward", pairs, "--model", sft, "--out", reward, *small) == "done"
        assert run("train", "ppo", rows, "--model", sft, "--reward", reward, "--out", tmp_path / "ppo", "--batch-size", 2,
                   "--mini-batch-size", 2, "--num-ppo-epochs", 1, "--per-device-train-batch-size", 1, "--response-length", 6,
                   "--ptx", rows, "--ptx-batch-size", 1, "--samples", 1, *small) == "done"
    local = LocalModel(sft, dtype="float32")
    request = Request(text="What is a tide?", sampling=Sampling(max_tokens=6, temperature=0))
    ids = torch.tensor([local.encode(request)])
    alone = local.model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=6, do_sample=False,
                                 eos_token_id=sorted(local.ends))[0, ids.shape[1]:]
    kept = [token for token in alone.tolist() if token not in local.ends]
    assert local.generate([request, request])[1].text == local.tokenizer.decode(kept, skip_special_tokens=True)
    monkeypatch.chdir(tmp_path.root)
    whole, adapted, base = (loader.from_pretrained(path, dtype=torch.float32).eval()(ids).logits for loader, path in (
        (AutoModelForCausalLM, sft / "model"), (AutoPeftModelForCausalLM, sft / "model" / "adapter"),
        (AutoModelForCausalLM, tmp_path / "base")))
    assert (whole - adapted).abs().max() < 1e-4
    assert (whole - base).abs().max() > 1e-3
