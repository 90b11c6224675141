"""Files in: encodings, compression, layouts, instruction rows and ranking rows; each has one reader for every command."""

from instructwild.read.instructions import ReadRows, read, read_several, rows_of

__all__ = ["ReadRows", "read", "read_several", "rows_of"]
