"""The plan of an expansion: rows by language and kind, and the template for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instructwild.errors import ConfigError
from instructwild.expand.pool import Bucket, Goal, PoolRules
from instructwild.expand.template import Template, kinds, template
from instructwild.text.quantity import quantity

METHODS = {"instructionwild": "chat", "alpaca": "pairs"}


@dataclass(frozen=True)
class Quota:
    """Rows of one kind: a share of each language's rows below 1, else a number for each language.

    Args:
        kind: the kind's name; see prompts/LANGUAGE/kinds.yaml.
        amount: share or number.
        language: the one language it is for, or empty for all.
    """

    kind: str
    amount: float
    language: str = ""


def parse_quota(text: str) -> Quota:
    """`summarization=0.1`, `zh:role_play=50`.

    Raises:
        ConfigError: it has another form.
    """
    name, _, amount = text.partition("=")
    language, _, kind = name.rpartition(":")
    try:
        number = float(amount)
    except ValueError:
        number = -1.0
    if not kind or not 0 <= number < 1e9:
        raise ConfigError(f"is no quota: {text!r}", where="--quota",
                          remedy="KIND=SHARE or LANGUAGE:KIND=ROWS, such as summarization=0.1 or zh:role_play=50")
    return Quota(kind.strip(), number, language.strip())


@dataclass(frozen=True, kw_only=True)
class ExpandPlan(PoolRules):
    """What an expansion shall make, and by which rules of the pool.

    Args:
        target: rows in all, split evenly over the languages.
        method: `instructionwild` makes instructions, answered in a second pass; `alpaca` makes both in one call.
        prompt_style: `base`, `chat`, or `auto` to choose by the model.
        template: a template file of the user's own, instead of that of method and style.
        quotas: rows of certain kinds, part of the target.
    """

    target: int
    languages: tuple[str, ...] = ("en", "zh")
    method: str = "instructionwild"
    prompt_style: str = "auto"
    template: str = ""
    quotas: tuple[Quota, ...] = ()

    def targets(self) -> dict[str, int]:
        """Target rows of each language; the first ones get what does not divide."""
        each, more = divmod(self.target, len(self.languages))
        return {language: each + (index < more) for index, language in enumerate(self.languages)}

    def goals(self, style: str) -> dict[Bucket, Goal]:
        """The goal of each bucket, prompted for in a style.

        Raises:
            ConfigError: an unknown method, style, kind or template; quotas beyond the target; a kind that needs a chat
                model.
        """
        if self.method not in METHODS:
            raise ConfigError(f"there is no method {self.method!r}", where="--method", remedy=" or ".join(METHODS))
        if style not in ("base", "chat"):
            raise ConfigError(f"there is no style {style!r}", where="--prompt-style", remedy="base, chat or auto")
        if style == "base" and self.method != "instructionwild":
            raise ConfigError("needs a model that follows instructions", where=f"--method {self.method}",
                              remedy="choose a chat model, or --method instructionwild")
        goals: dict[Bucket, Goal] = {}
        for language, target in self.targets().items():
            name = self.template or ("base" if style == "base" else METHODS[self.method])
            general = template(language, name)
            for quota in self.quotas:
                if quota.language in ("", language):
                    bucket, goal = self._goal(quota, language, target, general, style)
                    goals[bucket] = goal
            rest = target - sum(goal.target for bucket, goal in goals.items() if bucket.language == language)
            if rest < 0:
                raise ConfigError(f"ask for {quantity(target - rest, 'row')} in {language}, where the target is "
                                  f"{target:,} in all",
                                  where="--quota", remedy="raise --target or lower the quotas")
            goals[Bucket(language)] = Goal(rest, general)
        for quota in self.quotas:
            if quota.language and quota.language not in self.languages:
                raise ConfigError(f"names the language {quota.language!r}, which is not in --languages", where="--quota",
                                  remedy=f"one of {', '.join(self.languages)}")
        return goals

    def _goal(self, quota: Quota, language: str, target: int, general: Template, style: str) -> tuple[Bucket, Goal]:
        kind = kinds(language).get(quota.kind)
        if kind is None:
            raise ConfigError(f"there is no kind {quota.kind!r} in {language}", where="--quota",
                              remedy=f"one of {', '.join(kinds(language)) or 'none'}")
        if kind.form and style == "base":
            raise ConfigError(f"{quota.kind} needs a model that follows instructions", where="--quota",
                              remedy="choose a chat model, or leave the quota out")
        rows = round(target * quota.amount) if quota.amount < 1 else int(quota.amount)
        chosen = template(language, kind.form) if kind.form else general
        return Bucket(language, kind.name), Goal(rows, chosen, kind)


def described(goals: Mapping[Bucket, Goal]) -> dict[str, Sequence[object]]:
    """The goals as JSON values: rows, template and its version, by bucket."""
    return {str(bucket): [goal.target, goal.template.name, goal.template.digest] for bucket, goal in goals.items()}
