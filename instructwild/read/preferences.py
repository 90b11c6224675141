"""Preferences in a row: a pair, two answers side by side, answers in an order or with scores, one answer with a mark.

The prompt is read as any other row's is (`read.layouts`); a row of a cleaned stage, whose prompt stands in `messages` and
whose answers stand in `extra`, is read as the row that it came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from instructwild.read.argilla_rows import fields_of, ranked_fields
from instructwild.read.call_syntax import Schemas
from instructwild.read.cells import is_empty, parsed
from instructwild.read.comparisons import common_turns, comparison_of
from instructwild.read.conversation import RowConversation
from instructwild.read.layouts import conversation_of
from instructwild.read.marks import mark_of
from instructwild.read.names import ANSWER_KEYS
from instructwild.read.pairs import PAIR, shared_turns, side_turns
from instructwild.read.ranked_answers import (
    SCORE,
    Preference,
    RankedAnswer,
    answer_after,
    answer_in,
    beside_answer,
    numbers_beside,
    own_ranks,
    ranks_of,
    score_of,
)
from instructwild.read.ranked_trees import ranked_replies
from instructwild.read.text_calls import are_calls, calls_in_text, tool_schemas
from instructwild.read.turns import Turn
from instructwild.schema.columns import INPUT_LINE

OPENAI_PAIR = ("preferred_output", "non_preferred_output")
WORSE = "rejected_response"
SEVERAL = ("completions", "responses", "answers", "generations", "outputs")
"""Columns of several answers, in no order but that of their scores."""
ATTRIBUTES = ("helpfulness", "correctness", "coherence")
"""HelpSteer's scores of one answer, of which its card calls the first the overall one."""
MODEL_LISTS = ("generation_models", "models")
SCORE_LISTS, RANK_LISTS = ("scores", "ratings", "rewards"), ("ranks", "rank")


def preferences_of(row: Mapping[str, Any]) -> list[Preference]:
    """The preferences that a row holds; none where it is a plain instruction.

    Raises:
        ValueError: it holds preferences that cannot be read; the message says why.
        LeftOut: it holds media.
    """
    tree = parsed(row.get("prompt"))
    if isinstance(tree, Mapping) and "replies" in tree:
        return list(ranked_replies(tree))
    for reader in (_pair, _openai_pair, _answer_and_worse, _compared, _ranked_record, _several, _listed, _scored, _marked):
        if (preference := reader(row)) is not None:
            tools = tool_schemas(preference.tools)
            return [replace(preference, answers=[_with_calls(answer, tools) for answer in preference.answers])]
    return []


def _with_calls(answer: RankedAnswer, tools: Schemas) -> RankedAnswer:
    """An answer whose calls of tools stand as text, with these as calls where they are sure."""
    understood = calls_in_text(answer.text, tools) if tools and not answer.calls else None
    return replace(answer, text=understood[0], calls=understood[1]) if understood else answer


def _pair(row: Mapping[str, Any]) -> Preference | None:
    if any(is_empty(row.get(name)) for name in PAIR):
        return None
    values = {name: _texts(row[name]) for name in PAIR}
    several = any(len(texts) > 1 for texts in values.values())
    sides = [side_turns(value, name) for name in PAIR for value in values[name]]
    shared = min(shared_turns(sides[0], side) for side in sides[1:])
    prompt = _prompt_beside(row, PAIR, sides[0][:shared])
    answers = [answer_after(side, shared, "chosen and rejected") for side in sides]
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
    answers = [answer_after(side_turns(row[name], name), 0, name) for name in OPENAI_PAIR]
    return _preference(_prompt_beside(row, OPENAI_PAIR, []), answers, (1, 2), "person:pair")


def _answer_and_worse(row: Mapping[str, Any]) -> Preference | None:
    """ms-swift's rows: a conversation with its answer, and a worse answer beside it."""
    if not isinstance(row.get(WORSE), str) or not row[WORSE].strip():
        return None
    prompt, answer = _answered({key: value for key, value in row.items() if key != WORSE}, "a rejected response", WORSE)
    return _preference(prompt, [answer, answer_in(row[WORSE], WORSE)], (1, 2), "person:pair")


def _compared(row: Mapping[str, Any]) -> Preference | None:
    comparison = comparison_of(row)
    if comparison is None:
        return None
    shared = common_turns(comparison)
    rest = {key: value for key, value in row.items() if key != comparison.prompt}
    prompt = _prompt_beside(rest, comparison.read, shared)
    prompt.read.update(filter(None, [comparison.prompt]))
    answers = [replace(answer_after(side, len(shared), "the two answers"), model=model)
               for side, model in zip(comparison.sides, comparison.models, strict=True)]
    return _preference(prompt, answers, comparison.ranks, "person:compared")


def _ranked_record(row: Mapping[str, Any]) -> Preference | None:
    """A record of Argilla whose fields are ranked."""
    names, rankings = ranked_fields(row)
    if not names:
        return None
    fields = fields_of(row) or {}
    beside = {**{key: value for key, value in row.items() if key not in ("fields", "responses")}, **fields}
    answers = [answer_in({**row, **fields}[name], name) if isinstance({**row, **fields}[name], str) else
               answer_after(side_turns({**row, **fields}[name], name), 0, name) for name in names]
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
    answers = [answer_in(item, key) for item in items]
    scores = [score_of(item) for item in items] if all(isinstance(item, Mapping) for item in items) else \
        numbers_beside(row, SCORE_LISTS, len(items))
    ranks = numbers_beside(row, RANK_LISTS, len(items)) or own_ranks(items)
    models = next((names for name in MODEL_LISTS if isinstance(names := parsed(row.get(name)), list)
                   and len(names) == len(items)), [None] * len(items))
    answers = [answer if answer.model or not isinstance(model, str) else replace(answer, model=model)
               for answer, model in zip(answers, models, strict=True)]
    prompt = _prompt_beside(row, (key,), [])
    if any(beside := [beside_answer(item) for item in items]):
        prompt.extra = {**prompt.extra, f"{key}_fields": beside}
    if scores and all(score is not None for score in scores):
        numbers = tuple(score for score in scores if score is not None)
        return replace(_preference(prompt, answers, ranks_of(numbers), "person:scored"), scores=numbers)
    if ranks:
        return _preference(prompt, answers, tuple(int(rank) for rank in ranks), "person:listed")
    return _preference(prompt, answers, (), "")


def _listed(row: Mapping[str, Any]) -> Preference | None:
    """A list where one answer is usual: from best to worst, or by the scores or ranks beside it."""
    key = next((key for key in ANSWER_KEYS if isinstance(parsed(row.get(key)), list)), None)
    items = parsed(row[key]) if key else []
    if key is None or not items or (len(items) == 1 and SCORE in row) or all(
            isinstance(item, Mapping) and ("role" in item or "from" in item) for item in items):
        return None
    answers = [answer_in(item, key) for item in items]
    prompt = _prompt_beside(row, (key,), [])
    if scores := numbers_beside(row, SCORE_LISTS, len(items)):
        return replace(_preference(prompt, answers, ranks_of(scores), "person:scored"), scores=tuple(scores))
    ranks = numbers_beside(row, RANK_LISTS, len(items)) or range(1, len(items) + 1)
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
    answer = answer_after(turns, last + 1, "the row")
    prompt.turns = turns[:last + 1]
    prompt.read.add(column)
    return prompt, answer
