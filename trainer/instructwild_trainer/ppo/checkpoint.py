"""The state of a run between two updates, as safetensors and JSON, whole or not there."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.distributed.tensor import DTensor

from instructwild.errors import ModelError
from instructwild_trainer.processes import Processes

KEPT = 2
STATE, TENSORS = "state.json", "state.safetensors"


def save(folder: Path, update: int, parameters: Mapping[str, nn.Parameter], optimizer: optim.Optimizer,
         state: Mapping[str, Any], processes: Processes) -> None:
    """Keep weights, the optimiser's moments and plain state after `update` updates; older ones but one go.

    The first process writes. Where weights are cut, each process writes its own parts, and the first makes the checkpoint
    whole once all are there.

    Args:
        folder: where checkpoints live.
        update: updates done.
        parameters: what is trained, by name.
        optimizer: AdamW over exactly these.
        state: JSON values; nothing random has state of its own (see `rollout.seeded`).
        processes: this process among those of the run.
    """
    parts = shards_of(parameters)
    if parts == 1 and not processes.first:
        return
    aside = folder / "aside"
    if processes.first:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
    if parts > 1:
        processes.barrier()
    _write(aside / _file(processes.rank, parts), parameters, optimizer)
    if parts > 1:
        processes.barrier()
    if processes.first:
        (aside / STATE).write_text(json.dumps({"update": update, "parts": parts, **state}, ensure_ascii=False),
                                   encoding="utf-8")
        final = folder / f"update-{update:06d}"
        shutil.rmtree(final, ignore_errors=True)
        os.replace(aside, final)
        for old in sorted(folder.glob("update-*"))[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    if parts > 1:
        processes.barrier()


def latest(folder: Path) -> Path | None:
    """The newest whole checkpoint, if there is one."""
    result = sorted(path for path in folder.glob("update-*") if (path / STATE).is_file())
    return result[-1] if result else None


def load(path: Path, parameters: Mapping[str, nn.Parameter], optimizer: optim.Optimizer,
         processes: Processes) -> dict[str, Any]:
    """Put weights and moments back where they were, and hand back the plain state with its `update`.

    Raises:
        ModelError: its weights are cut into another number of parts.
    """
    from safetensors.torch import load_file

    parts = shards_of(parameters)
    state = checked(path, parts)
    with torch.no_grad():
        for key, value in load_file(path / _file(processes.rank, parts)).items():
            kind, _, name = key.partition("/")
            parameter = parameters[name]
            if kind == "weight":
                _own(parameter).copy_(value)
            else:
                held = optimizer.state.setdefault(parameter, {})
                held[kind] = value if kind == "step" else torch.zeros_like(parameter)
                _own(held[kind]).copy_(value)
    return state


def checked(path: Path, parts: int) -> dict[str, Any]:
    """The plain state of a checkpoint, once it is known to be cut into as many parts as this run's weights.

    Raises:
        ModelError: it is not.
    """
    state: dict[str, Any] = json.loads((path / STATE).read_text(encoding="utf-8"))
    if (kept := state.get("parts", 1)) != parts:
        begun = f"torchrun --nproc-per-node {kept}" if kept > 1 else "one process"
        raise ModelError(f"its weights are in {kept} part{'s' if kept > 1 else ''}, and this run would hold them in {parts}",
                         where=f"checkpoint {path.name}",
                         remedy=f"go on with {begun}, as the run began, or begin anew in another --out")
    return state


def shards_of(parameters: Mapping[str, nn.Parameter]) -> int:
    """Into how many parts weights are cut; 1 where each process has all of them."""
    return next((p.device_mesh.size() for p in parameters.values() if isinstance(p, DTensor)), 1)


def _file(rank: int, parts: int) -> str:
    return TENSORS if parts == 1 else f"state-{rank + 1:05d}-of-{parts:05d}.safetensors"


def _write(file: Path, parameters: Mapping[str, nn.Parameter], optimizer: optim.Optimizer) -> None:
    from safetensors.torch import save_file

    tensors = {f"weight/{name}": _own(p.detach()).contiguous() for name, p in parameters.items()}
    for name, p in parameters.items():
        for key, value in optimizer.state.get(p, {}).items():
            tensors[f"{key}/{name}"] = _own(value.detach()).clone().contiguous()
    save_file(tensors, file)


def _own(tensor: Tensor) -> Tensor:
    """The part of it that is here."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor
