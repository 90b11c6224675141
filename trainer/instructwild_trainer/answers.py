"""A model's own answers to a few prompts, for people to read before and after training."""

from collections.abc import Sequence
from typing import Any

import torch

from instructwild.llm.generation.decode_rows import decode
from instructwild.llm.generation.decoder import Decoder
from instructwild.llm.generation.forward import forward_of
from instructwild.llm.generation.rows import DecodedRow
from instructwild_trainer.templates import Chat

ROWS = 32
"""Most prompts that are answered at once."""


@torch.no_grad()
def answers(model: Any, chat: Chat, prompts: Sequence[Sequence[int]], most_tokens: int) -> list[str]:
    """Greedy answers; each ends at a stop token or after `most_tokens`.

    Args:
        model: a causal language model; its mode is left as it was found.
        chat: its tokenizer.
        prompts: token ids of conversations up to where an answer begins.
        most_tokens: longest answer.
    """
    if not prompts:
        return []
    rows = [DecodedRow(list(prompt), most_tokens) for prompt in prompts]
    weight = next(model.parameters())
    training = model.training
    model.eval()
    try:
        decode(Decoder(forward_of(model), model.config, device=weight.device, dtype=weight.dtype, slots=min(len(rows), ROWS),
                       columns=max(row.reserved for row in rows) + 1,
                       **({"graphs": None} if torch.distributed.is_initialized() else {})),
               sorted(rows, key=lambda row: -len(row.prompt)), lambda row, token: row.append(token, chat.stop_ids))
    finally:
        model.train(training)
    return [text.strip() for text in chat.tokenizer.batch_decode([row.generated for row in rows], skip_special_tokens=True)]
