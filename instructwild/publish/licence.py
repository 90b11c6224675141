"""What the licences of sources allow together: which rows may be published at all, and under what terms the whole."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

UNSTATED = "not stated"


@dataclass(frozen=True)
class LicenceTerms:
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


def terms_of(license: str | None) -> LicenceTerms:
    """The terms behind a licence as a source states it. One that is not known here forbids, until somebody has read it."""
    name = " ".join((license or UNSTATED).lower().split())
    name = SPELLED.get(name, name)
    if name == UNSTATED:
        return LicenceTerms(UNSTATED, forbids="nobody has said under what licence they are")
    if name in FREE:
        return LicenceTerms(name, attribution=False)
    if name in PERMISSIVE:
        return LicenceTerms(name)
    if name in COPYLEFT:
        return LicenceTerms(name, share_alike=True)
    match = CREATIVE_COMMONS.fullmatch(name)
    if match:
        name = "-".join(["cc-by", *(part for part in ("nc", "sa", "nd") if match[part]), match["version"] or "4.0"])
        forbids = "it allows no derived works, and a dataset is one" if match["nd"] else ""
        return LicenceTerms(name, share_alike=bool(match["sa"]), noncommercial=bool(match["nc"]), forbids=forbids)
    if CLOSED.search(name):
        return LicenceTerms(name, forbids="it forbids passing them on")
    if RESEARCH.search(name):
        return LicenceTerms(name, noncommercial=True)
    return LicenceTerms(name, forbids="it is not known here, so somebody has to read it first")


@dataclass(frozen=True)
class Together:
    """The licence of a whole that is made of parts: an id of the Hub (`other` where no single one fits), and why."""

    id: str
    why: str
    forbidden: tuple[LicenceTerms, ...] = ()


def together(licenses: Iterable[str | None]) -> Together:
    """The strictest licence that results when rows under all of these stand in one dataset."""
    terms = sorted({terms_of(license) for license in licenses}, key=lambda each: each.strictness)
    forbidden = tuple(each for each in terms if each.forbids)
    if not terms:
        return Together("other", "no row states a source")
    if forbidden:
        return Together("other", "; ".join(f"{each.id}: {each.forbids}" for each in forbidden), forbidden)
    strictest = terms[-1]
    needs = (any(each.noncommercial for each in terms), any(each.share_alike for each in terms))
    if needs != (strictest.noncommercial, strictest.share_alike) or len({each.id for each in terms if each.share_alike}) > 1:
        named = ", ".join(each.id for each in terms)
        return Together("other", f"no single licence fits {named}: each row stays under its own")
    known = strictest.id in PERMISSIVE | COPYLEFT | FREE or strictest.id.startswith("cc-")
    alone = len(terms) == 1
    why = f"all rows are under {strictest.id}" if alone else \
        f"the strictest of {', '.join(each.id for each in terms)}"
    return Together(strictest.id if known else "other", why)
