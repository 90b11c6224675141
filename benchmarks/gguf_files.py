"""GGUF files of SmolLM2-135M against their source, as the gate reads them back.

    python -m benchmarks.gguf_files EN.json ZH.json [--rows 4] [--quant q4_k_m --quant q8_0 …] [--work DIR]
    python -m benchmarks.gguf_files --export FOLDER     adds what the gate of a finished `export --format gguf` measured

Columns are not weighted but in an export of its own.
With `llama-cpp-python` installed the files run in llama.cpp, else through transformers.
"""

import argparse
import json
from pathlib import Path

from benchmarks.results import RESULTS, save
from instructwild.stage.manifest import read_manifest
from instructwild_trainer.adapter import Source, load_chat, source_of
from instructwild_trainer.export.figures import perplexities
from instructwild_trainer.export.gguf.readback import ReadBack, read_back
from instructwild_trainer.export.gguf.stage import lineage
from instructwild_trainer.export.gguf.writer import write_gguf
from instructwild_trainer.export.probe import AS_IT_IS, Held
from instructwild_trainer.templates import Chat

LANGUAGES = ("en", "zh")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("english", "chinese"):
        parser.add_argument(name, type=Path, nargs="?")
    parser.add_argument("--export", type=Path)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--quant", action="append")
    parser.add_argument("--work", type=Path, default=Path("gguf-files"))
    options = parser.parse_args()
    if options.export:
        add_export(options.export)
        return
    if not options.chinese:
        parser.error("give EN.json and ZH.json, or --export")
    source, chat = source_of("smollm2"), load_chat("smollm2")
    held = {language: rows_of(path, chat, options.rows)
            for language, path in zip(LANGUAGES, (options.english, options.chinese), strict=True)}
    tokens = {language: sum(map(len, rows)) for language, rows in held.items()}
    table([cells(quant, *measured(source, chat, held, quant, options.work))
           for quant in options.quant or ("q4_k_m", "q8_0", "f16")], tokens)


def rows_of(path: Path, chat: Chat, count: int) -> list[list[int]]:
    """The last rows of a file in Alpaca's layout with no input and an answer of 60 to 260 characters, as token ids."""
    rows = [row for row in json.loads(path.read_text(encoding="utf-8"))
            if not row["input"] and 60 < len(row["output"]) < 260]
    return [list(chat.tokenizer.apply_chat_template(
        [{"role": "user", "content": row["instruction"]}, {"role": "assistant", "content": row["output"]}],
        return_dict=True)["input_ids"]) for row in rows[-count:]]


def measured(source: Source, chat: Chat, held: Held, quant: str, work: Path) -> tuple[ReadBack, int]:
    """What the gate reads of a file, and the file's bytes."""
    work.mkdir(parents=True, exist_ok=True)
    file = work / f"{quant}.gguf"
    write_gguf(source.folder, file, quant, importance=None, name="smollm2", stops=chat.stop_ids, lineage=lineage(source, ()),
               scratch=work / f"{quant}-write")
    return read_back(source.folder, file, held, work / f"{quant}-read", stops=chat.stop_ids), file.stat().st_size


def cells(quant: str, result: ReadBack, size: int) -> list[object]:
    """A row of the table."""
    before, after = perplexities(result.source["losses"]), perplexities(result.probe.losses[AS_IT_IS])
    return [quant, f"{size / 1e6:.1f}", *(f"{before[name]:.2f} → {after[name]:.2f}" for name in LANGUAGES),
            f"{result.divergence['mean']:.4f}", f"{result.divergence['p99']:.3f}", "; ".join(result.failures) or "none",
            result.runtime]


def table(rows: list[list[object]], tokens: dict[str, int]) -> None:
    """Write the section of the results page."""
    save("gguf_files", "GGUF files",
         "SmolLM2-135M-Instruct written as GGUF, columns unweighted, and read back beside its source on the same rows: "
         f"{tokens['en']:,} English and {tokens['zh']:,} Chinese tokens. Few tokens: what is shown is that the files say "
         "what their source says, and about how much each loses.",
         [{"caption": "Perplexity before and after, KL from the source's next-token distribution in nats",
           "columns": ["quant", "MB", "English", "Chinese", "KL, mean", "KL, 99%", "failures of tokens, BOS, tie",
                       "runtime"],
           "rows": rows}],
         ["Reproduce: `python -m benchmarks.gguf_files EN.json ZH.json`."])


def add_export(folder: Path) -> None:
    """Add a table of one gated export to the section, in the place of an older one of the same quantization."""
    manifest = read_manifest(folder)
    figures, quant = manifest.metrics, manifest.config["quant"]
    languages = [name for name in figures["perplexity"]["source"] if name != "und"]
    rows: list[list[object]] = [[f"perplexity, {name}", *(f"{values[language]:.2f}" for language in languages)]
                                for name, values in figures["perplexity"].items()]
    rows.append(["gap from rounding closed, 95% interval over rows",
                 *("{value:.0%} [{low:.0%}, {high:.0%}]".format(**figures["gap_closed"][name]) for name in languages)])
    kl, size, linear = figures["kl"], figures["size_bytes"], figures["linear_bytes"]
    begins = "; ".join(f"{name} {count['same']} of {count['of']}" for name, count in figures["same_beginnings"].items())
    caption = f"{manifest.config['model']} exported as {quant} by the whole command, {figures['runtime']}"
    section = json.loads((RESULTS / "gguf_files.json").read_text(encoding="utf-8"))
    section["tables"] = [table for table in section["tables"] if table["caption"] != caption]
    section["tables"].append({"caption": caption, "columns": ["", *languages], "rows": rows})
    note = (f"{caption}: columns weighted on {sum(figures['calibration']['rows'].values())} rows, measured on "
            + ", ".join(f"{name} {count:,}" for name, count in figures["text"]["tokens"].items())
            + f" held-out tokens; KL {kl['mean']:.3f} on average, {kl['p99']:.2f} at 99%; same likeliest token "
            f"{figures['agreement']:.1%}; file {size['export'] / 1e6:.1f} of {size['source'] / 1e6:.1f} MB, linear weights "
            f"{linear['export'] / 1e6:.1f} of {linear['source'] / 1e6:.1f}; answers that begin alike: {begins}; template "
            f"{figures['template']}, stop tokens {figures['stops']['export']} of {figures['stops']['source']}; "
            f"the gate {manifest.gate}.")
    notes = [*(text for text in section["notes"] if not text.startswith(caption)), note]
    save("gguf_files", section["title"], section["lead"], section["tables"], notes)


if __name__ == "__main__":
    main()
