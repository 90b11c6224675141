"""GGUF files: what is in them, what reads them back, and the burns that others had."""

import json
import shutil

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from instructwild.cli import app
from instructwild.errors import ConfigError, ModelError
from instructwild.llm.gguf_keys import keys_of, open_gguf
from instructwild_trainer.adapter import load_chat, source_of
from instructwild_trainer.export.gguf import packing, readback
from instructwild_trainer.export.gguf import stage as gguf_stage
from instructwild_trainer.export.gguf import writer as writer_module
from instructwild_trainer.export.gguf.architecture import architecture_of, pairs_from_halves
from instructwild_trainer.export.gguf.mixture import MIXTURES, mixture_of, outer_and_every_third, type_of
from instructwild_trainer.export.gguf.modelfile import go_template, modelfile
from instructwild_trainer.export.gguf.packing import pack, packer_name
from instructwild_trainer.export.gguf.readback import measure
from instructwild_trainer.export.gguf.stage import GgufExport, lineage
from instructwild_trainer.export.gguf.vocabulary import vocabulary_of
from instructwild_trainer.export.gguf.writer import adds_bos, check_writable, write

STOP = "<|im_end|>"


def written(folder, out, quant="f16", **changes):
    chat = load_chat(str(folder))
    plan = {"model": str(folder), "out": str(out), "quant": quant, "name": "m", "stops": list(chat.stop_ids),
            "importance": None, "lineage": lineage(source_of(folder), ()), **changes}
    made = write(plan, lambda _: None)
    return out, made


def measured(folder, file, **changes):
    chat = load_chat(str(folder))
    held = {"en": [chat.prompt_ids([{"role": "user", "content": "Why is the sky blue?"}])]}
    return measure({"source": str(folder), "file": str(file), "held": held, "stops": list(chat.stop_ids),
                    "questions": ["What?"], **changes}, lambda _: None)


@pytest.fixture(scope="session")
def file(tiny, tmp_path_factory):
    return written(tiny, tmp_path_factory.mktemp("gguf") / "tiny.gguf")[0]


@pytest.fixture
def copied(tiny, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    return folder


def test_a_file_computes_what_its_source_computes_and_says_the_same(tiny, file):
    found = measured(tiny, file)
    assert found["failures"] == []
    assert found["divergence"]["p99"] < 1e-3
    assert found["probe"]["losses"]["as it is"]["en"][0] == pytest.approx(found["source"]["losses"]["en"][0], abs=0.01)
    assert found["probe"]["likeliest"] == found["source"]["likeliest"]
    assert found["beginnings"] == {"en": [1, 1]}
    assert "<|im_start|>assistant" in found["probe"]["rendered"]
    assert found["probe"]["stops"] == list(load_chat(str(tiny)).stop_ids)


def test_an_export_that_was_interrupted_while_it_was_measured_goes_on_with_its_file(tiny, tmp_path, monkeypatch):
    def once(plan, scratch, label, total, **_):
        done = scratch / "done"
        return json.loads(done.read_text()) if done.exists() else (
            scratch.mkdir(parents=True, exist_ok=True), done.write_text(json.dumps(write(plan, lambda _: None))),
            json.loads(done.read_text()))[-1]

    monkeypatch.setattr(writer_module, "in_child", lambda _, plan, scratch, **words: once(plan, scratch, **words))
    work = GgufExport(source_of(tiny), tiny, load_chat(str(tiny)), "f16")
    for _ in range(2):
        folder = tmp_path / "temporary"
        gguf_stage.write(work, folder, tmp_path / "scratch")
        assert (folder / work.file).stat().st_size > 1000
        shutil.rmtree(folder)


def test_the_file_says_where_it_comes_from(tiny, file):
    keys = keys_of(open_gguf(file))
    assert keys["instructwild.source.sha256"] == source_of(tiny).sha256
    assert keys["general.architecture"] == "llama"
    assert keys["tokenizer.ggml.pre"] == "gpt-2"


def test_trace_reads_a_file(tiny, file, tmp_path):
    shown = CliRunner().invoke(app, ["trace", str(file), "--root", str(tmp_path), "--json"])
    assert json.loads(shown.output)["made_from"][0]["model"] == source_of(tiny).sha256


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"GGUF\x03\x00\x00\x00 cut off"])
def test_a_gguf_that_is_none_is_told_in_one_message(tmp_path, content):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(content)
    with pytest.raises(ModelError, match="GGUF"):
        open_gguf(bad)


