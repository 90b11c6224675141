"""Two answers side by side in one row, and which of them is better: SHP, SafeRLHF, the arenas, HelpSteer, WebGPT.

The columns are those of the data sets themselves: stanfordnlp/SHP, PKU-Alignment/PKU-SafeRLHF,
lmsys/chatbot_arena_conversations, lmsys/mt_bench_human_judgments, lmarena-ai/arena-human-preference-*, lmsys's on Kaggle
(`response_a`), nvidia/HelpSteer2 (preference) and HelpSteer3, openai/webgpt_comparisons, llm-blender/Unified-Feedback
(`conv_A`), and AlpacaFarm's and AlpacaEval's annotations (`output_1`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instructwild.read.cells import is_empty, parsed, text_of
from instructwild.read.pairs import shared_turns, side_turns
from instructwild.read.turns import Turn, turn

Row = Mapping[str, Any]
Ranks = tuple[int, ...]
FIRST, SECOND, TIE, NOBODY = (1, 2), (2, 1), (1, 1), ()


@dataclass(frozen=True)
class ComparisonLayout:
    """Columns of two answers, of the models that wrote them, and how their order is read from a row."""

    answers: tuple[str, str]
    order: Callable[[Row], Ranks]
    verdicts: tuple[str, ...]
    models: tuple[str, str] = ("", "")
    either: bool = False
    """Whether the first verdict that is there counts alone."""


@dataclass(frozen=True)
class ComparedAnswers:
    """Two conversations that begin alike; `ranks` is empty where nobody ordered them.

    `read` are the columns of answers, models and verdict; `prompt` the column whose text alone is the prompt, if any.
    """

    sides: tuple[list[Turn], list[Turn]]
    ranks: Ranks
    models: tuple[str | None, str | None]
    read: tuple[str, ...]
    prompt: str | None


def _by_winner(row: Row) -> Ranks:
    value = row.get("winner")
    if is_empty(value) and any(not is_empty(row.get(name)) for name in FLAGS):
        flags = [str(row.get(name)).strip().lower() in ("1", "1.0", "true") for name in FLAGS]
        return FIRST if flags[0] else SECOND if flags[1] else TIE if flags[2] else NOBODY
    if is_empty(value):
        return NOBODY
    verdicts = {"model_a": FIRST, "model_b": SECOND, "tie": TIE, "tie (bothbad)": TIE, "both_bad": TIE,
                "tie (inconsistent)": TIE}
    return _known(verdicts, str(value).strip().lower(), "winner")


def _by_number(*names: str, first: str) -> Callable[[Row], Ranks]:
    """The order of columns that name the better answer by a number, `first` or the other of 0 and 1."""
    def order(row: Row) -> Ranks:
        name = next((name for name in names if not is_empty(row.get(name))), None)
        if name is None:
            return NOBODY
        text = str(row[name]).strip().removesuffix(".0").replace("False", "0").replace("True", "1")
        return _known({"0": FIRST if first == "0" else SECOND, "1": FIRST if first == "1" else SECOND}, text, name)
    return order


def _by_sign(name: str) -> Callable[[Row], Ranks]:
    """The order of a strength from -3 (the first is much better) to 3 (the second is)."""
    def order(row: Row) -> Ranks:
        if is_empty(row.get(name)):
            return NOBODY
        strength = _number(row, name)
        return FIRST if strength < 0 else SECOND if strength > 0 else TIE
    return order


def _by_scores(first: str, second: str) -> Callable[[Row], Ranks]:
    def order(row: Row) -> Ranks:
        if is_empty(row.get(first)) or is_empty(row.get(second)):
            return NOBODY
        better, worse = _number(row, first), _number(row, second)
        return FIRST if better > worse else SECOND if better < worse else TIE
    return order


def _by_farm(row: Row) -> Ranks:
    """AlpacaFarm's and AlpacaEval's `preference`: 1 the first, 2 the second, between them a share, 0 and 1.5 a tie."""
    if is_empty(row.get("preference")):
        return NOBODY
    value = _number(row, "preference")
    if value in (0, 1.5):
        return TIE
    if not 1 <= value <= 2:
        raise ValueError(f"preference is {value}, where 0 or a number from 1 to 2 is known")
    return FIRST if value < 1.5 else SECOND


def _number(row: Row, name: str) -> float:
    try:
        return float(row[name])
    except (TypeError, ValueError):
        raise ValueError(f"{name} is no number: {row[name]!r}") from None


def _known(verdicts: Mapping[str, Ranks], value: str, name: str) -> Ranks:
    if value not in verdicts:
        raise ValueError(f"{name} says {value!r}, where one of {', '.join(verdicts)} is known")
    return verdicts[value]


FLAGS = ("winner_model_a", "winner_model_b", "winner_tie")
MODELS = ("model_a", "model_b")
LAYOUTS = (
    ComparisonLayout(("human_ref_A", "human_ref_B"), _by_number("labels", first="1"), ("labels",)),
    ComparisonLayout(("response_0", "response_1"), _by_number("better_response_id", "safer_response_id", first="0"),
                     ("better_response_id", "safer_response_id"), ("response_0_source", "response_1_source"), either=True),
    ComparisonLayout(("conversation_a", "conversation_b"), _by_winner, ("winner",), MODELS),
    ComparisonLayout(("response_a", "response_b"), _by_winner, ("winner", *FLAGS), MODELS),
    ComparisonLayout(("response_1", "response_2"), _by_sign("preference_strength"), ("preference_strength",)),
    ComparisonLayout(("response1", "response2"), _by_sign("overall_preference"), ("overall_preference",)),
    ComparisonLayout(("answer_0", "answer_1"), _by_scores("score_0", "score_1"), ("score_0", "score_1")),
    ComparisonLayout(("conv_A", "conv_B"), _by_scores("conv_A_rating", "conv_B_rating"), ("conv_A_rating", "conv_B_rating")),
    ComparisonLayout(("output_1", "output_2"), _by_farm, ("preference",), ("generator_1", "generator_2")))
COLUMNS = frozenset(name for layout in LAYOUTS for name in (*layout.answers, *layout.verdicts))


def comparison_of(row: Row) -> ComparedAnswers | None:
    """The two sides of a row of these layouts; None where it is of none: both answers and a column of the verdict count.

    Raises:
        ValueError: an answer is empty or no text, or the verdict is none that is known.
        LeftOut: an answer holds media.
    """
    layout = next((layout for layout in LAYOUTS if all(not is_empty(row.get(name)) for name in layout.answers)
                   and any(name in row for name in layout.verdicts)), None)
    if layout is None:
        return None
    name, prompts = _prompts(row)
    sides = [_until(row.get("turn"), _side(prompts, row[column], column)) for column in layout.answers]
    models = [row[name] if isinstance(row.get(name), str) and row[name] else None for name in layout.models]
    verdicts = [name for name in layout.verdicts if not is_empty(row.get(name))][:1] if layout.either else layout.verdicts
    return ComparedAnswers((sides[0], sides[1]), layout.order(row), (models[0], models[1]),
                      (*layout.answers, *filter(None, layout.models), *verdicts), name)


def _prompts(row: Row) -> tuple[str | None, list[Any]]:
    """The column that holds the prompt and its turns: messages, or texts of a person; nothing where it is read as usual."""
    if "human_ref_A" in row and isinstance(row.get("history"), str):
        return "history", [row["history"]]
    context, question = parsed(row.get("context")), parsed(row.get("question"))
    if "response1" in row and isinstance(context, list) and context:
        return "context", context
    if "answer_0" in row and isinstance(question, Mapping) and isinstance(question.get("full_text"), str):
        return None, [question["full_text"]]
    texts = parsed(row.get("prompt"))
    if isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts) and isinstance(
            parsed(row.get("response_a")), list):
        return "prompt" if len(texts) == 1 else None, texts
    return None, []


def _side(prompts: Sequence[Any], value: Any, column: str) -> list[Turn]:
    """One side as a conversation: texts of both in turn, messages and the answer after them, or whole as it stands."""
    answers = parsed(value)
    if prompts and isinstance(prompts[0], str):
        replies = answers if isinstance(answers, list) and len(answers) == len(prompts) else [value]
        if isinstance(replies[0], str | None) and len(replies) == len(prompts):
            return [made for prompt, reply in zip(prompts, replies, strict=True)
                    for made in (turn("user", prompt), turn("assistant", text_of(reply, column) or ""))]
    if isinstance(answers, list) and len(answers) == 1 and isinstance(answers[0], str):
        value = answers[0]
    before = side_turns([*prompts], "context") if prompts and isinstance(prompts[0], Mapping) else []
    return [*before, *side_turns(value, column)]


def _until(number: Any, turns: list[Turn]) -> list[Turn]:
    """The turns up to the answer that was judged: MT-Bench's judges saw the first or both, and `turn` says which."""
    if not isinstance(number, int | float) or isinstance(number, bool):
        return turns
    users = [at for at, made in enumerate(turns) if made["role"] == "user"]
    return turns[:users[int(number)]] if 0 < number < len(users) else turns


def common_turns(comparison: ComparedAnswers) -> list[Turn]:
    """The turns that both sides begin with: the prompt, where the row has no column for it."""
    first, second = comparison.sides
    return first[:shared_turns(first, second)]
