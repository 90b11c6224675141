"""Model cards, written from the manifests of the stages behind a model and of those that measured it."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from instructwild.publish.dataset_card import annotated, dropped, made
from instructwild.publish.markdown import SECTION, document, folded, pictures, plain, table
from instructwild.report import figures
from instructwild.report.counts import flat
from instructwild.report.standalone import standalone
from instructwild.report.template import shown

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

    from instructwild.report.blocks import Figure
    from instructwild.stage import Manifest

CURVES = "curves"
ON_THE_HUB = {"smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct"}
"""What the Hub calls models that have a name of their own here."""
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
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
    way = " → ".join(manifest.stage for manifest in trained if manifest.stage != "reward")
    lead = f"Trained from {plain(base or 'a base model')} by InstructWild" + (f": {plain(way)}." if way else ".")
    sections: list[SECTION] = [_use(repo_id or title, manifests)]
    sections += [_evaluated(manifest) for manifest in evaluations]
    sections += [("Quantization" if _bits(m) else "What the export was checked for", _exported(m))
                 for m in trained if m.stage == "export"]
    sections += [(f"Training: {manifest.stage}", _measured(manifest)) for manifest in trained if manifest.stage != "export"]
    sections += [("Curves", pictures((drawn or {}).items())), _data_hashes(manifests),
                 annotated(annotators or {}, manifests), made(manifests), dropped(manifests),
                 _limits(base, annotators or {}),
                 ("Everything", [line for m in trained for line in (
                     *folded(f"Settings of {m.stage}", table(["setting", "value"], flat(m.config))),
                     *folded(f"Figures of {m.stage}", table(["figure", "value"], flat(_without_curves(m)))))])]
    return document(data.to_yaml(), title, lead, sections)


def _eval_results(evaluations: Sequence["Manifest"]) -> list["EvalResult"]:
    """Benchmark scores of the measured model in the Hub's `model-index` form."""
    from huggingface_hub import EvalResult

    return [EvalResult(task_type="text-generation", dataset_type=task, dataset_name=task, metric_type="accuracy",
                       metric_name=f"share of {part['rows']} items that are right, {_prompted(manifest, task)}",
                       metric_value=round(part["value"], 4))
            for manifest in evaluations if "bench" in manifest.metrics
            for task, part in manifest.metrics["bench"].get(manifest.config["model"], {}).items()]


def _prompted(manifest: "Manifest", task: str) -> str:
    """By what a benchmark was measured, and with how many examples in the prompt."""
    how = manifest.metrics.get("harness", {}).get(task)
    if how is None:
        return "no examples in the prompt"
    return f"{how['metric']} by {manifest.config['harness']} over {how['measured_by']}, {how['fewshot']} examples in the prompt"


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


def _use(name: str, manifests: Sequence["Manifest"]) -> SECTION:
    if manifests and manifests[-1].config.get("format") == "gguf":
        return "Use", [f"`ollama create {name.rpartition('/')[2].lower()} -f Modelfile`, or `llama-server -m` with the "
                       "`.gguf` file; LM Studio opens it too. Chat template, stop tokens and sampling defaults are in it."]
    lines = ["```python", "from transformers import pipeline", "", f'ask = pipeline("text-generation", model="{name}")',
             'said = ask([{"role": "user", "content": "用一句话解释什么是光合作用。"}], max_new_tokens=200)',
             'print(said[0]["generated_text"][-1]["content"])', "```", "",
             f"Or `instructwild chat {name}`; the chat template and the stop token are the model's own."]
    if manifests and _bits(manifests[-1]):
        lines.append("Its 4-bit weights need `pip install gptqmodel optimum`.")
    return "Use", lines


def _evaluated(manifest: "Manifest") -> SECTION:
    """The table of one evaluation."""
    metrics, judge = manifest.metrics, plain(str(manifest.metrics.get("judge", "")))
    if "perplexity" in metrics:
        parts = list(next(iter(metrics["perplexity"].values())))
        rows = [[name, *(_interval(by_part[part]) for part in parts)] for name, by_part in metrics["perplexity"].items()]
        note = "exp of the mean loss of an answer token; 95% intervals by bootstrap over prompts. Rows: " + ", ".join(
            f"{part} {figure['rows']:,}" for part, figure in next(iter(metrics["perplexity"].values())).items()) + "."
        return "Evaluation: perplexity", [*table(["model", *parts], rows), "", note]
    if "score" in metrics:
        parts = list(dict.fromkeys(part for by_part in metrics["score"].values() for part in by_part))
        rows = [[name, *(_interval(by_part[part]) if part in by_part else "–" for part in parts)]
                for name, by_part in metrics["score"].items()]
        return "Evaluation: reward scores", [*table(["answers", *parts], rows), "",
                                             "95% intervals by bootstrap over prompts."]
    if "bench" in metrics:
        return _benchmark(manifest)
    if "win_rate" not in metrics:
        return "", []
    first, second = metrics["sides"]
    rows = [[part, figure["rows"], *(metrics["results"][part][key] for key in ("wins", "ties", "losses")),
             _interval(figure, percent=True)] for part, figure in {**metrics["win_rate"], **metrics["by_category"]}.items()]
    note = f"Judge: {judge}; a tie counts half; 95% intervals by bootstrap over prompts."
    if metrics.get("consistent") is not None:
        note += f" Both orders were judged and agreed on {metrics['consistent']:.0%} of the pairs; the others are ties."
    if controlled := metrics.get("length_controlled"):
        note += " Win rate at equal length of both answers: " + ", ".join(
            f"{part} {_interval(figure, percent=True)}" for part, figure in controlled.items()) + "."
    heading = f"Evaluation: {first} against {second}"
    return heading, [*table(["", "prompts", f"{first} wins", "ties", f"{second} wins", "win rate"], rows), "", note]


