"""Personal data out of a text: each piece becomes a typed placeholder, one person one placeholder within a post or row.

Rules find what has a form: account names, mails, phones, identity and card numbers, addresses of machines and of homes,
keys. A name is found where the source or the text itself says that it is one ("my name is …", 我叫…); a name that merely
occurs is not told from a character in a story, and stays.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from instructwild.privacy.at_signs import code_in
from instructwild.privacy.columns import in_columns, names_in_columns
from instructwild.privacy.encoded import encoded
from instructwild.privacy.identifiers import identifiers
from instructwild.privacy.introductions import introduced
from instructwild.privacy.names import name_matches
from instructwild.privacy.names_beside import OWNED, names_beside
from instructwild.privacy.normal_form import normal_form
from instructwild.privacy.rule import Match

Kinds = Literal["values", "names", "all"]
NAME_TYPES = ("USER", "NAME")
PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]")


class Masked(NamedTuple):
    """A text without personal data, and how many pieces of each type were taken out."""

    text: str
    counts: dict[str, int]


class Span(NamedTuple):
    """One piece of personal data: where it stands, its type, and what makes two pieces the same."""

    start: int
    end: int
    type: str
    key: str


def mask(text: str, people: Iterable[Sequence[str]] = ()) -> Masked:
    """Replace personal data by placeholders such as `[EMAIL_1]`; equal pieces get equal placeholders.

    Args:
        text: any text; placeholders that stand in it already are left alone.
        people: persons known to occur, each by all names they go by.
    """
    masked, counts = mask_all([text], people)
    return Masked(masked[0], counts)


def mask_all(texts: Sequence[str], people: Iterable[Sequence[str]] = (),
             kinds: Kinds = "all") -> tuple[list[str], dict[str, int]]:
    """The same for several texts of one post: a person keeps their placeholder from one to the next.

    Args:
        texts: the texts.
        people: persons known to occur, each by all names they go by.
        kinds: `names` of accounts and persons, `values` of every other type, or all.
    """
    return _masked(texts, [*map(tuple, people), *((name,) for text in texts for name in introduced(text))], kinds)


def mask_row(turns: Sequence[tuple[str, str | None]],
             kinds: Kinds = "all") -> tuple[list[str | None], dict[str, int]]:
    """All turns of a row, (role, content), masked with one map: a value has one placeholder in the prompt and the answer.

    Args:
        turns: only a user introduces a person.
        kinds: `names` of accounts and persons, `values` of every other type, or all.
    """
    masked, counts = _masked([text or "" for _, text in turns], people_of(turns), kinds)
    return [new if text is not None else None for new, (_, text) in zip(masked, turns, strict=True)], counts


def people_of(turns: Sequence[tuple[str, str | None]]) -> list[tuple[str]]:
    """The persons who introduce themselves in a row, each by one name."""
    return [(name,) for role, text in turns if role == "user" and text for name in introduced(text)]


def _masked(texts: Sequence[str], people: Sequence[Sequence[str]],
            kinds: Kinds) -> tuple[list[str], dict[str, int]]:
    numbers: dict[tuple[str, str], str] = {}
    taken = Counter(match.group()[1:].partition("_")[0] for text in texts for match in PLACEHOLDER.finditer(text))
    counts: Counter[str] = Counter()
    masked = []
    for text in texts:
        parts, at = [], 0
        for span in spans(text, people):
            if kinds != "all" and (span.type in NAME_TYPES) != (kinds == "names"):
                continue
            if (span.type, span.key) not in numbers:
                taken[span.type] += 1
                numbers[span.type, span.key] = f"[{span.type}_{taken[span.type]}]"
            counts[span.type] += 1
            parts += [text[at:span.start], numbers[span.type, span.key]]
            at = span.end
        masked.append("".join([*parts, text[at:]]))
    return masked, dict(counts)


def spans(text: str, people: Sequence[Sequence[str]] = ()) -> list[Span]:
    """The pieces of personal data in their order; where two overlap, the surer rule's. Time is linear in the text."""
    form = normal_form(text)
    code = code_in(form.text)
    covered = bytearray(len(form.text))
    for match in PLACEHOLDER.finditer(form.text):
        covered[match.start():match.end()] = b"\1" * (match.end() - match.start())
    pieces: list[Span] = []
    seen: list[tuple[str, int, int]] = []

    def take(matches: Iterable[Match]) -> None:
        for type_, start, end, key in matches:
            if covered.find(1, start, end) < 0:
                pieces.append(Span(*form.span(start, end), type_, key))
            elif type_ in OPENS:
                pieces.extend(Span(*form.span(*rest), type_, form.text[slice(*rest)])
                              for rest in _uncovered(covered, start, end))
            else:
                continue
            seen.append((type_, start, end))
            covered[start:end] = b"\1" * (end - start)

    take((*identifiers(form.text, code), *encoded(form.text), *in_columns(form.text),
          *name_matches(form.text, code, people)))
    if owned := [piece for piece in seen if piece[0] in OWNED]:
        take((*names_beside(form.text, seen), *names_in_columns(form.text, owned)))
    return sorted(pieces)


OPENS = ("KEY", "URL")
"""Types of which every part that is still to be seen goes, where another rule has taken a part."""


def _uncovered(covered: bytearray, start: int, end: int) -> list[tuple[int, int]]:
    """The stretches of a secret that no surer rule has seen: the password behind an account that is masked already."""
    return [(start + match.start(), start + match.end()) for match in re.finditer(rb"\0{6,}", covered[start:end])]