def test_places_are_compared_in_parts_as_they_are_at_once(monkeypatch):
    logits = torch.randn(2, 7, 11, generator=torch.Generator().manual_seed(0))
    whole, away = readback._compared(*logits, range(7))
    logs = logits.log_softmax(-1)
    assert away == pytest.approx(torch.nn.functional.kl_div(logs[1], logs[0], log_target=True, reduction="none").sum(-1))
    assert whole[1][1] == logits[1].argmax(-1).tolist()
    assert whole[0][0][3] == pytest.approx(-float(logs[0, 3, 3]), abs=1e-5)
    monkeypatch.setattr(readback, "PLACES", 3)
    parts, again = readback._compared(*logits, range(7))
    assert parts == whole
    assert again == pytest.approx(away)


# The burns.

def test_a_lost_template_is_seen(copied, tmp_path, monkeypatch):
    import gguf

    monkeypatch.setattr(gguf.GGUFWriter, "add_chat_template", lambda *_: None)
    path, _ = written(copied, tmp_path / "m.gguf")
    assert measured(copied, path)["probe"]["rendered"] is None


def test_named_templates_are_all_kept(copied, tmp_path):
    tokenizer = load_chat(str(copied)).tokenizer
    plain = tokenizer.chat_template
    tokenizer.chat_template = {"default": plain, "tool_use": "{{ tools[0] }}" + plain}
    tokenizer.save_pretrained(copied)
    path, _ = written(copied, tmp_path / "m.gguf")
    keys = keys_of(open_gguf(path))
    assert keys["tokenizer.chat_template"] == plain
    assert keys["tokenizer.chat_template.tool_use"].startswith("{{ tools[0] }}")
    assert readback.rendered(keys, load_chat(str(copied)).tokenizer).endswith("<|im_start|>assistant\n")


def test_an_end_token_that_never_stops_is_seen(copied, tmp_path):
    path, _ = written(copied, tmp_path / "m.gguf", stops=[])
    other = load_chat(str(copied)).tokenizer.convert_tokens_to_ids("<|im_start|>")
    assert measured(copied, path, stops=[2, other])["probe"]["stops"] != sorted([2, other])


def bos_model(folder):
    """The tiny model with a tokenizer that puts BOS before a text, and a template that writes it too."""
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    start = tokenizer.bos_token
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{start} $A", special_tokens=[(start, tokenizer.bos_token_id)])
    tokenizer.chat_template = "{{ bos_token }}" + tokenizer.chat_template
    tokenizer.save_pretrained(folder)
    return tokenizer


def test_bos_is_written_once(copied, tmp_path, monkeypatch):
    tokenizer = bos_model(copied)
    assert tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id
    assert not adds_bos(tokenizer)
    path, _ = written(copied, tmp_path / "m.gguf")
    assert not keys_of(open_gguf(path))["tokenizer.ggml.add_bos_token"]
    assert measured(copied, path)["failures"] == []
    monkeypatch.setattr("instructwild_trainer.export.gguf.writer.adds_bos", lambda _: True)
    path, _ = written(copied, tmp_path / "doubled.gguf")
    assert any("twice" in failure for failure in measured(copied, path)["failures"])


def test_a_head_of_its_own_is_kept_and_one_that_was_merged_is_seen(copied, tmp_path, monkeypatch):
    from transformers import AutoModelForCausalLM

    from instructwild_trainer.export.gguf import architecture, writer

    model = AutoModelForCausalLM.from_pretrained(copied, dtype=torch.float32)
    tied = model.config.tie_word_embeddings
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    model.save_pretrained(copied)
    path, _ = written(copied, tmp_path / "m.gguf")
    assert "output.weight" in {tensor.name for tensor in open_gguf(path).tensors}
    found = measured(copied, path)
    assert found["failures"] == []
    assert found["divergence"]["p99"] < 1e-3, tied
    whole = architecture.tensors_of
    monkeypatch.setattr(writer, "tensors_of", lambda m: (t for t in whole(m) if t.name != "output.weight"))
    path, _ = written(copied, tmp_path / "merged.gguf")
    assert any("output.weight" in failure for failure in measured(copied, path)["failures"])


# Types, packing, order.

