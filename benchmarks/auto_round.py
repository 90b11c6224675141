"""What auto-round closes of the gap from rounding, beside GPTQ: the same model, rows, grid, size and held-out text.

    python -m benchmarks.auto_round ROWS… [--work DIR] [--iterations N]

ROWS are answered prompts in both languages. The model is that of `benchmarks.quantization`, whose `--work` it shares.
auto-round must be installed (`pip install auto-round`). What is finished in DIR is not done again.
"""

import argparse
import shutil
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.quantization import NAMES, fine_tuned
from benchmarks.results import save
from instructwild.stage.atomic import atomic_path
from instructwild.stage.cache import cache_dir
from instructwild_trainer.adapter import load_policy, save_policy
from instructwild_trainer.export import auto_round, gptq
from instructwild_trainer.export.auto_round import ITERATIONS, TOKENS
from instructwild_trainer.export.figures import Rows, closed, perplexities
from instructwild_trainer.export.plan import ExportPlan, plan_export
from instructwild_trainer.export.probe import ROUNDED, probe
from instructwild_trainer.export.tune import tune

QUESTIONS = ("Name a river.",)
"""A probe asks at least one."""
SAMPLES, FIT_STEPS = 48, 48
"""Rows to calibrate with and steps of fitting scales, as `benchmarks.quantization` has them."""


def once(folder: Path, work: Callable[[Path], object], seconds: dict[str, float]) -> Path:
    """The folder that `work` writes; it is written whole or not at all, and how long it took is kept beside it."""
    kept = folder.with_suffix(".seconds")
    if not folder.is_dir():
        began = time.monotonic()
        with atomic_path(folder) as temporary:
            work(temporary)
        kept.write_text(f"{time.monotonic() - began:.0f}")
    seconds[folder.name] = float(kept.read_text())
    return folder


def measured(plan: ExportPlan, work: Path, iterations: int) -> tuple[dict[str, Rows], dict[str, float]]:
    """Losses of held-out rows by weights, and the seconds that each took to make."""
    assert plan.calibration is not None
    assert plan.grid is not None
    assert plan.shape is not None
    ids, (bits, group), seconds = plan.calibration.ids, plan.grid, {}
    merged = once(work / "merged", lambda out: save_policy(load_policy(plan.source, dtype="float32")[0], plan.chat, out,
                                                           plan.source), seconds)

    def by(quantize: Callable[..., None], name: str, **more: int) -> Callable[[Path], None]:
        return lambda out: quantize(merged, out, ids, bits=bits, group=group, symmetric=True, shape=plan.shape,
                                    scratch=work / "scratch" / name, **more)

    folders = {"GPTQ": once(work / "gptq-alone", by(gptq.quantize, "gptq"), seconds),
               "auto-round": once(work / f"auto-round-{iterations}",
                                  by(auto_round.quantize, "auto-round", iterations=iterations), seconds)}
    for name, folder in list(folders.items()):
        folders[f"{name}, scales fitted"] = once(
            work / f"{folder.name}-fitted",
            lambda out, folder=folder: tune(merged, folder, out, ids, FIT_STEPS, bits=bits,
                                            scratch=work / "scratch" / f"fit-{folder.name}"), seconds)
    template = str(plan.chat.tokenizer.chat_template)
    before = probe(merged, plan.held, work / "scratch" / "source", label="measuring the source", template=template,
                   grid=plan.grid, questions=QUESTIONS)
    losses: dict[str, Rows] = {"full precision": before.losses["as it is"],
                               **{f"round to nearest, {name.split()[1]}": before.losses[name] for name in ROUNDED}}
    for name, folder in folders.items():
        plan.chat.tokenizer.save_pretrained(folder)
        losses[name] = probe(folder, plan.held, work / "scratch" / f"probe-{folder.name}", label=f"measuring {name}",
                             template=template, questions=QUESTIONS).losses["as it is"]
        seconds[name] = seconds[folder.name]
    return losses, seconds


def table(losses: dict[str, Rows], seconds: dict[str, float]) -> list[list[Any]]:
    """Perplexity by language and the share of the gap from the better rounding that is closed."""
    source = losses["full precision"]
    rounded = min((name for name in losses if name.startswith("round")), key=lambda name: perplexities(losses[name])["all"])
    rows = []
    for name, each in losses.items():
        gaps = closed(source, each, losses[rounded]) if name in seconds else {}
        rows.append([name, *(f"{value:.2f}" for value in perplexities(each).values()),
                     *(str(gaps[language]) if gaps else "" for language in [*source, "all"]),
                     f"{seconds[name]:.0f}" if name in seconds else ""])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="+")
    parser.add_argument("--work", type=Path, default=cache_dir() / "benchmarks" / "quantization")
    parser.add_argument("--iterations", type=int, default=ITERATIONS, help="of auto-round, a block")
    options = parser.parse_args()
    source = fine_tuned(options.rows, options.work)
    plan = plan_export(str(source), "gptq", options.rows, bits=4, group_size=128, samples=SAMPLES, max_length=512,
                       held_out=0.1, languages=())
    losses, seconds = measured(plan, options.work / "auto-round", options.iterations)
    languages = [NAMES.get(name, name) for name in [*losses["full precision"], "all"]]
    save("auto_round", "auto-round beside GPTQ",
         f"SmolLM2-135M after SFT, 4 bits in groups of {plan.grid[1] if plan.grid else 0} around zero, fitted on "
         f"{plan.calibration}, measured on held-out rows. auto-round {version('auto-round')} with {options.iterations} "
         f"iterations a block; it takes sequences of one length, so the rows are packed into {TOKENS} tokens.",
         [{"caption": "Perplexity, and the share of the gap from the better rounding to full precision that is closed",
           "columns": ["weights", *languages, *(f"gap closed, {name}" for name in languages), "seconds"],
           "rows": table(losses, seconds)}],
         ["Reproduce: `python -m benchmarks.auto_round ROWS…` with answered rows of both languages.",
          "\"Scales fitted\" is the last step of `export --format gptq` (`--fit-scales`), on the folder of either; the "
          "seconds of such a row are of that step alone."])
    shutil.rmtree(options.work / "auto-round" / "scratch", ignore_errors=True)


if __name__ == "__main__":
    main()
