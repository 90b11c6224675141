"""Suites: `quick` and `bilingual`, and files of a user's own, all from local files."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import InputError, InstructwildError, install_command
from instructwild_trainer.evaluate.bench.items import LETTERS, BenchItem
from instructwild_trainer.verifiers.check import VERIFIERS, Check
from instructwild_trainer.verifiers.reward import checks_of

if TYPE_CHECKING:
    from instructwild_trainer.evaluate.bench.harness.tasks import HarnessTasks

GSM8K, IFBENCH, CMMLU = "gsm8k_test.jsonl", "IFBench_test.jsonl", "cmmlu"
SUITES = ("quick", "bilingual")
GSM8K_TASK, IFBENCH_TASK = "gsm8k", "ifbench"
TASK_FILES = (".yaml", ".yml")
ITEM_FILES = (".json", ".jsonl", ".csv")
TASK_NAMES = re.compile(r"[A-Za-z0-9_.+-]+(\s*,\s*[A-Za-z0-9_.+-]+)*")
"""What may be names of tasks of lm-evaluation-harness."""
TOPICS = {"en": ("a walk in the rain", "how bread is made", "the moon", "a lost key"),
          "zh": ("雨中散步", "面包是怎样做成的", "月亮", "一把丢失的钥匙")}
ASKED_FOR = {"en": "Write a short text about {topic}. {instruction}", "zh": "写一段关于{topic}的短文。{instruction}"}
OTHER_LANGUAGE_ONLY = {"lower_case": "en", "upper_case": "en", "word_a_line": "en", "no_alliteration": "en"}
"""Kinds that mean little in the other language."""
NUMBER_PROMPT = "{question}\n\nThink step by step, then write the answer as a number after ####."
CHOICE_PROMPT = "{question}\n{options}\n\n只回答正确选项的字母。"
LAYOUTS = ("question and answer with #### NUMBER (GSM8K); prompt, instruction_id_list and kwargs (IFBench); Question, A, B, "
           "C, D, Answer in CSV (CMMLU); or prompt and checks, as [{\"kind\": \"no_commas\"}]")


@dataclass
class Suite:
    """Items, and how many of a task's were left out because nothing here can check them."""

    name: str
    items: list[BenchItem]
    left_out: dict[str, int] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    harness: "HarnessTasks | None" = None
    """Its tasks, where lm-evaluation-harness measures them."""


def load_suite(name: str, data: Path | None, *, harness: bool = False, fewshot: int | None = None) -> Suite:
    """A suite by name, or from a file.

    Args:
        name: `quick`, `bilingual`, a file with items, a task file of lm-evaluation-harness (.yaml), or names of its tasks,
            separated by commas.
        data: the folder with the files of `quick`, or of tasks of lm-evaluation-harness.
        harness: whether `quick`, `bilingual` and files with items are measured by lm-evaluation-harness too: GSM8K and CMMLU
            of `quick` as it asks them.
        fewshot: examples in the prompts of its tasks; None for what each says.

    Raises:
        InputError: there is no such suite, a file of it is missing, or has other columns.
        MissingExtraError: it needs lm-evaluation-harness, which is not installed.
    """
    path = Path(name)
    own = name in SUITES or (path.exists() and path.suffix not in TASK_FILES)
    if own and not harness:
        if fewshot:
            raise InputError("is for tasks of lm-evaluation-harness", where="--fewshot", remedy="give --harness too")
        return _own_suite(name, data)
    if not own and not path.exists() and not find_spec("lm_eval"):
        if TASK_NAMES.fullmatch(name) is None or path.suffix in ITEM_FILES:
            raise _no_suite(name)
        raise InputError(f"{name!r} is no suite and no file, and the names of lm-evaluation-harness are known only where it "
                         "is installed", where="--suite",
                         remedy=f"give {' or '.join(SUITES)}, a file, or: {install_command('bench')}")
    return _by_harness(name, data, own, fewshot)


