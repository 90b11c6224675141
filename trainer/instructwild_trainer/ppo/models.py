"""The models of a PPO run, built from its options: policy, reference, value and reward, and what scores responses."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

from instructwild.console.terminal import console
from instructwild.errors import ModelError
from instructwild.llm.models import is_adapter
from instructwild_trainer.adapter import Source, load_policy, load_reward
from instructwild_trainer.fit import fuse_layers, lora
from instructwild_trainer.memory import as_torch, dtype_of
from instructwild_trainer.packing import attend_by_document, why_not_apart
from instructwild_trainer.ppo.actors import Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.plan import shards_of, tokens_at_once
from instructwild_trainer.ppo.scores import (
    EncodedPrompt,
    FunctionScore,
    ModelScore,
    Score,
    SeparateModelScore,
    Summed,
    reward_function,
)
from instructwild_trainer.ppo.separate import MasterWeightActors, SeparateActors
from instructwild_trainer.ppo.sharded import ShardedActors, shard_below_head
from instructwild_trainer.processes import Processes, device
from instructwild_trainer.quantized_base import quantize_base
from instructwild_trainer.templates import Chat

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


def build_models(base: Source, reward: Source | None, functions: Sequence[str], chat: Chat, prompts: Sequence[EncodedPrompt],
         options: PPOOptions, processes: Processes) -> tuple[Actors, Score]:
    """The models of the run, and what scores responses. Where all weights are trained by several processes, all are sharded.

    Raises:
        InstructwildError: a model cannot be loaded, or a function cannot be found.
    """
    import torch

    functions_as_scores = [FunctionScore(reward_function(path), prompts, chat) for path in functions]
    dtype = as_torch(dtype_of(options))
    torch.manual_seed(options.seed)
    shared_trunk = options.value_trunk == "policy" or options.algorithm != "ppo"
    shards = shards_of(options, processes.world)
    on_base = options.use_peft and reward is not None and has_same_base(reward, base)

    def loaded(dtype: "str | torch.dtype") -> "PreTrainedModel":
        return load_policy(base, dtype=dtype, trust_remote_code=options.trust_remote_code)[0]

    actors: Actors
    if shards > 1:
        actors = ShardedActors(lambda: loaded("auto"), processes, dtype, shared_trunk=shared_trunk)
    elif options.use_peft:
        model = quantize_base(loaded(dtype), options, device()).to(device())
        fuse_layers(model)
        actors = Actors(model, lora(options, model, "CAUSAL_LM"), reward.folder if reward and on_base else None,
                        shared_trunk=shared_trunk, value_from_reward=options.value_init == "reward",
                        value_layers=options.value_layers)
    else:
        model = loaded(dtype if dtype == torch.float32 else "auto").to(device())
        models = model, copy.deepcopy(model), None if shared_trunk else copy.deepcopy(model)
        actors = SeparateActors(*models) if dtype == torch.float32 else MasterWeightActors(*models, dtype)
    if actors.device.type == "cuda":
        actors.read_flat()
    size, tokens = options.per_device_train_batch_size, tokens_at_once(options, actors)
    scores: list[Score] = [*functions_as_scores]
    if reward and on_base:
        scores.append(ModelScore(actors, size, tokens))
    elif reward:
        console.print(f"{reward.label} is held beside the policy, with a base of its own", highlight=False)
        reward_model, its_tokenizer = load_reward(reward, dtype=dtype, trust_remote_code=options.trust_remote_code)
        if its_tokenizer.get_vocab() != chat.tokenizer.get_vocab():
            raise ModelError("has another vocabulary than the policy", where=reward.label,
                             remedy="train a reward model on the stage that --model names")
        if options.use_peft:
            reward_model = quantize_base(reward_model, options, device())
        placed = shard_below_head(reward_model, dtype) if shards > 1 else reward_model.to(actors.device)
        flat = actors.flat and attend_by_document(placed) and not why_not_apart(placed)
        scores.append(SeparateModelScore(placed, size, tokens, flat))
    return actors, scores[0] if len(scores) == 1 else Summed(scores)


def has_same_base(reward: Source, base: Source) -> bool:
    """Whether the reward model is an adapter on the very weights that the policy starts from."""
    from instructwild_trainer.adapter import base_of, weights_sha256

    return is_adapter(reward.folder) and weights_sha256(base_of(reward.folder)) == base.sha256
