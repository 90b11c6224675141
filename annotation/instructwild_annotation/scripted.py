"""The scripted annotator: rules that rank answers by their form alone, so that a chain can run where no person ranks.

A rule gives each answer whole points; equal points are a tie. What it knows is form, not truth: its rankings are
always marked `scripted:RULE`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from instructwild.errors import ConfigError
from instructwild.schema import Ranking, RankingRow, prompt_text
from instructwild.text.language.script import main_script
from instructwild.text.tokens import tokens

ENDINGS = tuple(".!?。！？…～~:：;；)）]】}」』》\"'”’`*|")
SHORTEST, LONGEST = 3, 300      # tokens; a short sentence and about a page
REPEATS = 4                     # tokens of the runs whose repetition is counted


@dataclass(frozen=True)
class FormRule:
    """A way to give an answer points: `points(prompt, answer)`, more is better."""

    name: str
    says: str
    points: Callable[[str, str], int]

    def rank(self, row: RankingRow) -> Ranking:
        """The ranking of one row's candidates by points, ties included."""
        prompt = prompt_text(row.messages)
        scores = [self.points(prompt, candidate.text) for candidate in row.candidates]
        order = sorted(set(scores), reverse=True)
        return Ranking(annotator=f"scripted:{self.name}", ranks=tuple(order.index(points) + 1 for points in scores))


def ends_by_itself(text: str) -> bool:
    """Whether the answer comes to an end, rather than being cut off by a length limit."""
    return text.rstrip().endswith(ENDINGS)


def distinct_share(text: str, run: int = REPEATS) -> float:
    """The share of runs of `run` tokens that are different: 1 for text that never repeats itself, near 0 for a loop."""
    listed = tokens(text)
    runs = [tuple(listed[i:i + run]) for i in range(len(listed) - run + 1)]
    return len(set(runs)) / len(runs) if runs else 1.0


def same_language(prompt: str, answer: str) -> bool:
    """Whether the answer is written in the prompt's writing system; true where one of them has none."""
    of_prompt, of_answer = main_script(prompt), main_script(answer)
    return of_prompt is None or of_answer is None or of_prompt == of_answer


def _tidy(prompt: str, answer: str) -> int:
    length = len(tokens(answer))
    if length == 0:
        return 0
    repeats = distinct_share(answer)
    return (1 + 2 * ends_by_itself(answer) + (2 if repeats >= 0.9 else 1 if repeats >= 0.6 else 0)
            + 2 * same_language(prompt, answer) + (SHORTEST <= length <= LONGEST))


def _complete(prompt: str, answer: str) -> int:
    return bool(tokens(answer)) * (1 + ends_by_itself(answer))


def _brief(prompt: str, answer: str) -> int:
    length = len(tokens(answer))
    return -length.bit_length() if length else -1000


RULES: dict[str, FormRule] = {rule.name: rule for rule in (
    FormRule("tidy", "2 points for an answer that comes to an end by itself, up to 2 for not repeating itself (at least "
                 "90 % or 60 % of its runs of four tokens differ), 2 for the prompt's writing system, 1 for a moderate "
                 f"length ({SHORTEST} to {LONGEST} tokens); an empty answer is last; equal points are a tie", _tidy),
    FormRule("complete", "an answer that comes to an end by itself before one that is cut off, and that before an empty "
                     "one; all else is a tie", _complete),
    FormRule("brief", "the shorter answer first; answers whose token counts lie between the same powers of two are tied; an "
                  "empty answer is last", _brief),
)}


def rule_named(name: str) -> FormRule:
    """The rule of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in RULES:
        raise ConfigError(f"there is no rule {name!r}", where="--scripted", remedy=f"choose one of {', '.join(RULES)}")
    return RULES[name]


def rank_all(rows: Sequence[RankingRow], rule: FormRule) -> list[Ranking]:
    """The rule's ranking of every row, in order."""
    return [rule.rank(row) for row in rows]
