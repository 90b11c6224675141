"""Preferences in a row: a pair, answers in an order or with scores, several answers without any, one answer with a mark.

The prompt is read as any other row's is (`read.layouts`); a row of a cleaned stage, whose prompt stands in `messages` and
whose answers stand in `extra`, is read as the row that it came from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instructwild.read.cells import is_empty, parsed, text_of
from instructwild.read.exports import skipped
from instructwild.read.layouts import conversation_of
from instructwild.read.marks import KTO, is_good
from instructwild.read.names import ANSWER_KEYS
from instructwild.read.pairs import PAIR, shared_turns, side_turns
from instructwild.read.turns import Turn, turn, turn_from

OPENAI_PAIR = ("preferred_output", "non_preferred_output")
SEVERAL = ("completions", "responses", "answers", "generations", "outputs")
"""Columns of several answers, in no order but that of their scores."""
TEXT_KEYS = ("response", "text", "completion", "answer", "content", "output", "generation")
SCORE, SCORE_KEYS = "score", ("overall_score", "score", "rating", "reward", "fine-grained_score")
SCORE_LISTS, RANK_LISTS = ("scores", "ratings", "rewards"), ("ranks", "rank")


@dataclass(frozen=True)
class RankedAnswer:
    """One answer, with the thoughts before it and who wrote it, where the row says so."""

    text: str
    reasoning: str | None = None
    model: str | None = None


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


def preferences_of(row: Mapping[str, Any]) -> list[Preference]:
    """The preferences that a row holds; none where it is a plain instruction.

    Raises:
        ValueError: it holds preferences that cannot be read; the message says why.
        LeftOut: it holds media.
    """
    tree = parsed(row.get("prompt"))
    if isinstance(tree, Mapping) and "replies" in tree:
        return list(_ranked_replies(tree))
    for reader in (_pair, _openai_pair, _several, _listed, _scored, _marked):
        if (preference := reader(row)) is not None:
            return [preference]
    return []


def ranks_of(scores: Sequence[float]) -> tuple[int, ...]:
    """Ranks by score, the highest first; equal scores tie."""
    order = {score: rank for rank, score in enumerate(sorted({*scores}, reverse=True), start=1)}
    return tuple(order[score] for score in scores)


def _pair(row: Mapping[str, Any]) -> Preference | None:
    if any(is_empty(row.get(name)) for name in PAIR):
        return None
    rejected = parsed(row["rejected"])
    several = isinstance(rejected, list) and len(rejected) > 1 and all(isinstance(text, str) for text in rejected)
    sides = [side_turns(value, name) for name, value in
             (("chosen", row["chosen"]), *(("rejected", value) for value in (rejected if several else [rejected])))]
    shared = min(shared_turns(sides[0], side) for side in sides[1:])
    turns = _prompt_beside(row, PAIR, sides[0][:shared])
    answers = [_after(side, shared, "chosen and rejected") for side in sides]
    return Preference(turns, answers, (1, *[2] * (len(sides) - 1)), "person:pair")


def _openai_pair(row: Mapping[str, Any]) -> Preference | None:
    """OpenAI's preference files: `input` holds the messages."""
    if any(is_empty(row.get(name)) for name in OPENAI_PAIR):
        return None
    answers = [_after(side_turns(row[name], name), 0, name) for name in OPENAI_PAIR]
    return Preference(_prompt_beside(row, OPENAI_PAIR, []), answers, (1, 2), "person:pair")


def _several(row: Mapping[str, Any]) -> Preference | None:
    key = next((key for key in SEVERAL if isinstance(parsed(row.get(key)), list) and parsed(row[key])), None)
    if key is None:
        return None
    items = parsed(row[key])
    answers = [_answer(item, key) for item in items]
    scores = [_score(item) for item in items] if all(isinstance(item, Mapping) for item in items) else \
        _numbers(row, SCORE_LISTS, len(items))
    ranks = _numbers(row, RANK_LISTS, len(items))
    turns = _prompt_beside(row, (key,), [])
    if scores and all(score is not None for score in scores):
        numbers = tuple(score for score in scores if score is not None)
        return Preference(turns, answers, ranks_of(numbers), "person:scored", numbers)
    if ranks:
        return Preference(turns, answers, tuple(int(rank) for rank in ranks), "person:listed")
    return Preference(turns, answers, (), "")


def _listed(row: Mapping[str, Any]) -> Preference | None:
    """A list where one answer is usual: from best to worst, or by the scores or ranks beside it."""
    key = next((key for key in ANSWER_KEYS if isinstance(parsed(row.get(key)), list)), None)
    items = parsed(row[key]) if key else []
    if key is None or not items or (len(items) == 1 and SCORE in row) or all(
            isinstance(item, Mapping) and ("role" in item or "from" in item) for item in items):
        return None
    answers = [_answer(item, key) for item in items]
    turns = _prompt_beside(row, (key,), [])
    if scores := _numbers(row, SCORE_LISTS, len(items)):
        return Preference(turns, answers, ranks_of(scores), "person:scored", tuple(scores))
    ranks = _numbers(row, RANK_LISTS, len(items)) or range(1, len(items) + 1)
    return Preference(turns, answers, tuple(int(rank) for rank in ranks), "person:listed")


