"""What is wanted, understood: rows by language and kind, and the template for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instructwild.errors import ConfigError
from instructwild.expand.growth import Cell, Goal
from instructwild.expand.template import kinds, template

WAYS = {"instructionwild": "chat", "alpaca": "pairs"}


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


def parse_quota(given: str) -> Quota:
    """`summarization=0.1`, `zh:role_play=50`.

    Raises:
        ConfigError: it has another form.
    """
    name, _, amount = given.partition("=")
    language, _, kind = name.rpartition(":")
    try:
        number = float(amount)
    except ValueError:
        number = -1.0
    if not kind or not 0 <= number < 1e9:
        raise ConfigError(f"cannot be understood: {given!r}", where="--quota",
                          remedy="KIND=SHARE or LANGUAGE:KIND=ROWS, such as summarization=0.1 or zh:role_play=50")
    return Quota(kind.strip(), number, language.strip())


@dataclass(frozen=True)
class Plan:
    """What is wanted.

    Args:
        target: rows in all, split evenly over the languages.
        way: `instructionwild` makes instructions, answered in a second pass; `alpaca` makes both in one call.
        style: `base`, `chat`, or `auto` to choose by the model.
        template: a template file of the user's own, instead of the one of way and style.
        quotas: rows of certain kinds, part of the target.
        patience: requests in a row without a new row after which a language or kind is given up.
    """

    target: int
    languages: tuple[str, ...] = ("en", "zh")
    way: str = "instructionwild"
    style: str = "auto"
    template: str = ""
    quotas: tuple[Quota, ...] = ()
    seed: int = 0
    patience: int = 40
    threshold: str = "7/10"

    def targets(self) -> dict[str, int]:
        """Rows wanted of each language; the first ones get what does not divide."""
        each, more = divmod(self.target, len(self.languages))
        return {language: each + (place < more) for place, language in enumerate(self.languages)}

    def goals(self, style: str) -> dict[Cell, Goal]:
        """What is wanted of each cell, asked for in a style.

        Raises:
            ConfigError: an unknown way, style, kind or template; quotas beyond the target; a kind that needs a chat model.
        """
        if self.way not in WAYS:
            raise ConfigError(f"there is no way {self.way!r}", where="--way", remedy=" or ".join(WAYS))
        if style not in ("base", "chat"):
            raise ConfigError(f"there is no style {style!r}", where="--style", remedy="base, chat or auto")
        if style == "base" and self.way != "instructionwild":
            raise ConfigError("needs a model that follows orders", where=f"--way {self.way}",
                              remedy="choose a chat model, or --way instructionwild")
        goals: dict[Cell, Goal] = {}
        for language, target in self.targets().items():
            name = self.template or ("base" if style == "base" else WAYS[self.way])
            general = template(language, name)
            for quota in self.quotas:
                if quota.language in ("", language):
                    cell, goal = self._goal(quota, language, target, general, style)
                    goals[cell] = goal
            rest = target - sum(goal.target for cell, goal in goals.items() if cell.language == language)
            if rest < 0:
                raise ConfigError(f"ask for {target - rest:,} rows in {language}, where {target:,} are wanted in all",
                                  where="--quota", remedy="raise --target or lower the quotas")
            goals[Cell(language)] = Goal(rest, general)
        for quota in self.quotas:
            if quota.language and quota.language not in self.languages:
                raise ConfigError(f"names the language {quota.language!r}, which is not wanted", where="--quota",
                                  remedy=f"one of {', '.join(self.languages)}")
        return goals

    def _goal(self, quota: Quota, language: str, target: int, general: "object", style: str) -> tuple[Cell, Goal]:
        kind = kinds(language).get(quota.kind)
        if kind is None:
            raise ConfigError(f"there is no kind {quota.kind!r} in {language}", where="--quota",
                              remedy=f"one of {', '.join(kinds(language)) or 'none'}")
        if kind.form and style == "base":
            raise ConfigError(f"{quota.kind} needs a model that follows orders", where="--quota",
                              remedy="choose a chat model, or leave the quota out")
        rows = round(target * quota.amount) if quota.amount < 1 else int(quota.amount)
        return Cell(language, kind.name), Goal(rows, template(language, kind.form) if kind.form else general, kind)  # type: ignore[arg-type]


def described(goals: Mapping[Cell, Goal]) -> dict[str, Sequence[object]]:
    """The goals as JSON values: rows, template and its version, by cell."""
    return {str(cell): [goal.target, goal.template.name, goal.template.digest] for cell, goal in goals.items()}
