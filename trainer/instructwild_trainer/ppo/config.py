"""The options of PPO. Names are TRL's and transformers' where they have one."""

from dataclasses import dataclass
from typing import Literal

from instructwild_trainer.config import option


@dataclass(frozen=True)
class PPOOptions:
    """PPO with PTX.

    Batch arithmetic: an update rolls out `batch_size` prompts, then takes num_ppo_epochs · batch_size / mini_batch_size
    optimiser steps, each over micro-batches of per_device_train_batch_size rows whose gradients add up.
    """

    model: str = option("", "model to start from, and the reference: an SFT stage, a folder, a Hub id, smollm2 or tiny")
    algorithm: Literal["ppo", "grpo", "rloo", "dpo"] = option("ppo", "ours, or one of TRL's trainers on the same prompts "
                                                              "and scores (no PTX there)")
    num_generations: int = option(4, "responses a prompt, for grpo, rloo and dpo", least=2)
    max_length: int = option(1024, "longest prompt and response together, in tokens; longer prompts are dropped and counted",
                             least=8)
    response_length: int = option(128, "longest response in tokens", least=1)
    num_train_epochs: float = option(1.0, "passes over the prompts", least=0)
    max_steps: int = option(-1, "updates in all; -1 lets num_train_epochs decide")
    batch_size: int = option(64, "prompts rolled out in one update, over all processes", least=1)
    mini_batch_size: int = option(16, "rows of one optimiser step, over all processes", least=1)
    per_device_train_batch_size: int = option(4, "rows that go through the model at a time", least=1)
    rollout_batch_size: int = option(32, "rows generated at a time", least=1)
    num_ppo_epochs: int = option(4, "passes over the replay buffer in one update", least=1)

    learning_rate: float = option(2e-5, "learning rate of AdamW; for training all weights 3e-6 is proven", least=0)
    lr_scheduler_type: Literal["constant", "linear"] = option("linear", "how the learning rate falls over all steps")
    warmup_steps: float = option(0.0, "steps over which the learning rate rises; below 1 a share of all steps", least=0)
    weight_decay: float = option(0.0, "AdamW's weight decay", least=0)
    adam_epsilon: float = option(1e-5, "AdamW's epsilon", least=0)
    max_grad_norm: float = option(1.0, "longest gradient, of policy and value model each; 0 never scales", least=0)

    temperature: float = option(0.7, "of sampling; policy and reference are both taken at it", least=0.01)
    kl_coef: float = option(0.05, "β, weight of the KL to the reference in the token rewards, in score per nat", least=0)
    kl_target: float = option(0.0, "steer β so that KL stays near this, in nats per sequence; 0 keeps β fixed", least=0)
    kl_horizon: float = option(10000.0, "sequences over which a lasting KL error doubles β", least=1)
    gamma: float = option(1.0, "discount", least=0, most=1)
    lam: float = option(0.95, "λ of generalised advantage estimation", least=0, most=1)
    cliprange: float = option(0.2, "policy ratios are clipped to 1 ± this", least=0)
    cliprange_value: float = option(0.2, "values are clipped to the old ones ± this", least=0)
    vf_coef: float = option(0.1, "weight of the value loss in the sum", least=0)
    ptx_coef: float = option(1.0, "weight of the PTX loss in the sum; both are masked token means, so at 1 a supervised "
                             "token weighs what a sampled one does (InstructGPT's 27.8 is on other reductions)", least=0)
    ptx_batch_size: int = option(4, "supervised rows in each optimiser step", least=1)
    score_clip: float = option(10.0, "scores are clipped to ± this; 0 leaves them", least=0)
    missing_eos_penalty: float | Literal["none"] = option(-1.0, "score of a response that does not end within "
                                                          "response_length; none keeps its own")
    whiten_rewards: bool = option(False, "scale the token rewards of a batch to variance 1, their mean scaled with them")
    whiten_advantages: bool = option(True, "shift and scale the advantages of a batch to mean 0 and variance 1")

    value_trunk: Literal["adapter", "policy"] = option("adapter", "values come from an adapter of their own, or from a head "
                                                       "on the policy's own last layer, which takes half the passes")
    value_init: Literal["reward", "fresh"] = option("reward", "the value adapter starts as the reward adapter, as in "
                                                    "InstructGPT, or as nothing")
    value_layers: float = option(0.5, "share of the layers, counted from the last, in which the value adapter is trained; "
                                 "below it stays as it began, and no gradient is worked out there", least=0, most=1)
    use_peft: bool = option(True, "train LoRA adapters on one base; false trains all weights of separate models, which the "
                            "processes of torchrun share out: each keeps a part of every weight, gradient and moment")
    lora_r: int = option(16, "rank of the LoRA adapters", least=1)
    lora_alpha: float = option(32.0, "LoRA's scale is lora_alpha / lora_r", least=0)
    lora_target_modules: str = option("all-linear", "which layers get adapters: all-linear, or names parted by commas")
    dtype: Literal["auto", "float32", "bfloat16"] = option("auto", "weights of the base; auto: what the machine is quick in")
    gradient_checkpointing: bool = option(False, "compute activations twice instead of keeping them")
    trust_remote_code: bool = option(False, "run Python code that comes with the model: only for models you trust")

    kl_stop: float = option(100.0, "stop when KL leaves this band, in nats per sequence; 0 never", least=0)
    entropy_stop: float = option(0.001, "stop when the mean entropy of a token falls below this, in nats; 0 never", least=0)
    endless_stop: int = option(20, "stop after so many updates in a row in which no response ended; 0 never", least=0)
    save_steps: int = option(1, "keep a checkpoint every so many updates, to resume from", least=1)
    held_out: float = option(0.1, "share of prompts and supervised rows kept out of training and measured on", least=0,
                             most=0.5)
    held_out_rows: int = option(32, "most held-out supervised rows a language that perplexity is measured on", least=1)
    samples: int = option(4, "held-out prompts answered before and after, shown in the report", least=0)
    report_to: Literal["none", "tensorboard", "trackio"] = option("none", "also log to, offline; TensorBoard's files go to "
                                                                  "OUT/tensorboard")
    seed: int = option(0, "of everything random")
