"""Tokens of an answer as text: special tokens are left out, but for those that mark thoughts."""

from collections.abc import Iterable, Sequence
from typing import Any

from instructwild.text.thoughts import marks_among, opened_by

LONGEST_OPENING = 48
"""Tokens at a prompt's end that hold every mark which opens thoughts, of vocabularies of single bytes too."""


def opened_thoughts(tokenizer: Any, prompt: Sequence[int]) -> str:
    """The mark with which a chat template itself began the thoughts at a prompt's end (see `opened_by`), or nothing.

    Args:
        tokenizer: of the model.
        prompt: the token ids.
    """
    return opened_by(tokenizer.decode(list(prompt[-LONGEST_OPENING:]), skip_special_tokens=False))


class TextDecoder:
    """Decodes answers of one model.

    Args:
        tokenizer: of the model. Where its special tokens are marks of thoughts (`<|channel|>`, `<|START_THINKING|>`), as
            those of gpt-oss, Gemma and Command A are, they stay in the text, for `split_thoughts`.
        marks: leave them there; without, all special tokens are left out.
    """

    def __init__(self, tokenizer: Any, *, marks: bool = True) -> None:
        self._tokenizer = tokenizer
        special = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=False))
        spoken = marks_among(special) if marks else frozenset()
        self._silent = {special[token] for token in special.keys() - spoken} if spoken else None

    def __call__(self, tokens: Sequence[int], without: Iterable[int] = ()) -> str:
        """The text of some tokens.

        Args:
            tokens: ids.
            without: ids to leave out, such as those that end an answer.
        """
        silent = {*without, *(self._silent or ())}
        spoken = [token for token in tokens if token not in silent]
        return str(self._tokenizer.decode(spoken, skip_special_tokens=self._silent is None))
