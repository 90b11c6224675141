"""What all command lines share: the options of a stage, and how a finished one is announced."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from instructwild.stage import Stage

Out = Annotated[Path, typer.Option("--out", help="The stage folder to write, or the URL of one (s3://, hf://).",
                                   show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Replace what another run left in --out.")]
Json = Annotated[bool, typer.Option("--json", help="Print the manifest as JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and what it would cost; do nothing.")]
Engine = Annotated[Literal["local", "ray"], typer.Option(
    "--engine", help="Processes of this program, or of Ray: of the cluster that RAY_ADDRESS names, else of this machine; "
                     "the output is identical.")]
Shards = Annotated[int | None, typer.Option(
    "--shards", min=1, show_default="one file", help="Write the rows in so many files: data.parquet is a folder then.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Encoding of text inputs that are not UTF-8.")]

Columns = Annotated[list[str] | None, typer.Option(
    "--map", metavar="NAME=COLUMN", show_default="known layouts need none",
    help="Read a column of plain files as NAME: messages, system, prompt, input, answer, reasoning, chosen, rejected, "
         "label, language or id. Repeatable.")]


def announce(stage: "Stage", as_json: bool = False) -> None:
    """Say where a finished stage is and what it holds, then leave: exit 1 when its gate failed.

    Args:
        stage: the finished stage.
        as_json: print the manifest on stdout instead.
    """
    manifest = stage.manifest
    if as_json:
        print(manifest.to_json(), end="")
    else:
        from instructwild.console.terminal import console

        rows = manifest.rows
        state = "was finished before: nothing to do" if stage.existed else f"done in {manifest.seconds:.1f} s"
        console.print(f"[bold]{manifest.stage}[/] {state}: {rows.in_:,} in, {rows.kept:,} kept, {rows.dropped:,} dropped"
                      + (f", US$ {manifest.usd:.4f}" if manifest.usd else ""))
        for reason, count in manifest.reasons.items():
            console.print(f"  {count:>8,}  {reason}", highlight=False)
        for record in manifest.inputs:
            if record.read_as is not None:
                console.print(f"{record.path}: {record.read_as.summary()}", highlight=False, markup=False, soft_wrap=True)
        for note in (*manifest.metrics.get("unread", ()), *manifest.metrics.get("notes", ())):
            console.print(note, highlight=False, markup=False, soft_wrap=True)
        if rows.in_ and not rows.kept:
            console.print("nothing was kept: once the cause is mended, --force replaces this result", highlight=False)
        report = stage.path / "report.html"
        print(stage.url or (report if report.exists() else stage.path))
    if manifest.gate == "failed":
        raise typer.Exit(1)
