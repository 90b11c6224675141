"""A GGUF file that says that it holds more than it does is refused at once, in constant memory."""

import struct
import time

import pytest

from instructwild.errors import ModelError
from instructwild.llm.gguf_counts import ITEMS
from instructwild.llm.gguf_keys import open_gguf


def header(tensors=0, keys=0, version=3):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys)


def text(value):
    return struct.pack("<Q", len(value)) + value


def array(kind, count):
    return header(keys=1) + text(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, kind, count)


@pytest.mark.parametrize("raw", [
    header(tensors=2**62), header(keys=2**62), header(keys=1) + struct.pack("<Q", 2**60) + b"abc", array(4, 2**60),
    array(8, 2**40) + text(b"x") * 10, array(0, ITEMS + 1) + b"\0" * (ITEMS + 1), header(version=999), b"GGUF",
    header(keys=1) + text(b"a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 5000,
    header(keys=1) + text(b"a") + struct.pack("<I", 77), header(keys=1)],
    ids=["tensors", "keys", "name", "numbers", "texts", "items", "version", "short", "nested", "type", "cut"])
def test_counts_that_do_not_fit_the_file_refuse_it(tmp_path, raw):
    path = tmp_path / "model.gguf"
    path.write_bytes(raw)
    began = time.process_time()
    with pytest.raises(ModelError, match="cannot be read"):
        open_gguf(path)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_fits_is_read(tmp_path, order):
    path = tmp_path / "model.gguf"
    key = struct.pack(f"{order}Q", 12) + b"general.name" + struct.pack(f"{order}IQ", 8, 4) + b"tide"
    path.write_bytes(b"GGUF" + struct.pack(f"{order}IQQ", 3, 0, 1) + key)
    assert open_gguf(path).fields["general.name"].contents() == "tide"
