"""The cache of models whose rows cannot have positions of their own: padded on the left, one column for all rows.

Layers that slide or keep a running state, and attention that takes no mask of its own for each row, go this way. Rows join
only when no others are there, and those that end are cut out of the whole.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from instructwild.llm.generation.rows import DecodedRow


class GrowingCache:
    """Rows [B] over transformers' own cache, with their mask [B, T]."""

    def __init__(self, config: Any, rows: Sequence[DecodedRow], device: torch.device) -> None:
        from transformers import DynamicCache

        self.cache = DynamicCache(config=config)
        width = max(len(row.prompt) for row in rows) - 1
        self.ids = torch.zeros((len(rows), width), dtype=torch.long)
        self.mask = torch.zeros((len(rows), width), dtype=torch.long)
        for i, row in enumerate(rows):
            start = width - (len(row.prompt) - 1)
            self.ids[i, start:] = torch.tensor(row.prompt[:-1], dtype=torch.long)
            self.mask[i, start:] = 1
        self.ids, self.mask = self.ids.to(device), self.mask.to(device)

    def positions(self, start: int, end: int) -> Tensor:
        """[B, end - start] the position of each token in its row."""
        return (self.mask[:, :end].cumsum(-1) - 1).clamp(min=0)[:, start:]

    def extend(self) -> None:
        """One more column, which every row has."""
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(self.mask), 1)], dim=1)

    def keep(self, order: Sequence[int]) -> None:
        """These rows stay, in this order."""
        chosen = torch.tensor(order, device=self.mask.device)
        self.cache.batch_select_indices(chosen)
        self.mask = self.mask[chosen]
