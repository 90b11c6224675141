"""`instructwild export`."""

from typing import Annotated, Literal

import typer

from instructwild.console.options import DryRun, Force, Json, Out, announce


def export(model: Annotated[str, typer.Argument(help="A stage folder, a model or adapter folder, a Hub id, or smollm2.")],
           out: Out,
           format: Annotated[Literal["merged", "gptq"], typer.Option("--format", help="Full precision, or 4 bit.")] = "gptq",
           calibration: Annotated[list[str] | None, typer.Option(
               "--calibration", help="Answered rows: GPTQ fits most, the gate measures on the rest.")] = None,
           group_size: Annotated[int, typer.Option(
               "--group-size", help="Weights that share a scale; halved until it divides the model's widths.")] = 128,
           symmetric: Annotated[bool, typer.Option(
               "--symmetric/--asymmetric", help="A grid around zero, which every kernel knows (vLLM's Marlin no other), or "
               "a zero point of its own for each group.")] = True,
           samples: Annotated[int, typer.Option("--samples", help="At most this many rows to calibrate with.")] = 96,
           fit_scales: Annotated[int, typer.Option(
               "--fit-scales", help="Steps of fitting all scales together after GPTQ, a row each; 0 for none.")] = 48,
           max_length: Annotated[int, typer.Option("--max-length", help="The longest row, in tokens.")] = 512,
           languages: Annotated[str, typer.Option(
               "--languages", help="Languages that calibration rows must cover, as en,zh; by default those the model was "
               "trained on.", show_default=False)] = "",
           dry_run: DryRun = False, force: Force = False, as_json: Json = False) -> None:
    """Write a merged or 4-bit model folder; it is loaded afresh and compared with its source, and fails when it is worse."""
    from instructwild.console.terminal import console
    from instructwild.stage.folder import Stage
    from instructwild.stage.manifest import read_manifest
    from instructwild_trainer.export.stage import export as work
    from instructwild_trainer.export.stage import planned

    told = [name.strip() for name in languages.split(",") if name.strip()]
    if dry_run:
        plan = planned(model, format, calibration or [], bits=4, group_size=group_size, samples=samples,
                       max_length=max_length, held_out=0.1, languages=told)
        for line in plan.lines():
            print(line)
        return
    run = work(model, out, format=format, calibration=calibration or [], group_size=group_size,
               symmetric=symmetric, samples=samples, fit_scales=fit_scales, max_length=max_length, languages=told,
               force=force)
    made = run.finished or Stage(out, read_manifest(out))
    if not as_json:
        for failure in made.manifest.metrics.get("failures", []):
            console.print(f"[red]gate:[/] {failure}")
    announce(made, as_json)
