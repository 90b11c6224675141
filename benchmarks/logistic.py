"""Logistic regression with an L2 penalty on rows of named features: what the trainers of weights share."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import torch


def fitted(rows: Iterable[Mapping[str, float]], labels: Sequence[float], share: torch.Tensor, names: Sequence[str], *,
           penalty: float, steps: int) -> tuple[list[float], float]:
    """The weight of each name, and the intercept.

    Args:
        rows: the value of each feature of a row; those that are not among `names` are left out.
        labels: 1 or 0 of each row.
        share: [rows] how much each row counts.
        names: the features that get a weight.
        penalty: of the sum of squared weights.
        steps: of L-BFGS, at most.
    """
    index = {name: at for at, name in enumerate(names)}
    columns = [[(index[name], value) for name, value in row.items() if name in index] for row in rows]
    table = torch.sparse_csr_tensor(torch.tensor([0, *accumulate(map(len, columns))]),
                                    torch.tensor([at for row in columns for at, _ in row]),
                                    torch.tensor([value for row in columns for _, value in row]),
                                    (len(columns), len(index)))
    turned, truth = table.to_sparse_coo().t().coalesce().to_sparse_csr(), torch.tensor(labels)
    weights, intercept = torch.zeros(len(index), requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, intercept], max_iter=steps, line_search_fn="strong_wolfe")

    @torch.no_grad()
    def loss() -> torch.Tensor:
        scores = (table @ weights.unsqueeze(1)).squeeze(1) + intercept
        errors = share * (scores.sigmoid() - truth)
        weights.grad = (turned @ errors.unsqueeze(1)).squeeze(1) + 2 * penalty * weights
        intercept.grad = errors.sum().reshape(1)
        losses = torch.nn.functional.binary_cross_entropy_with_logits(scores, truth, reduction="none")
        return (share * losses).sum() + penalty * weights.square().sum()

    optimizer.step(loss)
    return weights.detach().tolist(), intercept.item()
