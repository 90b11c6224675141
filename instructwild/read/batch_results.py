"""Answers of batches in files of their own, put beside their requests by the id that both bear.

Providers send back what they answered without what was asked: OpenAI's and Anthropic's lines bear the `custom_id` of their
request, Gemini's its `key`. Where a command reads both files, a request is read with its answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from instructwild.errors import InstructwildError
from instructwild.read.api_rows import REQUESTS, RESULTS
from instructwild.read.line import Line

NAMES = ("custom_id", "key")
LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".jsonl.zst", ".ndjson.gz", ".ndjson.zst")
"""How files of answers end: providers write JSON lines."""


def is_result(value: Any) -> bool:
    """Whether a line holds what came back for a request, and not the request."""
    return (isinstance(value, Mapping) and _name(value) is not None and not any(key in value for key in REQUESTS)
            and any(isinstance(value.get(key), Mapping) for key in (*RESULTS, "error")))


def _name(value: Mapping[str, Any]) -> str | None:
    return next((value[name] for name in NAMES if isinstance(value.get(name), str)), None)


class BatchResults:
    """The answers in those of some files that hold answers alone.

    Args:
        files: all that is read together.
        lines_of: reads one of them.
    """

    def __init__(self, files: Sequence[str | Path], lines_of: Any) -> None:
        self._results: dict[str, Mapping[str, Any]] = {}
        self._used: set[str] = set()
        self._files = [file for file in files if len(files) > 1 and str(file).lower().endswith(LINES)
                       and _holds_results(file, lines_of)]
        for file in self._files if len(self._files) < len(files) else ():
            for line in lines_of(file):
                if is_result(line.value):
                    self._results.setdefault(str(_name(line.value)), line.value)

    def last(self, files: Iterable[str | Path]) -> list[str | Path]:
        """The files in their order, those of answers at the end: by then it is known which of them had a request."""
        return sorted(files, key=lambda file: file in self._files)

    def joined(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines, requests with their answers; a line of an answer whose request was read is left out."""
        if not self._results:
            yield from lines
            return
        for line in lines:
            value = line.value
            name = _name(value) if isinstance(value, Mapping) else None
            if name is None or name not in self._results:
                yield line
            elif not is_result(value):
                self._used.add(name)
                yield Line(line.number, {**self._results[name], **value}, line.problem)
            elif name not in self._used:
                yield line


def _holds_results(file: str | Path, lines_of: Any) -> bool:
    try:
        return any(is_result(line.value) for line in islice(lines_of(file), 1))
    except InstructwildError:
        return False                                    # reading it says what is wrong
