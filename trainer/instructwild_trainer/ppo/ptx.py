"""PTX: the language-model loss on supervised answers that is added to the PPO loss (Ouyang et al. 2022, equation 2)."""

from torch import Tensor
from torch.nn.functional import cross_entropy

IGNORED = -100


def ptx_loss(logits: Tensor, labels: Tensor, answers: Tensor | None = None) -> Tensor:
    """Cross-entropy of each answer token given what precedes it, as a mean over all answer tokens of the batch.

    Args:
        logits: [B, S, V]; logits[:, s] predicts token s + 1. The shift happens here.
        labels: [B, S] token ids, -100 wherever a token is no part of the answer.
        answers: [2, N] row and column in [B, S − 1] of each predicted token of an answer, where the caller knows them; None
            looks for them, for which a device is waited for.

    Returns:
        [] fp32; 0 (with a graph) where there is no answer token.
    """
    rows, columns = answer_positions(labels) if answers is None else answers
    total = cross_entropy(logits[rows, columns].float(), labels[rows, columns + 1], reduction="sum")
    return total / max(len(rows), 1)


def answer_positions(labels: Tensor) -> Tensor:
    """[2, N] row and column in [B, S − 1] of each token of an answer that labels [B, S] predict."""
    return (labels[:, 1:] != IGNORED).nonzero().T
