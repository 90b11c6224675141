"""The figures and the report of a stage of rankings: who ranked, how many ties, how far they agree, and samples."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.report import figures
from instructwild.report.page import Page, Prose, Samples, Stats, Table
from instructwild.schema import RankingRow, prompt_text
from instructwild.text.quantity import quantity
from instructwild_annotation import agreement
from instructwild_annotation.agreement import Agreement
from instructwild_annotation.alpha import alpha, alpha_interval
from instructwild_annotation.comparisons import AgreementGroup, Comparisons, Interval, second_look, share_interval
from instructwild_annotation.people import kind
from instructwild_annotation.scripted import FormRule

SAMPLES = 12
LISTED = 200


def _share(measured: Agreement | AgreementGroup) -> float | None:
    share = measured.share
    return None if share is None else round(share, 4)


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(end, 4) for end in interval]


def in_words(interval: Interval | Sequence[float] | None, form: str = ".0%") -> str:
    """An interval as people read it: `61% to 74%`; empty where there are too few prompts for one."""
    return "" if interval is None else f"{interval[0]:{form}} to {interval[1]:{form}}"


def figures_of(rows: Sequence[RankingRow], rule: FormRule | None = None, compared: Sequence[Agreement] = (),
               types: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The stage's own figures, for the manifest.

    Args:
        rows: the rows with all their rankings.
        rule: the scripted annotator's rule, where one ranked.
        compared: the rule's agreement with people on rows that it did not rank itself.
        types: kinds of questions by row id, as far as they are known.
    """
    counted = [(row, ranking) for row in rows for ranking in agreement.counted(row)]
    kinds = Counter(kind(ranking.annotator) for _, ranking in counted)
    pairs = sum(len(row.candidates) * (len(row.candidates) - 1) // 2 for row, _ in counted)
    ordered = sum(len(ranking.pairs) for _, ranking in counted)
    spent = sorted(ranking.seconds for _, ranking in counted if ranking.seconds is not None)
    every, people = Comparisons.of(rows), Comparisons.of(agreement.of_people(rows))
    overall, of_people = every.overall(), people.overall()
    alpha_all, alpha_people = alpha(every), alpha(people)
    return {
        "rankings": len(counted),
        "rankings_by_kind": dict(sorted(kinds.items())),
        "people": len({ranking.annotator for _, ranking in counted if kind(ranking.annotator) == "person"}),
        "scripted_rule": f"{rule.name}: {rule.says}" if rule is not None and kinds.get("scripted") else None,
        "rows_without_ranking": sum(not agreement.counted(row) for row in rows),
        "pairs": pairs,
        "ordered_pairs": ordered,
        "tied_pairs": pairs - ordered,
        "rankings_with_ties": sum(len(set(ranking.ranks)) < len(ranking.ranks) for _, ranking in counted),
        "seconds_per_ranking": spent[len(spent) // 2] if spent else None,
        "agreement": _share(overall),
        "agreement_interval": _ends(overall.interval),
        "alpha": None if alpha_all is None else round(alpha_all, 4),
        "alpha_interval": _ends(alpha_interval(every)),
        "people_agreement": _share(of_people),
        "people_agreement_interval": _ends(of_people.interval),
        "people_alpha": None if alpha_people is None else round(alpha_people, 4),
        "people_alpha_interval": _ends(alpha_interval(people)),
        "agreement_with_people": {name: _share(group) for name, group in every.with_people().items()},
        "agreement_by_annotator": {name: _share(group) for name, group in every.by_annotator().items()},
        "person_scripted_agreement": _share(sum(compared, Agreement())),
        "agreement_by_language": {tag: _share(group)
                                  for tag, group in every.by_label([row.language for row in rows]).items()},
        "agreement_by_type": {name: _share(group) for name, group in _by_type(rows, every, types or {}).items()},
    }


def _by_type(rows: Sequence[RankingRow], compared: Comparisons, types: Mapping[str, str]) -> dict[str, AgreementGroup]:
    """Agreement by kind of question; nothing where no kind is known."""
    return compared.by_label([types.get(row.id, "unlabelled") for row in rows]) if types else {}


def rankings_page(title: str, rows: Sequence[RankingRow], rule: FormRule | None = None,
                  compared: Sequence[Agreement] = (), lead: str | None = None, below: float = 0.5,
                  types: Mapping[str, str] | None = None) -> Page:
    """The report of rankings; prompts with less than the share `below` of agreement are listed."""
    metrics = figures_of(rows, rule, compared, types)
    every = Comparisons.of(rows)
    by = metrics["rankings_by_kind"]
    page = Page(title=title, lead=lead or f"{quantity(len(rows), 'prompt')}, {quantity(metrics['rankings'], 'ranking')} "
                f"({', '.join(f'{count:,} by {name}' for name, count in by.items()) or 'none yet'}).")
    page.add("What was ranked", Stats({
        "prompts": f"{len(rows):,}", "rankings": f"{metrics['rankings']:,}", "people": f"{metrics['people']:,}",
        "pairs put in order": f"{metrics['ordered_pairs']:,}", "tied pairs": f"{metrics['tied_pairs']:,}",
        "median seconds a ranking": f"{metrics['seconds_per_ranking']:.0f}" if metrics["seconds_per_ranking"] else "–"}))
    if metrics["scripted_rule"]:
        page.add("The scripted annotator", Prose(
            f"{quantity(by['scripted'], 'ranking was', 'rankings were')} made by a script, not by people. Its rule, "
            f"{metrics['scripted_rule']}. "
            "It judges form and knows nothing of truth or help; a model trained on it learns form."))
    ties = Counter(f"{len(ranking.groups)} of {quantity(len(ranking.ranks), 'place')} used"
                   for row in rows for ranking in agreement.counted(row))
    if ties:
        page.add("How far answers were told apart", figures.bars(dict(sorted(ties.items()))))
    agreed = _agreement_table(rows, every, metrics, compared, types or {})
    if agreed:
        page.add("Agreement", Prose("The share of pairs of answers that two annotators put in the same order or both tied; "
                                    "Krippendorff's alpha is 1 for full agreement and 0 for chance, compared within "
                                    "each number of answers. Intervals: 95%, by bootstrap over prompts."),
                 Table(["between", "same", "one tied", "opposed", "share", "95% interval"], agreed))
    low = second_look(rows, every, below)
    if low:
        page.add("Worth a second look", Prose(
            f"On {quantity(len(low), 'prompt')} annotators agree on less than {below:.0%} of pairs; the least agreed on "
            "first."),
            Table(["prompt", "id", "language", "share agreed"], [
                [prompt_text(row.messages)[:200], row.id, row.language, f"{agreed.share:.0%}"]
                for row, agreed in low[:LISTED]]))
    page.add("Samples", Samples([_sample(row) for row in _spread(rows)]))
    return page


def _agreement_table(rows: Sequence[RankingRow], every: Comparisons, metrics: dict[str, Any],
                     compared: Sequence[Agreement], types: Mapping[str, str]) -> list[list[str]]:
    lines: list[tuple[str, Agreement, Interval | None]] = []
    if compared:
        lines.append(("people and the rule, on what people ranked", sum(compared, Agreement()),
                      share_interval([(each.same, each.pairs) for each in compared])))
    groups: list[tuple[Mapping[Any, AgreementGroup], str]] = [
        (every.by_kinds(), "{0[0]} and {0[1]}"), (every.by_label([row.language for row in rows]), "language {}"),
        (_by_type(rows, every, types), "kind of question {}"), (every.with_people(), "{} and people"),
        (every.by_annotator(), "{} and all others")]
    lines += [(name.format(key), group.total, group.interval) for table, name in groups for key, group in table.items()]
    table = [[name, f"{result.same:,}", f"{result.half:,}", f"{result.opposed:,}", f"{result.share:.0%}", in_words(ends)]
             for name, result, ends in lines if result.pairs]
    for name, key in (("all", "alpha"), ("people alone", "people_alpha")):
        if metrics[key] is not None:
            table.append([f"Krippendorff's alpha, ordinal: {name}", "", "", "", f"{metrics[key]:.3f}",
                          in_words(metrics[f"{key}_interval"], ".3f")])
    return table


def _spread(rows: Sequence[RankingRow]) -> list[RankingRow]:
    """A few rows: those that people ranked first, then others evenly through the stage."""
    human = [row for row in rows if any(kind(r.annotator) == "person" for r in row.rankings)]
    rest = [row for row in rows if row.rankings and row not in human]
    further = max(SAMPLES - len(human[:SAMPLES // 2]), 0)
    return human[:SAMPLES // 2] + rest[::max(len(rest) // further, 1) if further else 1][:further]


def _sample(row: RankingRow) -> dict[str, Any]:
    """One prompt as a card: its answers, best first, each with the places it was given."""
    rankings = agreement.counted(row)

    def mean_rank(index: int) -> float:
        return sum(ranking.ranks[index] for ranking in rankings) / max(len(rankings), 1)

    answers = []
    for index in sorted(range(len(row.candidates)), key=mean_rank):
        places = ", ".join(f"{kind(ranking.annotator)} {ranking.ranks[index]}" for ranking in rankings)
        answers.append(f"[{places or 'not ranked'}] {row.candidates[index].shown.strip() or '(empty)'}")
    return {"text": prompt_text(row.messages), "language": row.language, "id": row.id, "reply": "\n\n".join(answers),
            "badges": sorted({ranking.annotator for ranking in rankings})}
