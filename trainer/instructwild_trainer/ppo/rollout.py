"""Make Experience: sample responses, score them, and work out what each token was worth."""

import hashlib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from instructwild_trainer.ppo.actors import POLICY, REFERENCE, VALUE, Actors
from instructwild_trainer.ppo.advantages import gae, whiten
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.experience import Experience, joined
from instructwild_trainer.ppo.masked import kept, masked_mean
from instructwild_trainer.ppo.rewards import penalised, token_rewards
from instructwild_trainer.ppo.tokens import token_entropy, token_logprobs


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


def drawn(probabilities: Tensor, uniform: Tensor | None) -> Tensor:
    """The token at which the cumulative probability passes a number drawn from [0, 1); the likeliest without one.

    Args:
        probabilities: [B, V].
        uniform: [B] fp64, or None.

    Returns:
        [B] token ids, never one of probability 0.
    """
    if uniform is None:
        return probabilities.argmax(-1)
    cumulative = probabilities.double().cumsum(-1)
    result = torch.searchsorted(cumulative, uniform.unsqueeze(1) * cumulative[:, -1:], right=True)
    return result.squeeze(1).clamp(max=probabilities.shape[1] - 1)


@torch.no_grad()
def generate(actors: Actors, role: str, prompts: Sequence[Sequence[int]], rows: Sequence[int], *, length: int,
             stop_ids: Sequence[int], pad: int, temperature: float = 1.0, seed: int | None = None,
             batch_size: int = 32) -> Experience:
    """Responses to prompts, sampled in batches of similar length; a row that has ended leaves its batch.

    Each row draws from numbers of its own, so that what it is batched with decides nothing but rounding. In fp32 the result
    also holds log-probabilities, entropy and, where the trunk is shared, values: the pass that sampled knew them.

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
        batch_size: rows at a time.
    """
    order = sorted(range(len(prompts)), key=lambda i: (-len(prompts[i]), i))
    stops = torch.tensor(stop_ids, device=actors.device)
    parts = []
    for start in range(0, len(order), batch_size):
        chosen = order[start:start + batch_size]
        uniform = None if seed is None else torch.stack([
            torch.rand(length, generator=torch.Generator().manual_seed(seeded(seed, rows[i])), dtype=torch.float64)
            for i in chosen]).to(actors.device)
        ids, prompt_mask = left_padded([prompts[i] for i in chosen], pad, actors.device)
        responses, figures = _decode(actors, role, ids, prompt_mask, uniform, length, stops, pad, temperature)
        parts.append((torch.tensor(chosen), Experience(
            prompt=ids, prompt_mask=prompt_mask, response=responses, mask=response_mask(responses, stops),
            ended=torch.isin(responses, stops).any(1), row=torch.tensor([rows[i] for i in chosen], device=actors.device),
            **figures)))
    return joined(parts)


def response_mask(response: Tensor, stops: Tensor) -> Tensor:
    """[B, T] bool: each row up to and including its first stop token, all of it where there is none."""
    is_stop = torch.isin(response, stops).long()
    return is_stop.cumsum(1) - is_stop == 0


def _decode(actors: Actors, role: str, ids: Tensor, mask: Tensor, uniform: Tensor | None, length: int, stops: Tensor,
            pad: int, temperature: float) -> tuple[Tensor, dict[str, Tensor]]:
    """[B, T] sampled tokens, and what is known of each: the prompts once, then a token at a time for rows that go on."""
    from transformers import DynamicCache

    cache = DynamicCache(config=actors.base.config)
    responses = torch.full((len(ids), length), pad, dtype=torch.long, device=ids.device)
    names = ("logprobs", "entropy", *(["values"] if actors.shared_trunk else [])) if actors.exact else ()
    figures = {name: torch.zeros(len(ids), length, device=ids.device) for name in names}
    active = torch.arange(len(ids), device=ids.device)
    attention = mask.long()
    positions = (attention.cumsum(1) - 1).clamp(min=0)
    for t in range(length):
        logits, hidden = actors.next_token(role, ids, attention, positions, cache)
        logs = torch.log_softmax(logits.float() / temperature, dim=-1)
        probabilities = logs.exp()
        token = drawn(probabilities, None if uniform is None else uniform[active, t])
        responses[active, t] = token
        if actors.exact:
            figures["logprobs"][active, t] = logs.gather(1, token.unsqueeze(1)).squeeze(1)
            figures["entropy"][active, t] = torch.special.entr(probabilities).sum(-1)
        if "values" in figures:
            figures["values"][active, t] = actors.heads[VALUE](hidden.float()).squeeze(-1)
        unfinished = ~torch.isin(token, stops)
        if not unfinished.all():
            cache.batch_select_indices(unfinished.nonzero().squeeze(1))
            active, token = active[unfinished], token[unfinished]
            attention, positions = attention[unfinished], positions[unfinished]
        if not len(active):
            return responses[:, :t + 1], {name: value[:, :t + 1] for name, value in figures.items()}
        ids, positions = token.unsqueeze(1), positions[:, -1:] + 1
        attention = torch.cat([attention, attention.new_ones(len(active), 1)], dim=1)
    return responses, figures


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
    for rows, batch in rollout.micro_batches(options.per_device_train_batch_size):
        columns: dict[str, Tensor] = {}
        predicted = None
        if batch.logprobs is None:
            predicted = actors.predict(POLICY, batch)
            columns["logprobs"] = token_logprobs(predicted.logits, batch.response, options.temperature)
            columns["entropy"] = token_entropy(predicted.logits, options.temperature)
        lower = actors.lower(batch)
        if batch.values is None:
            columns["values"] = actors.values(batch.with_columns(lower=lower), predicted)
        predicted = actors.predict(REFERENCE, batch)
        columns["ref_logprobs"] = token_logprobs(predicted.logits, batch.response, options.temperature)
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
    return known.with_columns(advantages=advantages, returns=returns)


def scaled(rewards: Tensor, mask: Tensor) -> Tensor:
    """[B, T] rewards divided by their standard deviation over the mask: their sign and their mean's are kept."""
    deviation = (kept(rewards, mask) - masked_mean(rewards, mask)).square()
    return kept(rewards, mask) / masked_mean(deviation, mask).sqrt().clamp(min=1e-8)
