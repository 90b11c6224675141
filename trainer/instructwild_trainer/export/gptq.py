"""GPTQ (Frantar et al. 2023) through gptqmodel, in a process of its own. A finished folder loads in plain transformers."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from instructwild.errors import ConfigError, ModelError
from instructwild_trainer.export.child import ChildError, in_child

GROUPS = (16, 32, 64, 128)
"""What the kernels know."""


def group_size_for(config: Mapping[str, Any], wanted: int) -> int:
    """The largest of `wanted`, half of it, … down to 16 that divides every input width of the model's linear layers.

    Raises:
        ConfigError: it is no size that kernels know.
        ModelError: none does.
    """
    if wanted not in GROUPS:
        raise ConfigError(f"{wanted} is no group size", where="--group-size",
                          remedy=f"give one of {', '.join(map(str, GROUPS))}; it is halved until it divides the widths")
    widths = {config[key] for key in ("hidden_size", "intermediate_size") if key in config}
    for size in reversed(GROUPS):
        if size <= wanted and all(width % size == 0 for width in widths):
            return size
    raise ModelError(f"no group size from {wanted} down to 16 divides its widths {sorted(widths)}", where="--group-size",
                     remedy="this architecture cannot be quantized in groups; export it merged")


def quantize(model: Path, out: Path, calibration: Sequence[Sequence[int]], *, bits: int, group: int, symmetric: bool,
             scratch: Path) -> None:
    """Write the model as a GPTQ folder.

    Args:
        model: a complete full-precision model folder.
        out: the folder to write.
        calibration: token ids of chat-templated rows.
        bits, group: of the grid.
        symmetric: a grid around zero, which every kernel knows; else each group has a zero point of its own.
        scratch: where the library may write what it likes.

    Raises:
        ModelError: the library failed; its log is kept in the scratch folder.
    """
    layers = json.loads((model / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"]
    plan = {"model": str(model.resolve()), "out": str(out.resolve()), "bits": bits, "group": group, "symmetric": symmetric,
            "calibration": [list(row) for row in calibration]}
    try:
        in_child(f"{__name__}:fit", plan, scratch, told="quantizing layers", total=layers)
    except ChildError as error:
        raise ModelError(f"could not be quantized ({error})", where=str(model),
                         remedy=f"read {scratch / 'log'}; more or longer calibration rows often help") from None


def fit(plan: Mapping[str, Any], step: Callable[[int], object]) -> None:
    """In the child: quantize and save."""
    import torch

    from instructwild.llm.arithmetic import computing_dtype
    from instructwild.llm.quantized import prepare

    prepare()
    from gptqmodel import GPTQModel, QuantizeConfig

    class Progress:
        """What gptqmodel calls after each layer."""

        def layer_complete(self, layer_idx: int, **_: Any) -> None:
            step(layer_idx + 1)

    shutil.rmtree(plan["out"], ignore_errors=True)
    config = QuantizeConfig(bits=plan["bits"], group_size=plan["group"], sym=plan["symmetric"], desc_act=False, mse=2.0,
                            true_sequential=False, damp_percent=0.05, offload_to_disk=False)  # docs/decisions/0022
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = GPTQModel.load(plan["model"], config, trust_remote_code=False, dtype=computing_dtype(device))
    model.layer_callback = Progress()
    model.quantize(plan["calibration"], batch_size=1)
    model.save(plan["out"])
    _keep_the_rest(Path(plan["out"]), Path(plan["model"]))
    (Path(plan["out"]) / "quant_log.csv").unlink(missing_ok=True)


def _keep_the_rest(out: Path, source: Path) -> None:
    """What was not quantized (embeddings, norms, biases) is the source's own, to the bit and in its number format."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    own = {}
    for file in sorted(source.glob("*.safetensors")):
        with safe_open(file, "pt") as opened:
            own |= dict.fromkeys(opened.keys(), file)
    for file in out.glob("*.safetensors"):
        tensors = load_file(file)
        for name in tensors.keys() & own.keys():
            with safe_open(own[name], "pt") as opened:
                tensors[name] = opened.get_tensor(name)
        save_file(tensors, file, metadata={"format": "pt"})
    settings = json.loads((source / "config.json").read_text(encoding="utf-8"))
    made = json.loads((out / "config.json").read_text(encoding="utf-8"))
    (out / "config.json").write_text(json.dumps({**made, "dtype": settings.get("dtype") or "float32"}, indent=2) + "\n",
                                     encoding="utf-8")
