"""One GGUF file: widths, weights, tokenizer, chat template, stop tokens, generation defaults and lineage."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.rendering import Renderer
from instructwild_trainer.export.child import ChildError, in_child
from instructwild_trainer.export.gguf.architecture import add_hyperparameters, architecture_of, tensors_of
from instructwild_trainer.export.gguf.mixture import mixture_of, type_of
from instructwild_trainer.export.gguf.packing import pack, packer_name
from instructwild_trainer.export.gguf.vocabulary import add_vocabulary, vocabulary_of

if TYPE_CHECKING:
    from gguf import GGUFWriter
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SAMPLING = {"temperature": "temp", "top_p": "top_p", "top_k": "top_k", "min_p": "min_p",
            "repetition_penalty": "penalty_repeat"}
"""generation_config.json's names, and GGUF's."""


def write_gguf(model: Path, out: Path, quant: str, *, importance: Path | None, name: str, stops: Sequence[int],
               lineage: Mapping[str, str], scratch: Path) -> dict[str, Any]:
    """Write a model folder as one GGUF file, in a process of its own.

    Args:
        model: a complete full-precision folder with tokenizer, chat template and generation_config.json.
        out: the file to write.
        quant: see `mixture.MIXTURES`.
        importance: of the columns; see `importance.importance`.
        name: of the model, for people.
        stops: the ids that end an answer.
        lineage: our own keys.
        scratch: for the child.

    Returns:
        `packer`, and `types`: how many tensors are of each type.

    Raises:
        ModelError: the model cannot be written so.
    """
    plan = {"model": str(model.resolve()), "out": str(out.resolve()), "quant": quant, "name": name, "stops": list(stops),
            "importance": str(importance.resolve()) if importance else None, "lineage": dict(lineage)}
    try:
        result: dict[str, Any] = in_child(f"{__name__}:write", plan, scratch, label="packing weights", total=100)
    except ChildError as error:
        raise ModelError(f"could not be written as GGUF ({error})", where=str(model),
                         remedy=f"read {scratch / 'log'}") from None
    return result


def check_writable(model: Path, quant: str) -> str:
    """Which library will pack the file; all that can be known to be wrong is said here, before any work.

    Raises:
        ModelError: see `architecture_of`, `vocabulary_of` and `packer_name`.
        ConfigError: see `mixture_of`.
    """
    from transformers import AutoConfig, AutoTokenizer

    mixture = mixture_of(quant)
    config = AutoConfig.from_pretrained(model, trust_remote_code=False)
    architecture_of(config)
    vocabulary_of(AutoTokenizer.from_pretrained(model, trust_remote_code=False), config.vocab_size)
    tied = bool(config.tie_word_embeddings)
    widths = {"attn_q.weight": config.hidden_size, "attn_v.weight": config.hidden_size,
              "ffn_down.weight": config.intermediate_size}
    shapes = {f"blk.{layer}.{part}": (BLOCK_ROWS, width) for layer in range(config.num_hidden_layers)
              for part, width in widths.items()} | {"token_embd.weight": (BLOCK_ROWS, config.hidden_size)}
    layers = config.num_hidden_layers
    return packer_name({type_of(name, shape, mixture, layers, tied=tied) for name, shape in shapes.items()})


BLOCK_ROWS = 2
"""Any number of rows: types depend on columns alone."""


def write(plan: Mapping[str, Any], step: Callable[[int], object]) -> dict[str, Any]:
    """In the child: load, order, pack and write."""
    import gguf
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = Path(plan["model"])
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", trust_remote_code=False)
    writer = gguf.GGUFWriter(plan["out"], architecture_of(model.config))
    _add_keys(writer, plan, model, tokenizer)
    tensors = list(tensors_of(model))
    names = {tensor.name for tensor in tensors}
    mixture, layers = mixture_of(plan["quant"]), model.config.num_hidden_layers
    tied = "output.weight" not in names
    kinds = {tensor.name: type_of(tensor.name, tuple(tensor.value.shape), mixture, layers, tied=tied) for tensor in tensors}
    packer = packer_name(set(kinds.values()))
    columns = dict(np.load(plan["importance"])) if plan["importance"] else {}
    del model
    for number, tensor in enumerate(tensors):
        kind = kinds[tensor.name]
        packed = pack(tensor.value.to(torch.float32).numpy(), kind, packer, columns.get(tensor.source))
        writer.add_tensor(tensor.name, packed, raw_dtype=gguf.GGMLQuantizationType[kind])
        step(100 * (number + 1) // len(tensors))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return {"packer": packer, "types": {kind: list(kinds.values()).count(kind) for kind in sorted(set(kinds.values()))}}


def _add_keys(writer: "GGUFWriter", plan: Mapping[str, Any], model: "PreTrainedModel",
              tokenizer: "PreTrainedTokenizerBase") -> None:
    import gguf

    rows = model.get_input_embeddings().weight.shape[0]
    mixture = mixture_of(plan["quant"])
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(plan["name"])
    writer.add_file_type(mixture.file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_hyperparameters(writer, model.config)
    add_vocabulary(writer, vocabulary_of(tokenizer, rows))
    _add_special_tokens(writer, tokenizer, plan["stops"])
    _add_sampling(writer, Path(plan["model"]))
    for key, value in plan["lineage"].items():
        writer.add_string(key, value)


def _add_special_tokens(writer: "GGUFWriter", tokenizer: "PreTrainedTokenizerBase", stops: Sequence[int]) -> None:
    """Ids of special tokens, the chat template, and whether a runtime puts a BOS before a text.

    A template that writes BOS itself goes with a tokenizer that does not: otherwise a runtime would put two.
    """
    end = tokenizer.eos_token_id
    writer.add_eos_token_id(end)
    others = [stop for stop in stops if stop != end]
    for stop, add in zip(others, (writer.add_eot_token_id, writer.add_eom_token_id), strict=False):
        add(stop)
    if tokenizer.bos_token_id is not None:
        writer.add_bos_token_id(tokenizer.bos_token_id)
    if tokenizer.pad_token_id is not None:
        writer.add_pad_token_id(tokenizer.pad_token_id)
    if tokenizer.unk_token_id is not None:
        writer.add_unk_token_id(tokenizer.unk_token_id)
    writer.add_add_bos_token(adds_bos(tokenizer))
    writer.add_add_eos_token(False)
    template = tokenizer.chat_template
    writer.add_chat_template([{"name": name, "template": text} for name, text in template.items()]
                             if isinstance(template, dict) else template)


def adds_bos(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether a runtime has to put BOS before a text: where the tokenizer does, and the chat template does not write it."""
    ids = tokenizer("a")["input_ids"]
    if tokenizer.bos_token_id is None or ids[:1] != [tokenizer.bos_token_id]:
        return False
    text = Renderer(tokenizer).text([{"role": "user", "content": "a"}], prompt=True)
    return not text.startswith(tokenizer.bos_token)


def _add_sampling(writer: "GGUFWriter", folder: Path) -> None:
    for key, value in sampling_of(folder).items():
        getattr(writer, f"add_sampling_{SAMPLING[key]}")(value)


def sampling_of(folder: Path) -> dict[str, float | int]:
    """The generation defaults of a model folder that GGUF and a Modelfile have names for."""
    file = folder / "generation_config.json"
    settings = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {key: settings[key] for key in SAMPLING if settings.get(key) is not None}
