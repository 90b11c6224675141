"""GPTQ (Frantar et al. 2023) through gptqmodel, in a process of its own. A finished folder loads in plain transformers."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partialmethod
from pathlib import Path
from typing import Any

from instructwild.errors import ConfigError, ModelError
from instructwild_trainer.export.child import ChildError, in_child
from instructwild_trainer.export.scale_search import LEAST_SCALE, SCALES, search_in_place_of
from instructwild_trainer.export.size import ModelShape

GROUPS = (16, 32, 64, 128)
"""What the kernels know."""
MOST_UNQUANTIZED = 0.5
"""Of the linear weights: a model of which more would stay unquantized gains too little from 4 bits."""


def group_size_for(shape: ModelShape, requested: int, bits: int = 4) -> int:
    """The largest of `requested`, half of it, … down to 16 that divides the inputs of every linear layer.

    Where none does, the largest with which the most weights are quantized: the layers that it does not divide stay as
    they are (`ModelShape.unquantized` names them).

    Raises:
        ConfigError: it is no size that kernels know.
        ModelError: more than half of the weights would stay unquantized.
    """
    if requested not in GROUPS:
        raise ConfigError(f"{requested} is no group size", where="--group-size",
                          remedy=f"give one of {', '.join(map(str, GROUPS))}; it is halved until it divides the widths")
    sizes = [size for size in reversed(GROUPS) if size <= requested]
    best = max(sizes, key=lambda size: shape.quantized(bits, size))
    if shape.quantized(bits, best) < MOST_UNQUANTIZED * shape.weights:
        widths = sorted({width for _, width in shape.linear})
        raise ModelError(f"no group size from {requested} down to 16 divides its layers' widths {widths}",
                         where="--group-size", remedy="this architecture cannot be quantized in groups; export it merged")
    return best


def quantize(model: Path, out: Path, calibration: Sequence[Sequence[int]], *, bits: int, group: int, symmetric: bool,
             shape: ModelShape, scratch: Path) -> None:
    """Write the model as a GPTQ folder.

    Args:
        model: a complete full-precision model folder.
        out: the folder to write.
        calibration: token ids of chat-templated rows.
        bits, group: of the grid.
        symmetric: a grid around zero, which every kernel knows; else each group has a zero point of its own.
        shape: the model's; layers that the group does not divide are left as they are.
        scratch: where the library may write what it likes.

    Raises:
        ModelError: the library failed; its log is kept in the scratch folder.
    """
    skipped = shape.unquantized(bits, group)
    kept = [name for name in dict.fromkeys(shape.names) if name not in skipped] if skipped else None
    plan = {"model": str(model.resolve()), "out": str(out.resolve()), "bits": bits, "group": group, "symmetric": symmetric,
            "calibration": [list(row) for row in calibration], "skipped": skipped, "quantized": kept}
    try:
        in_child(f"{__name__}:fit", plan, scratch, label="quantizing layers", total=blocks_of(model))
    except ChildError as error:
        raise ModelError(f"could not be quantized ({error})", where=str(model),
                         remedy=f"read {scratch / 'log'}; more or longer calibration rows often help") from None


def blocks_of(model: Path) -> int:
    """How many blocks a model has."""
    from transformers import AutoConfig

    return int(AutoConfig.from_pretrained(model, trust_remote_code=False).get_text_config().num_hidden_layers)


def fit(plan: Mapping[str, Any], step: Callable[[int], object]) -> None:
    """In the child: quantize and save."""
    import torch

    from instructwild.llm.dtypes import computing_dtype
    from instructwild.llm.quantized import prepare

    prepare()
    from gptqmodel import GPTQModel, QuantizeConfig
    from gptqmodel.quantization.quantizer import Quantizer

    # The library has no setting for either: its own calls leave the grid at its default.
    Quantizer.configure = partialmethod(Quantizer.configure, grid=SCALES, maxshrink=LEAST_SCALE)
    Quantizer.find_params = search_in_place_of(Quantizer.find_params)

    class LayerProgress:
        """What gptqmodel calls after each layer."""

        def layer_complete(self, layer_idx: int, **_: Any) -> None:
            step(layer_idx + 1)

    shutil.rmtree(plan["out"], ignore_errors=True)
    skipped = {rf"-:.*\.{re.escape(name)}$": {} for name in plan["skipped"]} or None
    config = QuantizeConfig(bits=plan["bits"], group_size=plan["group"], sym=plan["symmetric"], desc_act=False, mse=2.0,
                            true_sequential=False, damp_percent=0.05, offload_to_disk=False,  # docs/decisions/0022
                            dynamic=skipped)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":      # its workers share the cores: more threads in each only wait for one another
        torch.set_num_threads(max(1, torch.get_num_threads() // int(os.environ["GPTQMODEL_CPU_WORKERS"])))
    model = GPTQModel.load(plan["model"], config, trust_remote_code=False, dtype=computing_dtype(device))
    model.layer_callback = LayerProgress()
    model.quantize(plan["calibration"], batch_size=1)
    model.save(plan["out"])
    keep_the_rest(Path(plan["out"]), Path(plan["model"]), plan["quantized"])
    (Path(plan["out"]) / "quant_log.csv").unlink(missing_ok=True)


def keep_the_rest(out: Path, source: Path, quantized: Sequence[str] | None) -> None:
    """What was not quantized (embeddings, norms, biases) is the source's own, to the bit and in its number format.

    Where layers of a block were left out, `modules_in_block_to_quantize` names the others, which is what transformers reads;
    vLLM reads gptqmodel's own `dynamic`.
    """
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
    made["dtype"] = settings.get("dtype") or "float32"
    if quantized is not None:
        made["quantization_config"]["modules_in_block_to_quantize"] = [list(quantized)]
    (out / "config.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
