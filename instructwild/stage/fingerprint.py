"""Whose an output folder is: made, or being made, from what is wanted now, from something else, or by nobody known."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instructwild.stage.atomic import remove
from instructwild.stage.folder import DATA, DROPPED_FILE, MODEL, REPORT, SCRATCH, is_stage
from instructwild.stage.manifest import FILE_NAME, read_manifest

PLAN = "plan.json"
"""What an unfinished folder is being made from, in its scratch folder."""


def made_from(folder: Path) -> dict[str, Any] | None:
    """What the folder was made, or is being made, from (stage, version, config, inputs); None where it is nobody's."""
    if is_stage(folder):
        manifest = read_manifest(folder)
        return {"stage": manifest.stage, "version": manifest.version, "config": manifest.config,
                "inputs": [record.sha256 for record in manifest.inputs]}
    try:
        found = json.loads((folder / SCRATCH / PLAN).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    except (OSError, ValueError):
        return None


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What sets two runs apart, in words."""
    told = [f"{key}: {found.get(key)} there, {wanted[key]} now"
            for key in ("stage", "version") if found.get(key) != wanted[key]]
    there, now = dict(_options(found.get("config") or {})), dict(_options(wanted["config"]))
    told += [f"{key}: {there.get(key)!r} there, {now.get(key)!r} now"
             for key in dict.fromkeys([*there, *now]) if there.get(key) != now.get(key)]
    if found.get("inputs") != wanted["inputs"]:
        told.append("the inputs have other content")
    return told


def _options(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every single option by its dotted name; what lies in a list is named by its place, from 1."""
    named = value.items() if isinstance(value, dict) else enumerate(value, start=1) if isinstance(value, list) else ()
    for key, item in named:
        yield from _options(item, f"{name}.{key}" if name else str(key))
    if not isinstance(value, dict | list) or not value:
        yield name, value


def nothing_done(folder: Path) -> bool:
    """Whether there is nothing worth going on with: an empty folder, or what is left of a run that ended as it began."""
    bookkeeping = {PLAN, "seconds", "lock", "aside"}
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
