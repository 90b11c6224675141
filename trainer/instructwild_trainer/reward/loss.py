"""The K-way ranking loss (Ouyang et al. 2022, section 3.5, equation 1), with ties and with several rankings of a prompt."""

import torch
from torch import Tensor
from torch.nn.functional import softplus


def ranking_loss(scores: Tensor, group: Tensor, rank: Tensor, weight: Tensor | None = None) -> Tensor:
    """For each prompt the mean over its strictly ordered pairs of -log σ(r_better - r_worse); then the mean over prompts.

    -log σ(x) is computed as softplus(-x) in fp32: no half precision and no margin overflows it. With two candidates it is
    Bradley and Terry's loss. Tied candidates form no pair, and a prompt whose candidates are all tied counts for nothing.

    Args:
        scores: [N] float, one score a candidate.
        group: [N] of any int dtype, the prompt that each candidate answers; in any order.
        rank: [N] of any int dtype, 1 = best, equal = tie.
        weight: [N] float, how much the prompt counts in the mean over prompts; equal within a prompt. None counts all alike.

    Returns:
        A scalar in fp32. 0, with a graph, where no prompt has a pair.

    Raises:
        ValueError: the three are not vectors of one length.
    """
    if scores.dim() != 1 or not scores.shape == group.shape == rank.shape:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in (scores, group, rank))
        raise ValueError(f"scores, group and rank must be vectors of one length, not of shapes {shapes}")
    r, group, rank = scores.float(), group.long(), rank.long()
    ordered = (group[:, None] == group[None, :]) & (rank[:, None] < rank[None, :])
    better, worse = ordered.nonzero(as_tuple=True)
    if better.numel() == 0:
        return r[:0].sum()
    losses = softplus(-(r[better] - r[worse]))
    prompts, of_pair = torch.unique(group[better], return_inverse=True)
    zeros = losses.new_zeros(prompts.numel())
    pairs = zeros.index_add(0, of_pair, torch.ones_like(losses))
    per_prompt = zeros.index_add(0, of_pair, losses) / pairs
    if weight is None:
        return per_prompt.mean()
    counts = zeros.index_add(0, of_pair, weight.float()[better]) / pairs
    return (per_prompt * counts).sum() / counts.sum()


def centring_loss(scores: Tensor, group: Tensor) -> Tensor:
    """The squared mean score of each prompt, averaged over prompts: keeps rewards near 0, which no difference of them does.

    For two candidates it is a quarter of Eisenstein et al. 2023's (r_w + r_l)², section 3 (arXiv 2312.09244).

    Args:
        scores: [N] float, one score a candidate.
        group: [N] int, the prompt that each candidate answers.

    Returns:
        A scalar in fp32.
    """
    r = scores.float()
    prompts, of_candidate = torch.unique(group, return_inverse=True)
    zeros = r.new_zeros(prompts.numel())
    means = zeros.index_add(0, of_candidate, r) / zeros.index_add(0, of_candidate, torch.ones_like(r))
    return means.square().mean()
