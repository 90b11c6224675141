"""Files in: encodings, compression, layouts, instruction rows and ranking rows; each has one reader for every command."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from instructwild.read.instructions import ReadRows, read, read_several, rows_of

__all__ = ["ReadRows", "read", "read_several", "rows_of"]


def __getattr__(name: str) -> Any:
    """Load the readers when one is needed: `view` of a stage folder uses none, and opens a third of a second sooner."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from instructwild.read import instructions

    return getattr(instructions, name)
