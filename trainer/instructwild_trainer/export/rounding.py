"""Round-to-nearest: what quantization without calibration would give, the baseline that GPTQ has to beat."""

from typing import TYPE_CHECKING

from instructwild_trainer.export.size import divides

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


def round_to_nearest(weight: "torch.Tensor", bits: int, group: int, symmetric: bool) -> "torch.Tensor":
    """The weight after a round trip through a grid of 2^bits values per group of input columns.

    Args:
        weight: [out, in], float; `in` a multiple of `group`.
        bits: of each weight.
        group: how many neighbouring input columns share a scale.
        symmetric: a grid around zero with its zero point fixed in the middle, as symmetric GPTQ stores it; else the grid
            runs from the group's minimum to its maximum (both widened to hold 0).

    Returns:
        [out, in], the same dtype.
    """
    import torch

    grouped = weight.float().unflatten(1, (-1, group))
    top = 2**bits - 1
    if symmetric:
        scale = 2 * grouped.abs().amax(-1, keepdim=True) / top
        zero = torch.full_like(scale, (top + 1) / 2)
    else:
        low = grouped.amin(-1, keepdim=True).clamp(max=0)
        scale = (grouped.amax(-1, keepdim=True).clamp(min=0) - low) / top
        zero = (-low / torch.where(scale == 0, 1, scale)).round()
    scale = torch.where(scale == 0, 1, scale)
    grid = (grouped / scale + zero).round().clamp(0, top)
    return ((grid - zero) * scale).flatten(1).to(weight.dtype)


def round_blocks(model: "PreTrainedModel", bits: int, group: int, symmetric: bool) -> "PreTrainedModel":
    """The same model with the linear weights of its blocks rounded, in place.

    Embeddings, head and the layers that the group does not divide stay, as in GPTQ.
    """
    import torch

    head = model.get_output_embeddings()
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, torch.nn.Linear) and layer is not head \
                    and divides(layer.out_features, layer.in_features, bits, group):
                layer.weight.copy_(round_to_nearest(layer.weight, bits, group, symmetric))
    return model
