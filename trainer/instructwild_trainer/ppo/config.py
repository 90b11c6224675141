"""The options of PPO. Names are TRL's and transformers' where they have one."""

from dataclasses import dataclass
from typing import Literal

from instructwild_trainer.command_options import BATCHES, LORA, MEASURING, OPTIMIZER, OUTPUT, option
from instructwild_trainer.config import SharedOptions

SAMPLING, LOSSES, VALUES, STOPPING = "Sampling and scores", "KL, clipping and loss weights", "Value model", "Stopping"


@dataclass(frozen=True)
class PPOOptions(SharedOptions):
    """PPO with PTX.

    Batch arithmetic: an update rolls out `batch_size` prompts, then takes num_ppo_epochs · batch_size / mini_batch_size
    optimiser steps, each over micro-batches of per_device_train_batch_size rows whose gradients add up.
    """

    max_length: int = option(1024, "max tokens of prompt and response together; longer prompts are dropped and counted",
                             panel=BATCHES, least=8)
    num_train_epochs: float = option(1.0, "passes over the prompts", panel=BATCHES, least=0)
    batch_size: int = option(64, "prompts rolled out in one update, over all processes", panel=BATCHES, least=1)
    mini_batch_size: int = option(16, "rows of one optimiser step, over all processes", panel=BATCHES, least=1)
    per_device_train_batch_size: int = option(4, "rows in one forward pass of a device", panel=BATCHES, least=1)
    rollout_batch_size: int = option(32, "rows generated at a time", panel=BATCHES, least=1)
    num_ppo_epochs: int = option(4, "passes over the replay buffer in one update", panel=BATCHES, least=1)

    learning_rate: float = option(2e-5, "learning rate of AdamW; about 3e-6 where all weights are trained", panel=OPTIMIZER,
                                  least=0)
    lr_scheduler_type: Literal["constant", "linear"] = option("linear", "schedule of the learning rate", panel=OPTIMIZER)
    warmup_steps: float = option(0.0, "steps over which the learning rate rises; below 1 a share of all steps",
                                 panel=OPTIMIZER, least=0)
    adam_epsilon: float = option(1e-5, "AdamW's epsilon", panel=OPTIMIZER, least=0)
    max_grad_norm: float = option(1.0, "max gradient norm, of policy and value model each; 0: never scaled down",
                                  panel=OPTIMIZER, least=0)

    algorithm: Literal["ppo", "grpo", "rloo", "dpo"] = option(
        "ppo", "our PPO, or one of TRL's trainers on the same prompts and scores (without PTX)", panel=SAMPLING)
    response_length: int = option(128, "max tokens of a response", panel=SAMPLING, least=1)
    temperature: float = option(0.7, "temperature of sampling, at which policy and reference are taken", panel=SAMPLING,
                                least=0.01)
    engine: Literal["local", "vllm"] = option(
        "local", "what writes the responses: this program, or vLLM where it is installed (adapters, one process)",
        panel=SAMPLING)
    importance_cap: float = option(2.0, "with vLLM a token's advantage is weighted by how much likelier the policy finds it "
                                   "than vLLM did, at most by this; 0: not weighted", panel=SAMPLING, least=0)
    num_generations: int = option(4, "responses a prompt, for grpo, rloo and dpo", panel=SAMPLING, least=2)
    score_clip: float = option(10.0, "scores are clipped to ± this; 0: not at all", panel=SAMPLING, least=0)
    missing_eos_penalty: float | Literal["none"] = option(
        -1.0, "score of a response that does not end within response_length; none: its own score", panel=SAMPLING)

    kl_coef: float = option(0.05, "β, weight of the KL to the reference in the token rewards, in score per nat",
                            panel=LOSSES,
                            least=0)
    kl_target: float = option(0.0, "steer β so that KL stays near this, in nats per sequence; 0: β is fixed", panel=LOSSES,
                              least=0)
    kl_horizon: float = option(10000.0, "sequences over which a lasting KL error doubles β", panel=LOSSES, least=1)
    gamma: float = option(1.0, "discount", panel=LOSSES, least=0, most=1)
    lam: float = option(0.95, "λ of generalised advantage estimation", panel=LOSSES, least=0, most=1)
    cliprange: float = option(0.2, "policy ratios are clipped to 1 ± this", panel=LOSSES, least=0)
    cliprange_value: float = option(0.2, "values are clipped to the old ones ± this", panel=LOSSES, least=0)
    vf_coef: float = option(0.1, "weight of the value loss in the sum", panel=LOSSES, least=0)
    ptx_coef: float = option(1.0, "weight of the PTX loss in the sum; both are masked token means, so at 1 a supervised "
                             "token weighs what a sampled one does (InstructGPT's 27.8 is on other reductions)",
                             panel=LOSSES,
                             least=0)
    ptx_batch_size: int = option(4, "supervised rows in each optimiser step", panel=LOSSES, least=1)
    whiten_rewards: bool = option(False, "scale the token rewards of a batch to variance 1, their mean scaled with them",
                                  panel=LOSSES)
    whiten_advantages: bool = option(True, "shift and scale the advantages of a batch to mean 0 and variance 1",
                                     panel=LOSSES)

    value_trunk: Literal["adapter", "policy"] = option(
        "adapter", "values come from an adapter of their own, or from a head on the policy's last layer, which takes "
        "half the passes", panel=VALUES)
    value_init: Literal["reward", "fresh"] = option(
        "reward", "the value adapter starts as the reward adapter, as in InstructGPT, or as zero", panel=VALUES)
    value_layers: float = option(0.5, "share of the layers, counted from the last, in which the value adapter is trained; "
                                 "below it stays as it began, and no gradient is computed there",
                                 panel=VALUES, least=0, most=1)
    use_peft: bool = option(
        True, "train LoRA adapters on one base, or all weights of separate models, which the processes of torchrun share: "
        "each keeps a part of every weight, gradient and moment", panel=LORA)

    kl_stop: float = option(100.0, "stop when KL exceeds this, in nats per sequence; 0: never", panel=STOPPING, least=0)
    entropy_stop: float = option(0.001, "stop when the mean entropy of a token falls below this, in nats; 0: never",
                                 panel=STOPPING, least=0)
    endless_stop: int = option(20, "stop after so many updates in a row in which no response ended; 0: never",
                               panel=STOPPING, least=0)

    held_out: float = option(0.1, "share of prompts and supervised rows held out of training and measured on",
                             panel=MEASURING, least=0, most=0.5)
    held_out_rows: int = option(32, "max held-out supervised rows a language that perplexity is measured on",
                                panel=MEASURING,
                                least=1)
    samples: int = option(4, "held-out prompts answered before and after, shown in the report", panel=MEASURING, least=0)
    save_steps: int = option(1, "updates between two checkpoints, from which an interrupted run goes on",
                             panel=OUTPUT, least=1)
    report_to: Literal["none", "tensorboard", "trackio"] = option(
        "none", "also log to, offline; TensorBoard's files go to OUT/tensorboard", panel=OUTPUT)
