"""The file of edits that people make in `instructwild view`: JSON lines, a header and then one edit a line, of a row named
by its id and that of its answer. `edits` applies them.
"""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instructwild.errors import InputError

HEADER = {"format": "instructwild-edits", "version": 1}
"""The first line of an edits file."""
Action = Literal["drop", "restore", "text", "labels"]


class EditedLabels(BaseModel):
    """The labels that an edit sets; those left out stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str | None = None
    risk: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    language: str = Field(default="und", min_length=1)


class Edit(BaseModel):
    """One decision of a person about one row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edit: Action = Field(description="drop, restore, text or labels")
    id: str = Field(min_length=1, description="the row's id")
    response_id: str | None = Field(default=None, description="its answer's")
    contents: tuple[str, ...] | None = Field(default=None, description="of an edited text: the contents of all turns")
    labels: EditedLabels | None = Field(default=None, description="of edited labels: those that change")
    note: str = Field(default="", description="why, in the person's words")
    at: str = Field(default="", description="ISO 8601")
    stage: str = Field(default="", description="the stage or file that was looked at")
    overrules: str | None = Field(default=None, description="of a restored row: the step that dropped it")

    @model_validator(mode="after")
    def _complete(self) -> "Edit":
        for action, value in (("text", self.contents), ("labels", self.labels)):
            if (self.edit == action) != (value is not None):
                raise ValueError("text edits need contents, labels edits need labels, and no other has them")
        return self

    @property
    def key(self) -> tuple[str, str | None, str]:
        """What a later edit replaces: a row is dropped or restored, has one text and one set of labels."""
        return self.id, self.response_id, "fate" if self.edit in ("drop", "restore") else self.edit


def is_edits(path: Path) -> bool:
    """Whether a file is an edits file, by its first line."""
    try:
        with path.open("rb") as handle:
            return f'"{HEADER["format"]}"'.encode() in handle.readline(200)
    except OSError:
        return False


def read_edits(path: str | Path) -> list[Edit]:
    """The edits of a file, of several about the same row the last.

    Raises:
        InputError: it cannot be read, or a line is no edit.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or error})", where=str(path),
                         remedy="give the file that `instructwild view` wrote") from None
    edits: dict[tuple[str, str | None, str], Edit] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            if number == 1 and isinstance(value, dict) and "format" in value:
                if value != HEADER:
                    raise ValueError(f"this version reads {HEADER}")
                continue
            edit = Edit.model_validate(value)
        except (ValueError, RecursionError) as error:
            first = error.errors()[0] if isinstance(error, ValidationError) else None
            problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
            raise InputError(f"is no edit ({problem})", where=f"{path}:{number}",
                             remedy="take the line out, or make the edit again in `instructwild view`") from None
        edits.pop(edit.key, None)
        edits[edit.key] = edit
    return list(edits.values())
