"""The exact folder that goes to the Hub, written before anything is sent."""

import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild.errors import OutputError
from instructwild.llm.model_files import ADAPTER_CONFIG
from instructwild.publish.model_card import ON_THE_HUB
from instructwild.read.files import HUB_ID
from instructwild.stage.manifest import FileRecord, Manifest

if TYPE_CHECKING:
    import polars as pl

SHARD = 200_000
LINEAGE, CARD = "lineage.json", "README.md"


def prepare(out: Path) -> None:
    """An empty folder, or one that an earlier publish wrote and that may go.

    Raises:
        OutputError: it holds somebody else's files, or cannot be written.
    """
    try:
        if out.exists() and any(out.iterdir() if out.is_dir() else [out]):
            if not (out / LINEAGE).is_file():
                raise OutputError("holds files that publish did not write", where=str(out), remedy="choose another --out")
            shutil.rmtree(out)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot be written ({error.strerror})", where=str(out), remedy="choose another --out") from None


def write_rows(out: Path, configs: Mapping[str, "pl.DataFrame"]) -> dict[str, str]:
    """Each config as Parquet shards; config -> the pattern of its files."""
    import datasets

    datasets.disable_progress_bars()
    patterns = {}
    for name, frame in configs.items():
        (out / name).mkdir()
        shards = max(1, math.ceil(frame.height / SHARD))
        for number in range(shards):
            part = frame.slice(number * SHARD, SHARD)
            datasets.Dataset.from_polars(part).to_parquet(out / name / f"train-{number:05d}-of-{shards:05d}.parquet")
        patterns[name] = f"{name}/train-*.parquet"
    datasets.enable_progress_bars()
    return patterns


def link_model(out: Path, model: Path) -> None:
    """The files of a model folder, linked where the disk allows it; adapters name their base without a local path."""
    for source in sorted(path for path in model.rglob("*") if path.is_file()):
        target = out / source.relative_to(model)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.name == ADAPTER_CONFIG:
            target.write_text(_public_adapter_config(source), encoding="utf-8")
            continue
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)


def _public_adapter_config(source: Path) -> str:
    """An adapter's config, its base named as the Hub calls it, or, where it is not there, by the name in `base.json`."""
    config = json.loads(source.read_text(encoding="utf-8"))
    name, beside = str(config.get("base_model_name_or_path") or ""), source.with_name("base.json")
    if not HUB_ID.fullmatch(name):
        noted = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
        name = noted.get("name") or Path(name).name
        config["base_model_name_or_path"] = ON_THE_HUB.get(name, name)
    return json.dumps(config, ensure_ascii=False, indent=2) + "\n"


def write_lineage(out: Path, manifests: Sequence[Manifest]) -> None:
    """The manifests behind the data in one file; inputs by name, without the paths of this machine."""
    records = []
    for manifest in manifests:
        inputs = [FileRecord(path=Path(record.path).name, sha256=record.sha256, rows=record.rows)
                  for record in manifest.inputs]
        records.append(json.loads(manifest.model_copy(update={"inputs": inputs}).to_json()))
    (out / LINEAGE).write_text(json.dumps(records, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_pictures(out: Path, drawn: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Pictures beside the card, given as path -> (what it shows, SVG); path -> what it shows."""
    for path, (_, svg) in drawn.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(svg, encoding="utf-8")
    return {path: caption for path, (caption, _) in drawn.items()}


def write_card(out: Path, text: str) -> None:
    """README.md; one that is linked to a model's own is replaced, not written through."""
    path = out / CARD
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
