"""TRL's RewardTrainer taught rankings: a batch element is a prompt with all its candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from trl import RewardTrainer

from instructwild_trainer.likelihood import padded
from instructwild_trainer.reward.groups import Group
from instructwild_trainer.reward.loss import centring_loss, ranking_loss


@dataclass(frozen=True)
class Collator:
    """Groups as one right-padded batch: each candidate once, however many annotators ranked it.

    Gives input_ids and attention_mask [N, T], group [N] (the prompt of a candidate), and for each annotator's ranking of a
    prompt one entry a candidate: order [M] (which ranking), candidate [M] (which row of N), rank [M], weight [M]; and how
    many prompts there are, as a number: no device need be asked.
    """

    pad_id: int

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Collate rows of `dataset`."""
        ids, mask = padded([row for example in examples for row in example["candidates"]], self.pad_id)
        group, order, candidate, rank, weight = [], [], [], [], []
        first = number = 0
        for prompt, example in enumerate(examples):
            count = len(example["candidates"])
            group += [prompt] * count
            for ranks, share in zip(example["ranks"], example["weights"], strict=True):
                order += [number] * count
                candidate += range(first, first + count)
                rank += ranks
                weight += [share] * count
                number += 1
            first += count
        return {"input_ids": ids, "attention_mask": mask, "group": torch.tensor(group), "order": torch.tensor(order),
                "candidate": torch.tensor(candidate), "rank": torch.tensor(rank), "weight": torch.tensor(weight),
                "prompts": len(examples)}


def dataset(groups: Sequence[Group]) -> Dataset:
    """Groups as the trainer's rows."""
    return Dataset.from_list([{"candidates": [encoded.input_ids for encoded in group.encoded],
                               "ranks": [list(order.ranks) for order in group.orders],
                               "weights": [order.weight for order in group.orders]} for group in groups])


class RankingTrainer(RewardTrainer):
    """RewardTrainer with K forwards a prompt and the ranking loss over all its pairs.

    An update is the mean over its prompts, however unevenly they are spread over batches and processes.
    """

    loss_is_scaled_for_ga = True

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """The batches of one update, and how many prompts they hold in all processes."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        prompts = torch.tensor(sum(batch["prompts"] for batch in batches), device=device)
        return batches, self.accelerator.gather(prompts).sum()

    def _prepare_dataset(self, dataset: Dataset, *_: Any, **__: Any) -> Dataset:
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = ["candidates", "ranks", "weights"]

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], return_outputs: bool = False,
                     num_items_in_batch: Any = None) -> Any:
        """The ranking loss of a batch of prompts, and centring; notes what TRL's trainer logs."""
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False)
        scores = outputs.logits.squeeze(-1).float()
        ranked = scores[inputs["candidate"]]
        loss = ranking_loss(ranked, inputs["order"], inputs["rank"], inputs["weight"])
        self._note(scores, ranked, inputs, loss)
        if self.args.center_rewards_coefficient:
            loss = loss + self.args.center_rewards_coefficient * centring_loss(scores, inputs["group"])
        if num_items_in_batch is not None:    # DDP takes the mean of the processes' gradients
            loss = loss * (inputs["prompts"] * self.accelerator.num_processes / num_items_in_batch)
        return (loss, outputs) if return_outputs else loss

    @torch.no_grad()
    def _note(self, scores: Tensor, ranked: Tensor, inputs: dict[str, Tensor], loss: Tensor) -> None:
        mode = "train" if self.model.training else "eval"
        if mode == "train":
            self._total_train_tokens = self._total_train_tokens + inputs["attention_mask"].sum()
        ordered = (inputs["order"][:, None] == inputs["order"]) & (inputs["rank"][:, None] < inputs["rank"])
        margins, pairs = torch.where(ordered, ranked[:, None] - ranked, 0.0), ordered.sum()
        figures = {"ranking_loss": loss, "accuracy": (margins > 0).sum() / pairs, "margin": margins.sum() / pairs,
                 "mean_reward": scores.mean(), "min_reward": scores.min(), "max_reward": scores.max()}
        self._metrics[mode]["num_tokens"] = [self._total_train_tokens]
        for key, value in figures.items():
            self._metrics[mode][key].append(value.detach())

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log what `_note` left on the device, as numbers: the device is waited for here, not at each batch."""
        noted = self._metrics["train" if self.model.training else "eval"]
        for key, figures in noted.items():
            noted[key] = [float(figure) for figure in figures]
        super().log(logs, start_time)


def score(model: Any, groups: Sequence[Group], pad_id: int, *, tokens_at_once: int = 4096,
          done: Any = lambda rows: None) -> list[list[float]]:
    """The score of every candidate of every group.

    Args:
        model: a reward model; its mode is left as it was found.
        groups: encoded prompts.
        pad_id: what candidates are padded with.
        tokens_at_once: most padded tokens in one forward pass.
        done: told how many candidates were scored by each pass.
    """
    from instructwild_trainer.reward.measure import in_shape
    from instructwild_trainer.reward.scorer import scores

    flat = [encoded for group in groups for encoded in group.encoded]
    flat_scores = scores(model, flat, pad_id, done=done, tokens_at_once=tokens_at_once)
    return in_shape(flat_scores, groups, lambda group: group.encoded)
