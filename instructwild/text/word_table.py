"""Tables of words and patterns: alternatives stand between bars, what belongs together on one line.

The one way in which rules list what they look for, so that a reader sees words; a pattern is made of it.
"""

import re
from itertools import groupby


def listed(table: str) -> tuple[str, ...]:
    """The entries of a table in their order: `a | b` on lines that a reader groups as they like, `# ` before a comment."""
    lines = (line for line in table.splitlines() if not line.lstrip().startswith("# "))
    return tuple(entry for line in lines for part in line.split(" | ") if (entry := part.strip()))


def any_of(table: str) -> str:
    """The entries as alternatives of a regular expression, the first one tried first; without the group around them."""
    return "|".join(listed(table))


def by_first_letter(table: str) -> str:
    """The same alternatives, those with one first letter put together: at most positions a pattern tries 20 and not 100.

    Only neighbours that begin with a plain letter are put together, each in its order: what matches is the same.
    """
    parts: list[str] = []
    for plain, entries in groupby(listed(table), _begins_plainly):
        groups: dict[str, list[str]] = {}
        for entry in entries:
            groups.setdefault(entry[0] if plain else entry, []).append(entry)
        parts += [f"{first}(?:{'|'.join(entry[1:] for entry in group)})" if len(group) > 1 else group[0]
                  for first, group in groups.items()]
    return "|".join(parts)


def _begins_plainly(entry: str) -> bool:
    """Whether an entry's first sign is a letter that stands once, and none of its bars is outside a group."""
    depth = 0
    for sign in re.sub(r"\\.", "", entry):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            return False
    return entry[0].isalpha() and entry[1:2] not in ("?", "*", "+", "{")


def group_of(table: str) -> str:
    """The same as a group."""
    return f"(?:{any_of(table)})"
