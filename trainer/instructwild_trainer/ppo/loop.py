"""The loop: Make Experience, then several epochs over the replay buffer, policy, value and PTX losses summed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor

from instructwild_trainer.ppo import checkpoint
from instructwild_trainer.ppo.actors import POLICY, Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.experience import Experience, ReplayBuffer, all_gather_rows
from instructwild_trainer.ppo.kl import AdaptiveKL, FixedKL, k1, k3, per_sequence
from instructwild_trainer.ppo.loss import policy_loss, value_loss
from instructwild_trainer.ppo.masked import masked_mean
from instructwild_trainer.ppo.plan import steps_per_update, tokens_at_once, updates_of
from instructwild_trainer.ppo.ptx import ptx_loss
from instructwild_trainer.ppo.rollout import compute_advantages, compute_logprobs_values_scores, generate, seeded
from instructwild_trainer.ppo.supervised import cycled, ptx_forward
from instructwild_trainer.ppo.vllm_rollouts import VLLMRollouts
from instructwild_trainer.ppo.watch import Stopped, Watch
from instructwild_trainer.processes import Processes
from instructwild_trainer.templates import Encoded

Figures = dict[str, float]


@dataclass
class SpecialTokens:
    """The tokens that the loop must know by name."""

    stop_ids: tuple[int, ...]
    pad: int


@dataclass
class Outcome:
    """How a run went."""

    history: list[Figures]
    """One entry an update, in order; of a resumed run too."""
    stopped: str = ""
    """Why it stopped early; empty when it did not."""
    last: Experience | None = None
    """The experience that it stopped on."""


@dataclass
class Trainer:
    """One PPO run.

    Args:
        actors: the models.
        prompts: token ids of the training prompts.
        score: gives each response of a batch its score, [B].
        options: of the run.
        vocabulary: stop and padding tokens.
        checkpoints: where the state is kept between updates; a run begins from the newest one there.
        ptx: supervised rows; none means plain PPO whatever ptx_coef says.
        processes: this process among those that share the run.
        vllm: what writes the responses in place of our own decoder.
        on_update: called with the number of updates done, all of them, and the figures of the last; True ends the run.
    """

    actors: Actors
    prompts: Sequence[Sequence[int]]
    score: Callable[[Experience], Tensor]
    options: PPOOptions
    vocabulary: SpecialTokens
    checkpoints: Path
    ptx: Sequence[Encoded] = ()
    processes: Processes = field(default_factory=Processes)
    vllm: VLLMRollouts | None = None
    on_update: Callable[[int, int, Figures], bool | None] = lambda done, total, figures: None
    history: list[Figures] = field(default_factory=list)

    def __post_init__(self) -> None:
        o = self.options
        groups = [{"params": list(self.actors.policy_parameters().values())},
                  {"params": list(self.actors.value_parameters().values())}]
        self.optimizer = torch.optim.AdamW(groups, lr=o.learning_rate, eps=o.adam_epsilon, weight_decay=o.weight_decay,
                                           fused=self.actors.device.type == "cuda")
        self.optimizer.register_step_post_hook(lambda *_: self.actors.after_step())
        self.kl = AdaptiveKL(o.kl_coef, o.kl_target, o.kl_horizon) if o.kl_target else FixedKL(o.kl_coef)
        self.watch = Watch(o)

    @property
    def updates(self) -> int:
        """How many updates the whole run has."""
        return updates_of(self.options, len(self.prompts))

    @property
    def steps_per_update(self) -> int:
        """Optimiser steps in one update."""
        return steps_per_update(self.options)

    def train(self) -> Outcome:
        """Go on from the newest checkpoint to the last update, or to where the run must stop.

        Killed at any moment and started again, a run ends in the same weights: it does again what it did since the newest
        checkpoint, and every random number follows from the seed and its place.
        """
        done = self.restore()
        if not done:
            self._keep(0)
        for update in range(done, self.updates):
            experience = None
            try:
                experience, figures = self.roll_out(update)
                self.watch.experience(figures)
                figures |= self.learn(update, experience)
                self.watch.finite(figures)
            except Stopped as stop:
                self.restore()
                return Outcome(self.history, str(stop), experience)
            self.kl.update(figures["kl"], len(experience))
            self.history.append(figures)
            stop_requested = self.processes.broadcast(self.on_update(update + 1, self.updates, figures))
            last = stop_requested or update + 1 == self.updates
            if last or (update + 1) % self.options.save_steps == 0:
                self._keep(update + 1)
            if last:
                break
        return Outcome(self.history)

    def roll_out(self, update: int) -> tuple[Experience, Figures]:
        """Make Experience: the batch of one update, and what is reported of it."""
        o, began = self.options, time.monotonic()
        rows = self._rows(update)
        indices, vllm, stops = self.processes.share(len(rows)), self.vllm, self.vocabulary.stop_ids
        with self.actors.summon_full_parameters():
            rollout = generate(self.actors, POLICY, [self.prompts[rows[i]] for i in indices], indices,
                               length=o.response_length, stop_ids=stops, pad=self.vocabulary.pad,
                               temperature=o.temperature, seed=seeded(o.seed, "rollout", update),
                               batch_size=o.rollout_batch_size,
                               sampler=vllm and (lambda decoded: vllm.decode(self.actors, decoded, stops, update)))
        rollout = rollout.with_columns(which=torch.tensor([rows[i] for i in indices], device=rollout.prompt.device))
        generated = time.monotonic()
        known = compute_logprobs_values_scores(self.actors, rollout, self.score, o)
        e = compute_advantages(all_gather_rows(known, self.processes), o, self.kl.coef)
        away = {} if e.sampler_logprobs is None else {
            "sampler_difference": masked_mean((e.logprobs - e.sampler_logprobs).abs(), e.mask).item()}
        return e, away | {"reward": e.score.mean().item(), "kl": per_sequence(k3(e.logprobs, e.ref_logprobs), e.mask).item(),
                   "kl_k1": per_sequence(k1(e.logprobs, e.ref_logprobs), e.mask).item(), "kl_coef": self.kl.coef,
                   "entropy": masked_mean(e.entropy, e.mask).item(), "length": e.lengths.float().mean().item(),
                   "ended": e.ended.float().mean().item(), "value": masked_mean(e.values, e.mask).item(),
                   "return": masked_mean(e.returns, e.mask).item(), "seconds_rollout": generated - began,
                   "seconds_experience": time.monotonic() - generated,
                   "tokens_per_second": int(e.lengths.sum()) / max(generated - began, 1e-9)}

    def learn(self, update: int, experience: Experience) -> Figures:
        """Several epochs over the replay buffer; the mean of each step's figures."""
        o, began = self.options, time.monotonic()
        buffer = ReplayBuffer(experience, seeded(o.seed, "buffer", update))
        minibatches = (minibatch for _ in range(o.num_ppo_epochs) for minibatch in buffer.minibatches(o.mini_batch_size))
        with self.actors.gradient_checkpointing(o.gradient_checkpointing):
            made = [self.step(minibatch, update * self.steps_per_update + i) for i, minibatch in enumerate(minibatches)]
        self.optimizer.zero_grad(set_to_none=True)   # the next rollout needs the memory
        steps = self.read(made)
        figures = {name: sum(step[name] for step in steps) / len(steps) for name in steps[0]}
        return figures | {"seconds_learning": time.monotonic() - began}

    def step(self, minibatch: Experience, number: int) -> dict[str, Tensor]:
        """One optimiser step on policy + vf_coef · value + ptx_coef · ptx; its figures stay on the device, see `read`.

        Micro-batches add up to the masked token mean over the whole minibatch. Each loss is sent back by itself: the
        gradient of a sum is the sum of gradients, and no two graphs are held at once.
        """
        o, tokens = self.options, sum(minibatch.sizes[1])
        policy, value = (list(p.values()) for p in (self.actors.policy_parameters(), self.actors.value_parameters()))
        nothing = torch.zeros((), dtype=torch.float64, device=self.actors.device)
        figures = dict.fromkeys(("policy_loss", "value_loss", "policy_clipped", "value_clipped"), nothing)
        supervised_loss, supervised = self._ptx(number, policy)
        self.optimizer.zero_grad(set_to_none=True)
        own = minibatch.pick(self.processes.share(len(minibatch)))
        for _, batch in own.micro_batches(o.per_device_train_batch_size, tokens_at_once(o, self.actors), self.actors.flat):
            share = sum(batch.sizes[1]) / tokens
            predicted = self.actors.predict(POLICY, batch)
            loss, clipped = policy_loss(predicted.logprobs(batch.response, o.temperature), batch.logprobs,
                                        batch.advantages, batch.mask, o.cliprange)
            if not self.actors.shared_trunk:
                (share * loss).backward()
                del predicted
            values = self.actors.values(batch, predicted if self.actors.shared_trunk else None)
            v_loss, v_clipped = value_loss(values, batch.values, batch.returns, batch.mask, o.cliprange_value)
            (share * (o.vf_coef * v_loss + (loss if self.actors.shared_trunk else 0.0))).backward()
            for name, figure in zip(figures, (loss, v_loss, clipped, v_clipped), strict=True):
                figures[name] = figures[name] + share * figure.detach().double()
        self._add_up([*policy, *value])
        figures |= {"policy_grad": _norm(_gradients(policy)), "value_grad": _norm(_gradients(value))}
        if supervised:
            figures |= {"ptx_loss": supervised_loss, "ptx_grad": _norm(supervised)}
            for parameter, gradient in zip(policy, supervised, strict=True):
                parameter.grad += gradient
        rate = self._schedule(number)
        if o.max_grad_norm:
            for parameters in (policy, value):
                torch.nn.utils.clip_grads_with_norm_(parameters, o.max_grad_norm, _norm(_gradients(parameters)))
        self.optimizer.step()
        return figures | {"learning_rate": torch.full_like(nothing, rate)}

    def read(self, steps: Sequence[dict[str, Tensor]]) -> list[Figures]:
        """The figures of steps as numbers, losses over all processes: once an update, as each look waits for the device.

        Raises:
            Stopped: one is no number; the weights are then those of no checkpoint.
        """
        table = torch.stack([figure.double() for step in steps for figure in step.values()]).tolist()
        read = iter(table)
        result = []
        for step in steps:
            own = {name: next(read) for name in step}
            shared = {name: figure for name, figure in own.items() if name.endswith(("_loss", "_clipped"))}
            result.append(own | self.processes.sum_figures(shared))
            self.watch.finite(result[-1])
        return result

    def _ptx(self, number: int, policy: list[torch.nn.Parameter]) -> tuple[Tensor, list[Tensor]]:
        """One supervised batch, one forward: its loss, and its gradient with the weight that it goes into the sum with."""
        o = self.options
        loss = torch.zeros((), dtype=torch.float64, device=self.actors.device)
        if not self.ptx or not o.ptx_coef:
            return loss, []
        rows = cycled(self.ptx, number, o.ptx_batch_size, seeded(o.seed, "ptx"))
        own, total = [rows[i] for i in self.processes.share(len(rows))], sum(row.trained for row in rows)
        self.optimizer.zero_grad(set_to_none=True)
        if own:
            logits, labels, answers = ptx_forward(self.actors, POLICY, own, self.vocabulary.pad)
            share = answers.shape[1] / total
            mean = ptx_loss(logits, labels, answers)
            (o.ptx_coef * share * mean).backward()
            loss = share * mean.detach().double()
        self._add_up(policy)
        return loss, _gradients(policy)

    def _add_up(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """Gradients summed over the processes, those of a process without a row as zeros."""
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        self.processes.add_up(_gradients(parameters))

    def restore(self) -> int:
        """Put everything back to the newest checkpoint; the number of updates it has behind it, 0 where there is none."""
        path = checkpoint.latest(self.checkpoints)
        if path is None:
            return 0
        state = checkpoint.load(path, self.actors.parameters(), self.optimizer, self.processes)
        self.actors.after_step()
        self.history, self.kl.coef, self.watch.endless = state["history"], state["kl_coef"], state["endless"]
        return int(state["update"])

    def _keep(self, update: int) -> None:
        state: dict[str, Any] = {"history": self.history, "kl_coef": self.kl.coef, "endless": self.watch.endless}
        checkpoint.save(self.checkpoints, update, self.actors.parameters(), self.optimizer, state, self.processes)

    def _rows(self, update: int) -> list[int]:
        """The prompts of one update: the whole list in a new order, again and again."""
        n, size = len(self.prompts), self.options.batch_size
        rows: list[int] = []
        index = update * size
        while len(rows) < size:
            epoch, at = divmod(index + len(rows), n)
            order = torch.randperm(n, generator=torch.Generator().manual_seed(seeded(self.options.seed, "order", epoch)))
            rows += order[at:at + size - len(rows)].tolist()
        return rows

    def _schedule(self, number: int) -> float:
        """Set the learning rate of a step, and tell it."""
        o, total = self.options, max(self.updates * self.steps_per_update, 1)
        warmup = o.warmup_steps if o.warmup_steps >= 1 else o.warmup_steps * total
        factor = 1.0 if o.lr_scheduler_type == "constant" else 1.0 - number / total
        rate = o.learning_rate * min(factor, (number + 1) / warmup if warmup else 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate


def _gradients(parameters: Sequence[torch.nn.Parameter]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _norm(gradients: Sequence[Tensor]) -> Tensor:
    """[] of all of them as one vector; over all processes where they are cut."""
    norm = torch.nn.utils.get_total_norm(gradients)
    return norm.full_tensor() if isinstance(norm, DTensor) else norm
