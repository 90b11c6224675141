"""TRL's RewardTrainer taught rankings: a batch element is a prompt with all its candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from trl import RewardTrainer

from instructwild_trainer.config import RewardOptions
from instructwild_trainer.likelihood import padded
from instructwild_trainer.packing import attend_by_document, why_not_apart
from instructwild_trainer.processes import in_parts
from instructwild_trainer.reward.flat import flat_candidates, joined, nothing, scores_of_flat
from instructwild_trainer.reward.groups import Group
from instructwild_trainer.reward.loss import centring_loss, ranking_loss


@dataclass(frozen=True)
class Collator:
    """Groups as one batch: each candidate once, however many annotators ranked it.

    Gives input_ids and attention_mask [N, T], padded on the right, or what `flat_candidates` gives; group [N] (the prompt of
    a candidate), and for each annotator's ranking of a prompt one entry a candidate: order [M] (which ranking), candidate
    [M] (which row of N), rank [M], weight [M]; and how many prompts and rankings there are, as numbers: no device need be
    asked.
    """

    pad_id: int
    flat: bool = False
    """Whether candidates stand behind one another in one row, without padding."""

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Collate rows of `dataset`."""
        rows = [row for example in examples for row in example["candidates"]]
        if self.flat:
            tokens = flat_candidates(rows)
        else:
            ids, mask = padded(rows, self.pad_id)
            tokens = {"input_ids": ids, "attention_mask": mask}
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
        return {**tokens, "group": torch.tensor(group), "order": torch.tensor(order),
                "candidate": torch.tensor(candidate), "rank": torch.tensor(rank), "weight": torch.tensor(weight),
                "prompts": len(examples), "rankings": number}


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
    tokens_at_once = 0
    """Tokens of one pass: so many are put together from the flat batches of an update. 0 leaves the batches as they are."""

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """The batches of one update, and how many prompts they hold in all processes."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        prompts = torch.tensor(sum(batch["prompts"] for batch in batches), device=device)
        items = self.accelerator.gather(prompts).sum()
        if self.tokens_at_once and batches:
            passes = joined(batches, self.tokens_at_once)
            # The trainer counts batches to know when to move the weights: those that are used up come first, empty.
            batches = [nothing(device)] * (len(batches) - len(passes)) + passes
        return batches, items

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> Tensor:
        """The loss of a batch, sent back; 0 of an empty one."""
        if not inputs["prompts"]:
            return torch.zeros((), device=self.args.device)
        return super().training_step(model, inputs, num_items_in_batch)   # type: ignore[no-any-return]

    def _prepare_dataset(self, dataset: Dataset, *_: Any, **__: Any) -> Dataset:
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = ["candidates", "ranks", "weights"]

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], return_outputs: bool = False,
                     num_items_in_batch: Any = None) -> Any:
        """The ranking loss of a batch of prompts, and centring; notes what TRL's trainer logs."""
        if "last" in inputs:
            scores, outputs = scores_of_flat(model, inputs)
        else:
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
            self._total_train_tokens = self._total_train_tokens + _tokens(inputs)
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


def collation(model: Any, groups: Sequence[Group], options: RewardOptions, pad_id: int, device: str) -> tuple[Collator, int]:
    """How candidates go into passes, and `tokens_at_once`: without padding on a GPU whose model keeps them apart.

    A pass then holds as many tokens as the estimate of memory counts for the batch of a device at its longest.

    Args:
        model: a reward model; moved to the GPU and told to attend row by row where that is done.
        groups: all that will be read.
        options: of the run.
        pad_id: what candidates are padded with elsewhere.
        device: where passes are made.
    """
    flat = device != "cpu" and not in_parts() and attend_by_document(model) and not why_not_apart(model.to(device))
    most = max((len(group.encoded) for group in groups), default=1)
    return Collator(pad_id, flat), options.per_device_train_batch_size * most * options.max_length if flat else 0


def _tokens(inputs: Mapping[str, Tensor]) -> Any:
    """How many of a batch are no padding."""
    return inputs["attention_mask"].sum() if "attention_mask" in inputs else inputs["input_ids"].numel()


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
