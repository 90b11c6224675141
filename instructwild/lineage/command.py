"""`instructwild trace` and `instructwild forget`."""

from typing import Annotated

import typer

from instructwild.console.options import DryRun
from instructwild.errors import InputError

Root = Annotated[str, typer.Option("--root", help="The folder that all stage folders lie in.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON on stdout.")]


def trace(name: Annotated[str, typer.Argument(metavar="ID", help="The id of a row, an answer or a published pair; a "
                                                                 "stage folder; a model's sha256; a GGUF file.",
                                         show_default=False)],
          root: Root = ".", as_json: AsJson = False) -> None:
    """Follow a row or a model back to the posts it came from, and forward to every stage and model that used it."""
    from instructwild.lineage.trace import trace as follow
    from instructwild.lineage.tree import tree

    trace_of = follow(name, root)
    if as_json:
        print(trace_of.to_json(), end="")
        return
    from rich.console import Console

    Console(soft_wrap=False).print(tree(trace_of))


def forget(name: Annotated[str, typer.Argument(metavar="ID", help="A row's id, or an author's hash as `origin.author` has "
                                                                  "it.", show_default=False)],
           root: Root = ".", yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
           originals: Annotated[bool, typer.Option("--originals", help="Rewrite your own files and archives too.")] = False,
           dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Remove a seed and all that was made from it from every stage, cache and report under the root, then search all files.

    What is removed is gone for good. The models trained on it are listed: they have to be trained again.
    """
    import sys

    from instructwild.console.terminal import console
    from instructwild.lineage.forget import Forgetting

    work = Forgetting.begin(name, root)
    for line in work.plan.lines():
        console.print(line, markup=False, highlight=False)
    if dry_run:
        return
    if not yes and not work.resumed:
        if not sys.stdin.isatty():
            raise InputError("wants a yes before it removes anything", where="forget", remedy="look at the plan, then --yes")
        if not typer.confirm("Remove all this for good?"):
            raise typer.Exit(1)
    proof = work.run(originals)
    if as_json:
        print(proof.to_json(), end="")
    else:
        for line in proof.lines():
            console.print(line, markup=False, highlight=False)
    if not proof.complete:
        raise typer.Exit(1)
