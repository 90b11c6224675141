"""The report of a reward stage."""

from collections.abc import Sequence
from typing import Any

from instructwild.report import figures
from instructwild.report.page import Page, Prose, Sample, Samples, Stats, Table
from instructwild_trainer.fit import curve
from instructwild_trainer.reward.groups import Group
from instructwild_trainer.reward.measure import HeldOutPairs
from instructwild_trainer.templates import Chat, token_runs

MODEL = "reward model"


def page(metrics: dict[str, Any], history: list[dict[str, float]], held: Sequence[Group], pairs: HeldOutPairs,
         scores: Sequence[Sequence[float]], chat: Chat, example: Group) -> Page:
    """One HTML page: accuracy beside its baselines, by slice, calibration, curves, and prompts with their scores."""
    accuracy = metrics.get("accuracy", {})
    every = accuracy.get("all pairs", {})
    lead = "No prompts were held out." if not every else (
        f"{_percent(every[MODEL])} of {len(pairs.prompt):,} held-out pairs are ordered as annotators did; "
        f"preferring the longer answer orders {_percent(every['longer wins'])}.")
    shown = Page(title="Reward model", lead=lead)
    shown.add("", Stats([("prompts trained on", f"{metrics['train_prompts']:,}"),
                         ("pairs in them", f"{metrics['train_pairs']:,}"),
                         ("forward passes a pass over them", f"{metrics['train_forwards']:,}"),
                         ("minutes of training", f"{metrics['training_seconds'] / 60:.1f}")]))
    if metrics["annotators"].keys() - {"person"}:
        called = {"scripted": "a script with a stated rule", "model": "a model"}
        kinds = ", ".join(f"{count:,} are by {called.get(kind, kind)}"
                          for kind, count in metrics["annotators"].items() if kind != "person")
        shown.add("", Prose(f"Not all rankings are people's: {kinds}. The model learns those rules and tastes as well."))
    if every:
        _accuracy(shown, metrics, accuracy)
    shown.add("Training",
              figures.lines(_curves(history, "ranking_loss"), x="update", y="loss", title="Ranking loss"),
              figures.lines(_curves(history, "accuracy"), x="update", y="accuracy", title="Pairs in order"),
              figures.lines({name: curve(history, f"{name}_reward") for name in ("min", "mean", "max")}, x="update",
                            y="score", title="Scores of a batch"),
              figures.lines({"before clipping": curve(history, "grad_norm")}, x="update", title="Gradient norm"))
    if held:
        shown.add("Held-out prompts and the scores of their answers", Samples(
            [_sample(group, values) for group, values in zip(held[:8], scores, strict=False)]))
    shown.add_last("What is read", Prose("The score is read at the last token of an answer, its stop token included."),
                   Samples([Sample(run.text, badges=[run.kind]) for run in token_runs(chat, example.encoded[0])]))
    shown.add_last("Figures", Table(["figure", "value"], [
        [key, str(value)] for key, value in metrics.items() if key not in ("accuracy", "differences", "calibration")]))
    return shown


def _accuracy(shown: Page, metrics: dict[str, Any], accuracy: dict[str, dict[str, dict[str, float]]]) -> None:
    judges = list(accuracy["all pairs"])
    shown.add("Held-out pairs in the annotators' order",
              figures.bars({judge: estimate["value"] for judge, estimate in accuracy["all pairs"].items()}, percent=True,
                           sort=False, caption="A pair counts half where both scores are equal. One half is chance."),
              Table(["pairs", "number", *judges],
                    [[name, next(iter(parts.values()))["pairs"], *(_interval(parts[judge]) for judge in judges)]
                     for name, parts in accuracy.items()],
                    caption="95% intervals by bootstrap over prompts. Lengths within 25% show what is left once length "
                            "cannot tell."),
              Table(["pairs", *(f"minus {judge}" for judge in judges if judge != MODEL)],
                    [[name, *(_interval(estimate, sign=True) for estimate in parts.values())]
                     for name, parts in metrics["differences"].items()],
                    caption="How much more often the reward model is right than each baseline, on the same pairs."))
    rows = metrics["calibration"]["bins"]
    shown.add("Calibration",
              figures.lines({"held-out pairs": [(sure, right) for sure, right, _ in rows],
                             "as sure as right": [(0.5, 0.5), (1.0, 1.0)]}, x="how sure the model is", y="share right"),
              Prose(f"Expected calibration error {metrics['calibration']['error']:.3f}: how sure the model is of a pair, "
                    "σ of the difference of scores, against how often it is right."))


def _curves(history: list[dict[str, float]], key: str) -> dict[str, list[tuple[float, float]]]:
    """Of training, and of held-out prompts where --eval-steps asked for it."""
    series = {"training": curve(history, key), "held out": curve(history, f"eval_{key}")}
    return {name: points for name, points in series.items() if points}


def _sample(group: Group, scores: Sequence[float]) -> Sample:
    ranks = group.orders[0].ranks
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    text = "\n".join(f"score {scores[i]:+.2f}, rank {ranks[i]}: {group.texts[i][:400]}" for i in order)
    return Sample(group.messages[-1]["content"], language=group.language, id=group.id, reply=text)


def _percent(estimate: dict[str, float]) -> str:
    return f"{100 * estimate['value']:.0f}%"


def _interval(estimate: dict[str, float], sign: bool = False) -> str:
    if not estimate["pairs"]:
        return "–"
    return f"{estimate['value']:+.3f} [{estimate['low']:+.3f}, {estimate['high']:+.3f}]" if sign else \
        f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
