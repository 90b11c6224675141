"""Where a model is while it is measured: on this process's device, or on it a layer at a time where it will be sharded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from instructwild_trainer.processes import device, shard_count


@contextmanager
def placed(model: Any) -> Iterator[Any]:
    """The model, ready for passes in this process alone.

    Where FSDP or DeepSpeed shares weights out, the model stays on the host and each layer comes to the device for its own
    pass: before training is begun 14B in fp32 would take 59 GB of one card, of which a share is an eighth.

    Args:
        model: on the host, or on the device already.
    """
    here = device()
    if shard_count() == 1 or here == "cpu":              # on CPUs the host is the device
        yield model.to(here)
        return
    with streamed(model, here):
        yield model


@contextmanager
def streamed(model: Any, execution_device: str) -> Iterator[None]:
    """Each layer's weights are on a device while it computes, and on the host before and after."""
    from accelerate import cpu_offload
    from accelerate.hooks import remove_hook_from_submodules

    cpu_offload(model, execution_device=execution_device, offload_buffers=True)
    try:
        yield
    finally:
        remove_hook_from_submodules(model)
        model.tie_weights()
