"""Tables of words and patterns: alternatives stand between bars, what belongs together on one line.

The one way in which the rules of this package list what they look for; `any_of` makes the alternatives of a pattern of it.
"""


def listed(table: str) -> tuple[str, ...]:
    """The entries of a table in their order: `a | b` on lines that a reader groups as they like."""
    return tuple(entry for line in table.splitlines() for part in line.split(" | ") if (entry := part.strip()))


def any_of(table: str) -> str:
    """The entries as alternatives of a regular expression, the first one tried first; without the group around them."""
    return "|".join(listed(table))
