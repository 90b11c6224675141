"""Tasks of lm-evaluation-harness by name, by file, and made of our own items."""

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import lm_eval
from jinja2 import TemplateError
from lm_eval.api import task as task_module
from lm_eval.tasks import TaskManager

from instructwild.errors import InputError
from instructwild.text.quantity import quantity
from instructwild_trainer.evaluate.bench.harness.local_data import SPLITS, expected_file, local_data
from instructwild_trainer.evaluate.bench.items import BenchItem, tasks_of
from instructwild_trainer.evaluate.bench.suites import rows_of

VERSION = lm_eval.__version__
SEED = 1234
KINDS = ("generate_until", "multiple_choice", "loglikelihood")
OWN_ID = "item"
REMEDY = "give --data FOLDER with {file} (JSON lines, JSON, CSV or Parquet), or run it where the Hub can be reached"


@dataclass
class HarnessTasks:
    """Tasks that were loaded, with their data.

    Args:
        tasks: by their own name.
        shown: the name in tables of each: a group's, where the group was named.
        files: that items were read from.
        notes: what differs from how a task is usually run.
        own: items of this toolkit's suites, by task and id.
        numbers: of each item its task and its number there.
    """

    tasks: dict[str, Any]
    shown: dict[str, str]
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    own: dict[str, dict[str, BenchItem]] = field(default_factory=dict)
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)


def tasks_by_name(names: Sequence[str], data: Path | None, fewshot: int | None) -> HarnessTasks:
    """Tasks and groups of lm-evaluation-harness, such as gsm8k, mmlu, ceval-valid, cmmlu, ifeval.

    Args:
        names: of tasks or groups.
        data: a folder with local files instead of the Hub's data sets; see `local_data`.
        fewshot: examples in the prompt; None for what each task says.

    Raises:
        InputError: there is no such task, its data cannot be had, or it has another layout.
    """
    manager = _manager(names)
    index = manager.task_index
    unknown = [name for name in names if name not in index]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no suite, no file, and no task of lm-evaluation-harness {VERSION}",
                         where="--suite", remedy="give quick, bilingual, a file, or names that `lm-eval ls tasks` lists, "
                                                 "separated by commas")
    loaded, specs = HarnessTasks({}, {}), []
    for name in names:
        for leaf in _leaves(name, index):
            spec, files = _spec(leaf, index[leaf].cfg or {}, data, fewshot, loaded.notes)
            specs.append(spec)
            loaded.shown[leaf] = name
            loaded.files += files
    if data is not None:
        specs = _with_files(specs, loaded, names, data, index)
    for spec in specs:
        own = local_data(data, spec["task"], index[spec["task"]].cfg or {}).files.values() if data is not None else ()
        loaded.tasks |= _load(manager, {"group": "instructwild", "task": [spec]}, spec["task"], next(iter(own), None))
    return _checked(loaded)


def tasks_of_file(path: Path, fewshot: int | None) -> HarnessTasks:
    """The task that a YAML file of lm-evaluation-harness describes; paths in it are read from its own folder.

    Raises:
        InputError: it is no such file, or its data cannot be had.
    """
    with contextlib.chdir(path.parent):
        described = _load(TaskManager(include_defaults=False), path.name, str(path))
    for task in described.values():
        if fewshot is not None:
            task.set_config(key="num_fewshot", value=fewshot)
    return _checked(HarnessTasks(described, {name: name for name in described}, files=[path]))


def tasks_of_items(items: Sequence[BenchItem]) -> HarnessTasks:
    """Our own suites as tasks of lm-evaluation-harness, scored by our own verifiers."""
    loaded = HarnessTasks({}, {})
    for name in tasks_of(items):
        own = {item.id: item for item in items if item.task == name}
        loaded.own[name] = own
        loaded.shown[name] = name
        rows = [{OWN_ID: item.id, "prompt": item.prompt} for item in own.values()]

        def dataset(rows: list[dict[str, str]] = rows, **_: Any) -> dict[str, Any]:
            from datasets import Dataset

            return {"test": Dataset.from_list(rows)}

        def score(doc: Mapping[str, str], responses: Sequence[str], own: Mapping[str, BenchItem] = own) -> dict[str, float]:
            return {"acc": own[doc[OWN_ID]].score(responses[0])}

        config = {"task": name, "dataset_path": "", "custom_dataset": dataset, "test_split": "test",
                  "output_type": "generate_until", "doc_to_text": "prompt", "doc_to_target": "", "num_fewshot": 0,
                  "process_results": score,
                  "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
                  "generation_kwargs": {"until": [], "do_sample": False,
                                        "max_gen_toks": max(item.max_tokens for item in own.values())}}
        loaded.tasks |= _load(TaskManager(include_defaults=False), config, name)
    return _checked(loaded)


