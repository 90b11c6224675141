"""A key-value cache of fixed size: a slot for each row, in which the row's tokens begin at column 0.

Rows have positions of their own, so that one may take the slot of another that has ended: nothing is concatenated when a
token comes, and when a row ends one other row moves, not all. `transformers.StaticCache` has one position for all rows.
"""

from typing import Any

import numpy
import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache, DynamicLayer, DynamicSlidingWindowLayer


class Window:
    """Which part of the cache the pass that is under way reads and writes.

    While prompts are read: columns `start` to `end` of `count` slots from `first`. While a token is written: one column of
    each of the first `count` slots, the same `column` for all or each its own of `positions` [count], `end` columns seen.
    """

    def __init__(self) -> None:
        self.first = self.count = self.start = self.end = 0
        self.column: int | None = None
        self.positions: Tensor | None = None
        self._places: dict[tuple[int, int], Tensor] = {}

    def read(self, first: int, count: int, start: int, end: int) -> None:
        """Prompts come next."""
        self.first, self.count, self.start, self.end = first, count, start, end
        self.column = self.positions = None

    def write(self, positions: Tensor, end: int, column: int | None) -> None:
        """A token for each of the first slots comes next."""
        self.first, self.count, self.start, self.end = 0, len(positions), end - 1, end
        self.column, self.positions, self._places = column, positions, {}

    def places(self, heads: int, columns: int) -> Tensor:
        """[count · heads] the line of a cache [slots · heads · columns, D] that each head of each row writes to."""
        if (heads, columns) not in self._places:
            assert self.positions is not None
            rows = torch.arange(self.count * heads, device=self.positions.device) * columns
            self._places[heads, columns] = rows + self.positions.repeat_interleave(heads)
        return self._places[heads, columns]


class SlotLayer(CacheLayerMixin):
    """Keys and values [slots, heads, columns, D] of one layer; they are made when its first tokens come."""

    def __init__(self, slots: int, columns: int, window: Window) -> None:
        super().__init__()
        self.slots, self.columns, self.window = slots, columns, window

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Allocate the keys and values of all slots."""
        self.device, self.is_initialized = key_states.device, True
        self.keys, self.values = (zeros((self.slots, states.shape[1], self.columns, states.shape[3]), states)
                                  for states in (key_states, value_states))

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Put new keys and values [count, heads, T, D] where they belong; all that the rows hold comes back."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        window = self.window
        rows = slice(window.first, window.first + window.count)
        for whole, new in ((self.keys, key_states), (self.values, value_states)):
            if window.positions is None:
                whole[rows, :, window.start:window.end] = new
            elif window.column is not None:
                whole[rows, :, window.column:window.column + 1] = new
            else:
                places = window.places(new.shape[1], self.columns)
                whole.view(-1, whole.shape[-1]).index_copy_(0, places, new.reshape(-1, new.shape[-1]))
        return self.keys[rows, :, :window.end], self.values[rows, :, :window.end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Columns that are seen, and the first of them."""
        return self.window.end, 0

    def get_seq_length(self) -> int:
        """Columns before those of the pass under way."""
        return self.window.start

    def get_max_length(self) -> int:
        """Columns of a slot."""
        return self.columns

    def move(self, source: int, target: int, columns: int) -> None:
        """Copy the first columns of one slot to another."""
        if self.is_initialized:
            for whole in (self.keys, self.values):
                whole[target, :, :columns] = whole[source, :, :columns]

    def grow(self, columns: int, slots: int) -> None:
        """More columns a slot; those of the first slots are kept."""
        self.columns = columns
        if self.is_initialized:
            self.keys, self.values = (_grown(whole, columns, slots) for whole in (self.keys, self.values))


class SlotCache(Cache):
    """The cache of all layers."""

    def __init__(self, layers: int, slots: int, columns: int) -> None:
        self.window, self.slots, self.columns = Window(), slots, columns
        super().__init__(layers=[SlotLayer(slots, columns, self.window) for _ in range(layers)])

    def move(self, source: int, target: int, columns: int) -> None:
        """Copy the first columns of one slot to another, in all layers."""
        for layer in self.layers:
            layer.move(source, target, columns)

    def grow(self, columns: int, slots: int) -> None:
        """More columns a slot, a layer at a time; those of the first slots are kept."""
        self.columns = columns
        for layer in self.layers:
            layer.grow(columns, slots)


def zeros(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Zeros, since a column that a mask hides still takes part in a product; on a CPU memory is taken when it is used."""
    if like.device.type != "cpu":
        return torch.zeros(shape, dtype=like.dtype, device=like.device)
    lines = numpy.zeros(int(numpy.prod(shape)) * like.dtype.itemsize, dtype=numpy.uint8)
    return torch.from_numpy(lines).view(like.dtype).view(shape)


def _grown(whole: Tensor, columns: int, slots: int) -> Tensor:
    larger = zeros((*whole.shape[:2], columns, whole.shape[3]), whole)
    larger[:slots, :, :whole.shape[2]] = whole[:slots]
    return larger


def has_slots(config: Any, columns: int) -> bool:
    """Whether rows of up to so many columns can have positions of their own under this model.

    Layers must keep every position (a sliding window that is as long as the rows does), and attention must take a mask of
    its own for each row, which FlashAttention does not and models that bias by distance in the mask do not.
    """
    if config._attn_implementation not in ("eager", "sdpa", "grouped_products", "by_document"):
        return False
    text = config.get_text_config(decoder=True)
    if text.model_type in ("bloom", "mpt") or getattr(text, "alibi", False):
        return False
    return all(type(layer) is DynamicLayer or (type(layer) is DynamicSlidingWindowLayer and layer.sliding_window >= columns)
               for layer in DynamicCache(config=config).layers)


def column_bytes(config: Any, itemsize: int) -> int:
    """Bytes of one column of one slot: keys and values of every layer, 2 x layers x key heads x head width numbers.

    0 for a model without attention, whose state is of one size whatever it has read.
    """
    text = config.get_text_config(decoder=True)
    heads = getattr(text, "num_attention_heads", None)
    if not heads:
        return 0
    width = getattr(text, "head_dim", None) or text.hidden_size // heads
    return int(2 * text.num_hidden_layers * (getattr(text, "num_key_value_heads", None) or heads) * width * itemsize)


def slots_that_fit(config: Any, dtype: torch.dtype, device: torch.device, columns: int, most: int) -> int:
    """How many rows of so many columns nine tenths of the device's free memory hold, at most `most`, at least 1.

    Off CUDA it is `most`: memory of the machine is taken as it is used.
    """
    if device.type != "cuda":
        return most
    spare = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    free = torch.cuda.mem_get_info(device)[0] + spare
    return max(1, min(most, free * 9 // 10 // max(1, columns * column_bytes(config, dtype.itemsize))))
