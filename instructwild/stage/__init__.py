"""Stage folders: what every command reads and writes."""

from instructwild.stage.claim import made_from
from instructwild.stage.folder import Stage, input_record, is_stage, load
from instructwild.stage.manifest import FileRecord, Manifest, Rows, Tokens
from instructwild.stage.read import Table, read, rows_of
from instructwild.stage.run import Run, start

__all__ = ["FileRecord", "Manifest", "Rows", "Run", "Stage", "Table", "Tokens", "input_record", "is_stage", "load",
           "made_from", "read", "rows_of", "start"]
