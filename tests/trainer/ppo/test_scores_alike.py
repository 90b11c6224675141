"""An update of which all responses score alike teaches nothing: that is said once."""

from types import SimpleNamespace

import pytest
import torch

from instructwild_trainer import trl_algorithms
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.scores import EncodedPrompt


def rewards_of(scores, ids, **options):
    chat = SimpleNamespace(stop_ids=[2], tokenizer=SimpleNamespace(pad_token_id=0))
    actors = SimpleNamespace(device="cpu", set_adapter=lambda name: None)
    prompts = [EncodedPrompt("0", "0", "en", [{"role": "user", "content": "?"}], [5], {})]
    settings = PPOOptions(algorithm="grpo", **options)
    reward = trl_algorithms.judge(actors, lambda _: torch.tensor(scores), prompts, chat, settings)
    return [reward(completion_ids=ids, which=[0] * len(ids)) for _ in range(2)]


@pytest.mark.parametrize(("scores", "ids", "options", "expected", "says"), [
    ([0.5, 1.0], [[7, 7], [7, 8]], {}, [-1.0, -1.0], "none ended within response_length"),
    ([0.5, 1.0], [[7, 7], [7, 8]], {"missing_eos_penalty": "none"}, [0.5, 1.0], ""),
    ([0.5, 0.5], [[7, 2], [7, 8]], {"missing_eos_penalty": "none"}, [0.5, 0.5], "score 0.50: nothing is learned"),
    ([0.5, 1.0], [[7, 2], [8, 2]], {}, [0.5, 1.0], "")])
def test_scores_that_are_all_alike_are_told_once(monkeypatch, scores, ids, options, expected, says):
    shown = []
    monkeypatch.setattr(trl_algorithms.console, "print", shown.append)
    assert rewards_of(scores, ids, **options) == [expected] * 2
    assert len(shown) == bool(says)
    assert all(says in line for line in shown)
