"""The order in which an annotator meets records, so that records are finished rather than begun."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b


def spread(*parts: str) -> bytes:
    """A number that looks random and is always the same for the same parts."""
    return blake2b("\x00".join(parts).encode(), digest_size=8).digest()


def is_assigned(record: str, user: str, users: Sequence[str], overlap: int) -> bool:
    """Whether the record is this user's share: each record belongs to the `overlap` users that it hashes lowest with.

    Rendezvous hashing: shares are equal on average, and a user who joins or leaves moves only their own.
    """
    if user not in users:
        return False
    mine = spread(record, user)
    return sum(spread(record, other) < mine for other in users) < overlap


class Spread(dict[str, bytes]):
    """`spread` of each record, worked out once."""

    def __missing__(self, record: str) -> bytes:
        self[record] = value = spread(record)
        return value


class Share(dict[str, bool]):
    """`is_assigned` of each record, worked out once: a page of the queue looks at every record."""

    def __init__(self, user: str, users: tuple[str, ...], overlap: int) -> None:
        super().__init__()
        self.user, self.users, self.overlap = user, users, overlap

    def __missing__(self, record: str) -> bool:
        self[record] = value = is_assigned(record, self.user, self.users, self.overlap)
        return value


SPREAD = Spread()
share = lru_cache(maxsize=256)(Share)


def ordered(records: Iterable[tuple[str, bool, int]], user: str, users: Sequence[str], overlap: int) -> list[str]:
    """Record ids in the order in which `user` should meet them.

    Args:
        records: (id, whether it still lacks answers, answers submitted so far).
        user: who asks.
        users: all annotators of the workspace.
        overlap: answers wanted for each record.

    First come records that lack answers: one's own share in an order common to all, so that those who share a record come
    to it at about the same time; then what others have left open, nearly finished ones first. Finished records come last.
    """
    mine = share(user, tuple(users), overlap)

    def place(record: tuple[str, bool, int]) -> tuple[int, int, bytes]:
        name, lacking, submitted = record
        if not lacking:
            return 2, 0, SPREAD[name]
        return (0, 0, SPREAD[name]) if mine[name] else (1, -submitted, SPREAD[name])

    return [record[0] for record in sorted(records, key=place)]
