"""Answers that a row holds several of, each in any of the forms that data has, with what says how good it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from instructwild.read.cells import is_empty, parsed, text_of
from instructwild.read.turns import Turn, turn, turn_from
from instructwild.schema.ranking import Ranking

TEXT_KEYS = ("response", "text", "completion", "answer", "content", "output", "generation")
SCORE, SCORE_KEYS = "score", ("overall_score", "score", "rating", "reward", "fine-grained_score", "pm_score")
MODEL_KEYS = ("model", "model_name")


@dataclass(frozen=True)
class RankedAnswer:
    """One answer, with the thoughts before it, its calls of tools (JSON), and who wrote it, where the row says so.

    `turns` stand between the prompt and the answer, where whole conversations are compared.
    """

    text: str
    reasoning: str | None = None
    model: str | None = None
    calls: str | None = None
    turns: Sequence[Turn] = ()


@dataclass(frozen=True)
class Preference:
    """Answers to one prompt. `ranks[i]` belongs to `answers[i]`, 1 is best; empty where nobody ordered them.

    `whole` is false for one answer with a score or a mark: rows of the same prompt make one ranking, by `scores`.
    """

    turns: list[Turn]
    answers: list[RankedAnswer]
    ranks: tuple[int, ...]
    annotator: str
    scores: tuple[float, ...] = ()
    whole: bool = True
    language: str = ""
    rankings: tuple[Ranking, ...] = ()
    """Orders of single annotators, in place of `ranks`."""
    read: frozenset[str] = frozenset()
    """The columns that it was read from."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the messages of the prompt hold beside their text."""
    tools: list[Any] | None = None


def ranks_of(scores: Sequence[float]) -> tuple[int, ...]:
    """Ranks by score, the highest first; equal scores tie."""
    order = {score: rank for rank, score in enumerate(sorted({*scores}, reverse=True), start=1)}
    return tuple(order[score] for score in scores)


def beside_answer(item: Any) -> dict[str, Any]:
    """What an answer in a list holds beside its text, its model and its score: critiques, ratings of single aspects."""
    if not isinstance(item, Mapping):
        return {}
    read = {next((name for name in TEXT_KEYS if isinstance(item.get(name), str)), ""), "message", "role", "from", "value",
            next((name for name in SCORE_KEYS if item.get(name) is not None), ""), "rank", *MODEL_KEYS}
    return {key: value for key, value in item.items() if key not in read and not is_empty(value)}


def own_ranks(items: Sequence[Any]) -> list[float]:
    """The ranks that answers carry themselves (Nectar), 1 is best; none where one of them has none."""
    ranks = [item.get("rank") if isinstance(item, Mapping) else None for item in items]
    numbers = [float(rank) for rank in ranks if isinstance(rank, int | float) and not isinstance(rank, bool)]
    return numbers if len(numbers) == len(items) else []


def answer_after(turns: Sequence[Turn], shared: int, name: str) -> RankedAnswer:
    """The answer that ends the turns, and those before it that are not shared."""
    rest = turns[shared:]
    if not rest or rest[0]["role"] != "assistant" or rest[-1]["role"] != "assistant":
        raise ValueError(f"{name}: after the turns that are shared each side has to begin and to end with an answer of the "
                         f"assistant, found {', '.join(made['role'] for made in rest) or 'none'}; put what both sides begin "
                         "with into the prompt")
    *before, last = rest
    return RankedAnswer(last["content"], last.get("reasoning_content"), calls=last.get("tool_calls"), turns=before)


def answer_in(item: Any, key: str) -> RankedAnswer:
    """The answer in an item of a list: a text, a message, a choice of OpenAI's, or an object with a text of a known name."""
    if not isinstance(item, Mapping):
        text = text_of(item, key)
        if not text or not isinstance(item, str):
            raise ValueError("an answer is not text")
        made = turn("assistant", text)
        return RankedAnswer(made["content"], made.get("reasoning_content"))
    message = item.get("message", item)                                # OpenAI's choices
    if isinstance(message, Mapping) and ("role" in message or "from" in message):
        return replace(answer_after([turn_from(message, 0)], 0, key), model=_model_of(item))
    name = next((name for name in TEXT_KEYS if isinstance(item.get(name), str)), None)
    if name is None:
        raise ValueError(f"{key} holds an answer without text: found the keys {', '.join(map(str, list(item)[:8]))}")
    made = turn("assistant", item[name])
    return RankedAnswer(made["content"], made.get("reasoning_content"), _model_of(item))


def _model_of(item: Mapping[str, Any]) -> str | None:
    return next((item[key] for key in MODEL_KEYS if isinstance(item.get(key), str)), None)


def score_of(item: Mapping[str, Any]) -> float | None:
    """The score that an answer carries itself."""
    return next((float(item[key]) for key in SCORE_KEYS
                 if isinstance(item.get(key), int | float) and not isinstance(item[key], bool)), None)


def numbers_beside(row: Mapping[str, Any], names: Sequence[str], count: int) -> list[float]:
    """The numbers of a list that stands beside the answers, one for each; none where there is no such list."""
    for name in names:
        values = parsed(row.get(name))
        if isinstance(values, list) and len(values) == count and all(
                isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            return [float(value) for value in values]
    return []
