"""Rankings as pairs for DPO and as labelled answers for KTO, in the tokens that the policy reads and writes."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from random import Random

from datasets import Dataset

from instructwild_trainer.reward.groups import Group
from instructwild_trainer.templates import IGNORED, Encoded


def preferred(group: Group) -> list[tuple[int, int]]:
    """Pairs (better, worse) of a group that the weight of its annotators is for, and whose texts differ."""
    net: dict[tuple[int, int], float] = defaultdict(float)
    for order in group.orders:
        for better, worse in order.pairs:
            net[better, worse] += order.weight
            net[worse, better] -= order.weight
    return [(a, b) if net[a, b] > 0 else (b, a) for a, b in combinations(range(len(group.texts)), 2)
            if net[a, b] and group.texts[a] != group.texts[b]]


def labels(group: Group) -> dict[int, bool]:
    """The candidates that won more pairs of `preferred` than they lost (True), or fewer (False)."""
    won: dict[int, int] = defaultdict(int)
    for better, worse in preferred(group):
        won[better] += 1
        won[worse] -= 1
    return {candidate: net > 0 for candidate, net in sorted(won.items()) if net}


def labelled_dataset(groups: Sequence[Group], seed: int) -> Dataset:
    """Each labelled answer as TRL's KTOTrainer collates it, in an order that the seed decides.

    `KL_completion_ids` is the answer of the row before it that answers another prompt.
    """
    rows = [{"prompt_ids": row.input_ids[:_first_trained(row)], "completion_ids": row.input_ids[_first_trained(row):],
             "label": label, "group": number}
            for number, group in enumerate(groups) for candidate, label in labels(group).items()
            for row in [group.encoded[candidate]]]
    Random(seed).shuffle(rows)
    for i, row in enumerate(rows):
        other = next((rows[i - back] for back in range(1, len(rows)) if rows[i - back]["group"] != row["group"]), row)
        row["KL_completion_ids"] = other["completion_ids"]
    return Dataset.from_list([{key: value for key, value in row.items() if key != "group"} for row in rows])


def pair_dataset(groups: Sequence[Group]) -> Dataset:
    """Each pair as TRL's DPOTrainer collates it: prompt_ids, chosen_ids, rejected_ids."""
    return Dataset.from_list([_row(group.encoded[better], group.encoded[worse])
                              for group in groups for better, worse in preferred(group)])


def _row(chosen: Encoded, rejected: Encoded) -> dict[str, list[int]]:
    """The prompt ends where the first trained token of either answer stands, or where their tokens part before it."""
    start = min(_first_trained(chosen), _first_trained(rejected))
    start = next((i for i in range(start) if chosen.input_ids[i] != rejected.input_ids[i]), start)
    return {"prompt_ids": chosen.input_ids[:start], "chosen_ids": chosen.input_ids[start:],
            "rejected_ids": rejected.input_ids[start:]}


def _first_trained(row: Encoded) -> int:
    return next(i for i, label in enumerate(row.labels) if label != IGNORED)
