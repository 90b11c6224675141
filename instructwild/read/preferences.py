"""Preferences in a row: a pair, two answers side by side, answers in an order or with scores, one answer with a mark.

The prompt is read as any other row's is (`read.layouts`); a row of a cleaned stage, whose prompt stands in `messages` and
whose answers stand in `extra`, is read as the row that it came from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from instructwild.read.argilla_rows import fields_of, ranked_fields
from instructwild.read.call_syntax import Schemas
from instructwild.read.cells import is_empty, parsed, text_of
from instructwild.read.comparisons import common_turns, comparison_of
from instructwild.read.conversation import RowConversation
from instructwild.read.exports import skipped
from instructwild.read.layouts import conversation_of
from instructwild.read.marks import mark_of
from instructwild.read.names import ANSWER_KEYS
from instructwild.read.pairs import PAIR, shared_turns, side_turns
from instructwild.read.text_calls import are_calls, calls_in_text, tool_schemas
from instructwild.read.turns import Turn, turn, turn_from
from instructwild.schema.columns import INPUT_LINE
from instructwild.schema.ranking import Ranking

OPENAI_PAIR = ("preferred_output", "non_preferred_output")
WORSE = "rejected_response"
SEVERAL = ("completions", "responses", "answers", "generations", "outputs")
"""Columns of several answers, in no order but that of their scores."""
TEXT_KEYS = ("response", "text", "completion", "answer", "content", "output", "generation")
SCORE, SCORE_KEYS = "score", ("overall_score", "score", "rating", "reward", "fine-grained_score", "pm_score")
ATTRIBUTES = ("helpfulness", "correctness", "coherence")
"""HelpSteer's scores of one answer, of which its card calls the first the overall one."""
MODEL_KEYS = ("model", "model_name")
MODEL_LISTS = ("generation_models", "models")
SCORE_LISTS, RANK_LISTS = ("scores", "ratings", "rewards"), ("ranks", "rank")


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


def preferences_of(row: Mapping[str, Any]) -> list[Preference]:
    """The preferences that a row holds; none where it is a plain instruction.

    Raises:
        ValueError: it holds preferences that cannot be read; the message says why.
        LeftOut: it holds media.
    """
    tree = parsed(row.get("prompt"))
    if isinstance(tree, Mapping) and "replies" in tree:
        return list(_ranked_replies(tree))
    for reader in (_pair, _openai_pair, _answer_and_worse, _compared, _ranked_record, _several, _listed, _scored, _marked):
        if (preference := reader(row)) is not None:
            tools = tool_schemas(preference.tools)
            return [replace(preference, answers=[_with_calls(answer, tools) for answer in preference.answers])]
    return []


def _with_calls(answer: RankedAnswer, tools: Schemas) -> RankedAnswer:
    """An answer whose calls of tools stand as text, with these as calls where they are sure."""
    understood = calls_in_text(answer.text, tools) if tools and not answer.calls else None
    return replace(answer, text=understood[0], calls=understood[1]) if understood else answer


def ranks_of(scores: Sequence[float]) -> tuple[int, ...]:
    """Ranks by score, the highest first; equal scores tie."""
    order = {score: rank for rank, score in enumerate(sorted({*scores}, reverse=True), start=1)}
    return tuple(order[score] for score in scores)


def _pair(row: Mapping[str, Any]) -> Preference | None:
    if any(is_empty(row.get(name)) for name in PAIR):
        return None
    values = {name: _texts(row[name]) for name in PAIR}
    several = any(len(texts) > 1 for texts in values.values())
    sides = [side_turns(value, name) for name in PAIR for value in values[name]]
    shared = min(shared_turns(sides[0], side) for side in sides[1:])
    prompt = _prompt_beside(row, PAIR, sides[0][:shared])
    answers = [_after(side, shared, "chosen and rejected") for side in sides]
    columns = ("chosen_model", "chosen-model"), ("rejected_model", "rejected-model")
    names = [next((name for name in names if isinstance(row.get(name), str) and row[name]), None) for names in columns]
    if not several:
        answers = [replace(answer, model=row[name]) if name else answer for answer, name in zip(answers, names, strict=True)]
        prompt.read.update(filter(None, names))
    return _preference(prompt, answers, tuple(rank for rank, name in enumerate(PAIR, start=1) for _ in values[name]),
                       "person:pair")


def _texts(side: Any) -> list[Any]:
    """The answers of one side: several where it is a list of texts (RewardBench 2), else the one that it is."""
    value = parsed(side)
    return value if isinstance(value, list) and value and all(isinstance(text, str) for text in value) else [side]


def _openai_pair(row: Mapping[str, Any]) -> Preference | None:
    """OpenAI's preference files: `input` holds the messages."""
    if any(is_empty(row.get(name)) for name in OPENAI_PAIR):
        return None
    answers = [_after(side_turns(row[name], name), 0, name) for name in OPENAI_PAIR]
    return _preference(_prompt_beside(row, OPENAI_PAIR, []), answers, (1, 2), "person:pair")