def _by_harness(name: str, data: Path | None, own: bool, fewshot: int | None) -> Suite:
    """A suite that lm-evaluation-harness measures."""
    from instructwild_trainer.evaluate.bench.harness import tasks as harness_tasks
    from instructwild_trainer.evaluate.bench.harness.measure import items_of

    if own:
        plain = _own_suite(name, data)
        parts, items = [], plain.items
        if name == "quick":
            parts = [harness_tasks.tasks_by_name((GSM8K_TASK, CMMLU), data, fewshot)]
            items = [item for item in items if item.task == IFBENCH_TASK]
        loaded = harness_tasks.joined([*parts, *([harness_tasks.tasks_of_items(items)] if items else [])])
        return Suite(plain.name, items_of(loaded), plain.left_out, plain.files, loaded)
    path = Path(name)
    loaded = harness_tasks.tasks_of_file(path, fewshot) if path.exists() else \
        harness_tasks.tasks_by_name([part.strip() for part in name.split(",") if part.strip()], data, fewshot)
    return Suite(path.stem if path.exists() else name, items_of(loaded), files=loaded.files, harness=loaded)


def _own_suite(name: str, data: Path | None) -> Suite:
    if name == "bilingual":
        return Suite(name, own_instructions())
    if name == "quick":
        return _quick(data)
    path = Path(name)
    if not path.exists():
        raise _no_suite(name)
    return _joined(path.stem, [path])


def _no_suite(name: str) -> InputError:
    return InputError(f"{name!r} is no suite and no file", where="--suite",
                      remedy=f"give {' or '.join(SUITES)}, or a file with {LAYOUTS}")


def _quick(data: Path | None) -> Suite:
    if data is None:
        raise InputError("needs its files", where="--suite quick",
                         remedy=f"give the folder that holds {GSM8K}, {IFBENCH} and {CMMLU}/test with --data")
    paths = [data / GSM8K, data / IFBENCH, data / CMMLU / "test"]
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise InputError("does not exist", where=str(missing),
                         remedy="put it there: GSM8K and IFBench are JSON lines, CMMLU a folder of CSV files (its licence, "
                                "CC BY-NC-SA, forbids shipping it); or give --suite bilingual, which needs no file")
    return _joined("quick", paths)


def _joined(name: str, paths: Sequence[Path]) -> Suite:
    suite = Suite(name, [])
    for path in paths:
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not files:
            raise InputError("holds no CSV file", where=str(path), remedy="give the folder with the subjects' CSV files")
        task = _task_name(path)
        for file in files:
            items, left_out = _read(file, task)
            suite.items += items
            suite.files.append(file)
            if left_out:
                suite.left_out[task] = suite.left_out.get(task, 0) + left_out
    if not suite.items:
        raise InputError("holds no item that can be checked here", where=", ".join(map(str, paths)),
                         remedy=f"give a file with {LAYOUTS}")
    return suite


def _task_name(path: Path) -> str:
    return CMMLU if path.is_dir() and path.parent.name == CMMLU else path.stem.removesuffix("_test").lower()


def _read(file: Path, task: str) -> tuple[list[BenchItem], int]:
    """The items of one file, and how many rows nothing here can check."""
    rows = list(rows_of(file))
    layout = next((make for columns, make in _LAYOUTS if rows and columns <= set(rows[0])), None)
    if layout is None:
        columns = ", ".join(map(str, rows[0])) if rows else "nothing"
        raise InputError(f"has the columns {columns}: no layout that is known", where=str(file),
                         remedy=f"give {LAYOUTS}")
    items, left_out = [], 0
    for number, row in enumerate(rows):
        try:
            item = layout(f"{file.stem}-{number}", task, row)
        except InstructwildError as error:
            raise InputError(f"row {number + 1}: {error.what}", where=str(file), remedy=error.remedy) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"row {number + 1} cannot be read ({type(error).__name__}: {error})", where=str(file),
                             remedy=f"give {LAYOUTS}") from None
        if item is None:
            left_out += 1
        else:
            items.append(item)
    return items, left_out


def rows_of(file: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON lines, JSON or CSV file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        if file.suffix == ".csv":
            with file.open(encoding="utf-8-sig", newline="") as opened:
                yield from csv.DictReader(opened)
            return
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json":
            yield from json.loads(text)
            return
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(file),
                         remedy="give JSON lines, JSON or CSV in UTF-8") from None


def _gsm8k(id_: str, task: str, row: Mapping[str, Any]) -> BenchItem | None:
    question, _, expected = row["question"], *row["answer"].rpartition("####")[1:]
    if not expected.strip():
        return None
    return BenchItem(id_, task, _language(question), question, NUMBER_PROMPT.format(question=question), 400,
                     expected.strip())


