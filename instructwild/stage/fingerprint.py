"""What an output folder was made, or is being made, from; and in what that differs from what is wanted now."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from instructwild import __version__
from instructwild.errors import InputError
from instructwild.stage.atomic import remove
from instructwild.stage.folder import DATA, DROPPED_FILE, MODEL, REPORT, SCRATCH, is_stage
from instructwild.stage.manifest import FILE_NAME, FileRecord, read_manifest
from instructwild.stage.remote import is_url, local_copy

TEMPORARY = "temporary"
"""Where files are written in the scratch folder before they are renamed."""
PLAN = "plan.json"
"""What an unfinished folder is being made from, in its scratch folder."""


def fingerprint(stage: str, config: dict[str, Any], inputs: Sequence[FileRecord]) -> dict[str, Any]:
    """What sets one run apart from another: command, version, options, inputs by content and by how they were read."""
    return {"stage": stage, "version": __version__, "config": config, "inputs": [record.sha256 for record in inputs],
            "names": [record.path for record in inputs],
            "columns": [record.read_as.columns if record.read_as else None for record in inputs]}


def fingerprint_of(folder: Path) -> dict[str, Any] | None:
    """What the folder was made, or is being made, from (stage, version, config, inputs); None where that is unknown."""
    if is_url(folder):
        try:
            folder = Path(local_copy(folder))
        except InputError:
            return None
    if is_stage(folder):
        manifest = read_manifest(folder)
        return fingerprint(manifest.stage, manifest.config, manifest.inputs) | {"version": manifest.version}
    try:
        plan = json.loads((folder / SCRATCH / PLAN).read_text(encoding="utf-8"))
        return plan if isinstance(plan, dict) else None
    except (OSError, ValueError):
        return None


def differences(before: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """What sets two runs apart, in words: each option with its value there and now, each input by its name."""
    words = [f"{key}: {before.get(key)} there, {current[key]} now"
             for key in ("stage", "version") if before.get(key) != current[key]]
    there, now = dict(_options(before.get("config") or {})), dict(_options(current["config"]))
    words += [f"{key}: {there.get(key)!r} there, {now.get(key)!r} now"
              for key in dict.fromkeys([*there, *now]) if there.get(key) != now.get(key)]
    return words + _other_inputs(before, current)


def _other_inputs(before: dict[str, Any], current: dict[str, Any]) -> list[str]:
    old, new = before.get("inputs") or [], current["inputs"]
    names = current["names"]
    if old == new:
        there, now = before.get("columns") or [None] * len(new), current["columns"]
        return [f"{name}: columns read as {a} there, {b} now" for name, a, b in zip(names, there, now, strict=True)
                if a is not None and b is not None and a != b]
    if len(old) != len(new):
        return [f"the inputs have other content: {len(old)} there, {len(new)} now"]
    changed = [f"{name} ({a[:12]} there, {b[:12]} now)" for name, a, b in zip(names, old, new, strict=True) if a != b]
    return [f"the inputs have other content: {', '.join(changed)}"]


def _options(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every single option by its dotted name; what lies in a list is named by its number, from 1."""
    named = value.items() if isinstance(value, dict) else enumerate(value, start=1) if isinstance(value, list) else ()
    for key, item in named:
        yield from _options(item, f"{name}.{key}" if name else str(key))
    if not isinstance(value, dict | list) or not value:
        yield name, value


def nothing_done(folder: Path) -> bool:
    """Whether there is nothing worth going on with: an empty folder, or what is left of a run that ended as it began."""
    bookkeeping = {PLAN, "seconds", "lock", TEMPORARY}
    if not folder.is_dir() or {path.name for path in folder.iterdir()} - {SCRATCH}:
        return False
    scratch = folder / SCRATCH
    return not scratch.exists() or all(path.name in bookkeeping or path.suffix == ".tmp" for path in scratch.iterdir())


def clear(folder: Path) -> None:
    """Take a stage's own files away. Whenever it is cut off, the folder is another run's unfinished one, never a finished
    stage with parts missing: the manifest turns into the plan first, and the plan goes last.
    """
    plan = folder / SCRATCH / PLAN
    if (folder / FILE_NAME).exists():
        plan.parent.mkdir(exist_ok=True)
        os.replace(folder / FILE_NAME, plan)
    begun = [path for path in plan.parent.iterdir() if path != plan] if plan.parent.exists() else []
    for path in (*(folder / name for name in (DATA, DROPPED_FILE, REPORT, MODEL)), *begun, plan):
        remove(path)
