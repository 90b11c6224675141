"""What a rollout leaves behind, and how the epochs of an update walk over it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import pad

from instructwild_trainer.ppo.flat import FlatRows, flat_rows

if TYPE_CHECKING:
    from instructwild_trainer.processes import Processes


@dataclass(frozen=True)
class Experience:
    """One batch of rollouts. Prompts are padded on the left, responses on the right, so that all begin in one column.

    Index t of logprobs, ref_logprobs, values, advantages and returns belongs to the t-th response token; the value at t was
    read at the position that predicts token t. Off the mask all of them are 0 and the tokens padding.
    """

    prompt: Tensor
    """[B, P] token ids, padded on the left."""
    prompt_mask: Tensor
    """[B, P] bool."""
    response: Tensor
    """[B, T] token ids, padded on the right."""
    mask: Tensor
    """[B, T] bool: response tokens up to and including EOS."""
    ended: Tensor
    """[B] bool: the response holds its EOS."""
    row: Tensor
    """[B] the place in the batch, which names the row's random numbers."""
    which: Tensor | None = None
    """[B] which of the training prompts was answered."""
    logprobs: Tensor | None = None
    sampler_logprobs: Tensor | None = None
    """[B, T] as another engine that wrote the responses knows them."""
    ref_logprobs: Tensor | None = None
    values: Tensor | None = None
    entropy: Tensor | None = None
    """[B, T] entropy in nats of the distribution that each token was drawn from."""
    score: Tensor | None = None
    """[B] as the reward model or functions gave it."""
    lower: Tensor | None = None
    """[B, P + T, H] what the value model's first trained layer is given; see `Actors.lower`."""
    advantages: Tensor | None = None
    returns: Tensor | None = None

    def __len__(self) -> int:
        return len(self.prompt)

    @property
    def lengths(self) -> Tensor:
        """[B] response tokens, EOS included."""
        return self.mask.sum(1)

    @property
    def sequence(self) -> tuple[Tensor, Tensor, Tensor]:
        """Prompt and response as one: ids, attention mask and positions, each [B, P + T]."""
        mask = torch.cat([self.prompt_mask, self.mask], dim=1).long()
        return torch.cat([self.prompt, self.response], dim=1), mask, (mask.cumsum(1) - 1).clamp(min=0)

    @cached_property
    def sizes(self) -> tuple[list[int], list[int]]:
        """Tokens of each row's prompt and response, as numbers here: a device is asked for them once, not at every batch."""
        prompts, responses = torch.stack([self.prompt_mask.sum(1), self.lengths]).tolist() if len(self) else ([], [])
        return prompts, responses

    @cached_property
    def flat(self) -> FlatRows:
        """How the rows stand behind one another without padding."""
        return flat_rows(*self.sizes, (self.prompt.shape[1], self.response.shape[1]), self.prompt.device)

    def pick(self, rows: Sequence[int]) -> "Experience":
        """Some rows, cut to the longest prompt and response among them."""
        index = torch.tensor(list(rows), dtype=torch.long).to(self.prompt.device, non_blocking=True)
        chosen = {f.name: value[index] for f in fields(self) if (value := getattr(self, f.name)) is not None}
        prompts, responses = ([sizes[i] for i in rows] for sizes in self.sizes)
        left, right = self.prompt.shape[1] - max(prompts, default=self.prompt.shape[1]), max(responses, default=0)
        for name, value in chosen.items():
            if name in ("prompt", "prompt_mask"):
                chosen[name] = value[:, left:]
            elif name == "lower":
                chosen[name] = value[:, left:self.prompt.shape[1] + right]
            elif value.dim() == 2:
                chosen[name] = value[:, :right]
        picked = Experience(**chosen)
        picked.__dict__["sizes"] = prompts, responses
        return picked

    def micro_batches(self, size: int, tokens: int = 0, flat: bool = False) -> Iterator[tuple[Tensor, "Experience"]]:
        """Batches of similar length, the longest first: what does not fit memory fails at once.

        Args:
            size: rows at a time.
            tokens: more rows where that many tokens hold them; 0 takes `size` rows whatever their length.
            flat: whether rows are read without padding, which then does not count.

        Yields:
            The rows [b] of this experience, on the CPU, and these rows themselves.
        """
        prompts, responses = self.sizes
        lengths = [prompt + response for prompt, response in zip(prompts, responses, strict=True)]
        order = sorted(range(len(self)), key=lambda row: -lengths[row])
        begin = 0
        while begin < len(order):
            rows = order[begin:begin + size]
            wide, long = max(prompts[row] for row in rows), max(responses[row] for row in rows)
            unpadded = sum(lengths[row] for row in rows)
            for row in (order[at] for at in range(begin + size, len(order))) if tokens else ():
                wide, long, unpadded = max(wide, prompts[row]), max(long, responses[row]), unpadded + lengths[row]
                if (unpadded if flat else (len(rows) + 1) * (wide + long)) > tokens:
                    break
                rows.append(row)
            begin += len(rows)
            yield torch.tensor(rows), self.pick(rows)

    def to(self, device: torch.device | str) -> "Experience":
        """The same on another device."""
        return replace(self, **{f.name: value.to(device) for f in fields(self)
                                if (value := getattr(self, f.name)) is not None})

    def with_columns(self, **columns: Tensor) -> "Experience":
        """The same with more known about it; of rows that stay as they are no length is asked for again."""
        more = replace(self, **columns)
        if not {"prompt", "prompt_mask", "response", "mask"} & columns.keys():
            more.__dict__.update({name: known for name in ("sizes", "flat") if (known := self.__dict__.get(name))})
        return more


def joined(parts: Sequence[tuple[Tensor, Experience]]) -> Experience:
    """Micro-batches put together again, rows in their first order."""
    order = torch.argsort(torch.cat([rows for rows, _ in parts]))
    width = max(part.prompt.shape[1] for _, part in parts), max(part.response.shape[1] for _, part in parts)
    columns = {}
    for f in fields(Experience):
        if getattr(parts[0][1], f.name) is not None:
            columns[f.name] = torch.cat([_wide(f.name, part, width) for _, part in parts])[order]
    return Experience(**columns)


def _wide(name: str, part: Experience, width: tuple[int, int]) -> Tensor:
    value: Tensor = getattr(part, name)
    left, right = width[0] - part.prompt.shape[1], width[1] - part.response.shape[1]
    if name == "lower":
        return pad(value, (0, 0, left, right))
    if value.dim() == 1:
        return value
    return pad(value, (left, 0) if name in ("prompt", "prompt_mask") else (0, right))


class ReplayBuffer:
    """The experience of one update, walked over in a new order every epoch; the orders follow from the seed alone."""

    def __init__(self, experience: Experience, seed: int) -> None:
        self.experience = experience
        self.generator = torch.Generator().manual_seed(seed)

    def minibatches(self, size: int) -> Iterator[Experience]:
        """One epoch: all rows once, `size` at a time."""
        for rows in torch.randperm(len(self.experience), generator=self.generator).split(size):
            yield self.experience.pick(rows.tolist())


def all_gather_rows(part: Experience, processes: "Processes") -> Experience:
    """The rows of all processes, in the order of their indices; what is too much to send is computed again."""
    if processes.world == 1:
        return part
    parts = processes.all_gather(replace(part, lower=None).to("cpu"))
    return joined([(each.row, each) for each in parts]).to(part.prompt.device)
