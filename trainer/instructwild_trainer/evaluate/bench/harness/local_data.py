"""Local files in place of the data sets that tasks of lm-evaluation-harness fetch from the Hub."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instructwild.errors import InputError
from instructwild_trainer.evaluate.bench.suites import rows_of

ENDINGS = (".jsonl", ".json", ".csv", ".parquet")
SPLITS = ("test_split", "validation_split", "training_split", "fewshot_split")


@dataclass
class LocalData:
    """The files of one task, by split."""

    files: dict[str, Path] = field(default_factory=dict)

    def has(self, split: str | None) -> bool:
        """Whether there is a file of a split."""
        return split in self.files

    def dataset(self) -> Callable[..., dict[str, Any]]:
        """A function that gives the splits as `datasets.Dataset`, as a task's `custom_dataset`."""
        def load(**_: Any) -> dict[str, Any]:
            from datasets import Dataset

            return {split: Dataset.from_list(_same_columns(list(_rows(file)))) for split, file in self.files.items()}

        return load


def local_data(folder: Path, task: str, config: Mapping[str, Any]) -> LocalData:
    """The files of a task under a folder.

    For the task `cmmlu_agronomy` of the subject `agronomy` and its split `test`: `cmmlu_agronomy_test.*`,
    `cmmlu_agronomy/test.*`, `cmmlu/test/agronomy.*`, `cmmlu/test/agronomy_test.*`, as JSON lines, JSON, CSV or Parquet.

    Args:
        folder: of the user's.
        task: its name.
        config: of the task, for its splits and its subject.
    """
    subject = str(config.get("dataset_name") or "")
    group = task.removesuffix(subject).rstrip("_-") or task
    result = LocalData()
    for split in dict.fromkeys(str(config[key]) for key in SPLITS if config.get(key)):
        stems = [f"{task}_{split}", f"{task}/{split}", *([f"{group}/{split}/{subject}", f"{group}/{split}/{subject}_{split}",
                                                          f"{group}/{subject}_{split}"] if subject else [])]
        file = next((path for stem in stems for ending in ENDINGS if (path := folder / f"{stem}{ending}").is_file()), None)
        if file is not None:
            result.files[split] = file
    return result


def expected_file(task: str, config: Mapping[str, Any]) -> str:
    """The first name under which `local_data` looks for the items of a task."""
    split = config.get("test_split") or config.get("validation_split") or config.get("training_split") or "test"
    return f"{task}_{split}.jsonl"


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix != ".parquet":
        yield from rows_of(file)
        return
    import polars as pl

    try:
        yield from pl.read_parquet(file).iter_rows(named=True)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"cannot be read ({str(error).splitlines()[0]})", where=str(file),
                         remedy="give Parquet, JSON lines, JSON or CSV in UTF-8") from None


def _same_columns(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the columns of all of them, and lists of objects as JSON: what a table can hold."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    mixed = {name for name in columns if len({type(row.get(name)) for row in rows if row.get(name) is not None}) > 1}
    return [{name: json.dumps(row.get(name), ensure_ascii=False) if name in mixed else row.get(name) for name in columns}
            for row in rows]
