"""A model's own answers to a few prompts, for people to read before and after training."""

from collections.abc import Sequence
from typing import Any

import torch

from instructwild_trainer.likelihood import padded
from instructwild_trainer.templates import Chat


@torch.no_grad()
def answers(model: Any, chat: Chat, prompts: Sequence[Sequence[dict[str, str]]], most_tokens: int) -> list[str]:
    """Greedy answers, all prompts in one left-padded batch; each ends at a stop token or after `most_tokens`.

    Args:
        model: a causal language model; its mode is left as it was found.
        chat: its tokenizer.
        prompts: conversations that wait for an answer.
        most_tokens: longest answer.
    """
    if not prompts:
        return []
    ids, mask = padded([chat.prompt_ids(prompt) for prompt in prompts], chat.tokenizer.pad_token_id,
                       next(model.parameters()).device, side="left")
    training = model.training
    model.eval()
    try:
        made = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=most_tokens, do_sample=False,
                              temperature=None, top_p=None, top_k=None, eos_token_id=list(chat.stop_ids),
                              pad_token_id=chat.tokenizer.pad_token_id)[:, ids.shape[1]:]
    finally:
        model.train(training)
    return [text.strip() for text in chat.tokenizer.batch_decode(made, skip_special_tokens=True)]
