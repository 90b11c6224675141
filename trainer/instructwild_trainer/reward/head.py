"""The score head: one number in fp32, read at the last token of the answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from instructwild.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

HEAD = "score.weight"


class ScoreHead(nn.Linear):
    """A linear head that computes in fp32 whatever the trunk or autocast does: in bf16 near scores would tie."""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, 1, bias=False, dtype=torch.float32)
        nn.init.normal_(self.weight, std=1 / (hidden + 1) ** 0.5)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., H] in any dtype to [..., 1] in fp32."""
        with torch.autocast(hidden.device.type, enabled=False):
            return super().forward(hidden.float())


def reward_model(folder: Path, tokenizer: "PreTrainedTokenizerBase", *, dtype: "str | torch.dtype" = "auto",
                 trust_remote_code: bool = False, head: Tensor | None = None) -> Any:
    """A causal language model, or a reward model, as a sequence classification model with a `ScoreHead`.

    The score is read at the last token that is not padding, so the padding token must not be the end token.

    Args:
        folder: the model folder.
        tokenizer: its tokenizer, with a padding token of its own.
        dtype: of the weights below the head.
        head: [1, H] weights of the head; None draws new ones, N(0, 1/(H+1)) as Stiennon et al. 2020, with the global seed.

    Raises:
        ModelError: the folder holds no model that can be scored with, or the head belongs to another one.
    """
    from transformers import AutoModelForSequenceClassification

    from instructwild.llm.quiet import quiet

    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id):
        raise ModelError("its padding token is its end token: the score would be read before the end of the answer",
                         where=folder.name, remedy="set another pad_token in tokenizer_config.json")
    try:
        with quiet():
            model = AutoModelForSequenceClassification.from_pretrained(
                folder, num_labels=1, dtype=dtype, trust_remote_code=trust_remote_code, use_safetensors=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"cannot be loaded as a reward model ({(str(error).splitlines() or [''])[0]})", where=folder.name,
                         remedy="give a causal language model of an architecture that can classify sequences") from None
    text_config = model.config.get_text_config()
    text_config.pad_token_id = tokenizer.pad_token_id
    model.score = ScoreHead(text_config.hidden_size)
    if head is not None:
        if head.shape != model.score.weight.shape:
            raise ModelError(f"its score head has {head.shape[-1]} inputs and the base gives {text_config.hidden_size}: "
                             "they belong to different models", where=folder.name, remedy="give the base it was trained on")
        model.score.weight.data.copy_(head)
    return model


def stored_head(folder: Path) -> Tensor | None:
    """The head's weights [1, H] as a reward stage saved them, or None where the folder has none."""
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for key in tensors.keys():  # noqa: SIM118
                if key.endswith(HEAD):
                    return tensors.get_tensor(key).float()
    return None