def _cmmlu(id_: str, task: str, row: Mapping[str, Any]) -> BenchItem | None:
    expected = row["Answer"].strip().upper()
    if expected not in LETTERS or not expected:
        return None
    options = "\n".join(f"{letter}. {row[letter]}" for letter in LETTERS)
    return BenchItem(id_, task, "zh", row["Question"], CHOICE_PROMPT.format(question=row["Question"], options=options), 16,
                     expected)


def _own(id_: str, task: str, row: Mapping[str, Any]) -> BenchItem | None:
    checks = tuple(checks_of(row["checks"]))
    prompt = row["prompt"]
    return BenchItem(id_, task, _language(prompt), prompt, prompt, 400, checks=checks) if checks else None


def _ifbench(id_: str, task: str, row: Mapping[str, Any]) -> BenchItem | None:
    checks: list[Check] = []
    for name, arguments in zip(row["instruction_id_list"], row["kwargs"], strict=True):
        if name not in IFBENCH_KINDS:
            return None
        checks += IFBENCH_KINDS[name](arguments)
    return BenchItem(id_, task, _language(row["prompt"]), row["prompt"], row["prompt"], 600, checks=tuple(checks))


def _language(text: str) -> str:
    return "zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en"


def _check(kind: str, **arguments: Any) -> list[Check]:
    return [Check(kind, arguments)]


IFBENCH_KINDS: dict[str, Callable[[Mapping[str, Any]], list[Check]]] = {
    "count:keywords_multiple": lambda a: [Check("word_exactly", {"word": a[f"keyword{i}"], "count": count})
                                          for i, count in enumerate((1, 2, 3, 5, 7), 1)],
    "count:numbers": lambda a: _check("numbers", count=int(a["N"])),
    "count:unique_word_count": lambda a: _check("different_words", count=int(a["N"])),
    "count:word_count_range": lambda a: _check("words_between", least=int(a["min_words"]), most=int(a["max_words"])),
    "format:options": lambda a: _check("one_of", options=_options(a["options"])),
    "format:newline": lambda a: _check("word_a_line"),
    "format:no_whitespace": lambda a: _check("no_whitespace"),
    "format:line_indent": lambda a: _check("stairs"),
    "format:emoji": lambda a: _check("emoji_ends"),
    "format:parentheses": lambda a: _check("nested_brackets", depth=5),
    "sentence:keyword": lambda a: _check("word_in_sentence", word=a["word"], number=int(a["N"])),
    "sentence:increment": lambda a: _check("growing_sentences", count=int(a["small_n"])),
    "words:last_first": lambda a: _check("chained"),
    "words:no_consecutive": lambda a: _check("no_alliteration"),
}
"""IFBench's instructions that a kind of ours checks; rows with others are left out and counted."""
_LAYOUTS: tuple[tuple[set[str], Callable[[str, str, Mapping[str, Any]], BenchItem | None]], ...] = (
    ({"question", "answer"}, _gsm8k), ({"prompt", "instruction_id_list", "kwargs"}, _ifbench),
    ({"Question", "A", "B", "C", "D", "Answer"}, _cmmlu), ({"prompt", "checks"}, _own))


def _options(text: str) -> list[str]:
    separator = next((mark for mark in ("/", ",", " or ") if mark in text), ",")
    return [part.strip() for part in text.split(separator) if part.strip()]


def own_instructions() -> list[BenchItem]:
    """Checkable instructions of our own in both languages: each kind about each topic."""
    items = []
    for kind, verifier in VERIFIERS.items():
        for language, topics in TOPICS.items():
            if OTHER_LANGUAGE_ONLY.get(kind, language) != language:
                continue
            arguments = _example(kind, language, verifier.example)
            instruction = verifier.instruction(language, arguments)
            for number, topic in enumerate(topics):
                prompt = ASKED_FOR[language].format(topic=topic, instruction=instruction)
                items.append(BenchItem(f"{kind}-{language}-{number}", f"instructions-{language}", language, prompt, prompt,
                                       256, checks=(Check(kind, arguments),)))
    return items


CHINESE = {"words": ["河", "桥"], "word": "茶", "char": "的", "options": ["是", "否"], "language": "zh", "start": "好的",
           "end": "完。", "request": "为什么？", "marker": "附言"}
ENGLISH = {"words": ["river", "bridge"]}


def _example(kind: str, language: str, example: Mapping[str, Any]) -> dict[str, Any]:
    own = CHINESE if language == "zh" else ENGLISH
    return {name: own.get(name, value) for name, value in example.items()}
