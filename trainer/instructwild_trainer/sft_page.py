"""The report of a fine-tuning stage."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from instructwild.report import figures
from instructwild.report.page import Page, Pair, Pairs, Prose, Sample, Samples, Stats, Table
from instructwild_trainer.fit import curve
from instructwild_trainer.templates import Chat, token_runs

if TYPE_CHECKING:
    from instructwild_trainer.data import Conversation

EMPTY = "(an empty answer)"


def page(metrics: dict[str, Any], history: list[dict[str, float]], sampled: Sequence["Conversation"], before: Sequence[str],
         after: Sequence[str], chat: Chat, example: "Conversation") -> Page:
    """The report: held-out loss before and after, curves, answers before and after, and what was trained on."""
    losses = metrics["held_out_loss"]
    change = {name: losses["after"][name] - losses["before"][name] for name in losses["after"]}
    lead = "; ".join(f"held-out loss {name} {losses['before'][name]:.3f} → {losses['after'][name]:.3f}" for name in change)
    shown = Page(title="Supervised fine-tuning", lead=lead or "No rows were held out.")
    shown.add("", Stats([("rows trained on", f"{metrics['train_rows']:,}"), ("updates", f"{metrics['updates']:,}"),
                         ("trained parameters", f"{metrics['trained_parameters']:,}"),
                         ("minutes of training", f"{metrics['training_seconds'] / 60:.1f}")]))
    if change:
        shown.add("Held-out loss", figures.grouped_bars(
            {name: {"before": losses["before"][name], "after": losses["after"][name]} for name in change},
            caption="Mean loss of an answer token in nats, on prompts that were not trained on. Lower is better."),
            Table(["language", "rows", "before", "after", "change"],
                  [[name, metrics["held_out_rows"][name], round(losses["before"][name], 4), round(losses["after"][name], 4),
                    round(change[name], 4)] for name in change]))
    measured = sorted({key for point in history for key in point if key.startswith("eval_") and key.endswith("_loss")})
    losses_of = {f"held out {key.removeprefix('eval_').removesuffix('_loss')}": curve(history, key) for key in measured}
    curves = [
        figures.lines({"training": curve(history, "loss"), **losses_of}, x="update", y="loss", title="Loss"),
        figures.lines({"learning rate": curve(history, "learning_rate")}, x="update", title="Learning rate"),
        figures.lines({"before clipping": curve(history, "grad_norm")}, x="update", title="Gradient norm")]
    shown.add("Training", *curves)
    if sampled:
        shown.add("Answers before and after", Pairs(
            [Pair(left or EMPTY, right or EMPTY, "before", "after", language=row.language,
                  note=f"Question: {row.prompt[-1]['content'][:300]}\nAnswer in the data: {row.answer[:300]}")
             for row, left, right in zip(sampled, before, after, strict=True)],
            caption="Greedy answers to held-out prompts; what differs is marked."))
    shown.add_last("What is trained on", Prose("The first training row, as the model reads it."),
                   Samples([Sample(run.text, badges=[run.kind]) for run in token_runs(chat, example.encoded)]))
    shown.add_last("Figures", Table(["figure", "value"], [[key, str(value)] for key, value in metrics.items()]))
    return shown
