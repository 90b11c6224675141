"""PTX: the language-model loss on supervised answers that is added to the PPO loss (Ouyang et al. 2022, equation 2)."""

from torch import Tensor
from torch.nn.functional import cross_entropy

IGNORED = -100


def ptx_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each answer token given what precedes it, as a mean over all answer tokens of the batch.

    Args:
        logits: [B, S, V]; logits[:, s] predicts token s + 1. The shift happens here.
        labels: [B, S] token ids, -100 wherever a token is no part of the answer.

    Returns:
        [] fp32; 0 (with a graph) where there is no answer token.
    """
    targets = labels[:, 1:]
    answer = targets != IGNORED
    chosen = logits[:, :-1][answer].float()
    total = cross_entropy(chosen, targets[answer], reduction="sum")
    return total / answer.sum().clamp(min=1)
