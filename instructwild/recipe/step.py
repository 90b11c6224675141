"""A stage of a recipe, ready to run: the words of its command, the stages it reads, what it is likely to take and cost."""

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ConfigError
from instructwild.recipe.form import Recipe, StagePlan, words_of

if TYPE_CHECKING:
    from instructwild.stage import Manifest

ASKS = ("publish",)
"""Commands that ask before they replace something, and that are not told to do it all the same."""
PUBLISHED = "lineage.json"
ASKING = ("collect", "clean", "expand", "respond", "evaluate")
"""The commands that may ask a model elsewhere."""
EARLIER = re.compile(r"((?:[a-z]+:)?)@(.+)")


@dataclass(frozen=True)
class RecipeStep:
    """One stage, ready to run: its folder, the command's words, and the earlier stages it reads."""

    name: str
    plan: StagePlan
    folder: Path
    words: tuple[str, ...]
    reads: tuple[Path, ...]

    @property
    def command(self) -> list[str]:
        """The whole command line."""
        force = [] if self.words[0] in ASKS else ["--force"]
        return [sys.executable, "-m", "instructwild", *self.words, "--out", str(self.folder), *force]

    @property
    def minutes(self) -> float:
        """How long it takes: as it took before, else as the recipe says."""
        return self._before.seconds / 60 if self._before else self.plan.minutes

    @property
    def usd(self) -> float | None:
        """What it costs at most: its budget, else what the recipe says, else what it cost before.

        None where nothing tells and it asks a model elsewhere.
        """
        pairs = list(zip(self.words, self.words[1:], strict=False))
        budget = next((value for flag, value in pairs if flag == "--budget"), None)
        with suppress(ValueError):
            if budget is not None:
                return float(budget)
        if self.plan.usd or self._before:
            return self.plan.usd or (self._before.usd if self._before else 0.0)
        return None if any(_is_elsewhere(value) for flag, value in pairs
                           if self.words[0] in ASKING and flag in ("--model", "--judge")) else 0.0

    @cached_property
    def _before(self) -> "Manifest | None":
        """The manifest of an earlier run of the stage, read once; what this run writes is no plan any more."""
        from instructwild.stage import is_stage
        from instructwild.stage.manifest import read_manifest

        return read_manifest(self.folder) if is_stage(self.folder) else None

    @property
    def done(self) -> bool:
        """Whether its folder is whole: a finished stage, or what was published."""
        from instructwild.stage import is_stage

        return is_stage(self.folder) or (self.folder / PUBLISHED).is_file()


def _is_elsewhere(model: str) -> bool:
    from instructwild.llm.name import understand

    return not model.startswith("reward:") and not understand(model).loopback


def steps_of(recipe: Recipe, out: Path, folder: Path) -> Iterator[RecipeStep]:
    """The stages with their `@names`, `{recipe}` and options spelled out.

    Raises:
        ConfigError: a stage reads one that does not come before it.
    """
    before: dict[str, Path] = {}
    for name, plan in recipe.stages.items():
        words, reads = [], []
        for word in [*words_of(plan.run, f"stage {name}"), *_flags(plan)]:
            if reference := EARLIER.fullmatch(word):
                if reference[2] not in before:
                    raise ConfigError(f"{word} is no earlier stage", where=f"stage {name}",
                                      remedy=f"earlier stages: {', '.join(before) or 'none'}")
                reads.append(before[reference[2]])
                word = f"{reference[1]}{before[reference[2]]}"
            words.append(os.path.normpath(word.replace("{recipe}", str(folder))) if "{recipe}" in word else word)
        before[name] = out / name
        yield RecipeStep(name, plan, out / name, tuple(words), tuple(reads))


def _flags(plan: StagePlan) -> Iterator[str]:
    for key, value in plan.options.items():
        flag = f"--{key.replace('_', '-')}"
        if value is True:
            yield flag
        elif value is False:
            yield from _switched_off(shlex.split(plan.run), flag)
        elif value is not None and value != "":
            pairs = [f"{name}={item}" for name, item in value.items()] if isinstance(value, dict) else value
            for item in pairs if isinstance(pairs, list) else [pairs]:
                yield from (flag, item if isinstance(item, str) else json.dumps(item))


def _switched_off(words: list[str], flag: str) -> list[str]:
    """What a command is passed for an option that is false: `--no-x` of a pair, nothing for a switch that is off by itself.

    An option that takes a value, or that the command does not know, is passed with "false", for the command to judge.
    """
    from typer.main import get_command

    from instructwild.cli import app

    command: Any = get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        command = command.get_command(None, word)
    option = next((option for option in getattr(command, "params", []) if flag in option.opts), None)
    if option is None or not option.is_flag:
        return [flag, "false"]
    return list(option.secondary_opts[:1])
