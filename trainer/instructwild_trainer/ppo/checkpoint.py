"""The state of a run between two updates, as safetensors and JSON, whole or not there."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn, optim

KEPT = 2
STATE, TENSORS = "state.json", "state.safetensors"


def save(folder: Path, update: int, parameters: Mapping[str, nn.Parameter], optimizer: optim.Optimizer,
         state: Mapping[str, Any]) -> None:
    """Keep weights, the optimiser's moments and plain state after `update` updates; older ones but one go.

    Args:
        folder: where checkpoints live.
        update: updates done.
        parameters: what is trained, by name.
        optimizer: AdamW over exactly these.
        state: JSON values; nothing random has state of its own (see `rollout.seeded`).
    """
    from safetensors.torch import save_file

    tensors = {f"weight/{name}": p.detach().contiguous() for name, p in parameters.items()}
    for name, p in parameters.items():
        for key, value in optimizer.state.get(p, {}).items():
            tensors[f"{key}/{name}"] = value.detach().clone().contiguous()
    aside = folder / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    save_file(tensors, aside / TENSORS)
    (aside / STATE).write_text(json.dumps({"update": update, **state}, ensure_ascii=False), encoding="utf-8")
    final = folder / f"update-{update:06d}"
    shutil.rmtree(final, ignore_errors=True)
    os.replace(aside, final)
    for old in sorted(folder.glob("update-*"))[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def latest(folder: Path) -> Path | None:
    """The newest whole checkpoint, if there is one."""
    found = sorted(path for path in folder.glob("update-*") if (path / STATE).is_file())
    return found[-1] if found else None


def load(path: Path, parameters: Mapping[str, nn.Parameter], optimizer: optim.Optimizer) -> dict[str, Any]:
    """Put weights and moments back where they were, and hand back the plain state with its `update`."""
    from safetensors.torch import load_file

    tensors = load_file(path / TENSORS)
    moments: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        kind, _, name = key.partition("/")
        if kind == "weight":
            parameters[name].data.copy_(value)
        else:
            moments.setdefault(name, {})[kind] = value
    for name, state in moments.items():
        optimizer.state[parameters[name]] = {
            kind: value if kind == "step" else value.to(parameters[name].device) for kind, value in state.items()}
    state: dict[str, Any] = json.loads((path / STATE).read_text(encoding="utf-8"))
    return state
