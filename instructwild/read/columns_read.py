"""What was read as what: which layouts a file's rows have, what its columns became, and which stayed in `extra`."""

from collections import Counter
from collections.abc import Iterable

from instructwild.read.names import ANSWER_KEYS, CONVERSATION_KEYS, PROMPT_KEYS
from instructwild.stage.manifest import ReadAs

MOST = 40
"""Further columns that are named; of a file with more, only their number is told."""
FIELD_OF = {**dict.fromkeys(PROMPT_KEYS, "prompt"), **dict.fromkeys((*ANSWER_KEYS, "target", "ideal"), "answer"),
            **dict.fromkeys(CONVERSATION_KEYS, "messages"), **dict.fromkeys(("source", "url", "license"), "origin"),
            **dict.fromkeys(("instruction_type", "category"), "type"), "special_tag": "risk", "functions": "tools",
            "reasoning_content": "reasoning", "meta_instruction": "system"}
"""What a column that is read becomes, where that has another name."""


class ColumnsRead:
    """Counts what the rows of one file were read as."""

    def __init__(self) -> None:
        self._layouts: Counter[str] = Counter()
        self._columns: dict[str, str] = {}
        self._extra: dict[str, None] = {}

    def add(self, layout: str, columns: Iterable[tuple[str, str]], extra: Iterable[str], rows: int = 1) -> None:
        """Count rows of one layout and the same columns.

        Args:
            layout: what it is called.
            columns: each column that was read, and the name that it was read as.
            extra: the columns that were not.
            rows: how many.
        """
        self._layouts[layout] += rows
        for column, read_as in columns:
            self._columns.setdefault(column, FIELD_OF.get(read_as, read_as))
        for column in extra:
            self._extra.setdefault(column)

    def record(self, hint: str = "") -> ReadAs | None:
        """For the manifest; None where no row could be read. `hint` is an option that probably reads more."""
        if not self._layouts:
            return None
        extra = self.extra
        return ReadAs(layouts=dict(self._layouts.most_common()), columns=self._columns, extra=extra[:MOST],
                      more=max(0, len(extra) - MOST), hint=hint)

    @property
    def extra(self) -> tuple[str, ...]:
        """The columns that nothing reads."""
        return tuple(column for column in self._extra if column not in self._columns)

    @property
    def fields(self) -> frozenset[str]:
        """What the columns were read as."""
        return frozenset(self._columns.values())
