"""Slow tests of the recipes that measure learning, on real rows: what comes of them is recorded, a gain or not.

A test runs for at most an hour; a chain that is not finished by then is skipped and goes on where it stopped the next time.
`LEARNING_MODEL` names the model: SmolLM2 by default, which knows little Chinese.
"""

import os

import pytest

from benchmarks import learning
from benchmarks.learning import run_recipe
from instructwild import stage
from instructwild_trainer.evaluate.statistics import interval

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
MODEL = os.environ.get("LEARNING_MODEL", "smollm2")
PART = 3300
"""Seconds."""


def run(recipe, work, **values):
    """The stages of a recipe under `work`; the test is skipped where an hour is not enough for the rest of them."""
    if not run_recipe(recipe, work, PART, **values):
        pytest.skip(f"not finished after {PART} s: the same test goes on from there")
    return lambda name: stage.load(work / name, even_failed=True).manifest.metrics


def work_of(name):
    return learning.work_of(MODEL, name)


@pytest.fixture(scope="module")
def rows(shared):
    return [shared / "demo" / f"alpaca_{language}_demo.json" for language in ("en", "zh")]


def recorded(record_property, label, metrics):
    """The scores and their differences, with intervals, put into the table of slow tests."""
    for name, parts in (*metrics["bench"].items(), *((f"more than {name}", parts)
                                                     for name, parts in metrics["more_than"].items())):
        for task, figure in parts.items():
            record_property(f"{label} {task} {name}", interval(figure, 1, percent=True, sign=name.startswith("more")))


def test_slow_the_share_of_instructions_that_are_met(rows, record_property):
    metrics = run("checkable", work_of("checkable"), model=MODEL, rows=" ".join(map(str, rows)))
    for language in ("english", "chinese"):
        recorded(record_property, language, metrics(language))
    for name, parts in metrics("perplexity")["perplexity"].items():
        for part, figure in parts.items():
            record_property(f"perplexity {part} {name}", interval(figure))
    for name in ("grpo", "ppo"):
        record_property(f"KL of the last update, {name}", str(metrics(name).get("last", {}).get("kl")))


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_slow_what_more_rankings_give(shared, record_property, share):
    """The same held-out prompts at every size: the held-out share of prompts stays whole, the rest is thinned out."""
    work = work_of(f"rankings-{share}")
    learning.thinned(shared / "rankings" / "oaast_rm_zh.json", share, work / "rankings.json")
    metrics = run("human-rankings", work / "out", model=MODEL, rankings=work / "rankings.json")("reward")
    for part, judges in metrics["accuracy"].items():
        for judge, figure in judges.items():
            record_property(f"{part}, {judge}", interval(figure, 0, percent=True) + f" of {figure['pairs']} pairs")


def test_slow_cleaned_rows_beside_raw_and_english_rows(rows, record_property):
    reward = work_of("rankings-1.0") / "out" / "reward"
    if not stage.is_stage(reward):
        pytest.skip("the judge is the reward model of test_slow_what_more_rankings_give[1.0]: run that first")
    metrics = run("cleaned-rows", work_of("cleaned-rows"), model=MODEL, rows=" ".join(map(str, rows)),
                  judge=f"reward:{reward}")
    recorded(record_property, "instructions", metrics("instructions"))
    for name in ("pairwise", "pairwise-raw"):
        for part, figure in metrics(name)["win_rate"].items():
            record_property(f"{name} {part}", interval(figure, 0, percent=True))