def test_types_follow_the_mixture_and_fall_back_on_odd_widths():
    mixture = mixture_of("Q4_K_M")
    assert type_of("blk.0.attn_v.weight", (64, 256), mixture, 8, tied=True) == "Q6_K"
    assert type_of("blk.0.attn_q.weight", (64, 256), mixture, 8, tied=True) == "Q4_K"
    assert type_of("blk.0.attn_q.weight", (64, 96), mixture, 8, tied=True) == "Q5_0"
    assert type_of("blk.0.attn_q.weight", (64, 40), mixture, 8, tied=True) == "F16"
    assert type_of("token_embd.weight", (64, 256), mixture, 8, tied=True) == "Q6_K"
    assert type_of("token_embd.weight", (64, 256), mixture, 8, tied=False) == "Q4_K"
    assert type_of("blk.0.attn_norm.weight", (256,), mixture, 8, tied=True) == "F32"
    assert [layer for layer in range(16) if outer_and_every_third(layer, 16)] == [0, 1, 4, 7, 10, 13, 14, 15]


def test_a_quantization_that_does_not_exist_names_those_that_do():
    with pytest.raises(ConfigError, match="q9") as raised:
        mixture_of("q9")
    assert all(name in raised.value.remedy for name in MIXTURES)


def test_a_missing_library_is_one_message(monkeypatch):
    monkeypatch.setattr(packing, "find_spec", lambda _: None)
    assert packer_name({"F32", "Q4_0"}) == "gguf"
    with pytest.raises(ModelError, match="Q4_K") as raised:
        packer_name({"F32", "Q4_K"})
    assert "pip install" in raised.value.remedy


@pytest.mark.parametrize("kind", ["Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"])
def test_packed_weights_come_back_near(kind):
    import gguf

    weight = np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32)
    back = gguf.dequantize(pack(weight, kind, "gguf"), gguf.GGMLQuantizationType[kind])
    assert np.sqrt(np.mean((back - weight) ** 2)) < 0.15


@pytest.mark.parametrize("kind", ["Q2_K", "Q4_K", "Q5_0"])
def test_importance_moves_errors_off_the_columns_that_matter(kind):
    pytest.importorskip("llama_cpp")
    import gguf

    rng = np.random.default_rng(0)
    weight = rng.normal(size=(32, 256)).astype(np.float32)
    columns = np.where(np.arange(256) % 8 == 0, 100.0, 0.01).astype(np.float32)
    errors = []
    for importance in (None, columns):
        back = gguf.dequantize(pack(weight, kind, "llama.cpp", importance), gguf.GGMLQuantizationType[kind])
        errors.append(float((columns * (back - weight) ** 2).mean()))
    assert errors[1] < errors[0]


def test_halves_become_pairs():
    weight = torch.arange(24.0).reshape(8, 3)
    assert pairs_from_halves(weight, 2)[:, 0].tolist() == [0.0, 6.0, 3.0, 9.0, 12.0, 18.0, 15.0, 21.0]


def test_an_architecture_or_a_tokenizer_that_cannot_be_written_is_refused(tokenizer):
    from transformers import GPT2Config

    with pytest.raises(ModelError, match="gpt2"):
        architecture_of(GPT2Config())
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    with pytest.raises(ModelError, match="Whitespace"):
        vocabulary_of(tokenizer, 2000)


def test_quantizing_is_checked_before_any_work(tiny):
    assert check_writable(tiny, "q8_0") == "gguf"


# The Modelfile.

def test_a_modelfile_writes_the_conversations_that_the_template_writes(tiny):
    chat = load_chat(str(tiny))
    template = go_template(chat)
    messages = [{"role": "system", "content": "短一点"}, {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "你好"}, {"role": "user", "content": "?"}]
    assert template.render(messages) == chat.prompt_text(messages)
    text = modelfile(chat, "m.gguf", {"temperature": 0.7, "repetition_penalty": 1.1})
    assert text.startswith("FROM ./m.gguf\n")
    assert f'PARAMETER stop "{STOP}"' in text
    assert "PARAMETER temperature 0.7" in text
    assert "PARAMETER repeat_penalty 1.1" in text


def test_a_template_that_go_cannot_say_is_left_out_with_a_word(tiny):
    chat = load_chat(str(tiny))
    chat.tokenizer.chat_template = (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content | upper + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
    assert "TEMPLATE" not in modelfile(load_chat_of(chat), "m.gguf", {})


def load_chat_of(chat):
    from instructwild_trainer.templates import ready

    return ready(chat.tokenizer)
