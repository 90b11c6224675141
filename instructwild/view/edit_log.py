"""The edits file while people work on it: read again before every change, and replaced whole or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

from filelock import FileLock

from instructwild.clean.edit_file import HEADER, Edit, is_edits, read_edits
from instructwild.errors import OutputError
from instructwild.stage.atomic import write_atomic


def edits_beside(source: Path) -> Path:
    """Where edits of a source go unless another file is named: beside it, never within a stage folder."""
    resolved = source.resolve()
    return resolved.with_name(f"{resolved.name if resolved.is_dir() else resolved.name.partition('.')[0]}.edits.jsonl")


def row_key(id_: str, response_id: str | None) -> str:
    """How edits and the page name a row."""
    return f"{id_}/{response_id or ''}"


class EditLog:
    """The edits of one file."""

    def __init__(self, path: Path) -> None:
        """Open the file, which need not be there yet.

        Raises:
            InputError: it is there and holds something that is no edit.
            OutputError: it is there and is no edits file.
        """
        self.path = path
        if path.exists():
            if path.stat().st_size and not is_edits(path):
                raise OutputError("is no edits file and would be replaced", where=str(path), remedy="choose another --edits")
            read_edits(path)
        if path.suffix != ".jsonl":
            raise OutputError("does not end in .jsonl, by which forget knows how to erase rows from it", where=str(path),
                              remedy="choose another name for --edits")

    def edits(self) -> list[Edit]:
        """All edits, in the order they were made.

        Raises:
            InputError: somebody else wrote something into the file that is no edit.
        """
        return read_edits(self.path) if self.path.exists() else []

    def by_row(self) -> dict[str, list[Edit]]:
        """The edits of every edited row, by its key."""
        rows: dict[str, list[Edit]] = {}
        for edit in self.edits():
            rows.setdefault(row_key(edit.id, edit.response_id), []).append(edit)
        return rows

    def add(self, edit: Edit) -> None:
        """Keep an edit; one that it replaces goes.

        Raises:
            OutputError: the file cannot be written.
        """
        edit = edit.model_copy(update={"at": datetime.now(UTC).isoformat(timespec="seconds")})
        self._change(lambda edits: [*(each for each in edits if each.key != edit.key), edit])

    def undo(self, id_: str, response_id: str | None) -> bool:
        """Take back what was done last to a row; whether there was anything."""
        undone: list[Edit] = []

        def without_last(edits: list[Edit]) -> list[Edit]:
            of_row = [each for each in edits if (each.id, each.response_id) == (id_, response_id)]
            undone.extend(of_row[-1:])
            return [each for each in edits if each not in undone]

        self._change(without_last)
        return bool(undone)

    def _change(self, change: Callable[[list[Edit]], list[Edit]]) -> None:
        try:
            with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=10):
                edits = change(self.edits())
                lines = [dumps(HEADER), *(edit.model_dump_json(exclude_unset=True) for edit in edits)]
                write_atomic(self.path, "\n".join(lines) + "\n")
        except (OSError, TimeoutError) as error:
            raise OutputError(f"cannot be written ({getattr(error, 'strerror', None) or error})", where=str(self.path),
                              remedy="check its permissions and the free space, or choose another --edits") from None