def joined(parts: Sequence[HarnessTasks]) -> HarnessTasks:
    """Several sets of tasks as one."""
    whole = HarnessTasks({}, {})
    for part in parts:
        whole.tasks |= part.tasks
        whole.shown |= part.shown
        whole.own |= part.own
        whole.files += part.files
        whole.notes += part.notes
    return whole


def _manager(names: Sequence[str]) -> TaskManager:
    """An index of the tasks; of their own folders only where these hold all names, since 14,000 files take a while."""
    root = Path(lm_eval.__file__).parent / "tasks"
    folders = [next((folder for stem in (name, name.split("_")[0], name.split("-")[0]) if (folder := root / stem).is_dir()),
                    None) for name in names]
    if all(folders):
        near = TaskManager(include_defaults=False, include_path=[str(folder) for folder in dict.fromkeys(folders)])
        if all(name in near.task_index for name in names):
            return near
    return TaskManager()


def _leaves(name: str, index: Mapping[str, Any]) -> Iterator[str]:
    """The tasks of a group, those of groups in it included."""
    entry = index[name]
    if entry.kind.name == "TAG":
        yield from (each for each, other in index.items() if name in other.tags and other.kind.name != "TAG")
        return
    members = (entry.cfg or {}).get("task")
    if entry.kind.name != "GROUP" or not isinstance(members, list):
        yield name
        return
    for member in members:
        child = member if isinstance(member, str) else member.get("task") or member.get("group")
        if isinstance(child, str) and child in index:
            yield from _leaves(child, index)
        else:
            raise InputError(f"the group {name!r} holds tasks that stand in no file of their own", where="--suite",
                             remedy="name its tasks, separated by commas")


def _spec(name: str, config: Mapping[str, Any], data: Path | None, fewshot: int | None, notes: list[str],
          ) -> tuple[dict[str, Any], list[Path]]:
    """What to load a task by: its name, with local files and the number of examples where these are chosen."""
    spec: dict[str, Any] = {"task": name}
    local = local_data(data, name, config) if data is not None else None
    scored = config.get("test_split") or config.get("validation_split")
    if local is not None and local.has(scored):
        spec |= {"custom_dataset": local.dataset(), "dataset_kwargs": None,
                 **{key: None for key in SPLITS if config.get(key) and not local.has(config[key])}}
    count = config.get("num_fewshot") if fewshot is None else fewshot
    examples = config.get("fewshot_split") or config.get("training_split") or config.get("validation_split")
    if "custom_dataset" in spec and count and local is not None and not local.has(examples):
        if fewshot:
            raise InputError(f"holds no file of examples for {name}", where=str(data),
                             remedy=f"put {name}_{examples}.jsonl there, or give --fewshot 0")
        notes.append(f"{name}: 0 examples in the prompt instead of {count}, since the folder holds no {examples} split")
        count = 0
    if count is not None:
        spec["num_fewshot"] = count
    return spec, list(local.files.values()) if local is not None else []


