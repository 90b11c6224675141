"""The report of a DPO or KTO stage."""

from typing import Any

from instructwild.report import figures
from instructwild.report.page import Page, Sample, Samples, Stats, Table
from instructwild_trainer.fit import curve
from instructwild_trainer.templates import Chat, Encoded, token_runs


def page(title: str, metrics: dict[str, Any], history: list[dict[str, float]], chat: Chat, example: Encoded) -> Page:
    """One HTML page: held-out accuracy beside its baselines, by slice, curves, and an answer as the model reads it."""
    accuracy = metrics.get("accuracy", {})
    every = accuracy.get("all pairs", {})
    lead = "; ".join(f"{name} {estimate['value']:.3f}" for name, estimate in every.items())
    shown = Page(title=title,
                 lead=f"Held-out pairs in the annotators' order: {lead}." if lead else "No prompts were held out.")
    shown.add("", Stats([("prompts trained on", f"{metrics['train_prompts']:,}"), ("pairs", f"{metrics['train_pairs']:,}"),
                         ("updates", f"{metrics['updates']:,}"),
                         ("minutes of training", f"{metrics['training_seconds'] / 60:.1f}")]))
    if every:
        shown.add("Held-out pairs in the annotators' order", Table(
            ["pairs", "number", *every],
            [[name, next(iter(parts.values()))["pairs"],
              *(f"{part['value']:.3f} [{part['low']:.3f}, {part['high']:.3f}]" for part in parts.values())]
             for name, parts in accuracy.items()],
            caption="The policy's margin is how much more likely training made the better answer than the worse one. "
                    "95% intervals by bootstrap over prompts."))
    shown.add("Training",
              figures.lines({"training": curve(history, "loss")}, x="update", y="loss", title="Loss"),
              *([figures.lines({"training": order}, x="update", y="accuracy", title="Pairs in order")]
                if (order := curve(history, "rewards/accuracies")) else []),
              figures.lines({"before clipping": curve(history, "grad_norm")}, x="update", title="Gradient norm"))
    shown.add_last("What is compared", Samples([Sample(run.text, badges=[run.kind]) for run in token_runs(chat, example)]))
    shown.add_last("Figures", Table(["figure", "value"], [
        [key, str(value)] for key, value in metrics.items() if key not in ("accuracy", "differences", "calibration")]))
    return shown
