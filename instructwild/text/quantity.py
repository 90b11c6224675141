"""Numbers with their nouns: "1 row", "2,000 rows"."""

_ENDINGS = (("ch", "ches"), ("sh", "shes"), ("s", "ses"), ("x", "xes"), ("ay", "ays"), ("ey", "eys"), ("oy", "oys"),
            ("y", "ies"))
_IRREGULAR = {"person": "people", "epoch": "epochs"}


def quantity(number: int | float, noun: str, several: str = "") -> str:
    """A number and its noun, which is singular for one.

    >>> quantity(1, "row"), quantity(2000, "row"), quantity(0, "batch"), quantity(1, "reply has", "replies have")
    ('1 row', '2,000 rows', '0 batches', '1 reply has')

    Args:
        number: how many.
        noun: what, in the singular; what else changes with it may follow ("row has").
        several: the same in the plural; by default the noun with its regular ending.
    """
    return f"{number:,} {agreeing(number, noun, several)}"


def agreeing(number: int | float, noun: str, several: str = "") -> str:
    """The noun alone, for where its number stands elsewhere; arguments as those of `quantity`."""
    return noun if number == 1 else several or plural(noun)


def plural(noun: str) -> str:
    """An English noun, or the last word of several, with the ending of its plural."""
    head, _, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        word = _IRREGULAR[last]
    else:
        old, new = next(((old, new) for old, new in _ENDINGS if last.endswith(old)), ("", "s"))
        word = last[:len(last) - len(old)] + new
    return f"{head} {word}" if head else word
