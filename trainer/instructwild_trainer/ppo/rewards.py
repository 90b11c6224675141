"""What each response token is rewarded with: the KL to the reference on every token, the score on the last one."""

import torch
from torch import Tensor

from instructwild_trainer.ppo.kl import k1
from instructwild_trainer.ppo.masked import kept


def token_rewards(score: Tensor, logprobs: Tensor, ref_logprobs: Tensor, mask: Tensor, kl_coef: float,
                  score_clip: float | None) -> Tensor:
    """−kl_coef · (logprobs − ref_logprobs) on response tokens, plus clip(score, ±score_clip) on the last of them only.

    DeepSpeed-Chat's `compute_rewards`; Ouyang et al. 2022, equation 2, taken token by token.

    Args:
        score: [B], one score a response.
        logprobs: [B, T], log π of the sampled tokens under the policy that sampled them.
        ref_logprobs: [B, T], the same under the reference.
        mask: [B, T], 1 on response tokens up to and including EOS; bool or 0/1 of any dtype.
        kl_coef: β, in score per nat.
        score_clip: bound on |score|; None leaves the score as it is.

    Returns:
        [B, T] fp32, 0 off the mask. A row without a response token gets no reward at all.
    """
    rewards = -kl_coef * kept(k1(logprobs, ref_logprobs), mask)
    scored = score.float() if score_clip is None else score.float().clamp(-score_clip, score_clip)
    return rewards + torch.where(last_token(mask), scored.unsqueeze(1), 0.0)


def last_token(mask: Tensor) -> Tensor:
    """Where the last response token of each row is: [B, T] bool, at most one True a row."""
    on = mask != 0
    after = on.flip(1).long().cumsum(1).flip(1)
    return on & (after == 1)


def penalised(score: Tensor, ended: Tensor, penalty: float | None) -> Tensor:
    """The score, or a fixed penalty in its place where the response did not end with EOS inside the limit.

    From summarize_from_feedback_details' `ppo.py` (−1 there): without it models learn not to stop.

    Args:
        score: [B].
        ended: [B], whether the response holds its EOS; bool or 0/1.
        penalty: the score of an unfinished response; None leaves all scores.

    Returns:
        [B] fp32.
    """
    return score.float() if penalty is None else torch.where(ended != 0, score.float(), penalty)
