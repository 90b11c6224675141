"""`instructwild run`: a recipe's plan, its stages, and what to say at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instructwild.report.command import DryRun

if TYPE_CHECKING:
    from instructwild.recipe import Chain


def show_plan(chain: "Chain") -> None:
    """What is finished, what there is to do and about how long it takes."""
    from rich.table import Table

    from instructwild.report.terminal import console

    table = Table(title=chain.recipe.title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("stage", "", "minutes", "state"):
        table.add_column(column, justify="right" if column == "minutes" else "left")
    total, waiting = 0.0, 0
    for step in chain.steps:
        current = chain.is_current(step)
        state = "[green]finished[/]" if current else "[yellow]goes on[/]" if (step.folder / ".work").exists() else "to do"
        total += 0 if current else step.plan.minutes
        waiting += not current
        table.add_row(step.name, step.plan.about, f"{step.plan.minutes:g}" if step.plan.minutes else "", state)
    console.print(table)
    left = f"about {total:.0f} min to go" if total else f"{waiting} stages to go" if waiting else "nothing to do"
    console.print(f"{left}\n")


def run(recipe: Annotated[Path, typer.Argument(help="The recipe: a YAML file, or the name of one that ships with the "
                                                    "toolkit (instructionwild-104k).")],
        out: Annotated[Path | None, typer.Option("--out", help="Folder for all stages; else the recipe's name.")] = None,
        set_: Annotated[list[str] | None, typer.Option("--set", show_default=False,
                                                       help="NAME=VALUE for a value of the recipe; repeatable.")] = None,
        dry_run: DryRun = False) -> None:
    """Run a chain of stages from one YAML file; what is finished is skipped, what was interrupted goes on."""
    from instructwild.errors import ConfigError
    from instructwild.recipe import Chain, packaged, read_recipe, with_values

    given = dict(one.partition("=")[::2] for one in set_ or ())
    if wrong := [one for one in set_ or () if "=" not in one]:
        raise ConfigError(f"should be NAME=VALUE, found {wrong[0]!r}", where="--set")
    shipped = not recipe.suffix and not recipe.exists()
    found, folder = packaged(str(recipe)) if shipped else (read_recipe(recipe), recipe.resolve().parent)
    chain = Chain(with_values(found, given, str(recipe)), out or Path(recipe.stem), folder)
    show_plan(chain)
    if not dry_run:
        chain.run()
        finish(chain)


def finish(chain: "Chain") -> None:
    """Say what there is to say at the end; the last line is the path of the page that links everything."""
    from instructwild.report.terminal import console

    if chain.recipe.closing:
        console.print(chain.recipe.closing)
    chain.write_index()
    print(chain.index)
