"""Weights packed into GGUF's types, each by a library that does it.

llama.cpp's own code, which llama-cpp-python brings compiled, packs every type and weighs errors by the importance of
columns. Without it `gguf` packs 8 bits and the older types by plain rounding, and auto-round packs the K types, slowly.
"""

import ctypes
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from instructwild.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDED = ("F32", "F16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1")
"""What `gguf` packs by itself."""
UNWEIGHTED = ("F32", "F16", "Q8_0")
"""Types for which importance changes nothing."""


def packer_name(kinds: set[str]) -> str:
    """Which library packs a file of these types: `llama.cpp`, `gguf` or `auto-round`.

    Raises:
        ModelError: K types, and neither library is there.
    """
    if kinds <= set(UNWEIGHTED):
        return "gguf"
    if find_spec("llama_cpp") is not None:
        return "llama.cpp"
    if kinds <= set(ROUNDED):
        return "gguf"
    if find_spec("auto_round") is not None:
        return "auto-round"
    raise ModelError(f"needs a library that packs {', '.join(sorted(kinds - set(ROUNDED)))}", where="--quant",
                     remedy="pip install llama-cpp-python (needs a C++ compiler) or pip install auto-round, or choose "
                            "--quant q8_0, q5_1, q5_0, q4_1, q4_0 or f16")


def pack(weight: np.ndarray, kind: str, packer: str, importance: np.ndarray | None = None) -> np.ndarray:
    """The bytes of a weight, [rows, bytes of a row], or the weight itself as float32 or float16.

    Args:
        weight: float32 [out, in].
        kind: as `gguf.GGMLQuantizationType` names it.
        packer: see `packer_name`.
        importance: of the columns [in], the mean square of what they are multiplied with.
    """
    import gguf

    if kind in UNWEIGHTED:
        return gguf.quantize(weight, gguf.GGMLQuantizationType[kind])
    if packer == "llama.cpp":
        return _pack_compiled(weight, kind, importance)
    if kind in ROUNDED:
        return gguf.quantize(weight, gguf.GGMLQuantizationType[kind])
    return _pack_in_python(weight, kind, importance)


def _pack_compiled(weight: np.ndarray, kind: str, importance: np.ndarray | None) -> np.ndarray:
    from gguf import GGMLQuantizationType, quant_shape_to_byte_shape

    weight = np.ascontiguousarray(weight, dtype=np.float32)
    number = GGMLQuantizationType[kind]
    packed = np.empty(quant_shape_to_byte_shape(weight.shape, number), dtype=np.uint8)
    floats = ctypes.POINTER(ctypes.c_float)
    columns = None if importance is None else np.ascontiguousarray(importance, dtype=np.float32)
    written = _quantize_chunk()(int(number), weight.ctypes.data_as(floats), packed.ctypes.data_as(ctypes.c_void_p), 0,
                                weight.shape[0], weight.shape[1],
                                None if columns is None else columns.ctypes.data_as(floats))
    assert written == packed.nbytes, (kind, written, packed.nbytes)
    return packed


def _quantize_chunk() -> "Callable[..., int]":
    """`ggml_quantize_chunk` of the compiled library (ggml.h)."""
    import llama_cpp

    folder = Path(llama_cpp.__file__).parent / "lib"
    library = next((file for file in sorted(folder.iterdir()) if "ggml-base" in file.name
                    and file.suffix in (".so", ".dylib", ".dll")), None)
    if library is None:
        raise ModelError("has no ggml-base library in it", where=str(folder), remedy="reinstall llama-cpp-python")
    function = ctypes.CDLL(str(library)).ggml_quantize_chunk
    floats = ctypes.POINTER(ctypes.c_float)
    function.argtypes = [ctypes.c_int, floats, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, floats]
    function.restype = ctypes.c_size_t
    return function


def _pack_in_python(weight: np.ndarray, kind: str, importance: np.ndarray | None) -> np.ndarray:
    import torch
    from auto_round.export.export_to_gguf.packing import ggml_quant

    columns = None if importance is None else torch.from_numpy(np.ascontiguousarray(importance, dtype=np.float32))
    packed = ggml_quant(torch.from_numpy(weight.copy()), kind.lower(), imatrix=columns, device="cpu",
                        original=columns is None and kind != "Q6_K")   # works in place; plain Q6_K fails in 0.16.1
    return np.asarray(packed, dtype=np.uint8)
