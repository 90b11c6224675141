"""The state of a run between two updates, as safetensors and JSON, whole or not there."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.distributed.tensor import DTensor

from instructwild.stage.atomic import atomic_path, remove
from instructwild_trainer.processes import Processes

KEPT = 2
STATE, TENSORS, TEMPORARY = "state.json", "state.safetensors", "unfinished"


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
    temporary = folder / TEMPORARY

    def write() -> None:
        if parts > 1:
            processes.barrier()
        _write(temporary / _file(processes.rank, parts), parameters, optimizer)
        if parts > 1:
            processes.barrier()

    if processes.first:
        with atomic_path(folder / f"update-{update:06d}", temporary):
            temporary.mkdir()
            write()
            (temporary / STATE).write_text(json.dumps({"update": update, "parts": parts, **state}, ensure_ascii=False),
                                           encoding="utf-8")
        for old in sorted(folder.glob("update-*"))[:-KEPT]:
            remove(old)
    else:
        write()
    if parts > 1:
        processes.barrier()


def latest(folder: Path) -> Path | None:
    """The newest whole checkpoint, if there is one."""
    result = sorted(path for path in folder.glob("update-*") if (path / STATE).is_file())
    return result[-1] if result else None


def load(path: Path, parameters: Mapping[str, nn.Parameter], optimizer: optim.Optimizer,
         processes: Processes) -> dict[str, Any]:
    """Put weights and moments back where they were, and hand back the plain state with its `update`.

    A checkpoint of another number of processes is read as well: each takes its own part of all parts, a tensor at a time.
    """
    state: dict[str, Any] = read_state(path)
    parts = shards_of(parameters)
    with torch.no_grad():
        for key, value in _tensors(path, state["parts"], processes.rank if state["parts"] == parts else None):
            kind, _, name = key.partition("/")
            parameter = parameters[name]
            if kind == "step":
                on_device = optimizer.defaults.get("fused")
                optimizer.state.setdefault(parameter, {})[kind] = value.to(parameter.device) if on_device else value
                continue
            target = parameter
            if kind != "weight":
                target = optimizer.state.setdefault(parameter, {}).setdefault(kind, torch.zeros_like(parameter))
            local = _own(target)
            local.copy_(value if state["parts"] == parts else _part_of(value, local, processes.rank, parts))
    return state


def read_state(path: Path) -> dict[str, Any]:
    """The plain state of a checkpoint; `parts` says in how many files its weights are."""
    state: dict[str, Any] = {"parts": 1, **json.loads((path / STATE).read_text(encoding="utf-8"))}
    return state


def joined_weights(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Each weight of a checkpoint by name, put together from all its parts, one at a time."""
    for key, value in _tensors(path, read_state(path)["parts"], None):
        kind, _, name = key.partition("/")
        if kind == "weight":
            yield name, value


def _tensors(path: Path, parts: int, rank: int | None) -> Iterator[tuple[str, Tensor]]:
    """The tensors of one process's file, or of all files put together where no rank is named."""
    from safetensors import safe_open

    ranks = range(parts) if rank is None else [rank]
    with ExitStack() as stack:
        files = [stack.enter_context(safe_open(path / _file(one_rank, parts), "pt")) for one_rank in ranks]
        for key in files[0].keys():  # noqa: SIM118 - no mapping
            pieces = [file.get_tensor(key) for file in files]
            yield key, pieces[0] if len(pieces) == 1 or not pieces[0].dim() else torch.cat(pieces)


def _part_of(whole: Tensor, local: Tensor, rank: int, parts: int) -> Tensor:
    """The rows of a whole tensor that FSDP keeps in a process: equal runs, the last of them shorter."""
    if parts == 1:
        return whole
    size = -(-len(whole) // parts)
    return whole[rank * size:rank * size + len(local)]


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
