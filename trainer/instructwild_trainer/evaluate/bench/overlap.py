"""Which items of a benchmark stand in a model's own training rows."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from instructwild import stage
from instructwild.errors import InstructwildError
from instructwild.stage.manifest import FileRecord
from instructwild.text.tokens import tokens
from instructwild_trainer.evaluate.bench.items import BenchItem

RUN = 13
"""Tokens in a row that two texts share by no chance (Brown et al. 2020, appendix C); a shorter question counts whole."""


def seen_in(items: Sequence[BenchItem], texts: Iterable[str]) -> list[bool]:
    """Of each item whether its question shares a run of tokens with a text.

    Args:
        items: of the benchmark.
        texts: of the training rows, one after the other: they are not kept.
    """
    owners: dict[tuple[str, ...], list[int]] = {}
    for number, item in enumerate(items):
        for run in set(_runs(tokens(item.question))):
            owners.setdefault(run, []).append(number)
    widths = sorted({len(run) for run in owners})
    seen = [False] * len(items)
    for text in texts:
        parts = tokens(text)
        for width in widths:
            for start in range(len(parts) - width + 1):
                for number in owners.get(tuple(parts[start:start + width]), ()):
                    seen[number] = True
    return seen


def rows_behind(model: str) -> list[str]:
    """The rows that a stage and the stages it was made from were trained on, as their manifests name them.

    A reward model's rows are not among them: they decided, and were not learned by heart.

    Returns:
        Stage folders and files. None at all where the model is no stage, or where something that was read is not there any
        more or has changed: a share of the items that stand in half of the rows would be too small.
    """
    rows: dict[str, None] = {}
    open_, seen = [Path(model)], set()
    while open_:
        folder = open_.pop()
        if folder.resolve() in seen or not stage.is_stage(folder):
            continue
        seen.add(folder.resolve())
        manifest = stage.load(folder, even_failed=True).manifest
        for record in manifest.inputs if manifest.stage != "reward" else ():
            places = Path(record.path), folder.parent / Path(record.path).name
            path = next((path for path in places if path.exists()), None)
            if record.rows is None:
                open_ += [path] if path is not None else []
            elif path is None or not _unchanged(path, record):
                return []
            else:
                rows[str(path)] = None
    return list(rows)


def _unchanged(path: Path, record: FileRecord) -> bool:
    try:
        return stage.input_record(path).sha256 == record.sha256
    except InstructwildError:
        return False


def _runs(parts: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(parts[i:i + RUN]) for i in range(max(1, len(parts) - RUN + 1))] if parts else []
