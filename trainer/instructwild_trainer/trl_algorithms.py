"""GRPO, RLOO and DPO with TRL's own trainers, on the same prompts and scores as PPO."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from instructwild.console.terminal import console
from instructwild.errors import ConfigError
from instructwild.text.quantity import quantity
from instructwild_trainer.experts import balance_arguments
from instructwild_trainer.fit import CHECKPOINTS, train
from instructwild_trainer.ppo.actors import POLICY, Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.experience import Experience
from instructwild_trainer.ppo.plan import steps_per_update, updates_of
from instructwild_trainer.ppo.rewards import penalised
from instructwild_trainer.ppo.rollout import generate, left_padded, seeded
from instructwild_trainer.ppo.scores import EncodedPrompt, Score
from instructwild_trainer.templates import Chat

if TYPE_CHECKING:
    from instructwild.stage import Run


def train_with_trl(actors: Actors, score: Score, prompts: Sequence[EncodedPrompt], chat: Chat, options: PPOOptions,
                   work: "Run", callbacks: Sequence[Any] = ()) -> list[dict[str, float]]:
    """Train the policy adapter in place; what TRL logged.

    PPO's words keep their meaning: batch_size responses are sampled at a time, mini_batch_size of them make an optimiser
    step, num_ppo_epochs is the number of passes over them, kl_coef is β. DPO samples num_generations responses once, to as
    many prompts as it has steps for, and learns the best against the worst.

    Args:
        actors: the models; without a value adapter.
        score: judges responses.
        prompts: what to answer.
        chat: the tokenizer.
        options: of the run.
        work: the stage; TRL keeps its checkpoints there, to go on from.
        callbacks: transformers' callbacks.

    Raises:
        ConfigError: batch sizes that do not divide as TRL needs them, or all responses score alike.
    """
    checked(options)
    actors.set_adapter(POLICY)
    make = _dpo if options.algorithm == "dpo" else _online
    trainer = make(actors, score, prompts, chat, options, work.scratch / CHECKPOINTS)
    for callback in callbacks:
        trainer.add_callback(callback)
    return train(trainer, work, options.algorithm)


def checked(o: PPOOptions) -> None:
    """Refuse arithmetic that TRL would refuse later.

    Raises:
        ConfigError: it does not divide.
    """
    for larger, smaller in (("batch_size", "mini_batch_size"), ("mini_batch_size", "per_device_train_batch_size"),
                            ("batch_size", "num_generations")):
        if getattr(o, larger) % getattr(o, smaller):
            raise ConfigError(f"{larger} {getattr(o, larger)} is no multiple of {smaller} {getattr(o, smaller)}",
                              where=f"--algorithm {o.algorithm}", remedy="change one of them")
    if not o.use_peft:
        raise ConfigError("trains adapters only", where=f"--algorithm {o.algorithm}", remedy="leave use_peft true")


def judge(actors: Actors, score: Score, prompts: Sequence[EncodedPrompt], chat: Chat,
          o: PPOOptions) -> Callable[..., list[float]]:
    """The score as a reward function of TRL's; the column `which` says what prompt each completion answers."""
    stops, pad = set(chat.stop_ids), chat.tokenizer.pad_token_id
    warned = False

    def reward(completion_ids: Sequence[Sequence[int]], which: Sequence[int], **_: Any) -> list[float]:
        ids, mask = left_padded([prompts[i].ids for i in which], pad, actors.device)
        responses, mask_of_responses = left_padded([list(reversed(item)) for item in completion_ids], pad, actors.device)
        ended = torch.tensor([bool(item) and item[-1] in stops for item in completion_ids], device=actors.device)
        rows = torch.arange(len(which), device=actors.device)
        result = score(Experience(prompt=ids, prompt_mask=mask, response=responses.flip(1), mask=mask_of_responses.flip(1),
                                  ended=ended, row=rows, which=torch.tensor(list(which), device=actors.device)))
        actors.set_adapter(POLICY)
        penalty = None if o.missing_eos_penalty == "none" else o.missing_eos_penalty
        clipped = result.clamp(-o.score_clip, o.score_clip) if o.score_clip else result
        rewards = [float(value) for value in penalised(clipped, ended, penalty)]
        nonlocal warned
        if not warned and len(rewards) > 1 and len(set(rewards)) == 1 and o.algorithm != "dpo":
            warned = True
            none_ended = "" if ended.any() else (f"; none ended within response_length {o.response_length}: raise it, or "
                                                 "give missing_eos_penalty none")
            console.print(f"[yellow]all {quantity(len(rewards), 'response')} of an update score {rewards[0]:.2f}: "
                          f"nothing is learned from them{none_ended}")
        return rewards
    return reward


def sample_tokens(actors: Actors, chat: Chat, o: PPOOptions, prompts: Sequence[Sequence[int]], seed: int) -> list[list[int]]:
    """The tokens of a response of the policy to each prompt, up to and including the first stop token."""
    made = generate(actors, POLICY, prompts, range(len(prompts)), length=o.response_length, stop_ids=chat.stop_ids,
                    pad=chat.tokenizer.pad_token_id, temperature=o.temperature, seed=seed,
                    batch_size=o.rollout_batch_size, record=False)
    return [tokens[on].tolist() for tokens, on in zip(made.response, made.mask, strict=True)]


