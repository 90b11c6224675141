"""A checkpoint as a model folder: of SFT, of PPO in parts; and a model measured while its weights stay on the host."""

import shutil

import pytest
import torch

from instructwild.errors import InputError, ModelError, OutputError
from instructwild_trainer.adapter import load_chat, load_policy, source_of
from instructwild_trainer.join import join_checkpoint
from instructwild_trainer.placement import streamed


def named(folder):
    return dict(load_policy(folder, dtype="float32")[0].named_parameters())


@pytest.fixture
def cut(tiny, tmp_path):
    """A PPO checkpoint of all weights in two parts, each weight raised by one, and its moments."""
    import json

    from safetensors.torch import save_file

    folder = tmp_path / "run" / ".work" / "checkpoints" / "update-000007"
    folder.mkdir(parents=True)
    parts = [{}, {}]
    for name, weight in named(tiny).items():
        rows = -(-len(weight) // 2)
        for part, held in zip(parts, (weight[:rows] + 1, weight[rows:] + 1), strict=True):
            part[f"weight/{name}"], part[f"exp_avg/{name}"] = held.detach().clone(), held.detach() * 0.5
            part[f"weight/value.{name}"] = held.detach().clone() * 0
    for number, part in enumerate(parts):
        save_file(part, folder / f"state-0000{number + 1}-of-00002.safetensors")
    (folder / "state.json").write_text(json.dumps({"update": 7, "parts": 2}))
    return folder


def test_a_checkpoint_in_two_parts_becomes_a_model_that_loads(cut, tiny, tmp_path):
    out = join_checkpoint(tmp_path / "run", tiny, tmp_path / "model")
    before = named(tiny)
    for name, weight in named(out).items():
        assert torch.equal(weight, before[name] + 1)
    with pytest.raises(OutputError, match="exists"):
        join_checkpoint(cut, tiny, out)


def test_a_checkpoint_of_sft_is_joined_too(tiny, tmp_path):
    model, _ = load_policy(tiny, dtype="float32")
    model.get_input_embeddings().weight.data.add_(1)
    model.save_pretrained(tmp_path / "checkpoint-3")
    out = join_checkpoint(tmp_path / "checkpoint-3", tiny, tmp_path / "model")
    assert torch.equal(named(out)["model.embed_tokens.weight"], named(tiny)["model.embed_tokens.weight"] + 1)


def test_the_template_that_was_trained_with_is_kept(cut, tiny, tmp_path):
    template = tmp_path / "own.jinja"
    template.write_text("{% for message in messages %}<{{ message.role }}>{{ message.content }}{{ eos_token }}{% endfor %}"
                        "{% if add_generation_prompt %}<assistant>{% endif %}")
    text = template.read_text()
    given = join_checkpoint(cut, tiny, tmp_path / "given", template=str(template))
    assert load_chat(source_of(given)).tokenizer.chat_template == text
    model, _ = load_policy(tiny, dtype="float32")
    for folder in (tmp_path / "checkpoint-3", tmp_path / "checkpoint-4"):
        model.save_pretrained(folder)
    load_chat(source_of(tiny), template).tokenizer.save_pretrained(tmp_path / "checkpoint-4")
    kept = join_checkpoint(tmp_path / "checkpoint-4", tiny, tmp_path / "kept")
    assert load_chat(source_of(kept)).tokenizer.chat_template == text
    without = join_checkpoint(tmp_path / "checkpoint-3", tiny, tmp_path / "without")
    assert load_chat(source_of(without)).tokenizer.chat_template != text


def test_what_is_no_checkpoint_or_of_another_model_is_refused(cut, tiny, tmp_path):
    with pytest.raises(InputError, match="no checkpoint"):
        join_checkpoint(tmp_path, tiny, tmp_path / "model")
    for file in cut.glob("*.safetensors"):
        from safetensors.torch import load_file, save_file

        save_file({key: value for key, value in load_file(file).items() if "norm" not in key}, file)
    with pytest.raises(ModelError, match="holds no weights of"):
        join_checkpoint(cut, tiny, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    shutil.rmtree(cut)


def test_weights_stay_on_the_host_while_a_model_is_measured_and_are_there_afterwards(tiny):
    model, _ = load_policy(tiny, dtype="float32")
    ids = torch.tensor([[5, 9, 301, 44]])
    with torch.no_grad():
        logits = model(input_ids=ids).logits
        before = {name: p.clone() for name, p in model.named_parameters()}
        with streamed(model, "cpu"):
            assert all(p.device.type == "meta" for name, p in model.named_parameters() if "layers" in name)
            assert torch.equal(model(input_ids=ids).logits, logits)
        for name, p in model.named_parameters():
            assert torch.equal(p, before[name])
        assert torch.equal(model(input_ids=ids).logits, logits)
