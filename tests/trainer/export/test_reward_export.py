"""`export --format reward`: the reward model alone, with the same scores in plain transformers."""

import json
import shutil

import pytest
import torch

from instructwild import stage
from instructwild.errors import ModelError
from instructwild_trainer.adapter import load_chat, load_reward, save_adapter, source_of
from instructwild_trainer.export.plan import plan_export
from instructwild_trainer.export.stage import export
from instructwild_trainer.reward.head import reward_model
from instructwild_trainer.reward.scorer import Scorer

pytestmark = pytest.mark.filterwarnings("ignore")

TALKS = [[{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
         for question, answer in (("Which oar is longer?", "The left one."), ("哪支桨更长？", "左边的那支，长一些。"),
                                  ("Row?", "No."))]


@pytest.fixture(scope="module")
def reward(tiny_model, tmp_path_factory):
    """A reward model's adapter folder on the tiny model, its base beside it."""
    from peft import LoraConfig, get_peft_model

    root = tmp_path_factory.mktemp("reward")
    shutil.copytree(tiny_model, root / "base")
    base = source_of(root / "base")
    chat = load_chat(base)
    torch.manual_seed(3)
    model = get_peft_model(reward_model(base.folder, chat.tokenizer), LoraConfig(
        r=4, target_modules="all-linear", task_type="SEQ_CLS", modules_to_save=["score"], init_lora_weights=False))
    save_adapter(model, root / "rm", base)
    chat.tokenizer.save_pretrained(root / "rm")
    return root / "rm"


def test_plain_transformers_gives_the_same_scores_wherever_the_folder_is(reward, tmp_path, monkeypatch):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    export(str(reward), tmp_path / "out", format="reward")
    made = stage.load(tmp_path / "out")
    assert made.manifest.gate == "passed"
    assert made.manifest.metrics["largest_difference"] < 1e-4
    expected = Scorer(reward)(TALKS)
    assert Scorer(tmp_path / "out")(TALKS) == pytest.approx(expected, abs=1e-4)          # our own reader takes it too
    shutil.copytree(made.model, tmp_path / "moved")
    monkeypatch.chdir("/")
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "moved").eval()
    assert type(model.score) is torch.nn.Linear
    assert model.config.num_labels == 1
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "moved", padding_side="right")
    texts = [tokenizer.apply_chat_template(talk, tokenize=False).rstrip("\n") for talk in TALKS]
    with torch.no_grad():
        batch = model(**tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)).logits[:, 0]
    assert batch.tolist() == pytest.approx(expected, abs=1e-4)
    assert not (tmp_path / "moved" / "adapter_config.json").exists()


def test_a_reward_model_is_refused_by_the_other_formats_with_the_remedy(reward):
    for format in ("merged", "gptq"):
        with pytest.raises(ModelError, match="is a reward model") as refused:
            plan_export(str(reward), format, [], bits=4, group_size=128, samples=8, max_length=64, held_out=0.1,
                        languages=())
        assert "--format reward" in str(refused.value)


def test_a_model_without_a_score_head_is_no_reward_model(tiny_model, tmp_path):
    with pytest.raises(ModelError, match="no score head"):
        export(str(tiny_model), tmp_path / "out", format="reward")
    assert not (tmp_path / "out").exists()


def test_the_exported_folder_trains_on_as_a_reward_model_and_says_what_it_is(reward, tmp_path):
    export(str(reward), tmp_path / "out", format="reward")
    loaded, _ = load_reward(tmp_path / "out")
    assert loaded.score.weight.dtype == torch.float32
    config = json.loads((tmp_path / "out" / "model" / "config.json").read_text())
    assert config["architectures"] == ["LlamaForSequenceClassification"]
    assert config["dtype"] == "float32"
