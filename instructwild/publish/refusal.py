"""What speaks against publishing: a licence, personal data or secrets in the rows."""

from collections.abc import Iterable, Mapping, Sequence

from instructwild.errors import InputError
from instructwild.publish.licence import Together, terms_of, together
from instructwild.text.quantity import quantity

NAMED = 8


def licence(licenses: Mapping[tuple[str, str], int], unstated: str | None) -> Together:
    """The licence of the whole.

    Args:
        licenses: (source, licence) -> rows; an empty licence is one that nobody stated.
        unstated: what the publisher says those are under.

    Raises:
        InputError: a licence forbids publishing, or nobody has said what it is.
    """
    result = together({license or unstated for _, license in licenses} or {unstated})
    if not result.forbidden:
        return result
    lines = [f"{quantity(count, 'row')} of {source} ({license or 'licence not stated'}): {terms.forbids}"
             for (source, license), count in licenses.items() if (terms := terms_of(license or unstated)).forbids]
    raise InputError("cannot be published: " + "; ".join(lines[:NAMED] or [result.why]), where="licences",
                     remedy="leave those sources out; or where you hold the rights or nobody stated the licence, say what "
                            "it is: --unstated-license ID, or collect --license ID")


def personal_data(texts: Iterable[tuple[str, str, str, str]], accept: Sequence[str] = ()) -> dict[str, int]:
    """Search every text for personal data and secrets once more, by the rules that collecting and cleaning mask with.

    Args:
        texts: (config, row id, role, text); only a user introduces a person.
        accept: types that the publisher has looked at and lets pass.

    Returns:
        In how many rows something of each accepted type is; a row counts once, in however many configs it stands.

    Raises:
        InputError: something else was found; the rows are named, what was found in them is not.
    """
    from instructwild.privacy.masking import people_of, spans

    where: dict[str, dict[str, str]] = {}
    for config, row, role, text in texts:
        for span in spans(text, people_of([(role, text)])):
            where.setdefault(span.type, {}).setdefault(row, config)
    refused = {kind: rows for kind, rows in where.items() if kind not in accept}
    if refused:
        kinds = "; ".join(f"{kind} in {quantity(len(rows), 'row')}, for example "
                          + ", ".join(f"{config} {row}" for row, config in list(rows.items())[:NAMED])
                          for kind, rows in refused.items())
        raise InputError(f"still holds personal data or secrets: {kinds}", where="the rows",
                         remedy="instructwild clean --steps pii --mask all, or look at the rows (instructwild trace ID) "
                                f"and let a type pass: --accept {next(iter(refused))}")
    return {kind: len(rows) for kind, rows in where.items()}
