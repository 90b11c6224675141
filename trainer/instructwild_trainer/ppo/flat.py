"""Rows of an experience behind one another without padding, and the way back: on a GPU no token of a pass is wasted.

All indices are made on the processor, from lengths that are known there: no device is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class FlatRows:
    """B rows of prompt and response, padded to [B, P + T], as one row of N tokens, K of them of responses."""

    width: tuple[int, int, int]
    """B, P and T."""
    positions: Tensor
    """[1, N], from 0 in each row."""
    bounds: Tensor
    """[B + 1], where rows begin and end."""
    predicting: Tensor
    """[K], the columns that predict response tokens."""
    of_sequence: Tensor
    """[N], where in [B · (P + T)] each token stands."""
    of_response: Tensor
    """[K], where in [B · T] each response token stands."""

    @property
    def last(self) -> Tensor:
        """[B], the column of each row's last token."""
        return self.bounds[1:] - 1

    def sequence(self, padded: Tensor) -> Tensor:
        """[1, N, …] of [B, P + T, …]."""
        return padded.flatten(0, 1).index_select(0, self.of_sequence)[None]

    def padded_sequence(self, flat: Tensor) -> Tensor:
        """[B, P + T, …] of [1, N, …], 0 where there is no token."""
        rows, prompt, response = self.width
        return _spread(flat[0], self.of_sequence, rows, prompt + response)

    def response(self, padded: Tensor) -> Tensor:
        """[1, K] of [B, T]."""
        return padded.flatten().index_select(0, self.of_response)[None]

    def padded_response(self, flat: Tensor) -> Tensor:
        """[B, T] of [1, K], 0 where there is no token."""
        rows, _, response = self.width
        return _spread(flat[0], self.of_response, rows, response)


def _spread(flat: Tensor, index: Tensor, rows: int, columns: int) -> Tensor:
    whole = flat.new_zeros(rows * columns, *flat.shape[1:])
    return whole.index_copy(0, index, flat).view(rows, columns, *flat.shape[1:])


def flat_rows(prompts: Sequence[int], responses: Sequence[int], width: tuple[int, int],
              device: "torch.device | str" = "cpu") -> FlatRows:
    """The indices of rows whose prompts are padded on the left and responses on the right.

    Args:
        prompts, responses: tokens of each row.
        width: P and T, what they are padded to.
        device: where the indices go.
    """
    (p, t), total = width, sum(prompts) + sum(responses)
    prompt, response = torch.tensor(prompts), torch.tensor(responses)
    lengths = prompt + response
    bounds = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)])
    row = torch.arange(len(lengths)).repeat_interleave(lengths)
    positions = torch.arange(total) - bounds[row]
    answered = positions >= prompt[row]
    of_sequence = row * (p + t) + p - prompt[row] + positions
    indices = (positions[None], bounds, answered.nonzero()[:, 0] - 1, of_sequence,
               (row * t + positions - prompt[row])[answered])
    return FlatRows((len(prompts), p, t), *(index.to(device, non_blocking=True) for index in indices))
