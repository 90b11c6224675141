"""The forget list: rows and authors that were asked to be forgotten and must not be collected again.

One line per entry of the file `forgotten`, sixteen hex digits: an author as `origin.author` has it, a row as
`row_mark(salt, id)` has it, or a row that was made from one, as `derived_mark` has it: pages and servers where people rank
take those out too, while collect may find the same prompt written by somebody else. None of them tells anything to whoever
lacks the salt.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from instructwild.schema.identity import salted_hash

FILE_NAME = "forgotten"


def row_mark(salt: str, row_id: str) -> str:
    """The line that stands for a row."""
    return salted_hash(salt, f"row {row_id}")


def derived_mark(salt: str, row_id: str) -> str:
    """The line that stands for a row made from a forgotten one."""
    return salted_hash(salt, f"derived {row_id}")


def is_forgotten(salt: str, row_id: str, marks: frozenset[str]) -> bool:
    """Whether a row is on the list, itself or as one made from another."""
    return bool(marks & {row_mark(salt, row_id), derived_mark(salt, row_id)})


def author_mark(salt: str, kind: str, author: str) -> str:
    """What stands for an author, in the list and in `origin.author`: the same person on two sites is two."""
    return salted_hash(salt, f"{kind} {author}")


def fingerprint(marks: Iterable[str]) -> str | None:
    """What a stage's config says of the list that it was made with; None for an empty one."""
    lines = "\n".join(sorted(marks))
    return sha256(lines.encode()).hexdigest()[:16] if lines else None


def forgotten(root: str | Path) -> frozenset[str]:
    """The marks in the list under a root; none where there is no list."""
    path = Path(root) / FILE_NAME
    if not path.is_file():
        return frozenset()
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(filter(None, (line.partition("#")[0].strip() for line in lines)))
