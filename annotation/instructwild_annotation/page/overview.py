"""The lead's figures of one set: how far the work came, who agrees with whom, what is disputed."""

import json
from typing import Any

import numpy as np

from instructwild.errors import InputError
from instructwild_annotation.comparisons import AgreementGroup, as_shares
from instructwild_annotation.page.queue import gold_score
from instructwild_annotation.page.set_figures import PersonFigures, SetFigures
from instructwild_annotation.page.store import Store, set_names, unpacked
from instructwild_annotation.people import person
from instructwild_annotation.pull import pace

LISTED = 20     # prompts on one page of a list
UNLABELLED = "unlabelled"


class OverviewCache:
    """The overviews of a page's sets, worked out anew only when the file has changed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._state: tuple[int, int] | None = None
        self._sets: dict[str, tuple[SetFigures, dict[str, Any]]] = {}

    def get(self, name: str) -> dict[str, Any]:
        """As `overview`.

        Raises:
            InputError: nothing was pushed under the name.
        """
        return self._current(name)[1]

    def listed(self, name: str, which: str, start: int) -> dict[str, Any]:
        """As `listed`.

        Raises:
            InputError: there is no such list, or nothing was pushed under the name.
        """
        return listed(self.store, self._current(name)[0], which, start)

    def _current(self, name: str) -> tuple[SetFigures, dict[str, Any]]:
        state = self.store.state
        if state != self._state:
            self._sets, self._state = {}, state
        if name not in self._sets:
            figures = SetFigures.read(self.store, name)
            self._sets[name] = figures, overview(self.store, figures)
        return self._sets[name]


def overview(store: Store, figures: SetFigures) -> dict[str, Any]:
    """All figures of the lead's page and of `status --json`, one object."""
    agreement, spent, per_hour = figures.agreement, figures.counted("seconds"), pace(figures.counted("moments"))
    with store.read() as db:
        names = set_names(db)
    return {
        "name": figures.name, "sets": names, "records": figures.records, "complete": figures.complete,
        "rankings": len(figures.counted("moments")), "left": figures.left, "not_counted": dict(figures.not_counted),
        "seconds": _median(spent), "per_hour": per_hour, "hours_left": figures.left / per_hour if per_hour else None,
        "overlap": dict(sorted(figures.overlap.items())),
        "agreement": agreement.share, "agreement_interval": agreement.interval, "expected_width": _expected_width(figures),
        "alpha": figures.coincidences.alpha(), "alpha_interval": figures.coincidences.interval(),
        "agreement_by_language": as_shares(figures.by_language), "agreement_by_type": as_shares(_by_type(figures)),
        "people": people(store, figures),
        "disagreements": listed(store, figures, "disagreements"), "unanimous": listed(store, figures, "unanimous")}


def _by_type(figures: SetFigures) -> dict[str, AgreementGroup]:
    """Agreement by kind of question; nothing where no kind is known."""
    if not any(figures.by_kind):
        return {}
    return dict(sorted((kind or UNLABELLED, group) for kind, group in figures.by_kind.items()))


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if len(values) else None


def _expected_width(figures: SetFigures) -> float | None:
    """How wide the interval of agreement will be when all is ranked: widths shrink with the root of the prompts."""
    ends, compared = figures.agreement.interval, figures.agreement.compared
    if ends is None or not compared or not figures.shared:
        return None
    return float((ends[1] - ends[0]) * (compared / max(figures.shared, compared)) ** 0.5)


def people(store: Store, figures: SetFigures) -> list[dict[str, Any]]:
    """Each person with what they did on the set; names stay on this screen, data hold the hash."""
    shares = as_shares(figures.by_annotator)
    with store.read() as db:
        table = db.execute("SELECT * FROM people WHERE role='annotator' ORDER BY name").fetchall()
        scores = {row["id"]: gold_score(db, row["id"], figures.name) for row in table}
    result = []
    for row in table:
        work = figures.people.get(row["id"], PersonFigures())
        count, score = scores[row["id"]]
        hours = (max(work.moments) - min(work.moments)) / 3600 if work.moments else 0
        result.append({
            "name": row["name"], "annotator": person(row["name"]), "languages": row["languages"],
            "has_link": row["token"] is not None, "set_aside": row["id"] in figures.aside, "done": work.done,
            "skipped": work.skipped, "seconds": _median(np.asarray(work.seconds)),
            "per_hour": (work.done - 1) / hours if hours else None, "last": max(work.moments, default=None),
            "gold": count, "gold_score": score, "agreement": shares.get("person:" + row["name"])})
    return result


def listed(store: Store, figures: SetFigures, which: str, start: int = 0) -> dict[str, Any]:
    """One page of a list of prompts: `total`, and `prompts` from number `start` on.

    Args:
        store: the page's file.
        figures: the sums over the set.
        which: `disagreements`, to be settled, or `unanimous`, which can become gold.
        start: how many to pass over.

    Raises:
        InputError: there is no such list.
    """
    lists = {"disagreements": figures.disputed, "unanimous": figures.unanimous}
    if which not in lists:
        raise InputError("there is no such list", where=which)
    entries = lists[which].page(start, LISTED)
    prompts = _prompts(store, figures, [record for record, _ in entries])
    if which == "disagreements":
        prompts = [{**prompt, "share": share} for prompt, (_, share) in zip(prompts, entries, strict=True)]
    return {"total": len(lists[which]), "prompts": prompts}


def _prompts(store: Store, figures: SetFigures, records: list[int]) -> list[dict[str, Any]]:
    """Records as the lists show them; one that was removed meanwhile is shown without its text."""
    result = []
    with store.read() as db:
        for record in records:
            kept = db.execute("SELECT row FROM records WHERE id=?", (record,)).fetchone()
            row = json.loads(kept[0]) if kept else {"messages": [{"content": ""}], "language": "und"}
            work = db.execute("SELECT person, ranks FROM work WHERE record=? AND status='submitted'", (record,))
            result.append({"record": record, "prompt": row["messages"][-1]["content"][:300], "language": row["language"],
                           "rankings": [unpacked(ranks) for who, ranks in work if who not in figures.aside]})
    return result
