"""`export --format gguf`: the file, its Modelfile, and the gate's verdict."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from instructwild import __version__
from instructwild.errors import ModelError
from instructwild.llm.gguf_keys import LINEAGE, SOURCE
from instructwild.stage import FileRecord
from instructwild_trainer.adapter import Source
from instructwild_trainer.export.child import ChildError
from instructwild_trainer.export.gate import GateVerdict, compare
from instructwild_trainer.export.gguf.importance import importance
from instructwild_trainer.export.gguf.mixture import Mixture, mixture_of
from instructwild_trainer.export.gguf.modelfile import modelfile
from instructwild_trainer.export.gguf.readback import ReadBack, read_back
from instructwild_trainer.export.gguf.writer import sampling_of, write_gguf
from instructwild_trainer.export.probe import AS_IT_IS, ROUNDED, Held, Probe, probe
from instructwild_trainer.templates import Chat

GROUP = 32
"""The group of the round-to-nearest that the file is compared with: the block of most of GGUF's types."""


@dataclass(frozen=True)
class GgufExport:
    """What is written from what.

    Args:
        source: the model as it was named.
        merged: its complete full-precision folder.
        chat: its tokenizer.
        quant: see `mixture.MIXTURES`.
        calibration: token ids of rows that importance is measured on; none for plain rounding.
        inputs: the rows' records, for the file's lineage.
    """

    source: Source
    merged: Path
    chat: Chat
    quant: str
    calibration: Sequence[Sequence[int]] = field(default=())
    inputs: Sequence[FileRecord] = field(default=())

    @property
    def mixture(self) -> Mixture:
        """The types of the quantization."""
        return mixture_of(self.quant)

    @property
    def file(self) -> str:
        """The file's name: the model's, and the quantization as others write it."""
        stem = self.source.label.rstrip("/").rpartition("/")[2] or "model"
        return f"{stem}-{self.quant.upper()}.gguf"


def write(work: GgufExport, folder: Path, scratch: Path) -> dict[str, Any]:
    """Write the file and its Modelfile into a folder; returns what packed it and how many tensors are of each type.

    Raises:
        ModelError: the model cannot be written as GGUF.
    """
    folder.mkdir(parents=True)
    weights = importance(work.merged, work.calibration, scratch / "importance") \
        if work.calibration and work.mixture.bits not in (None, 8) else None
    # In the scratch folder, which outlives an interruption: `folder` is a temporary one.
    kept = scratch / "file" / work.file
    kept.parent.mkdir(parents=True, exist_ok=True)
    written = write_gguf(work.merged, kept, work.quant, importance=weights, name=work.source.label,
                         stops=work.chat.stop_ids, lineage=lineage(work.source, work.inputs), scratch=scratch / "write")
    shutil.copyfile(kept, folder / work.file)
    (folder / "Modelfile").write_text(modelfile(work.chat, work.file, sampling_of(work.merged)), encoding="utf-8")
    return {**written, "importance": weights is not None and written["packer"] != "gguf"}


def lineage(source: Source, inputs: Sequence[FileRecord]) -> dict[str, str]:
    """Our own keys of the file: the model it was made from, the stage that made that, and the hashes of what that read."""
    keys = {f"{LINEAGE}version": __version__, f"{LINEAGE}source.name": source.label, SOURCE: source.sha256}
    if source.manifest:
        keys[f"{LINEAGE}source.stage"] = source.manifest.stage
    made = source.manifest
    records = [*([(made.stage, record) for record in made.inputs] if made else []),
               *(("calibration", record) for record in inputs)]
    for number, (stage, record) in enumerate(records):
        keys[f"{LINEAGE}input.{number}"] = f"{stage} {record.sha256} {record.path.rpartition('/')[2]}"
    return keys


def judge(work: GgufExport, folder: Path, held: Held, scratch: Path) -> tuple[GateVerdict, ReadBack | None]:
    """Measure the file against its source.

    Raises:
        ModelError: the source itself cannot be measured.
    """
    file, template = folder / work.file, str(work.chat.tokenizer.chat_template)
    size = {"source": sum(item.stat().st_size for item in work.merged.glob("*.safetensors")), "export": file.stat().st_size}
    bits = work.mixture.bits
    grid = (bits, GROUP) if bits is not None and bits < 8 else None
    try:
        # The file's reading measures the source's own losses on its way. One rounding is enough where it is only shown.
        before = probe(work.merged, held, scratch / "source", label="measuring the source", template=template, grid=grid,
                       weights=ROUNDED[1:] if grid else ())
    except ChildError as error:
        raise ModelError(f"cannot be measured ({error})", where=str(work.merged),
                         remedy=f"read {scratch / 'source' / 'log'}") from None
    try:
        result = read_back(work.merged, file, held, scratch / "export", stops=work.chat.stop_ids)
    except ChildError as error:
        nothing = Probe({"as it is": {}}, {}, [""] * len(before.answers), None, [], 0, 0)
        return GateVerdict(before, nothing, size, failures=[f"the written file cannot be read back ({error})"]), None
    before = replace(before, losses={**before.losses, AS_IT_IS: result.source["losses"]},
                     likeliest=result.source["likeliest"])
    verdict = compare(before, result.probe, size, template=template, stops=work.chat.stop_ids,
                      worst_ratio=work.mixture.worst_ratio)
    verdict.failures += result.failures
    return verdict, result
