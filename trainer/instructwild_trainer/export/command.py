"""`instructwild export`."""

from typing import Annotated, Literal

import typer

from instructwild.console.options import Columns, DryRun, Encoding, Force, Json, Out, announce
from instructwild_trainer.export.gguf.mixture import MIXTURES


def export(model: Annotated[str, typer.Argument(help="A stage folder, a model or adapter folder, a Hub id, or smollm2.")],
           out: Out,
           format: Annotated[Literal["merged", "gptq", "gguf", "reward"], typer.Option(
               "--format", help="merged: full precision; gptq: 4 bit; gguf: one file for llama.cpp, Ollama and LM Studio; "
               "reward: a score model for transformers.")] = "gptq",
           quant: Annotated[str, typer.Option(
               "--quant", help=f"Of --format gguf: {', '.join(MIXTURES)}.")] = "q4_k_m",
           calibration: Annotated[list[str] | None, typer.Option(
               "--calibration", help="Answered rows: GPTQ fits most, GGUF weighs columns by them, the gate measures on the "
               "rest. Without them a merged or GGUF export is measured on the gate's own questions.")] = None,
           group_size: Annotated[int, typer.Option(
               "--group-size", help="Weights that share a scale; halved until it divides the model's widths; a layer "
               "that no group divides stays unquantized and is named.")] = 128,
           symmetric: Annotated[bool, typer.Option(
               "--symmetric/--asymmetric", help="A grid around zero, which every kernel knows (vLLM's Marlin no other), or "
               "a zero point of its own for each group.")] = True,
           method: Annotated[Literal["gptq", "auto-round"], typer.Option(
               "--method", help="What chooses the codes of 4 bits: gptq, in minutes, or auto-round, which stays nearer to "
               "the source and takes some twenty times as long on a CPU.")] = "gptq",
           samples: Annotated[int, typer.Option("--samples", help="At most this many rows to calibrate with.")] = 96,
           fit_scales: Annotated[int, typer.Option(
               "--fit-scales", help="Steps of fitting all scales together behind that, 512 tokens each; 0 for none.")] = 48,
           max_length: Annotated[int, typer.Option("--max-length", help="The longest row, in tokens.")] = 512,
           languages: Annotated[str, typer.Option(
               "--languages", help="Languages that calibration rows must cover, as en,zh; by default those the model was "
               "trained on.", show_default=False)] = "",
           columns: Columns = None, encoding: Encoding = None,
           dry_run: DryRun = False, force: Force = False, as_json: Json = False) -> None:
    """Write a merged model, a 4-bit model, a GGUF file or a reward model; loaded afresh, it is compared with its source."""
    from instructwild.console.terminal import console
    from instructwild.read.names import parse_map
    from instructwild.stage.folder import Stage
    from instructwild.stage.manifest import read_manifest
    from instructwild_trainer.export.plan import plan_export
    from instructwild_trainer.export.reward import plan_reward
    from instructwild_trainer.export.stage import export as work

    mapping = parse_map(columns or ())
    required = [name.strip() for name in languages.split(",") if name.strip()]
    if dry_run and format == "reward":
        source = plan_reward(model)
        print(f"reward model: {source.label} ({source.sha256[:12]}), merged and written in float32")
        return
    if dry_run:
        plan = plan_export(model, format, calibration or [], bits=4, group_size=group_size, samples=samples,
                           max_length=max_length, held_out=0.1, languages=required, encoding=encoding, columns=mapping,
                           quant=quant, fit_scales=fit_scales, method=method)
        for line in plan.lines():
            print(line)
        return
    run = work(model, out, format=format, calibration=calibration or [], group_size=group_size,
               symmetric=symmetric, samples=samples, fit_scales=fit_scales, max_length=max_length, languages=required,
               encoding=encoding, columns=mapping, quant=quant, method=method, force=force)
    made = run.finished or Stage(out, read_manifest(out))
    if not as_json:
        for failure in made.manifest.metrics.get("failures", []):
            console.print(f"[red]gate:[/] {failure}")
    announce(made, as_json)
