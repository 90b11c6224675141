"""A trained reward model as a judge: conversations in, scores out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from instructwild.errors import ModelError
from instructwild.llm.rendering import turns
from instructwild_trainer.adapter import Source, load_reward, source_of
from instructwild_trainer.likelihood import batches, padded
from instructwild_trainer.templates import Encoded, ready


class Scorer:
    """A reward model, loaded when it first scores.

    Args:
        model: the folder of a `train reward` stage.
        max_length: a conversation is read up to this many tokens, the beginning left out.
    """

    def __init__(self, model: str | Path | Source, max_length: int = 2048) -> None:
        self.source = model if isinstance(model, Source) else source_of(model)
        self.max_length = max_length
        self._loaded: Any = None

    def __call__(self, conversations: Sequence[Any], done: Callable[[int], None] = lambda rows: None) -> list[float]:
        """The score of the last answer of each conversation, read at its stop token.

        Args:
            conversations: messages that end in an answer.
            done: told how many were scored by each pass.
        """
        from instructwild_trainer.fit import silence_libraries
        from instructwild_trainer.processes import device

        if self._loaded is None:
            with silence_libraries():
                model, tokenizer = load_reward(self.source)
            self._loaded = model.to(device()), ready(tokenizer)
        model, chat = self._loaded
        rows = [chat.answer(turns(messages)).to_stop for messages in conversations]
        return scores(model, rows, chat.tokenizer.pad_token_id, self.max_length, done)


def scores(model: Any, rows: Sequence[Encoded], pad_id: int, max_length: int | None = None,
           done: Callable[[int], None] = lambda rows: None, tokens_at_once: int = 4096) -> list[float]:
    """The score of each encoded conversation; the mode of the model is left as it was found.

    Args:
        model: a reward model.
        rows: encoded up to the stop token of their answer.
        pad_id: what rows are padded with, on the right.
        max_length: longer rows lose their beginning.
        done: told how many rows were scored by each pass.
        tokens_at_once: most padded tokens in one forward pass.
    """
    import torch

    ids = [row.input_ids[-max_length:] if max_length else row.input_ids for row in rows]
    at = next(model.parameters()).device
    values_of_rows = [0.0] * len(ids)
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for batch in batches([len(row_ids) for row_ids in ids], tokens_at_once):
                tokens, mask = padded([ids[i] for i in batch], pad_id, at)
                values = model(input_ids=tokens, attention_mask=mask, use_cache=False).logits.squeeze(-1).float().tolist()
                for i, value in zip(batch, values, strict=True):
                    values_of_rows[i] = value
                done(len(batch))
    finally:
        model.train(training)
    return values_of_rows


def scorer(path: str) -> Scorer:
    """The reward model of a folder, as `instructwild.llm.judge.scorer` asks for it.

    Raises:
        ModelError: it is no reward model.
    """
    from instructwild_trainer.reward.head import stored_head

    judge = Scorer(path)
    if stored_head(judge.source.folder) is None:
        raise ModelError("has no score head, so it is no reward model", where=path,
                         remedy="give the folder of a `train reward` stage")
    return judge
