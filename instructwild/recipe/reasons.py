"""What a stage of a chain was made from, and which value of it changed: why it runs again."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from instructwild import __version__
from instructwild.recipe.step import Step

NO_RECORD = "what it was made from is not recorded"
Facts = dict[str, str]


def facts_of(step: Step) -> Facts:
    """All that a stage's result depends on, by name: command, options, files by content, stages by what they wrote."""
    facts = {"instructwild": __version__, "command": step.words[0]}
    for name, value in _options(step.words[1:]):
        text = _value(value, step)
        facts[name] = f"{facts[name]}, {text}" if name in facts else text
    for folder in step.reads:
        facts[f"stage {folder.name}"] = _written(folder)
    return facts


def changes(before: Mapping[str, str] | None, now: Facts) -> list[str]:
    """Each value that differs, as it was and as it is."""
    if not isinstance(before, Mapping):
        return [NO_RECORD]
    return [f"{name}: {before.get(name, 'not there')} → {now.get(name, 'not there')}"
            for name in dict.fromkeys([*now, *before]) if before.get(name) != now.get(name)]


def _options(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Options with their values, and arguments by their number."""
    at, arguments = 0, 0
    while at < len(words):
        word, following = words[at], words[at + 1] if at + 1 < len(words) else "--"
        if not word.startswith("--"):
            arguments += 1
            yield f"argument {arguments}", word
        elif "=" in word:
            name, _, value = word.partition("=")
            yield name, value
        elif following.startswith("--"):
            yield word, "on"
        else:
            at += 1
            yield word, following
        at += 1


def _value(word: str, step: Step) -> str:
    path = Path(word)
    if path.is_file():
        status = path.stat()
        return f"{path.name} (sha256 {_sha256(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)[:12]})"
    return f"@{path.name}" if path in step.reads else word


@lru_cache(maxsize=4096)
def _sha256(path: Path, size: int, changed: int, moved: int) -> str:
    """The hash of a file, computed once for each size and time of it."""
    from instructwild.stage.content import sha256_of

    return sha256_of(path)


def _written(folder: Path) -> str:
    """What a stage wrote, by content, pages for people aside."""
    from instructwild.stage import is_stage
    from instructwild.stage.manifest import read_manifest

    if not is_stage(folder):
        return "not finished"
    return ", ".join(f"{record.path} {record.sha256[:12]}" for record in read_manifest(folder).outputs
                     if not record.path.endswith(".html"))