def _answer_and_worse(row: Mapping[str, Any]) -> Preference | None:
    """ms-swift's rows: a conversation with its answer, and a worse answer beside it."""
    if not isinstance(row.get(WORSE), str) or not row[WORSE].strip():
        return None
    prompt, answer = _answered({key: value for key, value in row.items() if key != WORSE}, "a rejected response", WORSE)
    return _preference(prompt, [answer, _answer(row[WORSE], WORSE)], (1, 2), "person:pair")


def _compared(row: Mapping[str, Any]) -> Preference | None:
    comparison = comparison_of(row)
    if comparison is None:
        return None
    shared = common_turns(comparison)
    rest = {key: value for key, value in row.items() if key != comparison.prompt}
    prompt = _prompt_beside(rest, comparison.read, shared)
    prompt.read.update(filter(None, [comparison.prompt]))
    answers = [replace(_after(side, len(shared), "the two answers"), model=model)
               for side, model in zip(comparison.sides, comparison.models, strict=True)]
    return _preference(prompt, answers, comparison.ranks, "person:compared")


def _ranked_record(row: Mapping[str, Any]) -> Preference | None:
    """A record of Argilla whose fields are ranked."""
    names, rankings = ranked_fields(row)
    if not names:
        return None
    fields = fields_of(row) or {}
    beside = {**{key: value for key, value in row.items() if key not in ("fields", "responses")}, **fields}
    answers = [_answer({**row, **fields}[name], name) if isinstance({**row, **fields}[name], str) else
               _after(side_turns({**row, **fields}[name], name), 0, name) for name in names]
    prompt = _prompt_beside(beside, names, [])
    if fields:
        rest = {name: value for name, value in fields.items() if name not in prompt.read}
        prompt.extra = {**prompt.extra, **({"fields": rest} if rest else {})}
        prompt.read = {"fields"}
    return replace(_preference(prompt, answers, (), ""), rankings=tuple(rankings))


def _several(row: Mapping[str, Any]) -> Preference | None:
    key = next((key for key in SEVERAL if isinstance(items := parsed(row.get(key)), list) and items
                and not are_calls(items)), None)
    if key is None:
        return None
    items = parsed(row[key])
    answers = [_answer(item, key) for item in items]
    scores = [_score(item) for item in items] if all(isinstance(item, Mapping) for item in items) else \
        _numbers(row, SCORE_LISTS, len(items))
    ranks = _numbers(row, RANK_LISTS, len(items)) or _own_ranks(items)
    models = next((names for name in MODEL_LISTS if isinstance(names := parsed(row.get(name)), list)
                   and len(names) == len(items)), [None] * len(items))
    answers = [answer if answer.model or not isinstance(model, str) else replace(answer, model=model)
               for answer, model in zip(answers, models, strict=True)]
    prompt = _prompt_beside(row, (key,), [])
    if any(beside := [_beside_answer(item) for item in items]):
        prompt.extra = {**prompt.extra, f"{key}_fields": beside}
    if scores and all(score is not None for score in scores):
        numbers = tuple(score for score in scores if score is not None)
        return replace(_preference(prompt, answers, ranks_of(numbers), "person:scored"), scores=numbers)
    if ranks:
        return _preference(prompt, answers, tuple(int(rank) for rank in ranks), "person:listed")
    return _preference(prompt, answers, (), "")


def _beside_answer(item: Any) -> dict[str, Any]:
    """What an answer in a list holds beside its text, its model and its score: critiques, ratings of single aspects."""
    if not isinstance(item, Mapping):
        return {}
    read = {next((name for name in TEXT_KEYS if isinstance(item.get(name), str)), ""), "message", "role", "from", "value",
            next((name for name in SCORE_KEYS if item.get(name) is not None), ""), "rank", *MODEL_KEYS}
    return {key: value for key, value in item.items() if key not in read and not is_empty(value)}


def _own_ranks(items: Sequence[Any]) -> list[float]:
    """The ranks that answers carry themselves (Nectar), 1 is best; none where one of them has none."""
    ranks = [item.get("rank") if isinstance(item, Mapping) else None for item in items]
    numbers = [float(rank) for rank in ranks if isinstance(rank, int | float) and not isinstance(rank, bool)]
    return numbers if len(numbers) == len(items) else []


def _listed(row: Mapping[str, Any]) -> Preference | None:
    """A list where one answer is usual: from best to worst, or by the scores or ranks beside it."""
    key = next((key for key in ANSWER_KEYS if isinstance(parsed(row.get(key)), list)), None)
    items = parsed(row[key]) if key else []
    if key is None or not items or (len(items) == 1 and SCORE in row) or all(
            isinstance(item, Mapping) and ("role" in item or "from" in item) for item in items):
        return None
    answers = [_answer(item, key) for item in items]
    prompt = _prompt_beside(row, (key,), [])
    if scores := _numbers(row, SCORE_LISTS, len(items)):
        return replace(_preference(prompt, answers, ranks_of(scores), "person:scored"), scores=tuple(scores))
    ranks = _numbers(row, RANK_LISTS, len(items)) or range(1, len(items) + 1)
    return _preference(prompt, answers, tuple(int(rank) for rank in ranks), "person:listed")


