"""GPTQ of SmolLM2-135M after SFT: how much of the gap from round-to-nearest to full precision it closes, in each language.

    python -m benchmarks.quantization ROWS… [--work DIR]

ROWS are answered prompts in both languages. The model is trained on nine tenths of the prompts, quantized with the same
rows, and measured on the tenth that neither saw. Both steps are stages, so an interrupted run goes on where it was.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.results import save
from instructwild import stage
from instructwild.stage.cache import cache_dir

MB = 1e6
SFT = ["--config", "demo", "--max-length", "512", "--max-steps", "40", "--held-out-rows", "20", "--samples", "2",
       "--learning-rate", "2e-4", "--save-steps", "4"]
NAMES = {"und-Latn": "English", "en": "English", "zh": "Chinese", "all": "together"}
TOLD = {"source": "full precision", "export": "**GPTQ**", "rtn symmetric": "round to nearest, symmetric",
        "rtn asymmetric": "round to nearest, asymmetric"}


COMMAND = [sys.executable, "-m", "instructwild"]


def fine_tuned(rows: list[str], work: Path) -> Path:
    """The stage of the trained model; finished, it is not trained again."""
    subprocess.run([*COMMAND, "train", "sft", *rows, "--out", str(work / "sft"), *SFT], check=True)
    return work / "sft"


def run(rows: list[str], work: Path) -> stage.Manifest:
    """Train and export, or find both done; the manifest of the export, whether its gate passed or not."""
    from instructwild.stage.manifest import read_manifest

    source = fine_tuned(rows, work)
    words = [word for row in rows for word in ("--calibration", row)]
    subprocess.run([*COMMAND, "export", str(source), "--format", "gptq", "--samples", "48", *words,
                    "--out", str(work / "gptq")])
    return read_manifest(work / "gptq")


def report(manifest: stage.Manifest) -> None:
    figures = manifest.metrics
    languages = list(figures["perplexity"]["source"])
    table = [[TOLD[name], *(f"{values[language]:.2f}" for language in languages)]
             for name, values in figures["perplexity"].items()]
    gaps = figures["gap_closed"]
    table.append(["**gap closed**, 95% interval over rows", *(
        "{value:.0%} [{low:.0%}, {high:.0%}]".format(**gaps[language]) for language in languages)])
    size, linear, peak = figures["size_bytes"], figures["linear_bytes"], figures["peak_bytes"]
    whole = [[name, *(f"{sizes[side] / MB:.1f}" for side in ("source", "export")),
              f"{sizes['export'] / sizes['source']:.3f}"]
             for name, sizes in (("weight files, MB", size), ("linear weights, MB", linear),
                                 ("peak while writing 128 tokens, MB", peak))]
    text, fitted = figures["text"], figures["calibration"]
    save("quantization", "GPTQ against round-to-nearest",
         f"SmolLM2-135M after SFT, 4 bits in groups of {figures['group_size']}, calibrated on "
         f"{sum(fitted['rows'].values())} rows ({sum(fitted['tokens'].values()):,} tokens) and measured on held-out ones: "
         + "; ".join(f"{NAMES.get(name, name)} {text['rows'][name]} rows of {count:,} tokens"
                     for name, count in text["tokens"].items()) + ".",
         [{"caption": "Perplexity", "columns": ["weights", *(NAMES.get(name, name) for name in languages)], "rows": table},
          {"caption": "Size and memory", "columns": ["", "source", "export", "of the source"], "rows": whole}],
         [f"The same next token is likeliest at {figures['agreement']:.1%} of places; the likelihood of a token changes by "
          f"{figures['likelihood_change']:.3f} nats on average.",
          "Of {of} greedy answers {export} repeat themselves, of the source's {source}.".format(
              **figures["answers_that_loop"]) + f" The gate {manifest.gate}.",
          "Peak memory is counted from before the model is loaded, without Python and its libraries."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="+")
    parser.add_argument("--work", type=Path, default=cache_dir() / "benchmarks" / "quantization")
    arguments = parser.parse_args()
    report(run(arguments.rows, arguments.work))


if __name__ == "__main__":
    main()
