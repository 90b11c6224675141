"""Rows for tests: (prompt, answer) pairs as the frame that steps work on."""

from instructwild.clean.rows import opened
from instructwild.clean.rules import RULES, Rules
from instructwild.schema import instruction_of
from instructwild.stage.frames import instruction_frame


def rows_of(*pairs):
    listed = [pair if isinstance(pair, tuple) else (pair, None) for pair in pairs]
    made = [instruction_of(prompt) for prompt, _ in listed]
    return opened(instruction_frame([row if answer is None else row.answered(answer)
                                     for row, (_, answer) in zip(made, listed, strict=True)]))


def flags(rows):
    return rows["labels"].struct.field("flags").to_list()


def flags_by_row(rows):
    """What each (prompt, answer) pair is flagged for when no rule drops anything."""
    seen = flags(Rules(dict.fromkeys(RULES, "flag")).verdicts(rows_of(*rows)).rows)
    return dict(zip(rows, map(set, seen), strict=True))


def left(verdicts):
    return verdicts.drops["at"].to_list()
