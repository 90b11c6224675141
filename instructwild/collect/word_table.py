"""Tables of words and phrases as one pattern, so that a reader sees words and not a regular expression."""

import re

BETWEEN = re.compile(r"\s*\n\s*|\s{2,}")


def any_of(table: str) -> str:
    """The alternation of a table's entries, in their order.

    Args:
        table: entries, each a word, a phrase or a small pattern; two blanks or the end of a line stand between them, one
            blank belongs to the entry. Lines that begin with `# ` are comments.
    """
    lines = "\n".join(line for line in table.splitlines() if not line.lstrip().startswith("# "))
    return f"(?:{'|'.join(filter(None, BETWEEN.split(lines.strip())))})"