def _with_files(specs: Sequence[dict[str, Any]], loaded: HarnessTasks, names: Sequence[str], data: Path,
                index: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tasks that the folder has files for; of a group some may be absent, of a name not all."""
    kept = [spec for spec in specs if "custom_dataset" in spec]
    for name in names:
        leaves = [spec["task"] for spec in specs if loaded.shown[spec["task"]] == name]
        absent = [leaf for leaf in leaves if not any(spec["task"] == leaf for spec in kept)]
        if len(absent) == len(leaves):
            raise InputError(f"holds no file of the task {name}", where=str(data),
                             remedy=f"put {expected_file(absent[0], index[absent[0]].cfg or {})} there, or leave --data out "
                                    "where the Hub can be reached")
        if absent:
            loaded.notes.append(f"{name}: of its {quantity(len(leaves), 'task')} {quantity(len(absent), 'is', 'are')} "
                                "left out, since the folder holds no file of them")
        for leaf in absent:
            del loaded.shown[leaf]
    return kept


def _load(manager: TaskManager, spec: Any, where: str, file: Path | None = None) -> dict[str, Any]:
    """Tasks with their data; `file` is a local one that a message may be about."""
    try:
        with silent():
            return dict(manager.load([spec])["tasks"])
    except (InputError, KeyboardInterrupt):
        raise
    except ModuleNotFoundError as error:
        raise InputError(f"the task needs the package {error.name!r}, which is not installed", where=where,
                         remedy=f"pip install {error.name}") from None
    except (ConnectionError, OSError) as error:
        raise InputError(f"its data cannot be loaded ({first_line(error)})", where=where,
                         remedy=REMEDY.format(file="TASK_SPLIT.jsonl")) from None
    except (TemplateError, KeyError) as error:
        columns = ", ".join(map(str, next(rows_of(file), {}))) if file is not None and file.suffix != ".parquet" else ""
        raise InputError(f"the task {where} cannot read its rows ({first_line(error)})" +
                         (f": they have the columns {columns}" if columns else ""), where=str(file or where),
                         remedy="give files with the columns of the task's own data set") from None
    except Exception as error:  # task files are programs: whatever they raise is about the file
        raise InputError(f"cannot be loaded as a task of lm-evaluation-harness ({type(error).__name__}: "
                         f"{first_line(error)})", where=where,
                         remedy="give a task file with `task`, `dataset_path`, `output_type`, `doc_to_text`; "
                                "see its task guide") from None


def _checked(loaded: HarnessTasks) -> HarnessTasks:
    """Tasks that can be measured here.

    Raises:
        InputError: one measures perplexity, or runs what a model writes.
    """
    if not loaded.tasks:
        raise InputError("names no task", where="--suite", remedy="give the name of a task, such as gsm8k")
    for name, task in loaded.tasks.items():
        if task.OUTPUT_TYPE not in KINDS:
            raise InputError(f"the task {name} is measured by {task.OUTPUT_TYPE}, which gives no score by item",
                             where="--suite", remedy="use `evaluate perplexity` for how likely texts are")
        if getattr(task, "UNSAFE_CODE", False):
            raise InputError(f"the task {name} runs the code that a model writes", where="--suite",
                             remedy="run it by lm-evaluation-harness itself, in a container, against `instructwild serve`")
        if task.get_config("num_fewshot") is None:
            task.set_config(key="num_fewshot", value=0)
    return loaded


def questions_of(name: str, task: Any) -> list[str]:
    """What each item of a task asks, without instructions and examples, as far as its columns say.

    Raises:
        InputError: the rows do not have the columns that the task reads.
    """
    try:
        return [next((text for column in QUESTIONS if isinstance(text := doc.get(column), str) and text.strip()), None)
                or str(task.doc_to_text(doc)) for doc in task.eval_docs]
    except (KeyError, TypeError, ValueError, AttributeError, TemplateError) as error:
        raise other_columns(name, task, error) from None


QUESTIONS = ("question", "Question", "prompt", "problem", "query", "input", "instruction", "ctx", "goal", "sentence", "text")


def other_columns(name: str, task: Any, error: Exception) -> InputError:
    """The error for rows that a task cannot read."""
    columns = ", ".join(map(str, next(iter(task.eval_docs), {})))
    return InputError(f"the rows of the task {name} have the columns {columns}, which it cannot read "
                      f"({type(error).__name__}: {first_line(error)})", where="--suite",
                      remedy="give files with the columns of the task's own data set")


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Without lm-evaluation-harness's own log and bars: what matters of it is told by us."""
    loggers = [logging.getLogger(name) for name in ("lm_eval", "datasets")]
    levels = [logger.level for logger in loggers]
    bar = task_module.tqdm
    task_module.tqdm = partial(bar, disable=True)
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        task_module.tqdm = bar
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
