"""Attention over packed rows, document by document: none sees another, and no pair of tokens apart is ever computed.

Without a kernel for sequences of unequal length (FlashAttention), transformers keeps packed rows apart by a mask that grows
with the square of the whole sequence. Here the mask function finds where documents begin and hands that on in the mask's
place; the attention function then runs PyTorch's causal attention on each document, on a GPU all of them in one kernel for
sequences of unequal length (`torch.nn.attention.varlen`). What is not packed gets the usual mask.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from inspect import signature
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from instructwild.errors import ModelError
from instructwild_trainer.likelihood import trunk_of

if TYPE_CHECKING:
    from instructwild_trainer.templates import Encoded

NAME = "by_document"
PROBE = 12
"""Tokens of the rows that a model is asked about."""


def attend_by_document(model: Any) -> bool:
    """Let a model that would use a dense mask attend to packed rows one by one; whether it does.

    Args:
        model: a causal language model, changed in place; one that has a kernel for packed rows is left as it is.
    """
    from transformers import AttentionInterface, AttentionMaskInterface

    if model.config._attn_implementation == NAME:
        return True
    if model.config._attn_implementation != "sdpa" or not model._supports_attention_backend:
        return False
    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, bounds_or_mask)
    model.set_attn_implementation(NAME)
    return True


def flattened(rows: Sequence[Sequence[int]]) -> dict[str, Tensor]:
    """Input_ids and position_ids [1, T] of rows behind one another."""
    return {"input_ids": torch.tensor([[token for row in rows for token in row]]),
            "position_ids": torch.cat([torch.arange(len(row)) for row in rows])[None]}


def check_apart(model: Any, name: str) -> None:
    """Raise where a model does not keep packed rows apart, see `why_not_apart`.

    Args:
        model: a causal language model as it will be trained; its mode is left as it was.
        name: of the model, for the message.

    Raises:
        ModelError: the second row changes with the first, or packed rows cannot be read.
    """
    if problem := why_not_apart(model):
        raise ModelError(f"packed rows see each other, or cannot be read: {problem}", where=name,
                         remedy="leave --packing out")


@torch.no_grad()
def why_not_apart(model: Any) -> str:
    """Why rows that stand behind one another cannot be read by a model as it reads each alone; empty where they can.

    It is asked: what its trunk gives for the same second row behind two first ones, and for that row alone. Linear attention
    and convolutions let a row see the one before it, whatever a model's attention does; positions may be counted over the
    whole sequence.

    Args:
        model: a language or reward model; its mode is left as it was.
    """
    training, trunk, device = model.training, trunk_of(model), next(model.parameters()).device
    most = min(model.config.get_text_config().vocab_size, 1000)
    first, another, row = (torch.randint(most, (PROBE,), generator=torch.Generator().manual_seed(seed)).tolist()
                           for seed in (3, 11, 7))
    model.eval()
    try:
        after_first, after_another, alone = (
            trunk(**{name: ids.to(device) for name, ids in flattened(rows).items()}, use_cache=False).last_hidden_state[
                0, -PROBE:].float() for rows in ([first, row], [another, row], [row]))
    except (RuntimeError, TypeError, ValueError, AttributeError, LookupError, AssertionError, NotImplementedError) as error:
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    finally:
        model.train(training)
    # Products of other sizes round otherwise, which in half precision adds up over layers; a position is another number.
    noise, rounding = (1e-4, 1e-3) if model.dtype in (torch.float32, torch.float64) else (2e-2, 0.2)
    for compared, limit, what in ((after_another, noise, "the row packed before it"), (alone, rounding, "its place")):
        change = (after_first - compared).abs().max().item()
        if not change <= limit * alone.std().item():
            return f"what is computed of a row changes by {change:.2g} with {what}"
    return ""


def sequences(rows: "Sequence[Encoded]", max_length: int) -> int:
    """How many packed sequences TRL will make of the rows: best fit, longest first, none cut."""
    from datasets import Dataset
    from trl.data_utils import pack_dataset

    lengths = [[0] * len(row.input_ids) for row in rows]
    return len(pack_dataset(Dataset.from_dict({"input_ids": lengths}), max_length, "bfd"))


def bounds_or_mask(batch_size: int, q_length: int, kv_length: int, **options: Any) -> Tensor | None:
    """Where the documents of a packed row begin and end, [D + 1]; for any other batch, what PyTorch's attention takes.

    Only causal attention within whole documents is told by its bounds: a sliding window that cuts one gets a mask.
    """
    from transformers.masking_utils import sdpa_mask

    packed = batch_size == 1 and q_length == kv_length and options.get("attention_mask") is None \
        and not options.get("allow_is_causal_skip", True)
    if packed:
        sees, device = options["mask_function"], options.get("device", "cpu")
        here = torch.arange(1, q_length, device=device)
        none = torch.zeros_like(here)
        begins = here[~sees(none, none, here, here - 1)]
        ends = torch.tensor([0, q_length], device=device)
        bounds = torch.cat([ends[:1], begins, ends[1:]])
        none = torch.zeros_like(bounds[1:])
        if bool(sees(none, none, bounds[1:] - 1, bounds[:-1]).all()):
            return bounds
    mask: Tensor | None = sdpa_mask(batch_size, q_length, kv_length, **options)
    return mask


def as_mask(bounds: Tensor) -> Tensor:
    """Bounds of documents [D + 1] in the shape that transformers hands on to attention without a look at it: no device is
    waited for. Only for models all of whose layers attend to whole documents, see `attends_to_all`.
    """
    return bounds.to(torch.int32)[None, None, None]


def attends_to_all(model: Any) -> bool:
    """Whether a model attends by document, and no layer slides over a part or keeps a running state."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    return model.config._attn_implementation == NAME and all(
        type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)


