"""A recipe: one YAML file that chains stages.

```yaml
title: My dataset
stages:
  seeds:
    about: What people asked on X
    run: collect x exports/tweets.js
  clean:
    about: Duplicates and broken rows out
    run: clean @seeds
    options: {steps: [language, exact, near]}
    minutes: 1
```

`run` is a command as a person would type it, without `instructwild` and `--out`; `@name` is the folder of an earlier stage,
also in `reward:@name`; `{recipe}` is the folder of the recipe file; `options` become `--name value`. `values` are what a
user may set from outside, `{name}` in a stage's `run` and `options`. A stage that is finished and whose command, inputs and
tool version are unchanged is skipped; one that was interrupted goes on.
"""

import difflib
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from instructwild import __version__
from instructwild.errors import ConfigError, InputError, InstructwildError

if TYPE_CHECKING:
    from instructwild.report.index import Answers
    from instructwild.stage import Manifest

INDEX, RECORD = "index.html", "chain.json"
ASKS = ("publish",)
"""Commands that ask before they replace something, and that are not told to do it all the same."""
PUBLISHED = "lineage.json"
ASKING = ("collect", "expand", "respond", "evaluate")
"""The commands that may ask a model elsewhere."""
EARLIER = re.compile(r"((?:[a-z]+:)?)@(.+)")


class StagePlan(BaseModel):
    """One stage of a recipe."""

    model_config = ConfigDict(extra="forbid")

    run: str = Field(description="the command, without `instructwild` and `--out`")
    about: str = Field(default="", description="one sentence for people")
    options: dict[str, Any] = Field(default={}, description="further options of the command; a list repeats the option")
    minutes: float = Field(default=0.0, ge=0, description="how long it takes, for the plan and the ETA; what an earlier run "
                                                          "of the stage took counts before it")
    usd: float = Field(default=0.0, ge=0, description="what it costs at most, for the plan; a `--budget` counts before it")


