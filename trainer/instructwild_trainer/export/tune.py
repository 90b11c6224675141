"""After GPTQ: the scales are fitted so that the whole 4-bit model says what its source says.

GPTQ fits one layer at a time and cannot see what the errors of all layers add up to. The codes stay as GPTQ left them; the
scales, one number a group, are trained end to end on the Kullback-Leibler divergence from the source's next-token
distribution, over the calibration rows (as the second phase of EfficientQAT, Chen et al. 2024, section 3.3, does). The
files keep their layout and their size.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild_trainer.export.child import ChildError, in_child

if TYPE_CHECKING:
    import torch

LEARNING_RATE = 2e-3
"""Of the scales' relative change."""
TOKENS = 512
"""Of a step: docs/decisions/0058-what-the-fit-of-scales-trains-on.md."""


def tune(source: Path, folder: Path, out: Path, calibration: Sequence[Sequence[int]], steps: int, *, bits: int,
         scratch: Path) -> None:
    """Write a 4-bit folder again with its scales trained, `TOKENS` tokens a step.

    Args:
        source: the full-precision model that it was made from.
        folder: the 4-bit folder, in auto-gptq's layout, columns in their own order.
        out: the folder to write.
        calibration: token ids of rows.
        steps: how many; the rows, one behind the other, are taken in turn.
        bits: of a code.
        scratch: for the child.

    Raises:
        ModelError: it failed; the log is kept.
    """
    sequences = joined(calibration, TOKENS)
    plan = {"source": str(source.resolve()), "folder": str(folder.resolve()), "out": str(out.resolve()),
            "rows": [sequences[i % len(sequences)] for i in range(steps)], "bits": bits}
    try:
        in_child(f"{__name__}:fit", plan, scratch, label="fitting scales", total=steps)
    except ChildError as error:
        raise ModelError(f"its scales could not be fitted ({error})", where=str(source),
                         remedy=f"read {scratch / 'log'}; --fit-scales 0 leaves them as GPTQ set them") from None


def joined(rows: Sequence[Sequence[int]], length: int) -> list[list[int]]:
    """Rows one behind the other, cut into sequences of `length` tokens; the last one is shorter."""
    ids = [token for row in rows for token in row]
    return [ids[at:at + length] for at in range(0, len(ids), length)]


def fit(plan: Mapping[str, Any], step: Callable[[int], object]) -> list[float]:
    """In the child: train, write, and hand back the loss of every step in nats."""
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoModelForCausalLM

    from instructwild.llm.dtypes import computing_dtype

    device = "cuda" if torch.cuda.is_available() else "cpu"
    teacher, student = (AutoModelForCausalLM.from_pretrained(
        plan["source"], dtype=computing_dtype(device), trust_remote_code=False, use_safetensors=True).to(device).eval()
        .requires_grad_(False) for _ in range(2))
    files = {file: load_file(file) for file in sorted(Path(plan["folder"]).glob("*.safetensors"))}
    packed = {name: tensor for tensors in files.values() for name, tensor in tensors.items()}
    changes = {}
    if any((groups.diff() < 0).any() for name, groups in packed.items() if name.endswith(".g_idx")):
        raise ValueError("its columns are in another order than their groups")
    for name in [name.removesuffix(".qweight") for name in packed if name.endswith(".qweight")]:
        own = student.get_submodule(name)
        layer = scaled_linear(unpacked(packed[f"{name}.qweight"], packed[f"{name}.qzeros"], plan["bits"]),
                              packed[f"{name}.scales"], own.bias, own.weight.dtype).to(device)
        student.set_submodule(name, layer)
        changes[name] = layer.change
    optimizer = torch.optim.Adam(changes.values(), lr=LEARNING_RATE)
    steps = len(plan["rows"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: min(1, (done + 1) / 4) * (1 - done / steps))
    losses = []
    for done, row in enumerate(plan["rows"], start=1):
        ids = torch.tensor([row], device=device)
        with torch.no_grad():
            expected = torch.log_softmax(teacher(ids).logits[0].float(), -1)
        output = torch.log_softmax(student(ids, use_cache=False).logits[0].float(), -1)
        loss = torch.nn.functional.kl_div(output, expected, log_target=True, reduction="batchmean")
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append(loss.item())
        step(done)
    shutil.copytree(plan["folder"], plan["out"], dirs_exist_ok=True)
    for file, tensors in files.items():
        for name, change in changes.items():
            if f"{name}.scales" in tensors:
                scales = tensors[f"{name}.scales"]
                tensors[f"{name}.scales"] = (scales.float() * (1 + change.detach().cpu().T)).to(scales.dtype).contiguous()
        save_file(tensors, Path(plan["out"]) / file.name, metadata={"format": "pt"})
    return losses


def unpacked(codes: "torch.Tensor", zeros: "torch.Tensor", bits: int) -> "torch.Tensor":
    """Codes minus zero points from auto-gptq's layout.

    Args:
        codes: [in * bits / 32, out] int32, the first code in the lowest bits.
        zeros: [groups, out * bits / 32] int32, each zero point stored one too small.
        bits: of a code: 2, 4 or 8.

    Returns:
        [out, groups, in / groups] int, from -(2^bits - 1) to 2^bits - 1.
    """
    import torch

    from instructwild.llm.int4 import codes_of

    shifts, most = torch.arange(0, 32, bits), 2**bits - 1
    code = codes_of(codes, bits).T                                                        # [out, in]
    zero = (((zeros[:, :, None] >> shifts) & most).flatten(1) + 1) & most                  # [groups, out]
    return code.unflatten(1, (len(zero), -1)) - zero.T[:, :, None]


def scaled_linear(codes: "torch.Tensor", scales: "torch.Tensor", bias: "torch.Tensor | None", dtype: "torch.dtype") -> Any:
    """A linear layer whose weight is codes times scales, and whose scales can be changed by a trained share.

    Args:
        codes: [out, groups, in / groups] int.
        scales: [groups, out].
        bias: [out] or None.
        dtype: to compute in.
    """
    import torch

    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("codes", codes.to(dtype))
            self.register_buffer("scales", scales.T.float())
            self.bias = bias
            self.change = torch.nn.Parameter(torch.zeros_like(self.scales))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            scale = (self.scales * (1 + self.change)).to(dtype)
            return torch.nn.functional.linear(x, (self.codes * scale[:, :, None]).flatten(1), self.bias)

    return Scaled()
