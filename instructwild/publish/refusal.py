"""What speaks against publishing: a licence, personal data or secrets in the rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from instructwild.errors import InputError
from instructwild.publish.licence import Together, terms_of, together

NAMED = 8


def licence(found: Mapping[tuple[str, str], int], unstated: str | None) -> Together:
    """The licence of the whole.

    Args:
        found: (source, licence) -> rows; an empty licence is one that nobody stated.
        unstated: what the publisher says those are under.

    Raises:
        InputError: a licence forbids publishing, or nobody has said what it is.
    """
    result = together({license or unstated for _, license in found} or {unstated})
    if not result.forbidden:
        return result
    lines = [f"{count:,} rows of {source} ({license or 'licence not stated'}): {terms.forbids}"
             for (source, license), count in found.items() if (terms := terms_of(license or unstated)).forbids]
    raise InputError("cannot be published: " + "; ".join(lines[:NAMED] or [result.why]), where="licences",
                     remedy="leave those sources out; or where you hold the rights or nobody stated the licence, say what "
                            "it is: --unstated-license ID, or collect --license ID")


def personal_data(texts: Iterable[tuple[str, str, str]], accept: Sequence[str] = ()) -> dict[str, int]:
    """Search every text for personal data and secrets once more.

    Args:
        texts: (config, row id, text).
        accept: types that the publisher has looked at and lets pass.

    Returns:
        What was found of the accepted types.

    Raises:
        InputError: something else was found; the rows are named, what was found in them is not.
    """
    from instructwild.privacy.masking import spans
    from instructwild.privacy.names import introduced

    counts: Counter[str] = Counter()
    where: dict[str, list[str]] = {}
    for config, row, text in texts:
        for span in spans(text, [(name,) for name in introduced(text)]):
            counts[span.type] += 1
            if len(places := where.setdefault(span.type, [])) < NAMED and f"{config} {row}" not in places:
                places.append(f"{config} {row}")
    refused = {kind: count for kind, count in counts.items() if kind not in accept}
    if refused:
        told = "; ".join(f"{count:,} of {kind}, for example in {', '.join(where[kind])}" for kind, count in refused.items())
        raise InputError(f"still holds personal data or secrets: {told}", where="the rows",
                         remedy="instructwild clean --steps pii, or look at the rows (instructwild trace ID) and let a type "
                                f"pass: --accept {next(iter(refused))}")
    return dict(counts)
