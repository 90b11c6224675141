"""How much each input column of a linear layer matters: the mean square of what passes through it on calibration rows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from instructwild.errors import ModelError
from instructwild_trainer.export.child import ChildError, in_child


def importance(model: Path, calibration: Sequence[Sequence[int]], scratch: Path) -> Path:
    """Measure a model's columns in a new process.

    Args:
        model: a complete full-precision folder.
        calibration: token ids of chat-templated rows, in every language that the model speaks.
        scratch: for the child.

    Returns:
        An `.npz` file: module name -> float32 [in].

    Raises:
        ModelError: the model cannot be run.
    """
    out = scratch / "importance.npz"
    plan = {"model": str(model.resolve()), "calibration": [list(row) for row in calibration], "out": str(out.resolve())}
    try:
        in_child(f"{__name__}:measure", plan, scratch, label="measuring which columns matter", total=len(calibration))
    except ChildError as error:
        raise ModelError(f"cannot be run on the calibration rows ({error})", where=str(model),
                         remedy=f"read {scratch / 'log'}") from None
    return out


def measure(plan: Mapping[str, Any], step: Callable[[int], object]) -> None:
    """In the child: run the rows and keep the mean square of each linear layer's inputs."""
    import torch

    from instructwild.llm.local import load

    model, _ = load(Path(plan["model"]))
    sums: dict[str, torch.Tensor] = {}
    counts: dict[str, int] = {}

    def watch(name: str) -> Callable[[Any, tuple[Any, ...]], None]:
        def hook(_: Any, inputs: tuple[Any, ...]) -> None:
            columns = inputs[0].detach().flatten(0, -2).float()
            sums[name] = sums.get(name, 0) + columns.square().sum(0)
            counts[name] = counts.get(name, 0) + len(columns)

        return hook

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_pre_hook(watch(name))
    with torch.inference_mode():
        for number, row in enumerate(plan["calibration"]):
            model(torch.tensor([row], device=model.device))
            step(number + 1)
    np.savez(plan["out"], **{name: (total / counts[name]).cpu().numpy() for name, total in sums.items()})
