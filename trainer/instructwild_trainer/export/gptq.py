"""GPTQ (Frantar et al. 2023) through gptqmodel, in a process of its own.

The library prints where it likes, writes logs into the working folder and keeps its memory; as a child in the stage's
scratch folder it can do all of that without harm. A finished folder loads in plain transformers.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instructwild.errors import ModelError


def group_size_for(config: dict[str, Any], wanted: int) -> int:
    """The largest of `wanted`, half of it, … down to 16 that divides every input width of the model's linear layers.

    Raises:
        ModelError: none does.
    """
    widths = {config[key] for key in ("hidden_size", "intermediate_size") if key in config}
    size = wanted
    while size >= 16:
        if all(width % size == 0 for width in widths):
            return size
        size //= 2
    raise ModelError(f"no group size from {wanted} down to 16 divides its widths {sorted(widths)}", where="--group-size",
                     remedy="this architecture cannot be quantized in groups; export it merged")


def quantize(model: Path, out: Path, calibration: Sequence[Sequence[int]], *, bits: int, group: int, scratch: Path) -> None:
    """Write the model as a GPTQ folder.

    Args:
        model: a complete full-precision model folder.
        out: the folder to write.
        calibration: token ids of chat-templated rows.
        bits, group: of the grid.
        scratch: where the library may write what it likes.

    Raises:
        ModelError: the library failed; its log is kept in the scratch folder.
    """
    from instructwild.report.terminal import progress

    scratch.mkdir(parents=True, exist_ok=True)
    plan = scratch / "plan.json"
    plan.write_text(json.dumps({"model": str(model.resolve()), "out": str(out.resolve()), "bits": bits, "group": group,
                                "calibration": [list(row) for row in calibration]}), encoding="utf-8")
    layers = json.loads((model / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"]
    log, (reading, writing) = scratch / "gptq.log", os.pipe()
    with log.open("wb") as written, progress() as shown:
        child = subprocess.Popen([sys.executable, "-m", __name__, str(plan.resolve()), str(writing)], cwd=scratch,
                                 stdout=written, stderr=subprocess.STDOUT, pass_fds=[writing], env=_environment())
        os.close(writing)
        task = shown.add_task("quantizing layers", total=layers, note="")
        try:
            with os.fdopen(reading) as finished:
                for done in finished:
                    shown.update(task, completed=int(done))
            code = child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
    if code:
        last = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()][-1:]
        raise ModelError(f"could not be quantized ({' '.join(last) or f'exit {code}'})", where=str(model),
                         remedy=f"read {log}; more or longer calibration rows often help")


def _environment() -> dict[str, str]:
    """The environment, with our packages where the child finds them whatever its working folder is."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path)}


def _child(plan: dict[str, Any], report: int) -> None:
    import torch

    from instructwild.llm.arithmetic import computing_dtype
    from instructwild.llm.quantized import prepare

    prepare()
    from gptqmodel import GPTQModel, QuantizeConfig

    class Progress:
        """What gptqmodel calls after each layer."""

        def layer_complete(self, layer_idx: int, **_: Any) -> None:
            os.write(report, f"{layer_idx + 1}\n".encode())

    config = QuantizeConfig(bits=plan["bits"], group_size=plan["group"], sym=True, desc_act=False, offload_to_disk=False)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = GPTQModel.load(plan["model"], config, trust_remote_code=False, dtype=computing_dtype(device))
    model.layer_callback = Progress()
    model.quantize(plan["calibration"], batch_size=1)
    model.save(plan["out"])
    _store_as(Path(plan["out"]), Path(plan["model"]))


def _store_as(out: Path, source: Path) -> None:
    """Keep what was not quantized (embeddings, norms) in the number format that the source keeps it in."""
    import torch
    from safetensors.torch import load_file, save_file

    name = json.loads((source / "config.json").read_text(encoding="utf-8")).get("dtype") or "float32"
    for file in out.glob("*.safetensors"):
        tensors = load_file(file)
        save_file({key: tensor.to(getattr(torch, name)) if tensor.dtype == torch.float32 else tensor
                   for key, tensor in tensors.items()}, file, metadata={"format": "pt"})
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    (out / "config.json").write_text(json.dumps({**config, "dtype": name}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _child(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), int(sys.argv[2]))
