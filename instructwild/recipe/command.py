"""`instructwild run`: a recipe's plan, its stages, and what to say at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instructwild.console.options import DryRun
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild.recipe.run import Chain


def show_plan(chain: "Chain") -> None:
    """What is finished, what there is to do and about how long it takes."""
    from rich.table import Table

    from instructwild.console.terminal import console

    to_run = [step for step in chain.steps if not chain.is_current(step)]
    again = {step.name: chain.why_again(step) for step in to_run}
    after = chain.may_change(to_run)
    minutes, usd = sum(step.minutes for step in to_run), sum(step.usd or 0 for step in to_run)
    unknown = [step.name for step in to_run if step.usd is None]
    table = Table(title=chain.recipe.title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("stage", "", "minutes", *(["US$"] if usd or unknown else []), "state"):
        table.add_column(column, justify="right" if column in ("minutes", "US$") else "left")
    for step in chain.steps:
        state = "again if its input changes" if step.name in after else "[green]finished[/]" if step not in to_run else \
            "[yellow]goes on[/]" if (step.folder / ".work").exists() else "again" if again[step.name] else "to do"
        spent = ["?" if step.usd is None else f"{step.usd:.2f}" if step.usd else ""] if usd or unknown else []
        table.add_row(step.name, step.plan.about, f"{step.minutes:.2g}" if step.minutes >= 0.1 else "", *spent, state)
    console.print(table)
    for name, reasons in again.items():
        for reason in reasons:
            console.print(f"{name} runs again: {reason}", highlight=False, markup=False)
    for name, causes in after.items():
        console.print(f"{name} runs again where {' or '.join(causes)} writes other rows than before", highlight=False,
                      markup=False)
    if not to_run:
        console.print("nothing to do\n")
        return
    time = f", about {max(1, round(minutes))} min" if minutes else ""
    cost = f", US$ {usd:.2f} at most" if not unknown else (
        f"; what {' and '.join(unknown)} will cost is shown by their own --dry-run, and a --budget is never exceeded")
    more = f" (and {len(after):,} more where their input changes)" if after else ""
    console.print(f"{len(to_run)} of {quantity(len(chain.steps), 'stage')} to run{time}{cost}{more}\n", highlight=False)


def run(recipe: Annotated[Path, typer.Argument(help="The recipe: a YAML file, or the name of one that ships with the "
                                                    "toolkit (instructionwild-104k).")],
        out: Annotated[Path | None, typer.Option("--out", help="Folder for all stages; else the recipe's name.")] = None,
        set_: Annotated[list[str] | None, typer.Option("--set", show_default=False,
                                                       help="NAME=VALUE for a value of the recipe; repeatable.")] = None,
        dry_run: DryRun = False) -> None:
    """Run a chain of stages from one YAML file; what is finished is skipped, what was interrupted goes on."""
    from instructwild.errors import ConfigError
    from instructwild.recipe.form import packaged, read_recipe, with_values
    from instructwild.recipe.run import Chain

    values = dict(pair.partition("=")[::2] for pair in set_ or ())
    if wrong := [pair for pair in set_ or () if "=" not in pair]:
        raise ConfigError(f"should be NAME=VALUE, found {wrong[0]!r}", where="--set",
                          remedy="write the name of a value of the recipe, = and the value")
    shipped = not recipe.suffix and not recipe.exists()
    plan, folder = packaged(str(recipe)) if shipped else (read_recipe(recipe), recipe.resolve().parent)
    chain = Chain(with_values(plan, values, str(recipe)), out or Path(recipe.stem), folder)
    show_plan(chain)
    if not dry_run:
        chain.run()
        finish(chain)


def finish(chain: "Chain") -> None:
    """Say what there is to say at the end; the last line is the path of the page that links everything."""
    from instructwild.console.terminal import console

    if chain.recipe.closing:
        console.print(chain.recipe.closing)
    chain.write_index()
    print(chain.index)
