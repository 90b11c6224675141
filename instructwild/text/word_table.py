"""Tables of words and patterns: alternatives stand between bars, what belongs together on one line.

The one way in which rules list what they look for, so that a reader sees words; a pattern is made of it.
"""


def listed(table: str) -> tuple[str, ...]:
    """The entries of a table in their order: `a | b` on lines that a reader groups as they like, `# ` before a comment."""
    lines = (line for line in table.splitlines() if not line.lstrip().startswith("# "))
    return tuple(entry for line in lines for part in line.split(" | ") if (entry := part.strip()))


def any_of(table: str) -> str:
    """The entries as alternatives of a regular expression, the first one tried first; without the group around them."""
    return "|".join(listed(table))


def group_of(table: str) -> str:
    """The same as a group."""
    return f"(?:{any_of(table)})"