def _benchmark(manifest: "Manifest") -> SECTION:
    """Scores of every model by task, differences on the same items, and the share of items in the training rows."""
    metrics = manifest.metrics
    tasks = list(dict.fromkeys(task for parts in metrics["bench"].values() for task in parts))
    rows = [[name, *(_interval(parts[task], percent=True) if task in parts else "–" for task in tasks)]
            for name, parts in (*metrics["bench"].items(),
                                *((f"more than {name}", parts) for name, parts in metrics["more_than"].items()))]
    if metrics["in_training"]:
        rows.append(["items in the training rows", *(f"{metrics['in_training'].get(task, 0):.1%}" for task in tasks)])
    how = "greedy responses without examples" if "harness" not in metrics else "; ".join(
        f"{task}: {_prompted(manifest, task)}" for task in tasks)
    return f"Benchmark: {metrics['suite']}", [*table(["", *tasks], rows), "", f"Share of items that are right; {plain(how)}; "
                                              "95% intervals by bootstrap over items."]


def _exported(manifest: "Manifest") -> list[str]:
    """Perplexity and size of an export beside its source and plain rounding."""
    metrics = manifest.metrics
    perplexity = metrics.get("perplexity") or {}
    parts = list(dict.fromkeys(part for by_part in perplexity.values() for part in by_part))
    size = metrics.get("size_bytes") or {}
    rows = [[name, *(round(by_part[part], 2) if part in by_part else "–" for part in parts),
             f"{size[name] / 1e6:,.1f}" if name in size else "–"] for name, by_part in perplexity.items()]
    lines = table(["", *(f"perplexity {part}" for part in parts), "MB of weights"], rows)
    if _bits(manifest):
        lines += ["", f"{manifest.config['bits']} bits in groups of {metrics.get('group_size')}; `rtn` is plain rounding on "
                      "the same grid. Measured on held-out rows with the written files loaded afresh."]
    if kl := metrics.get("kl"):
        lines += ["", f"GGUF {manifest.config['quant']}, read back by {metrics['runtime']}: KL from the source "
                      f"{kl['mean']} nats a token in the mean, {kl['p99']} at the 99th percentile. `rtn` is plain rounding "
                      "in groups of 32."]
    if manifest.gate:
        lines += ["", f"The export's gate: {manifest.gate}."]
    return lines if rows else []


def _measured(manifest: "Manifest") -> list[str]:
    """What a training stage found on rows it did not train on."""
    metrics = manifest.metrics
    if losses := metrics.get("held_out_loss"):
        before, after = losses.get("before", {}), losses.get("after", {})
        return table(["held-out loss of an answer token, nats", "before", "after"],
                     [[name, round(before.get(name, float("nan")), 4), round(value, 4)] for name, value in after.items()])
    if accuracy := metrics.get("accuracy"):
        judges = list(accuracy["all pairs"])
        return [*table(["held-out pairs", "number", *judges],
                       [[name, next(iter(parts.values()))["pairs"], *(_interval(parts[judge]) for judge in judges)]
                        for name, parts in accuracy.items()]),
                "", "Share of pairs ordered as the annotators did, with 95% intervals by bootstrap over prompts."]
    lines = []
    if before := metrics.get("perplexity_before"):
        lines += [*table(["held-out perplexity", "before", "after"],
                         [[name, round(value, 2), round(metrics["perplexity_after"][name], 2)]
                          for name, value in before.items()]), ""]
    first, last = metrics.get("first") or {}, metrics.get("last") or {}
    lines += table(["", "first update", "last update"], [[label, first[key], last[key]] for key, label in PPO.items()
                                                          if key in first and key in last])
    return lines or table(["figure", "value"], flat(_without_curves(manifest))[:20])


def _data_hashes(manifests: Sequence["Manifest"]) -> SECTION:
    rows = dict.fromkeys((manifest.stage, record.path.rsplit("/", 1)[-1], "–" if record.rows is None else record.rows,
                          record.sha256) for manifest in manifests if _is_model(manifest) for record in manifest.inputs)
    return "What it was made from", table(["stage", "input", "rows", "sha256"], list(rows))


def _limits(base: str | None, annotators: Mapping[str, int]) -> SECTION:
    lines = ["- Answers may be wrong, biased or unsafe; the model was not tested for use without a person who checks."]
    if annotators.get("scripted") and not annotators.get("person"):
        lines.append("- Its preferences come from a script: expect form, not judgement.")
    if base and "smollm2" in base.lower():
        lines.append("- SmolLM2-135M knows little Chinese; for Chinese start from a bilingual model (Qwen/Qwen3-0.6B).")
    if base == "tiny":
        lines.append("- The base is a tiny model with random weights: it answers nothing, and is there to try the tools.")
    return "Limits", lines


def _is_model(manifest: "Manifest") -> bool:
    return any(record.path == "model" for record in manifest.outputs)


def _bits(manifest: "Manifest") -> Any:
    return manifest.config.get("bits")


def _without_curves(manifest: "Manifest") -> dict[str, Any]:
    return {key: value for key, value in manifest.metrics.items() if key != CURVES}


def _interval(figure: Mapping[str, float], percent: bool = False) -> str:
    value, low, high = (f"{figure[key]:.0%}" if percent else shown(figure[key]) for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"