class Recipe(BaseModel):
    """A chain of stages, in order."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="what the chain is called")
    values: dict[str, str | int | float | None] = Field(
        default={}, description="what `--set NAME=VALUE` may set; null has to be set, '' leaves an option out")
    stages: dict[str, StagePlan] = Field(min_length=1, description="the stages by name, in order")
    closing: str = Field(default="", description="what to tell the user when all is done")


@dataclass(frozen=True)
class Step:
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
        given = list(zip(self.words, self.words[1:], strict=False))
        budget = next((value for flag, value in given if flag == "--budget"), None)
        with suppress(ValueError):
            if budget is not None:
                return float(budget)
        if self.plan.usd or self._before:
            return self.plan.usd or (self._before.usd if self._before else 0.0)
        return None if any(_is_elsewhere(value) for flag, value in given
                           if self.words[0] in ASKING and flag in ("--model", "--judge")) else 0.0

    @cached_property
    def _before(self) -> "Manifest | None":
        """What an earlier run of the stage told when it was first asked for; what this run tells is no plan any more."""
        from instructwild.stage import is_stage
        from instructwild.stage.manifest import read_manifest

        return read_manifest(self.folder) if is_stage(self.folder) else None

    @property
    def done(self) -> bool:
        """Whether its folder is whole: a finished stage, or what was published."""
        from instructwild.stage import is_stage

        return is_stage(self.folder) or (self.folder / PUBLISHED).is_file()


def _is_elsewhere(model: str) -> bool:
    from instructwild.llm.open import understand

    return not model.startswith("reward:") and not understand(model).loopback


def read_recipe(path: Path) -> Recipe:
    """A recipe from its YAML file.

    Raises:
        InputError: the file is missing or no YAML.
        ConfigError: a key is unknown or a value is not what it should be.
    """
    import yaml

    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path), remedy="check the path") from None
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {' '.join(str(error).split())}", where=str(path), remedy="mend it there") from None
    try:
        return Recipe.model_validate(given)
    except ValidationError as error:
        raise _config_error(error, path) from None


def _config_error(error: ValidationError, path: Path) -> ConfigError:
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    if first["type"] != "extra_forbidden":
        return ConfigError(f"{place}: {first['msg']}", where=str(path), remedy="see docs/formats.md, Recipes")
    known = list(StagePlan.model_fields if len(first["loc"]) > 1 else Recipe.model_fields)
    near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
    return ConfigError(f"{place}: unknown key", where=str(path),
                       remedy=f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}")


def with_values(recipe: Recipe, given: Mapping[str, str], where: str) -> Recipe:
    """The recipe with its values filled in.

    Args:
        given: values set from outside, by name.
        where: what messages call the recipe.

    Raises:
        ConfigError: a name is unknown, or a value that has no default is not given.
    """
    for name in given:
        if name not in recipe.values:
            raise ConfigError(f"has no value {name!r}", where=where,
                              remedy=f"its values: {', '.join(recipe.values) or 'none'}")
    values = {**recipe.values, **given}
    open_ = [name for name, value in values.items() if value is None]
    if open_:
        raise ConfigError(f"has no default for {' and '.join(open_)}", where=where,
                          remedy=" ".join(f"--set {name}=…" for name in open_))

    places = re.compile("|".join(re.escape(f"{{{name}}}") for name in values) or r"(?!)")

    def filled(text: Any) -> Any:
        if isinstance(text, list):
            return [filled(item) for item in text]
        return places.sub(lambda found: str(values[found[0][1:-1]]), text) if isinstance(text, str) else text

    stages = {name: plan.model_copy(update={"run": filled(plan.run), "options": {key: filled(value) for key, value
                                                                                  in plan.options.items()}})
              for name, plan in recipe.stages.items()}
    return recipe.model_copy(update={"stages": stages})


def steps_of(recipe: Recipe, out: Path, folder: Path) -> Iterator[Step]:
    """The stages with their `@names`, `{recipe}` and options spelled out.

    Raises:
        ConfigError: a stage reads one that does not come before it.
    """
    before: dict[str, Path] = {}
    for name, plan in recipe.stages.items():
        words, reads = [], []
        for word in [*shlex.split(plan.run), *_flags(plan.options)]:
            if found := EARLIER.fullmatch(word):
                if found[2] not in before:
                    raise ConfigError(f"{word} is no earlier stage", where=f"stage {name}",
                                      remedy=f"earlier stages: {', '.join(before) or 'none'}")
                reads.append(before[found[2]])
                word = f"{found[1]}{before[found[2]]}"
            words.append(os.path.normpath(word.replace("{recipe}", str(folder))) if "{recipe}" in word else word)
        before[name] = out / name
        yield Step(name, plan, out / name, tuple(words), tuple(reads))


def _flags(options: dict[str, Any]) -> Iterator[str]:
    for key, value in options.items():
        flag = f"--{key.replace('_', '-')}"
        if value is True:
            yield flag
        elif value is not False and value is not None and value != "":
            for item in value if isinstance(value, list) else [value]:
                yield from (flag, item if isinstance(item, str) else json.dumps(item))


class Chain:
    """A recipe at work in its output folder."""

    def __init__(self, recipe: Recipe, out: Path, folder: Path) -> None:
        self.recipe = recipe
        self.out = out
        self.steps = list(steps_of(recipe, out, folder))

    @property
    def index(self) -> Path:
        """The page that links every stage's report."""
        return self.out / INDEX

    def is_current(self, step: Step) -> bool:
        """Whether the stage is finished and nothing it was made from has changed since."""
        return step.done and self._record().get(step.name) == self._fingerprint(step)

    def run(self) -> None:
        """Run what is not current, stage by stage.

        Raises:
            SystemExit: a stage ended with another exit code than 0; the chain ends with the same.
        """
        from instructwild.report.terminal import console
        from instructwild.stage.folder import SCRATCH

        self.out.mkdir(parents=True, exist_ok=True)
        began, ran, goes_on = time.monotonic(), 0, False
        for number, step in enumerate(self.steps, start=1):
            head = f"[bold cyan]\\[{number}/{len(self.steps)}] {step.name}[/]  {step.plan.about}"
            if self.is_current(step):
                console.print(f"{head}  [dim]finished before[/]")
                continue
            left = sum(later.minutes for later in self.steps[number - 1:] if not self.is_current(later))
            console.print(f"\n{head}" + (f"  [dim]about {left:.0f} min to go[/]" if left >= 1 else ""))
            console.print(f"[dim]$ instructwild {shlex.join(step.words)} --out {step.folder}[/]", highlight=False)
            self.write_index()
            ran, goes_on = ran + 1, goes_on or (step.folder / SCRATCH).exists()
            code = _call(step.command)
            if code:
                self.write_index()
                raise SystemExit(code)
            self._write_record({**self._record(), step.name: self._fingerprint(step)})
            self.write_index()
        console.print(f"\n[bold]{self.recipe.title}: all {len(self.steps)} stages finished[/] "
                      + self._took(ran, (time.monotonic() - began) / 60, whole=ran == len(self.steps) and not goes_on),
                      highlight=False)

    def _took(self, ran: int, minutes: float, *, whole: bool) -> str:
        """How long it took, where this run did the whole of it; else what this run did, and how long all of it took."""
        from instructwild.stage import is_stage
        from instructwild.stage.manifest import read_manifest

        if whole:
            return f"in {minutes:.1f} min"
        work = sum(read_manifest(step.folder).seconds for step in self.steps if is_stage(step.folder)) / 60
        now = f"{ran} of them in this run in {minutes:.1f} min" if ran else "before this run"
        return f"({now}; {work:.1f} min of work in all)"

    def write_index(self) -> None:
        """Write the page that links every stage's report and shows models' answers, as far as the chain has come."""
        from instructwild.report.index import chain_page

        stages = [(step.name, step.plan.about, step.folder) for step in self.steps]
        aside = self.index.with_suffix(".tmp")
        aside.write_text(chain_page(self.recipe.title, stages, self._answers()), encoding="utf-8")
        aside.replace(self.index)

    def _answers(self) -> "Answers":
        """The questions of finished `chat` stages, each with the answers of the models that were asked."""
        from instructwild.stage import is_stage, load
        from instructwild.stage.frames import rankings

        asked = [step.folder for step in self.steps if step.words[0] == "chat" and is_stage(step.folder)]
        return [(row.messages[-1].content, {candidate.model or "": candidate.text for candidate in row.candidates})
                for folder in asked for row in rankings(load(folder).frame())]

    def _fingerprint(self, step: Step) -> str:
        """What the stage's result depends on: its words, its version and the content of everything it reads."""
        from instructwild.stage import is_stage
        from instructwild.stage.folder import sha256_of
        from instructwild.stage.manifest import read_manifest

        seen: list[Any] = [__version__]
        for word in step.words:
            path = Path(word)
            seen.append([path.name, sha256_of(path)] if path.is_file() else path.name if path in step.reads else word)
        for path in step.reads:
            seen.append([output.sha256 for output in read_manifest(path).outputs
                         if not output.path.endswith(".html")] if is_stage(path) else None)
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()

    def _record(self) -> dict[str, str]:
        try:
            return dict(json.loads((self.out / RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _write_record(self, record: dict[str, str]) -> None:
        aside = self.out / f"{RECORD}.tmp"
        aside.write_text(json.dumps(record, indent=1), encoding="utf-8")
        aside.replace(self.out / RECORD)


def _call(command: list[str]) -> int:
    """Run one command on this terminal; an interrupt is left to it, so that it can keep its finished work."""
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise


def packaged(name: str) -> tuple[Recipe, Path]:
    """A recipe that ships with the toolkit, and its folder.

    Raises:
        InstructwildError: there is none of that name.
    """
    folder = Path(__file__).parent / "recipes"
    path = folder / f"{name}.yaml"
    if not path.exists():
        raise InstructwildError(f"no packaged recipe {name!r}",
                                remedy=f"one of {', '.join(sorted(found.stem for found in folder.glob('*.yaml')))}")
    return read_recipe(path), folder