def attention(module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
              **options: Any) -> tuple[Tensor, None]:
    """Causal attention within each document where `attention_mask` holds their bounds, else PyTorch's as it is.

    Args:
        module: the layer.
        query: [1, H, T, D]; key and value may have fewer heads.
        key: [1, h, T, D].
        value: [1, h, T, D].
        attention_mask: what `bounds_or_mask` gave, or `as_mask`.

    Returns:
        [1, T, H, D], and no weights.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if attention_mask is not None and attention_mask.dtype == torch.int32:
        attention_mask = attention_mask.flatten()
    if attention_mask is None or attention_mask.dim() != 1:
        out, _ = sdpa_attention_forward(module, query, key, value, attention_mask, **options)
        return out, None
    if has_varlen(query) and not options.get("dropout"):
        return varlen_attention(query, key, value, attention_mask, options.get("scaling")), None
    lengths = attention_mask.diff().tolist()
    parts = [sdpa_attention_forward(module, q, k, v, None, **options)[0]
             for q, k, v in zip(query.split(lengths, 2), key.split(lengths, 2), value.split(lengths, 2), strict=True)]
    return torch.cat(parts, 1), None


def has_varlen(query: Tensor) -> bool:
    """Whether PyTorch has a kernel for sequences of unequal length that takes this tensor: on a GPU, in half precision."""
    half = query.dtype in (torch.bfloat16, torch.float16)
    return query.is_cuda and half and find_spec("torch.nn.attention.varlen") is not None


def varlen_attention(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, scale: float | None) -> Tensor:
    """Causal attention within each document in one kernel, without asking the device for their lengths.

    Args:
        query: [1, H, T, D]; key and value may have fewer heads.
        key: [1, h, T, D].
        value: [1, h, T, D].
        bounds: [documents + 1], from 0 to T.
        scale: of the scores; None is 1 / √D.

    Returns:
        [1, T, H, D].
    """
    from torch.nn.attention.varlen import varlen_attn

    takes = signature(varlen_attn).parameters
    groups, length = query.shape[1] // key.shape[1], query.shape[2]
    options: dict[str, Any] = {"window_size": (-1, 0)} if "window_size" in takes else {"is_causal": True}
    if groups > 1 and "enable_gqa" in takes:
        options["enable_gqa"] = True
    elif groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    if "scale" in takes:
        options["scale"] = scale
    elif scale is not None:     # the kernel divides by the root of D
        query = query * (scale * query.shape[-1] ** 0.5)
    documents = bounds.to(query.device, torch.int32)
    states = (heads[0].transpose(0, 1).contiguous() for heads in (query, key, value))
    out: Tensor = varlen_attn(*states, documents, documents, length, length, **options)
    return out[None]
