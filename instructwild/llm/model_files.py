"""What may stand in a model folder that is loaded: safetensors inside the folder, no code, nothing endless."""

import json
import re
import struct
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from instructwild.errors import ModelError
from instructwild.stage.content import is_pipe_or_device
from instructwild.text.quantity import quantity

SAFE_WEIGHTS = ".safetensors"
SAFE_INDEX = ".safetensors.index.json"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
WHOLE_MODEL = ("model.safetensors", "model.safetensors.index.json")
STANDARD_NAMES = (*WHOLE_MODEL, "adapter_model.safetensors")
"""Where transformers and PEFT look first; beside other names a pickle could be taken in their place."""
ADAPTER_CONFIG = "adapter_config.json"
MOST_HEADER = 16 * 2**20
"""Bytes of a safetensors header: about 150,000 tensors in one file; the largest models have some thousands in one."""
MOST_JSON = 256 * 2**20
"""Bytes of a JSON file of a model folder."""
MANY_LAYERS = 1000
LAYERS = re.compile(r"(?:num|n)_?(?:\w+_)?layers?|layers?_(?:num|count)")
ATTENTION = ("attn_implementation", "_attn_implementation")


def check_weights(folder: Path) -> None:
    """Whether the weights are safetensors of this folder, and every index names such files only; nothing is opened but JSON.

    Raises:
        ModelError: there are none, only pickles, an index or config.json names a pickle or a file elsewhere, or a pipe or a
            device, which may be read without end, lies in the folder.
    """
    _check_regular(sorted(folder.iterdir()))
    for index in sorted(folder.glob("*.index.json")):
        names = sorted(set(map(str, _weight_map(index).values())))
        for name in names:
            _check_name(name, index)
        _check_regular([folder / name for name in names])
    config = read_json(folder / "config.json")
    if (named := config.get("transformers_weights")) is not None:
        _check_name(str(named), folder / "config.json", endings=(SAFE_WEIGHTS, SAFE_INDEX))
    if (folder / ADAPTER_CONFIG).is_file() and (folder / "adapter_model.bin").is_file() \
            and not (folder / "adapter_model.safetensors").is_file():
        raise ModelError("has its adapter only as adapter_model.bin, which can run code when it is loaded",
                         where=str(folder), remedy="save the adapter as safetensors")
    check_sizes(folder, config)
    if any((folder / name).is_file() for name in STANDARD_NAMES):
        return
    pickled = next((file for pattern in PICKLED for file in sorted(folder.glob(pattern))), None)
    if pickled is not None:
        raise ModelError(f"has its weights only as {pickled.name}, which can run code when it is loaded", where=str(folder),
                         remedy="save the model as safetensors")
    if next(folder.glob(f"*{SAFE_WEIGHTS}"), None) is None and next(folder.glob(f"*{SAFE_INDEX}"), None) is None:
        raise ModelError("has no weights (*.safetensors)", where=str(folder), remedy="check that it was saved whole")


def check_sizes(folder: Path, config: dict[str, Any]) -> None:
    """Whether the headers of the weights, and the layers that the config asks for, are of a size that a model has.

    Raises:
        ModelError: a header is longer than any model's, or there are more layers than tensors to fill them.
    """
    headers = {}
    for file in sorted(folder.glob(f"*{SAFE_WEIGHTS}")):
        with file.open("rb") as handle:
            length = struct.unpack("<Q", head)[0] if len(head := handle.read(8)) == 8 else 0
        if length > MOST_HEADER:
            raise ModelError(f"has a header of {length:,} bytes, more than any model's", where=str(file),
                             remedy="check how the file was made")
        headers[file] = length
    layers = max(_layers(config), default=0)
    if layers > MANY_LAYERS and headers:
        tensors = sum(_tensors(file, length) for file, length in headers.items())
        if layers > tensors:
            raise ModelError(f"asks for {quantity(layers, 'layer')}, and the weights hold {quantity(tensors, 'tensor')}",
                             where=str(folder / "config.json"), remedy="check how the model was saved")


def _layers(config: Any, depth: int = 4) -> Iterator[int]:
    """Every count of layers in a config and in the configs within it."""
    for name, value in config.items() if isinstance(config, dict) and depth else ():
        if isinstance(value, int) and LAYERS.fullmatch(str(name)):
            yield value
        yield from _layers(value, depth - 1)


def _tensors(file: Path, length: int) -> int:
    """How many tensors a safetensors file names."""
    with file.open("rb") as handle:
        handle.seek(8)
        return handle.read(length).count(b"data_offsets")


def check_code(folder: Path) -> None:
    """Whether the model can be loaded without Python code of its own; where it brings some that is not needed, this is said.

    Raises:
        ModelError: transformers does not have the classes that its config names, or it asks for code of the Hub.
    """
    config = read_json(folder / "config.json")
    for name in ATTENTION:
        if "/" in str(config.get(name) or ""):
            raise ModelError(f"asks for attention code of the Hub ({config[name]!r}), which is never run",
                             where=str(folder / "config.json"), remedy=f"remove {name!r} from it")
    if config.get("auto_map") and not _has_class(str(config.get("model_type"))):
        raise ModelError(f"needs Python code of its own (model_type {config.get('model_type')!r}), which is never run",
                         where=str(folder), remedy="choose a model whose architecture transformers has")
    if config.get("auto_map") or read_json(folder / "tokenizer_config.json").get("auto_map"):
        _say_ignored(folder)


@cache
def _say_ignored(folder: Path) -> None:
    from rich.console import Console

    Console(stderr=True).print(f"{folder.name}: the Python code that comes with it (auto_map) is ignored; transformers has "
                               "this architecture itself.", highlight=False, markup=False)


def _has_class(model_type: str) -> bool:
    from transformers.models.auto import configuration_auto as auto

    return model_type in auto.CONFIG_MAPPING_NAMES  # type: ignore[attr-defined]


def _weight_map(index: Path) -> dict[str, Any]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict):
        raise ModelError("is no index of weights: it has no weight_map", where=str(index), remedy="save the model again")
    return weight_map


def _check_regular(paths: Iterable[Path]) -> None:
    for path in paths:
        if is_pipe_or_device(path):
            raise ModelError("is a pipe or a device, which no model is read from", where=str(path),
                             remedy="check that the model was copied whole")


def _check_name(name: str, source: Path, endings: tuple[str, ...] = (SAFE_WEIGHTS,)) -> None:
    path = PurePosixPath(name)
    if not name.endswith(endings):
        raise ModelError(f"names {name!r} for weights, which is not safetensors and can run code when it is loaded",
                         where=str(source), remedy="save the model as safetensors")
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ModelError(f"names {name!r} for weights, which lies outside the folder", where=str(source),
                         remedy="put the safetensors files beside the index")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a model folder; empty where there is no such file.

    Raises:
        ModelError: it is no JSON object.
    """
    try:
        if not path.is_file():                               # nor a device, nor a pipe
            return {}
        if (size := path.stat().st_size) > MOST_JSON:
            raise ModelError(f"is {size:,} bytes long, more than any model's", where=str(path),
                             remedy="save the model again")
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ModelError("is no JSON object", where=str(path), remedy="save the model again")
    return value
