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
user may set from outside, `{name}` in a stage's `run` and `options`; after an option, `--ptx {name}`, each word of the
value has the option before it. A stage that is finished and whose command, inputs and
tool version are unchanged is skipped; one that was interrupted goes on. Where `gate_may_fail` is true, a gate that fails
does not end the chain: the stages that read that one are skipped, and named.
"""

import difflib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from instructwild.errors import ConfigError, InputError, InstructwildError

SHIPPED = Path(__file__).parents[1] / "recipes"


class StagePlan(BaseModel):
    """One stage of a recipe."""

    model_config = ConfigDict(extra="forbid")

    run: str = Field(description="the command, without `instructwild` and `--out`")
    about: str = Field(default="", description="one sentence for people")
    options: dict[str, Any] = Field(default={}, description="further options of the command; a list repeats the option")
    minutes: float = Field(default=0.0, ge=0, description="how long it takes, for the plan and the ETA; what an earlier run "
                                                          "of the stage took counts before it")
    gate_may_fail: bool = Field(default=False, description="whether the chain goes on where the stage finishes but its gate "
                                                           "fails; the stages that read it are skipped")
    usd: float = Field(default=0.0, ge=0, description="what it costs at most, for the plan; a `--budget` counts before it")


class Recipe(BaseModel):
    """A chain of stages, in order."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="what the chain is called")
    values: dict[str, str | int | float | None] = Field(
        default={}, description="what `--set NAME=VALUE` may set; null has to be set, '' leaves an option out")
    stages: dict[str, StagePlan] = Field(min_length=1, description="the stages by name, in order")
    closing: str = Field(default="", description="what to tell the user when all is done")


def read_recipe(path: Path) -> Recipe:
    """A recipe from its YAML file.

    Raises:
        InputError: the file is missing or no YAML.
        ConfigError: a key is unknown or a value is not what it should be.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({reason})", where=str(path), remedy="check the path") from None
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {' '.join(str(error).split())}", where=str(path), remedy="mend it there") from None
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise _config_error(error, path) from None


def _config_error(error: ValidationError, path: Path) -> ConfigError:
    first = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"]) or "the file"
    if first["type"] != "extra_forbidden":
        return ConfigError(f"{key}: {first['msg']}", where=str(path), remedy="see docs/formats.md, Recipes")
    known = list(StagePlan.model_fields if len(first["loc"]) > 1 else Recipe.model_fields)
    near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
    return ConfigError(f"{key}: unknown key", where=str(path),
                       remedy=f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}")


def words_of(text: str, where: str) -> list[str]:
    """The words of a command as a shell reads them.

    Raises:
        ConfigError: a quotation mark is not closed.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} cannot be read ({str(error).lower()})", where=where,
                          remedy="close the quotation mark, or put a \\ before one that is meant") from None


def with_values(recipe: Recipe, outside: Mapping[str, str], where: str) -> Recipe:
    """The recipe with its values filled in.

    Args:
        outside: values set from outside, by name.
        where: what messages call the recipe.

    Raises:
        ConfigError: a name is unknown, or a value that has no default is not given.
    """
    for name in outside:
        if name not in recipe.values:
            raise ConfigError(f"has no value {name!r}", where=where,
                              remedy=f"its values: {', '.join(recipe.values) or 'none'}")
    values = {**recipe.values, **outside}
    open_ = [name for name, value in values.items() if value is None]
    if open_:
        raise ConfigError(f"has no default for {' and '.join(open_)}", where=where,
                          remedy=" ".join(f"--set {name}=…" for name in open_))

    named = "|".join(re.escape(f"{{{name}}}") for name in values) or r"(?!)"
    used = re.compile(rf"(--[\w-]+)\s+({named})(?!\S)|{named}")

    def value(match: re.Match[str]) -> str:
        """Its text; of several words that stand alone after an option, each after the option."""
        if match[1]:
            return " ".join(f"{match[1]} {shlex.quote(word)}" for word in words_of(str(values[match[2][1:-1]]), where))
        return str(values[match[0][1:-1]])

    def filled(text: Any) -> Any:
        if isinstance(text, list):
            return [filled(item) for item in text]
        return used.sub(value, text) if isinstance(text, str) else text

    stages = {name: plan.model_copy(update={"run": filled(plan.run), "options": {key: filled(option) for key, option
                                                                                  in plan.options.items()}})
              for name, plan in recipe.stages.items()}
    return recipe.model_copy(update={"stages": stages})


def packaged(name: str) -> tuple[Recipe, Path]:
    """A recipe that ships with the toolkit, and its folder.

    Raises:
        InstructwildError: there is none of that name.
    """
    path = SHIPPED / f"{name}.yaml"
    if not path.exists():
        raise InstructwildError(f"no packaged recipe {name!r}",
                                remedy=f"one of {', '.join(sorted(file.stem for file in SHIPPED.glob('*.yaml')))}")
    return read_recipe(path), SHIPPED
