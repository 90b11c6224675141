"""Whether something is learned: the three recipes on real rows, one after the other, and what came of them.

    python -m benchmarks.learning EN.json ZH.json RANKINGS.json [--model M] [--minutes N] [--work DIR] [--set NAME=VALUE …]

EN and ZH are answered rows, RANKINGS people's rankings. Every stage is a folder in DIR: after N minutes, or when stopped,
the same command goes on from there. A figure that is not measured yet is left out of the table.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.results import save
from instructwild import stage
from instructwild.llm.rendering import turns
from instructwild.read.rankings import read_rankings
from instructwild.recipe.form import packaged
from instructwild.stage.cache import cache_dir
from instructwild_trainer.data import place, split_key
from instructwild_trainer.evaluate.bench.items import Measured
from instructwild_trainer.evaluate.bench.run import figures_of
from instructwild_trainer.evaluate.bench.suites import own_instructions
from instructwild_trainer.evaluate.statistics import interval

ENOUGH = "items that would show it"
HELD_OUT = 0.2
"""Of the prompts of the rankings, as `recipes/human-rankings.yaml` has it."""
SHARES = (0.25, 0.5, 1.0)
"""Of the other prompts, for the curve."""


def run_recipe(recipe: str, out: Path, seconds: float, **values: object) -> bool:
    """Run or go on with a recipe; False where the time was not enough. Stages that are finished are skipped."""
    words = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    process = subprocess.Popen([sys.executable, "-m", "instructwild", "run", recipe, *words, "--out", str(out)])
    try:
        code = process.wait(max(1.0, seconds))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait()
        return False
    if code:
        raise SystemExit(f"{recipe} ended with {code}: see {out}")
    return True


def work_of(model: str, name: str) -> Path:
    """Where the stages of a recipe lie unless a folder is named."""
    return cache_dir() / "benchmarks" / "learning" / Path(model).name / name


def thinned(rankings: Path, share: float, out: Path) -> Path:
    """A share of the rankings that are not held out, and all that are: the same held-out prompts at every share."""
    rows, parsed = json.loads(rankings.read_text(encoding="utf-8")), read_rankings([rankings]).rows
    places = [place(split_key(turns(row.messages))) for row in parsed]
    kept = [row for row, where in zip(rows, places, strict=True) if where < HELD_OUT + share * (1 - HELD_OUT)]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("english", "chinese", "rankings"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--set", action="append", default=[], metavar="RECIPE.NAME=VALUE", dest="values",
                        help="such as cleaned-rows.steps=60")
    options = parser.parse_args()
    work = options.work or work_of(options.model, "all")
    ends = time.monotonic() + 60 * options.minutes
    finished = measured(options, work, ends)
    save("learning", "Whether something is learned", lead(options.model), tables(work, options.model),
         notes(work, finished))


def measured(options: argparse.Namespace, work: Path, ends: float) -> bool:
    """Run what is left, until the time is over; whether all of it is finished."""
    rows = f"{options.english.resolve()} {options.chinese.resolve()}"

    def go(recipe: str, out: Path, **values: object) -> bool:
        own = dict(word.split(".", 1)[1].split("=", 1) for word in options.values if word.startswith(f"{recipe}."))
        left = ends - time.monotonic()
        return left > 0 and run_recipe(recipe, out, left, model=options.model, **values, **own)

    def rankings(share: float) -> bool:
        file = work / f"rankings-{share}.json"
        return go("human-rankings", work / f"rankings-{share}",
                  rankings=file if file.exists() else thinned(options.rankings, share, file))

    judge = f"reward:{work / f'rankings-{SHARES[-1]}' / 'reward'}"
    return rankings(SHARES[-1]) and go("cleaned-rows", work / "cleaned-rows", rows=rows, judge=judge) \
        and go("checkable", work / "checkable", rows=rows) and all(rankings(share) for share in SHARES[:-1])


def metrics(folder: Path) -> dict[str, Any]:
    """Of a finished stage; nothing where it is not finished."""
    return stage.load(folder, even_failed=True).manifest.metrics if stage.is_stage(folder) else {}


def rescored(folder: Path) -> dict[str, Any]:
    """The figures of a finished benchmark of our own instructions, its saved responses scored by the verifiers of now."""
    if not stage.is_stage(folder):
        return {}
    made = stage.load(folder, even_failed=True)
    frame, items = made.frame(), {item.id: item for item in own_instructions()}
    results = []
    for name in made.manifest.metrics["bench"]:
        responses = dict(frame.filter(pl.col("model") == name).select("id", "response").iter_rows())
        scores = {id_: items[id_].score(response) for id_, response in responses.items()}
        results.append(Measured(name, scores, responses, {}))
    return figures_of([items[id_] for id_ in results[0].scores], results, None)


def lead(model: str) -> str:
    return (f"The recipes `cleaned-rows`, `human-rankings` and `checkable` on {Path(model).name}, one seed each. Intervals "
            "(95%) are of the items or rows measured on, not of the training's own chance; a difference whose interval "
            "holds 0 was not shown.")


def tables(work: Path, model: str) -> list[dict[str, Any]]:
    """What is finished, as tables of the results page."""
    made = [_scores("Instructions met after SFT, 128 tokens a response", rescored(work / "cleaned-rows" / "instructions")),
            _wins(work / "cleaned-rows"), _perplexities("SFT", metrics(work / "cleaned-rows" / "perplexity")),
            _rankings(work),
            *(_scores(f"Instructions met on held-out topics, {language}: GRPO and PPO with PTX",
                      metrics(work / "checkable" / language)) for language in ("english", "chinese")),
            *(_by_kind(work / "checkable" / language) for language in ("english", "chinese")),
            _perplexities("GRPO and PPO", metrics(work / "checkable" / "perplexity")), _kl(work), _questions(work, model)]
    return [table for table in made if table["rows"]]


def enough(figure: dict[str, Any], none: float) -> str:
    """How many items would show a difference of this size: an interval shrinks with the root of their number.

    Args:
        figure: `value`, `low`, `high` and `rows`.
        none: the value of no difference.
    """
    off, half = abs(figure["value"] - none), (figure["high"] - figure["low"]) / 2
    if not figure["low"] <= none <= figure["high"]:
        return "shown"
    return f"{figure['rows'] * (half / off) ** 2:,.0f}" if off else "no difference"


def _scores(caption: str, of: dict[str, Any]) -> dict[str, Any]:
    models = of.get("bench", {})
    first = next(iter(models), "")
    rows = [[task, name, interval(figure, 1, percent=True), figure["rows"],
             interval(of["more_than"][name][task], 1, percent=True, sign=True) if name in of["more_than"] else "",
             enough(of["more_than"][name][task], 0.0) if name in of["more_than"] else ""]
            for name, parts in models.items() for task, figure in parts.items()]
    return {"caption": caption, "columns": ["task", "model", "all instructions met", "items",
                                             f"{first} is better by", ENOUGH],
            "rows": rows}


def _wins(work: Path) -> dict[str, Any]:
    rows = []
    for name, label in (("pairwise", "SFT against the base"), ("pairwise-raw", "cleaned against raw rows")):
        of = metrics(work / name)
        equal = of.get("length_controlled", {})
        rows += [[label, part, interval(figure, 0, percent=True),
                  interval(equal[part], 0, percent=True) if part in equal else "", enough(figure, 0.5)]
                 for part, figure in of.get("win_rate", {}).items()]
    return {"caption": "Win rate before the reward model", "columns": ["", "part", "plain", "at equal length", ENOUGH],
            "rows": rows}


def _perplexities(what: str, of: dict[str, Any]) -> dict[str, Any]:
    rows = [[name, part, interval(figure)]
            for name, parts in of.get("perplexity", {}).items() for part, figure in parts.items()]
    return {"caption": f"Perplexity of held-out answers, {what}", "columns": ["model", "part", "perplexity"], "rows": rows}


def _rankings(work: Path) -> dict[str, Any]:
    curve = {share: metrics(work / f"rankings-{share}" / "reward").get("accuracy", {}) for share in SHARES}
    rows = [[f"{share:.0%}", part, figure["pairs"], judge, interval(figure, 0, percent=True)]
            for share, parts in curve.items() for part in ("all pairs", "lengths within 25%")
            for judge, figure in parts.get(part, {}).items()]
    return {"caption": "People's rankings: share of held-out pairs in their order, by the share of rankings trained on",
            "columns": ["rankings", "pairs", "number", "judge", "in order"], "rows": rows}


def _by_kind(folder: Path) -> dict[str, Any]:
    """The share of items met by each kind of instruction, of which held-out prompts have one each."""
    table: dict[str, Any] = {"caption": f"Met on held-out topics by kind of instruction, {folder.name}", "columns": [],
                             "rows": []}
    if not stage.is_stage(folder):
        return table
    made = stage.load(folder, even_failed=True)
    suite = packaged("checkable")[1] / "checkable" / f"{made.manifest.metrics['suite']}.jsonl"
    kinds = [json.loads(line)["checks"][0]["kind"] for line in suite.read_text(encoding="utf-8").splitlines()]
    frame = made.frame()
    ids = frame["id"].unique(maintain_order=True)
    met = (frame.join(pl.DataFrame({"id": ids, "kind": kinds}), on="id")
           .pivot(on="model", index="kind", values="score", aggregate_function="mean"))
    return {**table, "columns": ["instruction", *met.columns[1:]],
            "rows": [[kind, *(f"{share:.0%}" for share in shares)] for kind, *shares in met.iter_rows()]}


def _kl(work: Path) -> dict[str, Any]:
    """How far each went: the figures of the two are of other units, a token's mean and a sequence's sum."""
    rows = [[name, f"{last['kl']:.2f}", unit] for name, unit in (("grpo", "token"), ("ppo", "sequence"))
            if "kl" in (last := metrics(work / "checkable" / name).get("last", {}))]
    return {"caption": "KL from the start at the last update", "columns": ["", "nats", "a"], "rows": rows}


def _questions(work: Path, model: str) -> dict[str, Any]:
    """The ten questions before and after, for README."""
    sides = [work / "cleaned-rows" / name for name in ("before", "after")]
    rows: list[list[str]] = []
    if all(stage.is_stage(side) for side in sides):
        before, after = ({row["id"]: row for row in stage.load(side).frame().iter_rows(named=True)} for side in sides)
        rows = [[_text(row, "user"), *(_text(side.get(id_, {}), "assistant") for side in (before, after))]
                for id_, row in (before | after).items()]
    return {"caption": "The same ten questions before and after SFT", "columns": ["", Path(model).name, "after SFT"],
            "rows": rows}


def _text(row: dict[str, Any], role: str) -> str:
    texts = (message["content"] for message in row.get("messages", ()) if message["role"] == role)
    return " ".join(next(texts, "(none)").split())


def notes(work: Path, finished: bool) -> list[str]:
    left = [] if finished else ["Not all of it has run: what is missing above was not measured."]
    tokens = {name: of["answer_tokens"] for name in ("sft", "raw", "english")
              if "answer_tokens" in (of := metrics(work / "cleaned-rows" / name))}
    if tokens:
        left.append("Answer tokens of the rows that trainings draw from: "
                    + ", ".join(f"{name} {count:,}" for name, count in tokens.items()) + ".")
    return [*left, "Reproduce: `python -m benchmarks.learning EN.json ZH.json RANKINGS.json --model MODEL`."]


if __name__ == "__main__":
    main()
