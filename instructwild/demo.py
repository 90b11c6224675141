"""`instructwild demo`: the whole chain on a real small model, from exported posts to a 4-bit model that answers."""

from pathlib import Path
from typing import Annotated

import typer

from instructwild.console.options import DryRun


def demo(out: Annotated[Path, typer.Option("--out", help="Folder for all stages.")] = Path("demo-out"),
         size: Annotated[str, typer.Option("--size", help="demo (SmolLM2-135M) or smoke (a tiny random model).")] = "demo",
         dry_run: DryRun = False) -> None:
    """Run the whole chain on shipped bilingual posts: run it again and it skips what is finished."""
    from instructwild.recipe.command import finish, show_plan
    from instructwild.recipe.form import packaged, with_values
    from instructwild.recipe.run import Chain

    recipe, folder = packaged(size)
    chain = Chain(with_values(recipe, {}, size), out, folder)
    show_plan(chain)
    if dry_run:
        return
    if size == "demo":
        from instructwild.llm.models import resolve

        resolve("smollm2")
    chain.run()
    finish(chain)
