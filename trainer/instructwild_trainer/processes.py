"""Several processes on one stage, as `torchrun` or `accelerate launch` start them: the first writes, all of them train."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from instructwild.errors import InstructwildError
from instructwild.stage import FileRecord, Run, load, start


def count() -> int:
    """How many processes there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process is the one that writes and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def parts() -> int:
    """Into how many parts the weights are cut, each process holding one: 1 unless FSDP or DeepSpeed was launched."""
    cut = any(os.environ.get(name) == "true" for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"))
    return count() if cut else 1


def device() -> str:
    """Where this process computes."""
    import torch

    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"


@contextmanager
def started(out: Path, stage: str, config: dict[str, Any], inputs: list[FileRecord], force: bool) -> Iterator[Run]:
    """`stage.start` in the first process; the others get a run with the same scratch folder, and must not write.

    Raises:
        OutputError: as `stage.start`, in every process.
    """
    if count() == 1:
        with start(out, stage, config=config, inputs=inputs, force=force) as run:
            yield run
        return
    if is_first():
        begun = False
        try:
            with start(out, stage, config=config, inputs=inputs, force=force) as run:
                begun = True
                _tell(run.finished is not None)
                yield run
        except InstructwildError as error:
            if not begun:
                _tell(error)
            raise
        return
    from instructwild.console.terminal import console

    console.quiet = True
    heard = _tell(None)
    if isinstance(heard, InstructwildError):
        raise heard
    yield Run(Path(out), stage, config, inputs, finished=load(out) if heard else None)


def _tell(said: Any) -> Any:
    """What the first process says, in every process."""
    import torch
    from accelerate import PartialState
    from torch.distributed import broadcast_object_list

    PartialState(cpu=not torch.cuda.is_available())
    box = [said]
    broadcast_object_list(box, src=0)
    return box[0]
