"""Make Experience: sample responses, score them, and work out what each token was worth."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from instructwild.llm.generation.decode_rows import decode
from instructwild.llm.generation.decoder import Decoder, Record
from instructwild.llm.generation.rows import DecodedRow
from instructwild_trainer.ppo.actors import POLICY, REFERENCE, VALUE, Actors
from instructwild_trainer.ppo.advantages import gae, truncated_weights, whiten
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.experience import Experience, joined
from instructwild_trainer.ppo.masked import kept, masked_mean
from instructwild_trainer.ppo.plan import tokens_at_once
from instructwild_trainer.ppo.rewards import penalised, token_rewards

Sampler = Callable[[Sequence[DecodedRow]], list[list[float]]]
"""Brings rows to their ends; the log-probability of each of their tokens as the engine that drew them knows it."""


def seeded(*parts: int | str) -> int:
    """A seed that follows from its parts alone: nothing random has a state that a resumed run would have to restore."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8]) >> 1


def left_padded(rows: Sequence[Sequence[int]], pad: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Token ids [B, P] padded on the left, and where they are no padding."""
    width = max((len(row) for row in rows), default=0)
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.bool)
    for i, row in enumerate(rows):
        ids[i, width - len(row):] = torch.tensor(row, dtype=torch.long)
        mask[i, width - len(row):] = True
    return ids.to(device), mask.to(device)


@torch.no_grad()
def generate(actors: Actors, role: str, prompts: Sequence[Sequence[int]], rows: Sequence[int], *, length: int,
             stop_ids: Sequence[int], pad: int, temperature: float = 1.0, seed: int | None = None,
             batch_size: int = 32, sampler: Sampler | None = None, record: bool = True) -> Experience:
    """Responses to prompts, sampled some at a time; a prompt that waits takes the slot of a row that has ended.

    Each row draws from numbers of its own, so that what it is batched with decides nothing but rounding. In fp32 the result
    also holds log-probabilities, entropy and, where the trunk is shared, values: the pass that sampled knew them. Of another
    engine it holds that engine's log-probabilities, which nothing is learned from.

    Args:
        actors: the models.
        role: POLICY or REFERENCE.
        prompts: token ids.
        rows: the number of each prompt in the whole batch, which names its random numbers.
        length: longest response.
        stop_ids: tokens that end a response.
        pad: the padding token.
        temperature: of sampling.
        seed: None takes the likeliest token each time.
        batch_size: rows at a time; on a GPU fewer where memory holds fewer.
        sampler: another engine that writes the responses of the policy.
        record: whether the log-probabilities, entropy and values of the passes are kept.
    """
    device = actors.device
    decoded = [DecodedRow(list(prompt), length, temperature=0.0 if seed is None else temperature,
                          seed=0 if seed is None else seeded(seed, row)) for prompt, row in zip(prompts, rows, strict=True)]
    figures: dict[int, Mapping[str, Tensor]] = {}
    if sampler is not None:
        for row, logprobs in zip(decoded, sampler(decoded), strict=True):
            figures[id(row)] = {"sampler_logprobs": torch.tensor(logprobs, device=device)}
    else:
        keep = _record(actors, temperature) if actors.exact and record else None
        _decode(actors, role, decoded, figures, stop_ids, batch_size, keep)
    width = max(len(row.generated) for row in decoded)
    ids, prompt_mask = left_padded(prompts, pad, device)
    responses = torch.full((len(decoded), width), pad, dtype=torch.long)
    for i, row in enumerate(decoded):
        responses[i, :len(row.generated)] = torch.tensor(row.generated)
    responses, stops = responses.to(device), torch.tensor(stop_ids, device=device)
    names = figures.get(id(decoded[0]), {})
    return Experience(
        prompt=ids, prompt_mask=prompt_mask, response=responses, mask=response_mask(responses, stops),
        ended=torch.isin(responses, stops).any(1), row=torch.tensor(list(rows), device=device),
        **{name: torch.nn.utils.rnn.pad_sequence([figures[id(row)][name] for row in decoded], batch_first=True)
           for name in names})


def _decode(actors: Actors, role: str, rows: Sequence[DecodedRow], figures: dict[int, Mapping[str, Tensor]],
            stop_ids: Sequence[int], batch_size: int, record: Record | None) -> None:
    """Every row to its end by our own decoder; what `record` keeps of each row goes into `figures` by its id."""
    decoder = Decoder(actors.next_token(role), actors.base.config, device=actors.device, dtype=actors.base.dtype,
                      slots=min(batch_size, len(rows)), columns=max(row.reserved for row in rows) + 1,
                      record=record)
    decode(decoder, sorted(rows, key=lambda row: -len(row.prompt)), lambda row, token: row.append(token, stop_ids),
           lambda row, known: figures.update({id(row): known}))
    del decoder
    if actors.device.type == "cuda":
        torch.cuda.empty_cache()    # what recorded steps held is of no use to learning before it is given back


def _record(actors: Actors, temperature: float) -> Record:
    """What the pass that samples knows of each token."""
    def record(logits: Tensor, hidden: Tensor | None, tokens: Tensor) -> dict[str, Tensor]:
        logs = torch.log_softmax(logits / temperature, dim=-1)
        known = {"logprobs": logs.gather(1, tokens[:, None])[:, 0], "entropy": torch.special.entr(logs.exp()).sum(-1)}
        if actors.shared_trunk and hidden is not None:
            known["values"] = actors.heads[VALUE](hidden.float()).squeeze(-1)
        return known

    return record


def response_mask(response: Tensor, stops: Tensor) -> Tensor:
    """[B, T] bool: each row up to and including its first stop token, all of it where there is none."""
    is_stop = torch.isin(response, stops).long()
    return is_stop.cumsum(1) - is_stop == 0


@torch.no_grad()
def compute_logprobs_values_scores(actors: Actors, rollout: Experience, score: Callable[[Experience], Tensor],
               options: PPOOptions) -> Experience:
    """A rollout with its log-probabilities, values and scores.

    Args:
        actors: the models.
        rollout: prompts and sampled responses.
        score: gives each response of a batch its score, [B].
        options: of the run.
    """
    parts = []
    at_once = tokens_at_once(options, actors)
    for rows, batch in rollout.micro_batches(options.per_device_train_batch_size, at_once, actors.flat):
        columns: dict[str, Tensor] = {}
        predicted = None
        if batch.logprobs is None:
            predicted = actors.predict(POLICY, batch)
            columns["logprobs"] = predicted.logprobs(batch.response, options.temperature)
            columns["entropy"] = predicted.entropy(options.temperature)
        lower = actors.lower(batch)
        if batch.values is None:
            columns["values"] = actors.values(batch.with_columns(lower=lower), predicted)
        predicted = actors.predict(REFERENCE, batch)
        columns["ref_logprobs"] = predicted.logprobs(batch.response, options.temperature)
        parts.append((rows, batch.with_columns(
            lower=lower, **{name: kept(value, batch.mask) for name, value in columns.items()})))
    known = joined(parts)
    return known.with_columns(score=score(known).float())


def compute_advantages(known: Experience, options: PPOOptions, kl_coef: float) -> Experience:
    """What each token was worth: rewards, and from them advantages and returns, over the rows of all processes.

    Args:
        known: with log-probabilities, values and scores.
        options: of the run.
        kl_coef: β as it stands.
    """
    penalty = None if options.missing_eos_penalty == "none" else options.missing_eos_penalty
    rewards = token_rewards(penalised(known.score, known.ended, penalty), known.logprobs, known.ref_logprobs, known.mask,
                            kl_coef, options.score_clip or None)
    if options.whiten_rewards:
        rewards = scaled(rewards, known.mask)
    advantages, returns = gae(rewards, known.values, known.mask, options.gamma, options.lam)
    if options.whiten_advantages:
        advantages = whiten(advantages, known.mask)
    if known.sampler_logprobs is not None and options.importance_cap:
        # max(−A·r, −A·clip(r)) times a weight that is not negative is the same of the weighted advantage.
        advantages *= truncated_weights(known.logprobs, known.sampler_logprobs, known.mask, options.importance_cap)
    return known.with_columns(advantages=advantages, returns=returns)


def scaled(rewards: Tensor, mask: Tensor) -> Tensor:
    """[B, T] rewards divided by their standard deviation over the mask: their sign and their mean's are kept."""
    deviation = (kept(rewards, mask) - masked_mean(rewards, mask)).square()
    return kept(rewards, mask) / masked_mean(deviation, mask).sqrt().clamp(min=1e-8)
