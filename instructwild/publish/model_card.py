"""Model cards, written from the manifests of the stages behind a model and of those that measured it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from instructwild.publish.card import render, table
from instructwild.read.files import HUB_ID
from instructwild.report import figures
from instructwild.report.counts import flat
from instructwild.report.standalone import standalone
from instructwild.report.template import shown
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

    from instructwild.report.blocks import Figure
    from instructwild.stage import Manifest

CURVES = "curves"
ON_THE_HUB = {"smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct"}
"""What the Hub calls models that have a name of their own here."""
PPO = {"reward": "reward of a response", "kl": "KL to the reference, nats per response", "entropy": "entropy, nats a token",
       "length": "tokens a response", "ended": "responses that end", "ptx_loss": "PTX loss"}


def model_card(title: str, manifests: Sequence["Manifest"], *, base: str | None = None, license: str | None = None,
               annotators: Mapping[str, int] | None = None, languages: Sequence[str] = ("en", "zh"),
               evaluations: Sequence["Manifest"] = (), repo_id: str = "", drawn: Mapping[str, str] | None = None) -> str:
    """The README.md of a model.

    Args:
        title: the model's name for people.
        manifests: of every stage behind it, data and training, in order; the last one made the model.
        base: the model it was trained from.
        license: of the model, an id of the Hub.
        annotators: kind of annotator -> rankings it was trained on.
        languages: of the data it was trained on.
        evaluations: of stages that measured it.
        repo_id: where it will be, for the example of its use.
        drawn: pictures that lie beside the card, path -> what it shows; see `curves_of`.
    """
    from huggingface_hub import ModelCardData

    tags = sorted({tag.split("-")[0] for tag in languages} - {"und"})
    named = ON_THE_HUB.get(base or "", base or "")
    scores = _eval_results(evaluations)
    data = ModelCardData(eval_results=scores or None, model_name=title if scores else None,
                         base_model=named if HUB_ID.fullmatch(named) else None, language=tags or None,
                         license=license or "other", library_name="transformers", pipeline_tag="text-generation",
                         tags=["instructwild", *(m.stage for m in manifests[-1:])],
                         **({} if license else {"license_name": "not-stated"}))
    trained = [manifest for manifest in manifests if _is_model(manifest)]
    inputs = dict.fromkeys((manifest.stage, record.path.rsplit("/", 1)[-1], "–" if record.rows is None else record.rows,
                            record.sha256) for manifest in trained for record in manifest.inputs)
    return render("model_card.md.j2", front=data.to_yaml(), title=title, base=base, trained=trained, name=repo_id or title,
                  manifests=manifests, evaluations=[part for part in map(_evaluated, evaluations) if part],
                  exported=_exported, measured=_measured, without_curves=_without_curves, drawn=drawn or {},
                  inputs=list(inputs), annotators=annotators or {})


def _eval_results(evaluations: Sequence["Manifest"]) -> list["EvalResult"]:
    """Benchmark scores of the measured model in the Hub's `model-index` form."""
    from huggingface_hub import EvalResult

    return [EvalResult(task_type="text-generation", dataset_type=task, dataset_name=task, metric_type="accuracy",
                       metric_name=f"share of {quantity(part['rows'], 'item')} that are right, "
                                   f"{_prompted(manifest.metrics, task)}",
                       metric_value=round(part["value"], 4))
            for manifest in evaluations if "bench" in manifest.metrics
            for task, part in manifest.metrics["bench"].get(manifest.config["model"], {}).items()]


def _prompted(metrics: Mapping[str, Any], task: str) -> str:
    """By what a benchmark was measured, and with how many examples in the prompt."""
    how = metrics.get("harness", {}).get(task)
    if how is None:
        return "no examples in the prompt"
    return f"{how['metric']} by {how['by']} over {how['measured_by']}, {quantity(how['fewshot'], 'example')} in the prompt"


def curves_of(manifests: Sequence["Manifest"]) -> dict[str, tuple[str, str]]:
    """The training curves in some manifests as pictures: path -> (what it shows, SVG)."""
    curves: dict[str, tuple[str, str]] = {}
    for manifest in manifests:
        for name, series in (manifest.metrics.get(CURVES) or {}).items():
            points = {key: [(float(x), float(y)) for x, y in pairs] for key, pairs in series.items() if len(pairs) > 1}
            if points:
                title = f"{manifest.stage}: {name}"
                figure: Figure = figures.lines(points, x="update", title=title)
                path = f"figures/{manifest.stage}-{name.replace(' ', '-')}.svg"
                curves[path] = (title, standalone(figure))
    return curves


@dataclass(frozen=True)
class Evaluation:
    """One evaluation on a card."""

    heading: str
    table: Markup
    note: str


def _evaluated(manifest: "Manifest") -> Evaluation | None:
    """The table of one evaluation; None for a kind that a card does not show."""
    for key, written in (("perplexity", _perplexity), ("score", _scores), ("bench", _benchmark), ("win_rate", _pairwise)):
        if key in manifest.metrics:
            return written(manifest.metrics)
    return None


