"""What weights shared out by FSDP2 need before training: sums of gradients in fp32, and a score head that stays in fp32."""

import dataclasses
from typing import TYPE_CHECKING, Any

from instructwild.errors import ConfigError

if TYPE_CHECKING:
    from transformers import Trainer


def prepare_shards(trainer: "Trainer") -> None:
    """Set a trainer's model up for FSDP2; nothing where weights are not shared out by it.

    accelerate's policy for bfloat16 also adds gradients up in bfloat16 and rounds what a model gives back, its loss or its
    scores, to bfloat16: here passes alone are in bfloat16, as under DDP. A score head is a unit of its own, because its
    policy is another one.

    Raises:
        ConfigError: FSDP 1 was launched.
    """
    if not trainer.is_fsdp_enabled:
        return
    import torch
    from torch.distributed.fsdp import fully_shard

    from instructwild_trainer.reward.head import ScoreHead

    plugin = trainer.accelerator.state.fsdp_plugin
    if plugin.fsdp_version != 2:
        raise ConfigError("was launched as version 1", where="FSDP", remedy="write fsdp_version: 2 in the file that "
                          "accelerate launch takes, or take the shipped configs/accelerate/fsdp.yaml")
    if plugin.mixed_precision_policy is not None:
        plugin.mixed_precision_policy = dataclasses.replace(plugin.mixed_precision_policy, reduce_dtype=torch.float32,
                                                            output_dtype=None)
    model: Any = trainer.model
    for module in model.modules():
        if isinstance(module, ScoreHead):
            fully_shard(module)
