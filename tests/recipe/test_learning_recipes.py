"""The recipes that measure learning: whole chains, prompts whose checks are theirs, and topics held out of training."""

import json
from pathlib import Path

import pytest

from instructwild.recipe.form import Recipe, packaged, with_values
from instructwild.recipe.run import Chain
from instructwild_trainer.evaluate.bench.suites import load_suite
from instructwild_trainer.verifiers import VERIFIERS
from instructwild_trainer.verifiers.reward import checks_of

NEEDED = {"checkable": {"rows": "rows.jsonl"}, "cleaned-rows": {"rows": "rows.jsonl", "judge": "reward:rm"},
          "human-rankings": {"rankings": "rankings.json"}}


@pytest.mark.parametrize("name", NEEDED)
def test_the_recipe_is_whole(name):
    recipe, folder = packaged(name)
    assert isinstance(recipe, Recipe)
    steps = Chain(with_values(recipe, NEEDED[name], name), folder, folder).steps
    assert all(step.minutes <= 60 for step in steps)
    for step in steps:
        for word in step.words:
            if word.endswith((".jsonl", ".yaml")) and word.startswith(str(folder)):
                assert Path(word).is_file(), word


def rows(language, part):
    _, folder = packaged("checkable")
    text = (folder / "checkable" / f"{part}.{language}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_prompt_asks_what_its_checks_check_about_topics_of_one_part_only(language):
    """Training prompts ask for several things, so that responses to one differ in score; held-out prompts for one each."""
    topics = {}
    for part in ("train", "held-out"):
        topics[part] = set()
        for row in rows(language, part):
            checks = checks_of(row["checks"])
            assert len(checks) > 1 if part == "train" else len(checks) == 1
            instructions = (" " if language == "en" else "").join(
                VERIFIERS[check.kind].instruction(language, check.arguments) for check in checks)
            assert row["prompt"].endswith(instructions)
            topics[part].add(row["prompt"].removesuffix(instructions))
    assert len(topics["train"]) == 24
    assert len(topics["held-out"]) == 8
    assert not topics["train"] & topics["held-out"]


def test_held_out_prompts_are_a_suite_and_the_reward_is_the_share_that_is_met():
    import importlib.util

    _, folder = packaged("checkable")
    suite = load_suite(str(folder / "checkable" / "held-out.en.jsonl"), None)
    assert len(suite.items) == 64
    spec = importlib.util.spec_from_file_location("rewards", folder / "checkable" / "rewards.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    item = next(item for item in suite.items if item.checks[0].kind == "no_commas")
    checks = [[{"kind": "no_commas"}]] * 2
    assert module.verified([item.prompt] * 2, ["Rain falls.", "Rain, then sun."], checks) == [1.0, 0.0]
    assert module.verified([item.prompt] * 2, [item.prompt, f"{item.prompt} Rain falls."], checks) == [0.0, 1.0]
    assert item.score("Rain falls.") == 1.0