def _perplexity(metrics: Mapping[str, Any]) -> Evaluation:
    first = next(iter(metrics["perplexity"].values()))
    rows = [[name, *(_interval(by_part[part]) for part in first)] for name, by_part in metrics["perplexity"].items()]
    counted = ", ".join(f"{part} {figure['rows']:,}" for part, figure in first.items())
    return Evaluation("Evaluation: perplexity", table(["model", *first], rows), "exp of the mean loss of an answer token; "
                      f"95% intervals by bootstrap over prompts. Rows: {counted}.")


def _scores(metrics: Mapping[str, Any]) -> Evaluation:
    parts = list(dict.fromkeys(part for by_part in metrics["score"].values() for part in by_part))
    rows = [[name, *(_interval(by_part[part]) if part in by_part else "–" for part in parts)]
            for name, by_part in metrics["score"].items()]
    return Evaluation("Evaluation: reward scores", table(["answers", *parts], rows),
                      "95% intervals by bootstrap over prompts.")


def _pairwise(metrics: Mapping[str, Any]) -> Evaluation:
    first, second = metrics["sides"]
    rows = [[part, figure["rows"], *(metrics["results"][part][key] for key in ("wins", "ties", "losses")),
             _interval(figure, percent=True)] for part, figure in {**metrics["win_rate"], **metrics["by_category"]}.items()]
    note = f"Judge: {metrics.get('judge', '')}; a tie counts half; 95% intervals by bootstrap over prompts."
    if metrics.get("consistent") is not None:
        note += f" Both orders were judged and agreed on {metrics['consistent']:.0%} of the pairs; the others are ties."
    if controlled := metrics.get("length_controlled"):
        note += " Win rate at equal length of both answers: " + ", ".join(
            f"{part} {_interval(figure, percent=True)}" for part, figure in controlled.items()) + "."
    return Evaluation(f"Evaluation: {first} against {second}",
                      table(["", "prompts", f"{first} wins", "ties", f"{second} wins", "win rate"], rows), note)


def _benchmark(metrics: Mapping[str, Any]) -> Evaluation:
    """Scores of every model by task, differences on the same items, and the share of items in the training rows."""
    tasks = list(dict.fromkeys(task for parts in metrics["bench"].values() for task in parts))
    rows = [[name, *(_interval(parts[task], percent=True) if task in parts else "–" for task in tasks)]
            for name, parts in (*metrics["bench"].items(),
                                *((f"more than {name}", parts) for name, parts in metrics["more_than"].items()))]
    if metrics["in_training"]:
        rows.append(["items in the training rows", *(f"{metrics['in_training'].get(task, 0):.1%}" for task in tasks)])
    how = "greedy responses without examples" if "harness" not in metrics else "; ".join(
        f"{task}: {_prompted(metrics, task)}" for task in tasks)
    return Evaluation(f"Benchmark: {metrics['suite']}", table(["", *tasks], rows),
                      f"Share of items that are right; {how}; 95% intervals by bootstrap over items.")


def _exported(manifest: "Manifest") -> Markup:
    """Perplexity and size of an export beside its source and plain rounding."""
    metrics = manifest.metrics
    perplexity = metrics.get("perplexity") or {}
    parts = list(dict.fromkeys(part for by_part in perplexity.values() for part in by_part))
    size = metrics.get("size_bytes") or {}
    rows = [[name, *(round(by_part[part], 2) if part in by_part else "–" for part in parts),
             f"{size[name] / 1e6:,.1f}" if name in size else "–"] for name, by_part in perplexity.items()]
    return table(["", *(f"perplexity {part}" for part in parts), "MB of weights"], rows)


def _measured(manifest: "Manifest") -> list[Markup]:
    """What a training stage measured on rows it did not train on, as tables."""
    metrics = manifest.metrics
    if losses := metrics.get("held_out_loss"):
        before, after = losses.get("before", {}), losses.get("after", {})
        tables = [table(["held-out loss of an answer token, nats", "before", "after"],
                        [[name, round(before.get(name, float("nan")), 4), round(value, 4)]
                         for name, value in after.items()])]
    elif accuracy := metrics.get("accuracy"):
        judges = list(accuracy["all pairs"])
        tables = [table(["held-out pairs", "number", *judges],
                        [[name, next(iter(parts.values()))["pairs"], *(_interval(parts[judge]) for judge in judges)]
                         for name, parts in accuracy.items()])]
    else:
        first, last = metrics.get("first") or {}, metrics.get("last") or {}
        tables = [table(["held-out perplexity", "before", "after"],
                        [[name, round(value, 2), round(metrics["perplexity_after"][name], 2)]
                         for name, value in (metrics.get("perplexity_before") or {}).items()]),
                  table(["", "first update", "last update"], [[label, first[key], last[key]] for key, label in PPO.items()
                                                              if key in first and key in last])]
    tables = [each for each in tables if each]
    return tables or [table(["figure", "value"], flat(_without_curves(manifest))[:20])]


def _is_model(manifest: "Manifest") -> bool:
    return any(record.path == "model" for record in manifest.outputs)


def _without_curves(manifest: "Manifest") -> dict[str, Any]:
    return {key: value for key, value in manifest.metrics.items() if key != CURVES}


def _interval(figure: Mapping[str, float], percent: bool = False) -> str:
    value, low, high = (f"{figure[key]:.0%}" if percent else shown(figure[key]) for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"