def _scored(row: Mapping[str, Any]) -> Preference | None:
    name = SCORE if SCORE in row else ATTRIBUTES[0] if all(key in row for key in ATTRIBUTES) else None
    if name is None:
        return None
    if is_empty(row[name]):
        raise ValueError(f"the {name} is null: the answer was never judged")
    prompt, answer = _answered(row, "a score", name)
    try:
        score = float(row[name])
    except (TypeError, ValueError):
        raise ValueError(f"the {name} is no number: {row[name]!r}") from None
    return replace(_preference(prompt, [answer], (), "person:scored"), scores=(score,), whole=False)


def _marked(row: Mapping[str, Any]) -> Preference | None:
    """KTO's rows: one answer that is good or bad."""
    if (mark := mark_of(row)) is None:
        return None
    prompt, answer = _answered(row, "a mark of good or bad", mark[0])
    return replace(_preference(prompt, [answer], (), "person:label"), scores=(float(mark[1]),), whole=False)


def _preference(prompt: RowConversation, answers: list[RankedAnswer], ranks: tuple[int, ...], annotator: str) -> Preference:
    extra = {name: value for name, value in prompt.extra.items() if name != INPUT_LINE}
    return Preference(prompt.turns, answers, ranks, annotator, read=frozenset(prompt.read), extra=extra,
                      tools=prompt.tools)


def _prompt_beside(row: Mapping[str, Any], answers: Sequence[str], shared: list[Turn]) -> RowConversation:
    """The prompt that stands in other columns than the answers, or that the sides of a pair share, whichever is longer.

    The columns of the answers count as read.
    """
    rest = {key: value for key, value in row.items() if key not in answers}
    try:
        prompt = conversation_of(rest, plain_text=False)
    except ValueError:
        if not shared:
            raise
        return RowConversation(shared, {*answers})
    while prompt.turns and prompt.turns[-1]["role"] not in ("user", "tool"):
        prompt.turns = prompt.turns[:-1]
    if not prompt.turns and not shared:
        raise ValueError("the answers have no prompt")
    prompt.read |= {*answers}
    if len(shared) > len(prompt.turns):
        prompt.turns = shared
    return prompt


def _answered(row: Mapping[str, Any], what: str, column: str) -> tuple[RowConversation, RankedAnswer]:
    """The prompt and its answer, on which a column says something."""
    prompt = conversation_of(row, plain_text=False)
    turns = prompt.turns
    last = max((number for number, made in enumerate(turns) if made["role"] in ("user", "tool")), default=-1)
    if last < 0 or last == len(turns) - 1:
        raise ValueError(f"{what} without an answer")
    answer = _after(turns, last + 1, "the row")
    prompt.turns = turns[:last + 1]
    prompt.read.add(column)
    return prompt, answer


def _after(turns: Sequence[Turn], shared: int, name: str) -> RankedAnswer:
    """The answer that ends the turns, and those before it that are not shared."""
    rest = turns[shared:]
    if not rest or rest[0]["role"] != "assistant" or rest[-1]["role"] != "assistant":
        raise ValueError(f"{name}: after the turns that are shared each side has to begin and to end with an answer of the "
                         f"assistant, found {', '.join(made['role'] for made in rest) or 'none'}; put what both sides begin "
                         "with into the prompt")
    *before, last = rest
    return RankedAnswer(last["content"], last.get("reasoning_content"), calls=last.get("tool_calls"), turns=before)


def _answer(item: Any, key: str) -> RankedAnswer:
    if not isinstance(item, Mapping):
        text = text_of(item, key)
        if not text or not isinstance(item, str):
            raise ValueError("an answer is not text")
        made = turn("assistant", text)
        return RankedAnswer(made["content"], made.get("reasoning_content"))
    message = item.get("message", item)                                # OpenAI's choices
    if isinstance(message, Mapping) and ("role" in message or "from" in message):
        return replace(_after([turn_from(message, 0)], 0, key), model=_model_of(item))
    name = next((name for name in TEXT_KEYS if isinstance(item.get(name), str)), None)
    if name is None:
        raise ValueError(f"{key} holds an answer without text: found the keys {', '.join(map(str, list(item)[:8]))}")
    made = turn("assistant", item[name])
    return RankedAnswer(made["content"], made.get("reasoning_content"), _model_of(item))


def _model_of(item: Mapping[str, Any]) -> str | None:
    return next((item[key] for key in MODEL_KEYS if isinstance(item.get(key), str)), None)


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
                             language=str(message.get("lang") or ""), read=frozenset({"prompt"}))
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
