"""Stage folders: what every command reads and writes."""

from instructwild.stage.fingerprint import fingerprint_of
from instructwild.stage.folder import Stage, input_record, is_stage, load
from instructwild.stage.manifest import FileRecord, Manifest, Rows, Tokens
from instructwild.stage.run import Run, start

__all__ = ["FileRecord", "Manifest", "Rows", "Run", "Stage", "Tokens", "fingerprint_of",
           "input_record", "is_stage", "load", "start"]
