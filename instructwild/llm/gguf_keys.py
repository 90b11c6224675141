"""The keys of a GGUF file: what it says of its model, and the lineage that `instructwild export` wrote into it."""

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError

if TYPE_CHECKING:
    from gguf import GGUFReader

LINEAGE = "instructwild."
"""What the names of our own keys begin with; `docs/quantization.md` lists them."""
SOURCE = f"{LINEAGE}source.sha256"
MAGIC = b"GGUF"


def open_gguf(path: str | Path) -> "GGUFReader":
    """A reader of keys and tensors; weights stay on disk until they are used.

    Raises:
        ModelError: it is no GGUF file, or one that ends too early.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError("does not exist", where=str(path), remedy="check the path")
    with path.open("rb") as opened:
        begins = opened.read(len(MAGIC))
    if begins != MAGIC:
        raise ModelError("is no GGUF file: it does not begin with the letters GGUF", where=str(path),
                         remedy="give the file that `instructwild export --format gguf` wrote, or fetch it again")
    from gguf import GGUFReader

    from instructwild.llm.gguf_counts import check_counts

    try:
        check_counts(path)
        return GGUFReader(path)
    except (ValueError, IndexError, KeyError, OSError, struct.error, OverflowError, MemoryError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelError(f"is a GGUF file that cannot be read ({reason})", where=str(path),
                         remedy="fetch it or export it again: it may be cut off") from None


def keys_of(reader: "GGUFReader") -> dict[str, Any]:
    """All keys with their values; arrays are lists."""
    return {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
