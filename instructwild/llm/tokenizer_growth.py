"""How much longer a tokenizer makes a text before it cuts it up: a model folder's tokenizer.json may say anything."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from instructwild.errors import ModelError
from instructwild.llm.model_files import read_json
from instructwild.text.quantity import quantity

MOST_GROWTH = 64.0
"""Characters of one; those of real models write three for one at most, as `▁` or `<0x0A>` for a character do."""
MOST_ADDED = 10_000
"""Characters, or tokens, that may be set before and behind a text."""


def check_tokenizer(folder: Path) -> None:
    """Whether the steps of tokenizer.json keep the length of a text within bounds; those that grow none are not looked at.

    Raises:
        ModelError: a step, or several of them one after another, would make a text endless.
    """
    path = folder / "tokenizer.json"
    if path.is_file():
        state = path.stat()
        _check_in_state(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _check_in_state(path: Path, size: int, mtime_ns: int) -> None:
    """Once a process while the file stays as it is: a vocabulary of 260,000 tokens takes a second to parse."""
    tokenizer = read_json(path)
    for part in ("normalizer", "decoder"):
        growth, added = _growth(tokenizer.get(part))
        if growth > MOST_GROWTH or added > MOST_ADDED:
            raise ModelError(f"has a {part} that makes a text {growth:,.0f} times as long and adds {added:,.0f} characters",
                             where=str(path), remedy="choose another tokenizer; no real one does that")
    if (tokens := _set_around(tokenizer.get("post_processor"))) > MOST_ADDED:
        raise ModelError(f"sets {quantity(tokens, 'token')} around every text", where=str(path),
                         remedy="choose another tokenizer; no real one does that")


def _growth(step: Any, depth: int = 20) -> tuple[float, float]:
    """(times, characters) by which a step, or a sequence of steps, can make a text longer."""
    growth, added = 1.0, 0.0
    if not isinstance(step, dict) or not depth:
        return growth, added
    for inner in [*_list(step.get("normalizers")), *_list(step.get("decoders"))]:
        more, first = _growth(inner, depth - 1)
        growth, added = min(growth * more, 1e18), min(added * more + first, 1e18)
    content = len(str(step.get("content") or ""))
    if step.get("type") == "Replace":
        pattern = step.get("pattern")
        literal = pattern.get("String") if isinstance(pattern, dict) else pattern
        growth *= max(1.0, content / max(1, len(literal)) if isinstance(literal, str) else content)
    return growth, added + len(str(step.get("prepend") or ""))


def _set_around(step: Any) -> int:
    """Tokens that a template of the post-processor adds."""
    if not isinstance(step, dict):
        return 0
    ids = {str(name): len(_list(token.get("ids"))) for name, token in (step.get("special_tokens") or {}).items()
           if isinstance(token, dict)} if isinstance(step.get("special_tokens"), dict) else {}
    pieces = [piece for template in ("single", "pair") for piece in _list(step.get(template)) if isinstance(piece, dict)]
    named = [str(piece["SpecialToken"].get("id")) for piece in pieces if isinstance(piece.get("SpecialToken"), dict)]
    return sum(ids.get(name, 1) for name in named) + sum(map(_set_around, _list(step.get("processors"))))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
