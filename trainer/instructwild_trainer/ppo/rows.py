"""The rows of a run as token ids: prompts to answer, supervised rows for PTX, and what is held out of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from instructwild.errors import InputError, ModelError
from instructwild.llm.rendering import tools_of, turns
from instructwild.read.instructions import ReadRows
from instructwild.schema import Dropped, Reason
from instructwild.text.quantity import quantity
from instructwild_trainer.data import Conversation, conversations, languages_of, shown, split, split_key
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.scores import EncodedPrompt
from instructwild_trainer.templates import IGNORED, Chat, Encoded, check_masks


@dataclass(frozen=True)
class PPORows:
    """The rows of a run, encoded and split."""

    prompts: list[EncodedPrompt]
    held_out_prompts: list[EncodedPrompt]
    ptx: list[Conversation]
    held_out_ptx: dict[str, list[Conversation]]
    dropped: list[Dropped]
    total: int

    @property
    def examples(self) -> list[Encoded]:
        """What the model reads of all rows: prompts, which nothing is trained on, and the examples of supervised rows."""
        prompts = [Encoded(prompt.ids, [IGNORED] * len(prompt.ids)) for prompt in (*self.prompts, *self.held_out_prompts)]
        rows = [*self.ptx, *(row for held in self.held_out_ptx.values() for row in held)]
        return [*prompts, *(example for row in rows for example in row.examples)]


def prepared(prompts: ReadRows, ptx: ReadRows, chat: Chat, options: PPOOptions) -> PPORows:
    """Rows as token ids, split into what is trained on and what is held out.

    Raises:
        InputError: no prompt is left to train on, or no supervised row of those given.
        ModelError: the template writes none of the prompts, or does not tell prompts from answers.
    """
    longest = options.max_length - options.response_length
    kept, dropped = _encoded(prompts.frame, chat, longest)
    dropped = [*prompts.malformed, *ptx.malformed, *dropped]
    if not kept:
        raise InputError("holds no prompt that can be used", where="prompts",
                         remedy=f"prompts must fit max_length − response_length = {quantity(longest, 'token')}; see the "
                                "reasons, or raise max_length")
    halves = split(kept, options.held_out, key=lambda prompt: prompt.key, language=lambda prompt: prompt.language)
    answered, lost = conversations(ptx.frame, chat, options.max_length) if ptx.frame.height else ([], [])
    if ptx.frame.height and not answered:
        raise InputError("holds no answered row that can be used", where="--ptx", remedy="give rows with answers that fit "
                         f"max_length {options.max_length}, or leave --ptx out for plain PPO")
    supervised = split(answered, options.held_out, key=lambda row: row.key, language=lambda row: row.language,
                       most=options.held_out_rows) if answered else None
    if supervised:
        check_masks(example for row in supervised.train for example in row.examples)
    return PPORows(halves.train, [prompt for held in zip_longest_first(halves.held_out) for prompt in held],
                supervised.train if supervised else [], supervised.held_out if supervised else {}, [*dropped, *lost],
                prompts.frame.height + ptx.frame.height + len(prompts.malformed) + len(ptx.malformed))


def _encoded(frame: pl.DataFrame, chat: Chat, longest: int) -> tuple[list[EncodedPrompt], list[Dropped]]:
    """Prompts as token ids; what asks nothing, is too long, or is not written by the template leaves with a reason.

    Raises:
        ModelError: the template writes none of them.
    """
    kept: list[EncodedPrompt] = []
    dropped: list[Dropped] = []
    refused: list[ModelError] = []
    languages = languages_of(frame["language"], frame["messages"].to_list())
    for row, language in zip(frame.iter_rows(named=True), languages, strict=True):
        messages = turns(row["messages"])
        last = max((i for i, message in enumerate(messages) if message["role"] == "user"), default=-1)
        requests = messages[:last + 1]
        try:
            ids = chat.prompt_ids(requests, tools_of(row.get("tools"))) if requests else []
        except ModelError as error:
            refused.append(error)
            dropped.append(Dropped(id=row["id"], step="train", reason=Reason.BAD_FORMAT, row=shown(messages),
                                   evidence=error.what))
            continue
        if not ids or len(ids) > longest:
            dropped.append(Dropped(id=row["id"], step="train", reason=Reason.TOO_LONG if ids else Reason.NOT_A_PROMPT,
                                   row=shown(messages), evidence={"tokens": len(ids), "longest": longest} if ids else None))
            continue
        columns = {**json.loads(row.get("extra") or "{}"), "messages": messages,
                   **{name: row[name] for name in ("id", "language", "labels", "origin")}}
        kept.append(EncodedPrompt(row["id"], split_key(requests), language, requests, ids, columns))
    if refused and len(refused) == frame.height:
        raise refused[0]
    return kept, dropped


def zip_longest_first(held_out: Mapping[str, Sequence[EncodedPrompt]]) -> list[list[EncodedPrompt]]:
    """Held-out prompts in turns of one a language, so that the first few show each."""
    most = max((len(prompts) for prompts in held_out.values()), default=0)
    return [[prompts[i] for prompts in held_out.values() if i < len(prompts)] for i in range(most)]
