"""What the licences of sources allow together: which rows may be published at all, and under what terms the whole."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

UNSTATED = "not stated"


@dataclass(frozen=True)
class Terms:
    """What a licence asks for.

    Args:
        id: as the Hub spells it, or as it was found where it is not known.
        forbids: why rows under it cannot be published as part of a dataset; empty where they can.
    """

    id: str
    attribution: bool = True
    share_alike: bool = False
    noncommercial: bool = False
    forbids: str = ""

    @property
    def strictness(self) -> tuple[bool, bool, bool, bool, str]:
        """Orders licences that can stand together, the strictest last."""
        return self.noncommercial, self.share_alike, self.attribution, self.id.startswith("cc-"), self.id


CREATIVE_COMMONS = re.compile(r"cc[- ]?by(?P<nc>[- ]nc)?(?:[- ](?P<sa>sa)|[- ](?P<nd>nd))?(?:[- ]?(?P<version>\d\.\d))?")
FREE = {"cc0-1.0", "unlicense", "pddl", "public domain", "public-domain", "wtfpl"}
PERMISSIVE = {"mit", "apache-2.0", "bsd", "bsd-2-clause", "bsd-3-clause", "isc", "odc-by", "zlib", "cdla-permissive-2.0"}
COPYLEFT = {"odbl", "gpl", "gpl-2.0", "gpl-3.0", "agpl-3.0", "lgpl-3.0", "mpl-2.0", "cdla-sharing-1.0", "gfdl"}
CLOSED = re.compile(r"all rights reserved|proprietary|no[- ]redistribution|do not (?:re)?distribute|confidential|private|"
                    r"版权所有|禁止转载")
RESEARCH = re.compile(r"non-?commercial|research[- ]only|academic|非商业|研究用途")
SPELLED = {"apache 2.0": "apache-2.0", "apache2": "apache-2.0", "apache license 2.0": "apache-2.0", "cc0": "cc0-1.0",
           "odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "gpl-3.0-only": "gpl-3.0", "gpl-3.0-or-later": "gpl-3.0"}


def terms_of(license: str | None) -> Terms:
    """The terms behind a licence as a source states it. One that is not known here forbids, until somebody has read it."""
    said = " ".join((license or UNSTATED).lower().split())
    said = SPELLED.get(said, said)
    if said == UNSTATED:
        return Terms(UNSTATED, forbids="nobody has said under what licence they are")
    if said in FREE:
        return Terms(said, attribution=False)
    if said in PERMISSIVE:
        return Terms(said)
    if said in COPYLEFT:
        return Terms(said, share_alike=True)
    found = CREATIVE_COMMONS.fullmatch(said)
    if found:
        name = "-".join(["cc-by", *(part for part in ("nc", "sa", "nd") if found[part]), found["version"] or "4.0"])
        forbids = "it allows no derived works, and a dataset is one" if found["nd"] else ""
        return Terms(name, share_alike=bool(found["sa"]), noncommercial=bool(found["nc"]), forbids=forbids)
    if CLOSED.search(said):
        return Terms(said, forbids="it forbids passing them on")
    if RESEARCH.search(said):
        return Terms(said, noncommercial=True)
    return Terms(said, forbids="it is not known here, so somebody has to read it first")


@dataclass(frozen=True)
class Together:
    """The licence of a whole that is made of parts: an id of the Hub (`other` where no single one fits), and why."""

    id: str
    why: str
    forbidden: tuple[Terms, ...] = ()


def together(licenses: Iterable[str | None]) -> Together:
    """The strictest licence that results when rows under all of these stand in one dataset."""
    terms = sorted({terms_of(license) for license in licenses}, key=lambda one: one.strictness)
    forbidden = tuple(one for one in terms if one.forbids)
    if not terms:
        return Together("other", "no row states a source")
    if forbidden:
        return Together("other", "; ".join(f"{one.id}: {one.forbids}" for one in forbidden), forbidden)
    strictest = terms[-1]
    needs = (any(one.noncommercial for one in terms), any(one.share_alike for one in terms))
    if needs != (strictest.noncommercial, strictest.share_alike) or len({one.id for one in terms if one.share_alike}) > 1:
        named = ", ".join(one.id for one in terms)
        return Together("other", f"no single licence fits {named}: each row stays under its own")
    known = strictest.id in PERMISSIVE | COPYLEFT | FREE or strictest.id.startswith("cc-")
    alone = len(terms) == 1
    why = f"all rows are under {strictest.id}" if alone else \
        f"the strictest of {', '.join(one.id for one in terms)}"
    return Together(strictest.id if known else "other", why)
