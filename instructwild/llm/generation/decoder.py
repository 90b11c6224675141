"""Rows that are decoded together and come and go; what a row is given depends on nothing but the row.

A prompt is read up to its last token into a slot of the cache; that token is the first that a step is given. Only where all
prompts that are read together are of one length is the last read with them, which spares a step. Steps keep
their state (tokens, positions, settings) where the model is, and the processor looks at it every few steps only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from instructwild.llm.generation.forward import Forward
from instructwild.llm.generation.graphs import Work, cuda_graphs
from instructwild.llm.generation.growing_cache import GrowingCache
from instructwild.llm.generation.noise import key_of, uniform
from instructwild.llm.generation.prefill import Prefill, by_prompt
from instructwild.llm.generation.rows import DecodedRow
from instructwild.llm.generation.sampling import Settings, draw, repetition_penalized
from instructwild.llm.generation.slot_cache import SlotCache, has_slots, slots_that_fit

READ_TOKENS = 16384
"""How many tokens of prompts are read in one pass at most where nobody waits."""
STEPS_UNSEEN = 8
"""Steps on a device before it is looked whether a row has ended."""
COLUMNS = 128
"""On a device a recorded step sees so many columns, or a multiple."""


Observe = Callable[[Tensor, Tensor], None]
"""Given the logits [B, V] fp32 before any setting, and the tokens [B] chosen; not with recorded steps."""
Record = Callable[[Tensor, Tensor | None, Tensor], Mapping[str, Tensor]]
"""Figures [B] of each token, from logits [B, V] fp32, the output layer's input [B, H] and tokens [B]."""


