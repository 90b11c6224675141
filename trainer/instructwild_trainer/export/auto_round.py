"""auto-round (Cheng et al. 2023, "SignRound") in a process of its own: the codes of a block are learned by signed gradients.

GPTQ rounds column after column; this learns for every weight whether it goes up or down. The folder has GPTQ's layout.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partialmethod
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from instructwild.errors import MissingExtraError, ModelError
from instructwild_trainer.export.child import ChildError, in_child
from instructwild_trainer.export.gptq import blocks_of, keep_the_rest
from instructwild_trainer.export.size import ModelShape
from instructwild_trainer.export.tune import joined

EXTRA = "auto-round"
ITERATIONS = 200
"""A block: what the library and its paper take."""
MULTIPLE = 32
"""Of inputs and outputs of a layer: any other is left out."""
TOKENS = 256
"""Of a sequence: it takes sequences of one length, so rows are joined and cut."""


def need_auto_round() -> None:
    """Whether the library is there.

    Raises:
        MissingExtraError: it is not.
    """
    if find_spec("auto_round") is None:
        raise MissingExtraError.named(EXTRA, "auto-round")


def check_widths(shape: ModelShape, group: int, where: str) -> None:
    """Whether the library takes every linear layer; what it does not take it would leave out without a word.

    Raises:
        ModelError: a layer has inputs that the group does not divide, or inputs or outputs that 32 does not divide.
    """
    odd = sorted({f"{outputs} × {inputs}" for outputs, inputs in shape.linear
                  if inputs % group or inputs % MULTIPLE or outputs % MULTIPLE})
    if odd:
        raise ModelError(f"has layers of {', '.join(odd)}, of which auto-round takes none: {MULTIPLE} must divide both, and "
                         f"the group of {group} the inputs", where=where,
                         remedy="--method gptq leaves such layers in 16 bits")


def quantize(model: Path, out: Path, calibration: Sequence[Sequence[int]], *, bits: int, group: int, symmetric: bool,
             shape: ModelShape, scratch: Path, iterations: int = ITERATIONS) -> None:
    """Write the model as a folder in auto-gptq's layout; see `gptq.quantize` for the arguments.

    Args:
        iterations: a block, over sequences of `TOKENS` tokens.

    Raises:
        ModelError: the library failed; its log is kept in the scratch folder.
    """
    check_widths(shape, group, str(model))
    plan = {"model": str(model.resolve()), "out": str(out.resolve()), "bits": bits, "group": group, "symmetric": symmetric,
            "sequences": sequences(calibration), "iterations": iterations}
    try:
        in_child(f"{__name__}:learn", plan, scratch, label="learning the codes of blocks", total=blocks_of(model))
    except ChildError as error:
        raise ModelError(f"could not be quantized ({error})", where=str(model),
                         remedy=f"read {scratch / 'log'}; --method gptq does without auto-round") from None


def sequences(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Rows one behind the other, cut into sequences of `TOKENS` tokens; what is left over at the end is left out, and where
    there is less than one the rows are taken again.
    """
    length = sum(map(len, rows))
    return [ids for ids in joined(list(rows) * -(-TOKENS // length), TOKENS) if len(ids) == TOKENS]


def learn(plan: Mapping[str, Any], step: Callable[[int], object]) -> None:
    """In the child: quantize and save."""
    import torch
    from auto_round import AutoRound
    from auto_round.algorithms.quantization.sign_round.quantizer import SignRoundQuantizer
    from transformers import AutoTokenizer

    finished = 0

    def counted(self: Any, original: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        nonlocal finished
        result = original(self, *arguments, **named)
        finished += 1
        step(finished)
        return result

    # The library has no callback of its own.
    SignRoundQuantizer.quantize_block = partialmethod(counted, SignRoundQuantizer.quantize_block)
    out, rows = Path(plan["out"]), [torch.tensor([row]) for row in plan["sequences"]]
    shutil.rmtree(out, ignore_errors=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    learner = AutoRound(plan["model"], AutoTokenizer.from_pretrained(plan["model"], trust_remote_code=False),
                        scheme="W4A16", bits=plan["bits"], group_size=plan["group"], sym=plan["symmetric"],
                        iters=plan["iterations"], dataset=rows, seqlen=TOKENS, nsamples=len(rows),
                        batch_size=min(8, len(rows)), device_map=device, enable_torch_compile=False)
    learner.quantize_and_save(str(out), format="auto_gptq")
    for made in list(out.iterdir()):                 # the files lie in a folder below, whose name is the library's
        if made.is_dir():
            shutil.copytree(made, out, dirs_exist_ok=True)
            shutil.rmtree(made)
    (out / "quantization_config.json").unlink(missing_ok=True)
    keep_the_rest(out, Path(plan["model"]), None)
    settings = json.loads((out / "config.json").read_text(encoding="utf-8"))["quantization_config"]
    (out / "quantize_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
