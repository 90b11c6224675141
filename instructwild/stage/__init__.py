"""Stage folders: what every command reads and writes."""

from instructwild.stage.folder import Run, Stage, input_record, is_stage, load, start
from instructwild.stage.manifest import FileRecord, Manifest, Rows, Tokens
from instructwild.stage.read import Table, read

__all__ = ["FileRecord", "Manifest", "Rows", "Run", "Stage", "Table", "Tokens", "input_record", "is_stage", "load", "read",
           "start"]