def _arguments(o: PPOOptions, actors: Actors, folder: Path, steps: int) -> dict[str, Any]:
    gpu = torch.cuda.is_available()
    return {"output_dir": str(folder), "per_device_train_batch_size": o.per_device_train_batch_size,
            "gradient_accumulation_steps": o.mini_batch_size // o.per_device_train_batch_size, "max_steps": steps,
            "learning_rate": o.learning_rate, "lr_scheduler_type": o.lr_scheduler_type, "warmup_steps": o.warmup_steps,
            "weight_decay": o.weight_decay, "adam_epsilon": o.adam_epsilon, "max_grad_norm": o.max_grad_norm,
            "beta": o.kl_coef, "seed": o.seed,
            "report_to": [], "use_cpu": not gpu, "bf16": False, "logging_steps": 1, "disable_tqdm": True,
            "save_steps": o.save_steps * steps_per_update(o), "save_total_limit": 2, "dataloader_pin_memory": gpu,
            "gradient_checkpointing": o.gradient_checkpointing, **balance_arguments(actors.peft)}


def _online(actors: Actors, score: Score, prompts: Sequence[EncodedPrompt], chat: Chat, o: PPOOptions, folder: Path) -> Any:
    """GRPO or RLOO. A row's `prompt` is its number: TRL would render messages into other tokens than those at use."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

    kinds: dict[str, tuple[Any, Any]] = {"grpo": (GRPOConfig, GRPOTrainer), "rloo": (RLOOConfig, RLOOTrainer)}
    config, kind = kinds[o.algorithm]

    class OnPromptIds(kind):     # type: ignore[misc, valid-type]  # chosen by the algorithm
        """The trainer on prompts that are token ids already."""

        def _tokenize_prompts(self, numbers: Sequence[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
            return [list(prompts[int(number)].ids) for number in numbers], None, {}

        def _generate_single_turn(self, prompt_ids: Sequence[Sequence[int]], *_: Any) -> Any:
            """By our own decoder: TRL's way computes logits of whole prompts, and draws from random numbers with a state."""
            actors.peft.eval()     # no dropout, and no activations computed twice
            ids = sample_tokens(actors, chat, o, prompt_ids, seeded(o.seed, "rollout", self.state.global_step))
            actors.peft.train()
            return ids if o.algorithm == "rloo" else (ids, None)     # GRPO's trainer may be given log-probabilities

    actors.peft.generation_config.eos_token_id = list(chat.stop_ids)     # a response without one of these counts as cut off
    steps = updates_of(o, len(prompts)) * steps_per_update(o)
    arguments = config(**_arguments(o, actors, folder, steps), num_generations=o.num_generations,
                       generation_batch_size=o.batch_size,
                       max_completion_length=o.response_length, temperature=o.temperature, num_iterations=o.num_ppo_epochs,
                       epsilon=o.cliprange)
    rows = Dataset.from_list([{"prompt": str(i), "which": i} for i in range(len(prompts))])
    return OnPromptIds(model=actors.peft, reward_funcs=judge(actors, score, prompts, chat, o), args=arguments,
                       train_dataset=rows, processing_class=chat.tokenizer)


def _dpo(actors: Actors, score: Score, prompts: Sequence[EncodedPrompt], chat: Chat, o: PPOOptions, folder: Path) -> Any:
    from datasets import Dataset
    from trl import DPOConfig

    from instructwild_trainer.dpo.trainer import PairTrainer

    order = torch.randperm(len(prompts), generator=torch.Generator().manual_seed(seeded(o.seed, "order"))).tolist()
    requests = order[:updates_of(o, len(prompts)) * o.batch_size]
    rows = [i for i in requests for _ in range(o.num_generations)]
    ids = sample_tokens(actors, chat, o, [prompts[i].ids for i in rows], seeded(o.seed, "dpo"))
    scores = judge(actors, score, prompts, chat, o)(completion_ids=ids, which=rows)
    pairs = []
    for n, i in enumerate(requests):
        own = sorted(range(n * o.num_generations, (n + 1) * o.num_generations), key=lambda index: scores[index])
        if scores[own[0]] < scores[own[-1]]:    # in the tokens that were sampled: what never ended gets no stop token
            pairs.append({"prompt_ids": prompts[i].ids, "chosen_ids": ids[own[-1]], "rejected_ids": ids[own[0]]})
    if not pairs:
        raise ConfigError("all responses to each prompt score alike: there is nothing to prefer", where="--algorithm dpo",
                          remedy="raise temperature, num_generations or response_length (what does not end gets "
                                 "missing_eos_penalty), or give another reward")
    steps = updates_of(o, len(pairs)) * steps_per_update(o)
    arguments = DPOConfig(**_arguments(o, actors, folder, steps), max_length=o.max_length)
    return PairTrainer(model=actors.peft, args=arguments, train_dataset=Dataset.from_list(pairs),
                       processing_class=chat.tokenizer)
