"""Tables with the answers side by side, one line for each ranking: `prompt, Answer A, Answer B, Which is better?`."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instructwild.read.files import lines_of
from instructwild.read.ranking_rows import ranking_row
from instructwild.schema import Dropped, Ranking, RankingRow
from instructwild.text.quantity import quantity
from instructwild_annotation.interchange.spreadsheet import annotator_named, malformed, named, prompt_of, text_of_cell
from instructwild_annotation.interchange.verdicts import NAMED, plain_verdict, ranks_from

ANSWER = re.compile(rf"(?:model[\s_-]*)?{NAMED}[\s_-]*(?:[a-h]|\d{{1,2}}|[一二三四五六七八九]|left|right)", re.IGNORECASE)
VERDICT = re.compile(r"(?:overall[\s_-]*)?(?:(?:prefer(?:red|ence)?|better|best)(?:[\s_-]*(?:answer|response))?|winner"
                     r"|choice|verdict|comparison|pairwise|rank(?:s|ing)?|order|选择|偏好|(?:更好|最好)(?:的回答)?|胜者|排名|排序|名次"
                     r"|哪个更好|结论)", re.IGNORECASE)
ASKED_FOR = re.compile(r"which.*\b(?:better|best|prefer|more helpful)|哪.*(?:更好|最好|更有帮助)", re.IGNORECASE | re.DOTALL)
ORDER, RANKS = ("order", "排序"), ("rank", "ranks", "名次", "排名")


@dataclass(frozen=True)
class WideColumns:
    """The columns of a table: of answers, of the verdict, and the others by their names."""

    answers: tuple[str, ...]
    verdict: str
    others: Mapping[str, str]

    @classmethod
    def of(cls, columns: Iterable[str], mapping: Mapping[str, str]) -> "WideColumns | None":
        """Those of a table; None where it is no such table.

        Args:
            columns: of the table.
            mapping: name of `spreadsheet.COLUMNS` -> column; `rank` is the verdict.
        """
        listed = [column for column in columns if isinstance(column, str)]
        answers = tuple(column for column in listed if ANSWER.fullmatch(_folded(column)))
        rest = [column for column in listed if column not in answers]
        verdicts = [mapping["rank"]] if mapping.get("rank") in rest else \
            [column for column in rest if VERDICT.fullmatch(_folded(column))] or \
            [column for column in rest if ASKED_FOR.search(_folded(column))]
        if len(answers) < 2 or len(verdicts) != 1:
            return None
        others = named([column for column in rest if column != verdicts[0]], mapping)
        return cls(answers, verdicts[0], others) if {"prompt", "messages"} & set(others.values()) else None

    @property
    def as_order(self) -> bool | None:
        """Whether numbers alone in the verdict list answers, best first, or are ranks; None where its name does not say."""
        name = _folded(self.verdict).casefold()
        return True if name in ORDER else False if name in RANKS else None


def _folded(column: str) -> str:
    return unicodedata.normalize("NFKC", column).strip()


def from_wide_table(source: str | Path, annotator: str, columns: WideColumns, encoding: str | None = None
                    ) -> tuple[list[RankingRow], list[Dropped], list[str]]:
    """The rows of such a table, one ranking a line; lines of the same prompt and answers are united by `joined`.

    Returns:
        The rows, what could not be read, and the columns that are not known and were passed over.
    """
    rows: list[RankingRow] = []
    dropped: list[Dropped] = []
    unknown: dict[str, None] = {}
    for line in lines_of(source, encoding):
        try:
            if line.problem is not None or not isinstance(line.value, Mapping):
                raise ValueError(line.problem or "is no row of a table")
            known = {*columns.answers, columns.verdict, *columns.others}
            unknown.update(dict.fromkeys(key for key in line.value if key not in known))
            rows.append(_row(line.value, columns, annotator))
        except (ValueError, TypeError, KeyError) as error:
            dropped.append(malformed(f"{source}:{line.number}", str(error).splitlines()[-1]))
    return rows, dropped, list(unknown)


def _row(value: Mapping[str, Any], columns: WideColumns, annotator: str) -> RankingRow:
    """A line as a row with one ranking.

    Raises:
        ValueError: it lacks a prompt or answers, or its verdict cannot be read.
    """
    cells = {name: value.get(column) for column, name in columns.others.items()}
    shown = [column for column in columns.answers if str(value.get(column) or "").strip()]     # a form with up to K answers
    if len(shown) < 2:
        raise ValueError(f"has {quantity(len(shown), 'answer')} in {', '.join(columns.answers)}")
    answers = [str(value[column]) for column in shown]
    row = ranking_row({**prompt_of(cells), "candidates": _candidates(answers)})
    verdict = plain_verdict(value.get(columns.verdict))
    if not verdict:
        return row
    seconds = text_of_cell(cells, "seconds")
    ranking = Ranking(annotator=annotator_named(text_of_cell(cells, "annotator") or annotator),
                      ranks=ranks_from(verdict, shown, answers, as_order=columns.as_order),
                      seconds=float(seconds) if seconds else None)
    return row.model_copy(update={"rankings": (ranking,)})


def _candidates(answers: Sequence[str]) -> list[dict[str, Any]]:
    return [{"text": answer} for answer in answers]