def _scored(row: Mapping[str, Any]) -> Preference | None:
    if SCORE not in row:
        return None
    if is_empty(row[SCORE]):
        raise ValueError("the score is null: the answer was never judged")
    turns, answer = _answered(row, "a score")
    try:
        score = float(row[SCORE])
    except (TypeError, ValueError):
        raise ValueError(f"the score is no number: {row[SCORE]!r}") from None
    return Preference(turns, [answer], (), "person:scored", (score,), whole=False)


def _marked(row: Mapping[str, Any]) -> Preference | None:
    """KTO's rows: one answer that is good or bad."""
    good = next((good for name in KTO if (good := is_good(row.get(name))) is not None), None)
    if good is None:
        return None
    turns, answer = _answered(row, "a mark of good or bad")
    return Preference(turns, [answer], (), "person:label", (float(good),), whole=False)


def _prompt_beside(row: Mapping[str, Any], answers: Sequence[str], shared: list[Turn]) -> list[Turn]:
    """The prompt that stands in other columns than the answers, or that the sides of a pair share, whichever is longer."""
    rest = {key: value for key, value in row.items() if key not in answers}
    if isinstance(rest.get("context"), list) and "prompt" not in rest and "messages" not in rest:
        rest["messages"] = rest.pop("context")                                        # ColossalChat
    try:
        turns = conversation_of(rest, plain_text=False).turns
    except ValueError:
        if not shared:
            raise
        return shared
    while turns and turns[-1]["role"] not in ("user", "tool"):
        turns = turns[:-1]
    if not turns and not shared:
        raise ValueError("the answers have no prompt")
    return shared if len(shared) > len(turns) else turns


def _answered(row: Mapping[str, Any], what: str) -> tuple[list[Turn], RankedAnswer]:
    turns = conversation_of(row, plain_text=False).turns
    last = max((number for number, made in enumerate(turns) if made["role"] in ("user", "tool")), default=-1)
    if last < 0 or last == len(turns) - 1:
        raise ValueError(f"{what} without an answer")
    return turns[:last + 1], _after(turns, last + 1, "the row")


def _after(turns: Sequence[Turn], shared: int, name: str) -> RankedAnswer:
    """The one answer after the turns that are shared."""
    rest = turns[shared:]
    if len(rest) != 1 or rest[0]["role"] != "assistant":
        raise ValueError(f"{name}: one answer is wanted after the turns that are shared, found "
                         f"{', '.join(made['role'] for made in rest) or 'none'}")
    if rest[0].get("tool_calls"):
        raise ValueError(f"{name}: an answer that calls tools cannot be ranked")
    return RankedAnswer(rest[0]["content"], rest[0].get("reasoning_content"))


def _answer(item: Any, key: str) -> RankedAnswer:
    if not isinstance(item, Mapping):
        text = text_of(item, key)
        if not text or not isinstance(item, str):
            raise ValueError("an answer is not text")
        made = turn("assistant", text)
        return RankedAnswer(made["content"], made.get("reasoning_content"))
    if "role" in item or "from" in item:
        return _after([turn_from(item, 0)], 0, key)
    name = next((name for name in TEXT_KEYS if isinstance(item.get(name), str)), None)
    if name is None:
        raise ValueError(f"{key} holds an answer without text: found the keys {', '.join(map(str, list(item)[:8]))}")
    model = next((item[key] for key in ("model", "model_name") if isinstance(item.get(key), str)), None)
    made = turn("assistant", item[name])
    return RankedAnswer(made["content"], made.get("reasoning_content"), model)


def _score(item: Mapping[str, Any]) -> float | None:
    return next((float(item[key]) for key in SCORE_KEYS
                 if isinstance(item.get(key), int | float) and not isinstance(item[key], bool)), None)


def _numbers(row: Mapping[str, Any], names: Sequence[str], count: int) -> list[float]:
    """The numbers of a list that stands beside the answers, one for each; none where there is no such list."""
    for name in names:
        values = parsed(row.get(name))
        if isinstance(values, list) and len(values) == count and all(
                isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            return [float(value) for value in values]
    return []


def _ranked_replies(root: Mapping[str, Any]) -> Iterator[Preference]:
    """Open Assistant's trees: one preference for each message of a person whose answers were ranked."""
    waiting: list[tuple[Mapping[str, Any], _Path | None]] = [(root, None)]
    while waiting:
        message, before = waiting.pop()
        made = turn_from({"role": message.get("role", "prompter"), "content": message.get("text")}, 0)
        path = _Path(made, before)
        replies = [reply for reply in message.get("replies") or () if isinstance(reply, Mapping) and not skipped(reply)]
        ranked = [reply for reply in replies if isinstance(reply.get("rank"), int | float)]
        if made["role"] == "user" and len(ranked) > 1:
            answers = [_after([turn_from({"role": reply.get("role", "assistant"), "content": reply.get("text")}, 0)], 0,
                              "a reply") for reply in ranked]
            yield Preference(path.turns(), answers, tuple(int(reply["rank"]) + 1 for reply in ranked), "person:oasst",
                             language=str(message.get("lang") or ""))
        waiting += [(reply, path) for reply in reversed(replies)]


@dataclass(frozen=True)
class _Path:
    """A message of a tree and those before it."""

    last: Turn
    before: "_Path | None"

    def turns(self) -> list[Turn]:
        turns: list[Turn] = []
        at: _Path | None = self
        while at is not None:
            turns.append(at.last)
            at = at.before
        return turns[::-1]
