"""One export: find the model, calibrate, write, and let the gate judge."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from instructwild import stage
from instructwild.llm.model_files import ADAPTER_CONFIG
from instructwild.llm.models import is_adapter
from instructwild.stage.atomic import atomic_path, new_folder, write_atomic
from instructwild_trainer.adapter import (
    ADAPTER,
    BASE,
    load_policy,
    save_policy,
)
from instructwild_trainer.export import auto_round, gptq
from instructwild_trainer.export.calibration import Calibration
from instructwild_trainer.export.gate import GateVerdict
from instructwild_trainer.export.gguf.readback import notes_of
from instructwild_trainer.export.gguf.stage import GgufExport, write
from instructwild_trainer.export.gguf.stage import judge as judge_gguf
from instructwild_trainer.export.plan import ExportPlan, Format, Method, plan_export
from instructwild_trainer.export.reward import export_reward
from instructwild_trainer.export.tune import tune
from instructwild_trainer.templates import Chat


def export(model: str, out: Path, *, format: Format, calibration: Sequence[str] = (), bits: int = 4, group_size: int = 128,
           symmetric: bool = True, samples: int = 96, fit_scales: int = 48, max_length: int = 512, held_out: float = 0.1,
           languages: Sequence[str] = (), encoding: str | None = None, columns: Mapping[str, str] | None = None,
           quant: str = "q4_k_m", method: Method = "gptq", force: bool = False) -> stage.Run:
    """Write a merged model, a 4-bit model or a reward model and let the gate compare it with its source.

    Args:
        model: a stage folder, a model or adapter folder, a Hub id, `smollm2` or `tiny`.
        format: `merged`, `gptq`, `gguf`, or `reward` for a sequence classifier that plain transformers loads.
        calibration: stage folders or files with answered rows; a share of their prompts is held out for the gate. A merged
            export without rows is measured on the gate's own questions.
        bits, group_size: of the 4-bit grid; the group is halved until it divides the model's widths.
        symmetric: a grid around zero, which every kernel knows; else each group has a zero point of its own.
        samples: at most this many rows to calibrate with, the languages in turn.
        fit_scales: steps of fitting the scales of all layers together after GPTQ; 0 for none.
        max_length: the longest row in tokens.
        held_out: the share of prompts that the gate measures on, the same prompts as in training.
        languages: those that calibration rows must cover; by default the ones the model was trained on, where it tells.
        encoding: of calibration files that are not UTF-8.
        columns: NAME -> COLUMN of plain files, as `--map` names them.
        quant: of a GGUF file; see `gguf.mixture.MIXTURES`.
        method: what chooses the codes of 4 bits.

    Raises:
        ModelError, InputError: the model or the rows cannot be used.
    """
    if format == "reward":
        return export_reward(model, out, calibration=calibration, max_length=max_length, encoding=encoding, columns=columns,
                             force=force)
    plan = plan_export(model, format, calibration, bits=bits, group_size=group_size, samples=samples,
                       max_length=max_length, held_out=held_out, languages=languages, encoding=encoding, columns=columns,
                       quant=quant, fit_scales=fit_scales, method=method)
    config = {"model": plan.source.label, "format": format, "held_out": held_out, "max_length": max_length}
    if format == "gptq":
        config |= {"bits": bits, "group_size": group_size, "symmetric": symmetric, "samples": samples,
                   "fit_scales": fit_scales, **({"method": method} if method != "gptq" else {})}
    if format == "gguf":
        config |= {"quant": plan.quant, "samples": samples}
    with stage.start(out, "export", config=config, inputs=[plan.source.record, *plan.table.inputs], force=force) as run:
        if run.finished is None:
            _work(run, plan)
    return run


def _work(run: stage.Run, plan: ExportPlan) -> None:
    from instructwild.console.terminal import console
    from instructwild_trainer.export.gate import judge
    from instructwild_trainer.export.page import page_of, table_of

    for line in plan.lines():
        console.print(line, highlight=False, markup=False)
    merged = _merged(run, plan)
    extra: dict[str, Any] = {}
    with run.atomic("model") as folder:
        if plan.format == "gguf":
            verdict, extra = _gguf(run, plan, merged, folder)
        elif plan.grid and plan.calibration:
            shutil.copytree(_quantized(run, plan, merged, plan.calibration), folder)
        else:
            shutil.copytree(merged, folder, ignore=shutil.ignore_patterns(ADAPTER))
            _keep_adapter(folder, run.folder / "model", plan.source.folder)
        if plan.format != "gguf":
            _complete(folder, merged, plan.chat)
            verdict = judge(merged, folder, plan.held, run.scratch / "gate", grid=plan.grid, stops=plan.chat.stop_ids,
                            template=str(plan.chat.tokenizer.chat_template))
    console.print(table_of(verdict, plan.text))
    metrics = {**verdict.metrics(), **extra, "text": plan.text, "group_size": plan.grid[1] if plan.grid else None,
               "unquantized": plan.unquantized,
               "calibration": {"rows": fitted.rows, "tokens": fitted.tokens} if (fitted := plan.calibration) else None,
               "base": {"name": plan.source.label, "sha256": plan.source.sha256}}
    lost = [*plan.table.malformed, *plan.dropped]
    run.finish(rows=stage.Rows(**{"in": len(plan.rows) + len(lost), "kept": len(plan.rows), "dropped": len(lost)}),
               dropped=lost, report=page_of(run, plan.source.label, verdict, plan.text), metrics=metrics,
               gate="passed" if verdict.passed else "failed")


def _gguf(run: stage.Run, plan: ExportPlan, merged: Path, folder: Path) -> tuple[GateVerdict, dict[str, Any]]:
    """Write the GGUF folder and judge it; what only this format has is returned as metrics."""
    complete = run.scratch / "complete"
    if not complete.is_dir():
        with new_folder(complete) as temporary:
            shutil.copytree(merged, temporary, ignore=shutil.ignore_patterns(ADAPTER), dirs_exist_ok=True)
            _complete(temporary, merged, plan.chat)
    work = GgufExport(plan.source, complete, plan.chat, plan.quant, plan.calibration.ids if plan.calibration else (),
                      plan.table.inputs)
    written = write(work, folder, run.scratch / "gguf")
    verdict, result = judge_gguf(work, folder, plan.held, run.scratch / "gate")
    if result:
        written |= {"runtime": result.runtime, "kl": result.divergence,
                    "same_beginnings": {language: {"same": same, "of": of} for language, (same, of) in
                                        result.beginnings.items()}}
        verdict.notes = notes_of(result)
    return verdict, written


def _quantized(run: stage.Run, plan: ExportPlan, merged: Path, fitted: Calibration) -> Path:
    """The 4-bit folder in the scratch folder, where an interrupted export finds it again."""
    assert plan.grid is not None
    assert plan.shape is not None
    bits, group = plan.grid
    folder, steps = run.scratch / "quantized", plan.fit_scales
    quantize = auto_round.quantize if plan.method == "auto-round" else gptq.quantize
    quantize(merged, folder, fitted.ids, bits=bits, group=group, symmetric=run.config["symmetric"],
             shape=plan.shape, scratch=run.scratch / plan.method)
    if not steps:
        return folder
    tune(merged, folder, run.scratch / "fitted", fitted.ids, steps, bits=bits, scratch=run.scratch / "scales")
    return run.scratch / "fitted"


def _merged(run: stage.Run, plan: ExportPlan) -> Path:
    """The model as one complete folder: where it lies, or merged at full precision into the scratch folder."""
    if not is_adapter(plan.source.folder):
        return plan.source.folder
    folder = run.scratch / "merged"
    if not folder.is_dir():
        model, _ = load_policy(plan.source, dtype="float32")
        with atomic_path(folder) as temporary:
            save_policy(model, plan.chat, temporary, plan.source)
    return folder


def _keep_adapter(folder: Path, final: Path, source: Path) -> None:
    """The adapters that were merged go along; `base.json` names their base by a path, which starts at the new folder."""
    adapter = source if is_adapter(source) else source / ADAPTER
    if not (adapter / ADAPTER_CONFIG).is_file():
        return
    shutil.copytree(adapter, folder / ADAPTER, dirs_exist_ok=True,
                    ignore=lambda _, names: [name for name in names if not name.startswith("adapter_") and name != BASE])
    file = folder / ADAPTER / BASE
    noted = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    base = (adapter / noted["path"]).resolve() if noted.get("path") else None
    if base is not None and base.is_dir():
        noted["path"] = os.path.relpath(base, (final / ADAPTER).resolve())
        write_atomic(file, json.dumps(noted, ensure_ascii=False, indent=2) + "\n")


def _complete(folder: Path, source: Path, chat: Chat) -> None:
    """Chat template, stop tokens and generation settings travel with the weights."""
    chat.tokenizer.save_pretrained(folder)
    settings: dict[str, Any] = {}
    if (source / "generation_config.json").is_file():
        settings = json.loads((source / "generation_config.json").read_text(encoding="utf-8"))
    own = settings.get("eos_token_id")
    stops = [*chat.stop_ids, *(own if isinstance(own, list) else [own])]
    settings |= {"eos_token_id": sorted({stop for stop in stops if stop is not None}),
                 "pad_token_id": chat.tokenizer.pad_token_id}
    write_atomic(folder / "generation_config.json", json.dumps(settings, indent=2) + "\n")
