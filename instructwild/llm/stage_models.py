"""The models that a stage asks: how its manifest knows those that another stage made, and how its rows tell them apart."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from instructwild.llm.name import ModelName, understand
from instructwild.stage.folder import MODEL, input_record, is_stage, sha256_of
from instructwild.stage.manifest import FileRecord


def model_inputs(names: Sequence[str]) -> list[FileRecord]:
    """The models among these that a stage made: inputs of whoever asks them, so that lineage leads through their answers.

    Raises:
        InputError: a stage folder without a model.
        GateError: the stage finished but its gate failed.
    """
    return [input_record(folder) for name in dict.fromkeys(names) if (folder := _made_by(name)) is not None]


def _made_by(name: str) -> Path | None:
    """The stage that made a model, which is named by the stage's folder, its `model/` or a folder in that."""
    path = Path(os.path.abspath(name))
    if understand(name).location != "local" or not path.is_dir():
        return None
    if is_stage(path):
        return path
    return next((folder.parent for folder in (path, *path.parents) if folder.name == MODEL and is_stage(folder.parent)),
                None)


def models_asked(texts: Sequence[str]) -> list[ModelName]:
    """The models, each under a label of its own: where different ones would have the same, a folder's is followed by the
    first digits of its hash, `sft@1a2b3c4d`, by which `trace` finds the stage that made it.

    What a stage's model answered is kept by the hash too: trained again in the same place, it is another model.

    Raises:
        ConfigError: see `understand`.
    """
    names = [understand(text) for text in texts]
    places = [_place(name) for name in names]
    models = []
    for name, location, text in zip(names, places, texts, strict=True):
        alike = any(name.label == other.label and location != elsewhere
                    for other, elsewhere in zip(names, places, strict=True))
        digest = sha256_of(location) if isinstance(location, Path) and (alike or _made_by(text) is not None) else ""
        models.append(replace(name, content=digest, alike=alike and bool(digest)))
    return models


def _place(name: ModelName) -> str | Path:
    """Where a model is: its folder, else its address and name."""
    folder = Path(name.name)
    if name.location != "local" or not folder.is_dir():
        return f"{name.location} {name.url} {name.name}"
    return (folder / MODEL if (folder / MODEL).is_dir() else folder).resolve()
