"""`instructwild export`."""

from typing import Annotated, Literal

import typer

from instructwild.report.command import Force, Json, Out, announce


def export(model: Annotated[str, typer.Argument(help="A stage folder, a model or adapter folder, a Hub id, or smollm2.")],
           out: Out,
           format: Annotated[Literal["merged", "gptq"], typer.Option("--format", help="Full precision, or 4 bit.")] = "gptq",
           calibration: Annotated[list[str] | None, typer.Option(
               "--calibration", help="Answered rows: GPTQ fits most, the gate measures on the rest.")] = None,
           group_size: Annotated[int, typer.Option(
               "--group-size", help="Weights that share a scale; halved until it divides the model's widths.")] = 128,
           samples: Annotated[int, typer.Option("--samples", help="At most this many rows to calibrate with.")] = 128,
           max_length: Annotated[int, typer.Option("--max-length", help="The longest row, in tokens.")] = 512,
           force: Force = False, as_json: Json = False) -> None:
    """Write a merged or 4-bit model folder; it is loaded afresh and compared with its source, and fails when it is worse."""
    from instructwild.report.terminal import console
    from instructwild.stage.folder import Stage
    from instructwild.stage.manifest import read_manifest
    from instructwild_trainer.export.stage import export as work

    run = work(model, out, format=format, calibration=calibration or [], group_size=group_size, samples=samples,
               max_length=max_length, force=force)
    made = run.finished or Stage(out, read_manifest(out))
    if not as_json:
        for failure in made.manifest.metrics.get("failures", []):
            console.print(f"[red]gate:[/] {failure}")
    announce(made, as_json, skipped=run.finished is not None)
