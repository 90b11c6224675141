"""Memory against speed of one model: whole, 4 bit, and with layers kept away from the processor by accelerate.

    python -m benchmarks.model_memory MODEL EXPORT [--tokens 64]

MODEL is a full-precision folder or stage, EXPORT its 4-bit export. Every way of holding the weights is loaded in a
process of its own, writes the same number of tokens, and its peak is counted from before the model was loaded. Layers
that are kept away lie in the files (on a GPU: in the computer's memory) and are read anew for every token.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import save

MB = 1e6
WAYS = {"full precision": ("model", 0), "4 bit, packed": ("export", 0), "4 bit, expanded on load": ("export", 0),
        "half of the layers away": ("model", 0.5), "all layers away": ("model", 1)}


def measure_way(way: str, folder: str, tokens: int) -> dict[str, float]:
    """In its own process: load one way, write, and read 512 tokens at once."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    import instructwild.llm.quantized as quantized
    from instructwild.llm.dtypes import computing_dtype
    from instructwild.llm.local import load
    from instructwild_trainer.export.resident import model_bytes, peak_bytes, watch_peak
    from instructwild_trainer.export.size import shape_of

    share = WAYS[way][1]
    shape_of(Path(folder))
    if "4 bit" in way:
        quantized.prepare()
        if "expanded" in way:
            quantized.packed_is_quick = lambda bits, group: False
    before = model_bytes()
    with tempfile.TemporaryDirectory() as scratch:
        if share:
            cuda = torch.cuda.is_available()
            here, away = (0, "cpu") if cuda else ("cpu", "disk")
            layers = AutoConfig.from_pretrained(folder).num_hidden_layers
            places = {f"model.layers.{i}": away if i < share * layers else here for i in range(layers)}
            model = AutoModelForCausalLM.from_pretrained(
                folder, dtype=computing_dtype("cuda" if cuda else "cpu"), offload_folder=scratch,
                device_map={"model.embed_tokens": here, "model.norm": here, "model.rotary_emb": here, "lm_head": here,
                            **places}).eval()
        else:
            model, _ = load(Path(folder))
        ids = torch.arange(100, 140)[None].to("cuda" if torch.cuda.is_available() else "cpu")
        options = {"attention_mask": torch.ones_like(ids), "do_sample": False, "pad_token_id": 0}
        with torch.inference_mode():
            model.generate(ids, max_new_tokens=2, min_new_tokens=2, **options)      # kernels choose their layout once
            watch_peak()
            began = time.process_time()
            model.generate(ids, max_new_tokens=tokens, min_new_tokens=tokens, **options)
            writing = tokens / (time.process_time() - began)
            peak = peak_bytes() - before
            many = torch.arange(100, 612)[None].to(ids.device)
            began = time.process_time()
            model(many)
            reading = 512 / (time.process_time() - began)
    return {"peak": peak, "writing": writing, "reading": reading}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("export")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    from instructwild.llm.models import resolve

    folders = {"model": resolve(arguments.model), "export": resolve(arguments.export)}
    if arguments.way:
        print(json.dumps(measure_way(arguments.way, str(folders[WAYS[arguments.way][0]]), arguments.tokens)))
        return
    measured = {}
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.model_memory", arguments.model, arguments.export, "--way", way,
                   "--tokens", str(arguments.tokens)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        measured[way] = json.loads(done.stdout.splitlines()[-1])
        print(way, measured[way], flush=True)
    report(measured, arguments.tokens)


def report(measured: dict[str, dict[str, float]], tokens: int) -> None:
    whole = measured["full precision"]
    rows = [[f"**{way}**" if "packed" in way else way, f"{figures['peak'] / MB:.0f}",
             f"{figures['peak'] / whole['peak']:.2f}",
             f"{figures['writing']:.1f}", f"{figures['writing'] / whole['writing']:.2f}", f"{figures['reading']:.0f}",
             f"{figures['reading'] / whole['reading']:.2f}"] for way, figures in measured.items()]
    save("model_memory", "Memory against speed",
         f"SmolLM2-135M after SFT, one stream, {tokens} tokens written after 40, then 512 tokens read at once.",
         [{"caption": "Ways to hold the weights", "rows": rows, "columns": [
             "weights", "peak MB", "of full precision", "tokens written a second", "of full precision",
             "tokens read a second", "of full precision"]}],
         ["docs/quantization.md takes the peak of the packed model apart.",
          "Seconds are of one core's own time, which a busy machine does not stretch.",
          "Peak memory is counted from before the model is loaded: weights, cache and buffers, not Python and libraries.",
          "Layers that are away are read from the files for every token (accelerate's disk offload; on a GPU the same "
          "script offloads to the computer's memory)."])


if __name__ == "__main__":
    main()