class Decoder:
    """The rows of one model that are decoded together.

    Args:
        forward: the model's pass.
        config: of the model.
        device: where it is.
        dtype: of its weights.
        slots: most rows at once; on CUDA as many as memory holds.
        columns: of a slot at first, prompt and answer together; more are made when a row needs them.
        record: figures to keep of each token.
        graphs: makes a recorder of steps; CUDA graphs are for CUDA alone. None records nothing, as where a pass waits for
            other processes.
    """

    def __init__(self, forward: Forward, config: Any, *, device: torch.device, dtype: torch.dtype, slots: int, columns: int,
                 record: Record | None = None, graphs: Callable[[], Callable[[Work], Work]] | None = cuda_graphs) -> None:
        self.forward, self.config, self.record = forward, config, record
        self.device, self.dtype = torch.device(device), dtype
        if graphs is cuda_graphs and self.device.type != "cuda":
            graphs = None
        self._recorder = graphs() if graphs is not None and has_slots(config, columns) else None
        self._graphs: dict[tuple[Any, ...], Work | None] = {}
        self.unrecorded = ""
        """Why steps are not recorded, where they were to be."""
        self.lookahead = 1 if self._recorder is None and self.device.type == "cpu" else STEPS_UNSEEN
        columns = self._rounded(columns)
        self.slots = slots_that_fit(config, dtype, self.device, columns, slots)
        self.rows: list[DecodedRow] = []
        self._positions: list[int] = []
        self._told: list[int] = []
        """The column of each row's last token that the caller knows of."""
        self._reading: Prefill | None = None
        self._cache = SlotCache(len(_layers(config)), self.slots, columns)
        self._slotted = has_slots(config, columns)
        self._growing: GrowingCache | None = None
        self._settings = Settings(*(torch.ones(self.slots, device=self.device) for _ in range(3)))
        self._ids, self._position, self._start, self._keys, self._active = (
            torch.zeros(shape, dtype=torch.long, device=self.device)
            for shape in ((self.slots, columns), *[(self.slots,)] * 4))
        self._figures: dict[str, Tensor] = {}

    @property
    def free(self) -> int:
        """Slots that no row has."""
        return self.slots - len(self.rows) - (len(self._reading.rows) if self._reading else 0)

    @property
    def joinable(self) -> bool:
        """Whether rows can be read now: always where rows have slots, else when there are no others."""
        return self._reading is None and (self._slotted or not self.rows)

    def _rounded(self, columns: int) -> int:
        return -(-columns // COLUMNS) * COLUMNS if self._recorder is not None else columns

    # Reading prompts

    def read(self, rows: Sequence[DecodedRow], *, once: bool = False) -> Prefill:
        """Give rows slots; `advance` then reads their prompts, and `join` puts them among the others.

        Args:
            rows: no more than there are free slots.
            once: read a prompt that several rows have only once, where rows have slots; such rows are put last.
        """
        assert self.joinable
        assert len(rows) <= self.free
        rows, reader = by_prompt(rows) if once and self._slotted else (rows, list(range(len(rows))))
        self._reserve(max(row.reserved for row in rows) + 1)
        first, n = len(self.rows), len(rows)
        longest = max(len(row.prompt) for row in rows)
        whole = self._slotted and all(len(row.prompt) == longest for row in rows)
        self._reading = Prefill(list(rows), first, longest - (not whole), whole, reader)
        ids = torch.tensor([row.prompt[:1] for row in rows]).repeat(1, self._cache.columns)
        for i, row in enumerate(rows):
            ids[i, :len(row.prompt)] = torch.tensor(row.prompt)
        lengths = torch.tensor([len(row.prompt) for row in rows])
        for whole, part in (
                (self._ids, ids), (self._position, lengths - 1), (self._start, lengths), (self._active, torch.zeros(n)),
                (self._keys, torch.tensor([key_of(row.seed) for row in rows])),
                (self._settings.temperature, torch.tensor([float(row.temperature) for row in rows])),
                (self._settings.top_p, torch.tensor([float(row.top_p) for row in rows])),
                (self._settings.penalty, torch.tensor([float(row.repetition_penalty) for row in rows]))):
            whole[first:first + n] = part.to(self.device, whole.dtype)
        if not self._slotted:
            self._growing = GrowingCache(self.config, rows, self.device)
        return self._reading

    def advance(self, tokens: int = READ_TOKENS, observe: Callable[[int, int, Tensor], None] | None = None) -> bool:
        """Read on, about so many tokens over all rows; whether the prompts are read to their ends.

        Args:
            tokens: how many.
            observe: given the columns from, to and their logits [B, to - from, V] fp32; row i's token c + 1 follows from
                column c. Without slots rows are padded on the left, up to one column less than the longest prompt.
        """
        reading = self._reading
        assert reading is not None
        if reading.read == reading.width:
            return True
        n, start = reading.read_rows, reading.read
        end = min(reading.width, start + max(1, tokens // n))
        keep = None if observe else torch.tensor([end - start - 1], device=self.device)
        if self._growing is not None:
            mask, positions = self._growing.mask[:, :end], self._growing.positions(start, end)
            ids, cache = self._growing.ids[:, start:end], self._growing.cache
        else:
            self._cache.window.read(reading.first, n, start, end)
            mask, positions = None, torch.arange(start, end, device=self.device).expand(n, -1)
            ids, cache = self._ids[reading.first:reading.first + n, start:end], self._cache
        logits, hidden = self.forward(ids, mask, positions, cache, keep)
        if observe is not None:
            observe(start, end, logits.float())
        reading.read = end
        if reading.whole and end == reading.width:
            of_row = torch.tensor(reading.reader, device=self.device)
            reading.last = logits[:, -1].float()[of_row], None if hidden is None else hidden[:, -1][of_row]
        return end == reading.width

    def offset(self, row: DecodedRow) -> int:
        """The column in which the prompt of a row that is being read begins."""
        assert self._reading is not None
        return 0 if self._slotted else self._reading.width - (len(row.prompt) - 1)

    def join(self, observe: Observe | None = None) -> None:
        """Put the rows that were read among those that are decoded; the token that reading gave comes with the next step.

        Args:
            observe: given the logits and tokens of the rows that join, where reading gave tokens.
        """
        reading, self._reading = self._reading, None
        assert reading is not None
        first = len(self.rows)
        for i, row in enumerate(reading.rows):
            self._move(reading.first + i, first + i, len(row.prompt))
            if reading.reader[i] != i:
                self._cache.move(first + reading.reader[i], first + i, len(row.prompt))
            self.rows.append(row)
            self._positions.append(len(row.prompt) - 1)
            self._told.append(len(row.prompt) - 1)
        self._settle()
        if reading.last is not None:
            self._choose(first, len(self.rows), len(reading.rows[0].prompt), *reading.last, observe)
            self._positions[first:] = [position + 1 for position in self._positions[first:]]

    def drop_reading(self) -> None:
        """Forget the rows that are being read."""
        self._reading = None
        if not self.rows:
            self._growing = None

    # Decoding

    def step(self, count: int = 1, observe: Observe | None = None) -> list[list[int]]:
        """Some tokens of each row, `count` and the one that reading gave; the caller counts them in, and lets rows go."""
        assert self.rows
        n = len(self.rows)
        untold = [position - counted for position, counted in zip(self._positions, self._told, strict=True)]
        count = max(0, min(count, *(row.left - more for row, more in zip(self.rows, untold, strict=True))))
        if not any(untold):
            count = max(1, count)
        for _ in range(count):
            self._step(observe)
            self._positions = [position + 1 for position in self._positions]
        most = count + max(untold)
        columns = torch.tensor(self._told, device=self.device)[:, None] + 1 + torch.arange(most, device=self.device)
        tokens = self._ids[:n].gather(1, columns.clamp(max=self._ids.shape[1] - 1)).tolist()
        self._told = list(self._positions)
        return [row[:count + more] for row, more in zip(tokens, untold, strict=True)]

    def leave(self, gone: Iterable[int]) -> None:
        """Let rows go by their number; each gap is filled by the last row that stays, nothing else moves."""
        missing = set(gone)
        if not missing:
            return
        left = len(self.rows) - len(missing)
        last = [i for i in range(left, len(self.rows)) if i not in missing]
        order = [i if i not in missing else last.pop() for i in range(left)]
        for target, source in enumerate(order):
            self._move(source, target, self._positions[source])
        if self._growing is not None:
            self._growing = None if not order else self._growing
            if self._growing is not None:
                self._growing.keep(order)
        self._active[left:len(self.rows)] = 0
        self.rows = [self.rows[i] for i in order]
        self._positions, self._told = [self._positions[i] for i in order], [self._told[i] for i in order]
        self._settle()

    def figures(self, number: int) -> dict[str, Tensor]:
        """What was recorded of the tokens of a row that is still there, [its tokens] each."""
        row = self.rows[number]
        start = len(row.prompt)
        return {name: whole[number, start:start + len(row.generated)].clone() for name, whole in self._figures.items()}

    def _settle(self) -> None:
        """Note what matters over all rows."""
        n = len(self.rows)
        self._active[:n] = 1
        self._settings.samples = any(row.temperature > 0 for row in self.rows)
        self._settings.nucleus = any(row.temperature > 0 and row.top_p < 1 for row in self.rows)
        self._penalty = any(row.repetition_penalty != 1 for row in self.rows)

    def _move(self, source: int, target: int, columns: int) -> None:
        if source == target:
            return
        if self._slotted:
            self._cache.move(source, target, columns)
        for whole in (self._ids, self._position, self._start, self._keys, self._active, self._settings.temperature,
                      self._settings.top_p, self._settings.penalty, *self._figures.values()):
            whole[target] = whole[source]

    def _reserve(self, columns: int) -> None:
        """See that slots have so many columns; at least twice as many as before where they had fewer."""
        if columns <= self._cache.columns:
            return
        columns = self._rounded(max(columns, 2 * self._cache.columns))
        self._graphs.clear()
        self._cache.grow(columns, len(self.rows))
        for whole in (self._ids, *self._figures.values()):
            wider = torch.zeros((self.slots, columns), dtype=whole.dtype, device=self.device)
            wider[:, :whole.shape[1]] = whole
            if whole is self._ids:
                wider[:, whole.shape[1]:] = whole[:, :1]
                self._ids = wider
            else:
                self._figures = {name: wider if other is whole else other for name, other in self._figures.items()}

    def _step(self, observe: Observe | None) -> None:
        """One token for each row."""
        n, end = len(self.rows), max(self._positions) + 1
        if self._recorder is None or observe is not None:
            same = self._positions[0] if min(self._positions) + 1 == end else None
            self._write(n, end, same, observe)
            return
        n, end = min(self.slots, 1 << (n - 1).bit_length()), min(self._cache.columns, self._rounded(end))
        key = (n, end, self._settings.samples, self._settings.nucleus, self._penalty)

        def work() -> None:
            self._write(n, end, None, None)

        if key not in self._graphs:
            self._graphs[key] = None         # the first time as it is, which loads every kernel
            work()
            return
        graph = self._graphs[key]
        if graph is None:
            try:
                graph = self._graphs[key] = self._recorder(work)
            except RuntimeError as error:    # the model waits for the device somewhere: it works, unrecorded
                self.unrecorded, self._recorder = str(error).splitlines()[0], None
                self._graphs.clear()
                self._step(None)
                return
        graph()

    def _write(self, n: int, end: int, column: int | None, observe: Observe | None) -> None:
        """A token for the first `n` slots, which hold at most `end` columns with it; those without a row stay as they are.

        All that it works on are the same tensors each time.
        """
        position = self._position[:n]
        tokens = self._ids[:n].gather(1, position[:, None])
        self._choose(0, n, end, *self._pass(tokens, position, end, column), observe)

    def _choose(self, first: int, last: int, end: int, logits: Tensor, hidden: Tensor | None,
                observe: Observe | None) -> None:
        """Draw and note the next token of the slots from `first` to `last`, given logits [last - first, V] fp32."""
        slots = slice(first, last)
        position, active, ids = self._position[slots], self._active[slots], self._ids[slots]
        settings = Settings(self._settings.temperature[slots], self._settings.top_p[slots], self._settings.penalty[slots],
                            self._settings.samples, self._settings.nucleus)
        chosen_by = repetition_penalized(logits, ids[:, :end], settings.penalty) if self._penalty else logits
        index, keys = position + 1 - self._start[slots], self._keys[slots]
        chosen = draw(chosen_by, settings, lambda count: uniform(keys, index, count))
        at = (position + 1).clamp(max=ids.shape[1] - 1)[:, None]
        for name, figure in (self.record(logits, hidden, chosen) if self.record is not None else {}).items():
            if name not in self._figures:
                self._figures[name] = torch.zeros(self._ids.shape, dtype=figure.dtype, device=self.device)
            self._figures[name][slots].scatter_(1, at, figure[:, None])
        ids.scatter_(1, at, torch.where(active[:, None] > 0, chosen[:, None], ids.gather(1, at)))
        position += active
        if observe is not None:
            observe(logits, chosen)

    def _pass(self, tokens: Tensor, position: Tensor, end: int, column: int | None) -> tuple[Tensor, Tensor | None]:
        """Logits [B, V] fp32 after one token each, and what the output layer was given."""
        keep = torch.zeros(1, dtype=torch.long, device=self.device)
        mask: Tensor | None = None
        if self._growing is not None:
            self._growing.extend()
            mask, cache, positions = self._growing.mask, self._growing.cache, position[:, None]
        else:
            self._cache.window.write(position, end, column)
            if column is None:
                mask = (torch.arange(end, device=self.device) <= position[:, None])[:, None, None]
                if self.config._attn_implementation == "eager":
                    mask = torch.zeros(mask.shape, dtype=self.dtype, device=self.device).masked_fill(
                        ~mask, torch.finfo(self.dtype).min)
            cache, positions = self._cache, position[:, None]
        logits, hidden = self.forward(tokens, mask, positions, cache, keep)
        return logits[:, -1].float(), None if hidden is None else hidden[:, -1]


def _layers(config: Any) -> list[Any]:
    from transformers import DynamicCache

    return DynamicCache(config=config).layers
