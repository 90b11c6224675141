"""The pass of a model, as decoding calls it."""

from typing import Any, Protocol

from torch import Tensor


class Forward(Protocol):
    """A pass of the model.

    Takes ids and positions [B, S], a mask (None, [B, T] or [B, 1, 1, T]), the cache, and the columns of S whose logits are
    needed [k], None for all. Gives logits [B, k, V], and what the output layer was given [B, k, H] if anyone wants that.
    """

    def __call__(self, ids: Tensor, mask: Tensor | None, positions: Tensor, cache: Any, keep: Tensor | None,
                 ) -> tuple[Tensor, Tensor | None]:
        """One pass."""
        ...


def without_router_logits(model: Any) -> Any:
    """The model; a mixture of experts returns no router logits: a loss of training needs them, which TRL asks for by itself.

    A config that asks for them, as that of a trained model may, makes passes fail whose masks are not those of training.
    """
    text = model.config.get_text_config()
    if getattr(text, "output_router_logits", False):
        text.output_router_logits = False
    return model


def forward_of(model: Any) -> Forward:
    """The pass of a causal language model of transformers."""
    without_router_logits(model)

    def forward(ids: Tensor, mask: Tensor | None, positions: Tensor, cache: Any, keep: Tensor | None,
                ) -> tuple[Tensor, Tensor | None]:
        return model(input_ids=ids, attention_mask=mask, position_ids=positions, cache=cache, use_cache=True,
                     logits_to_keep=0 if keep is None else keep).logits, None

    return forward
