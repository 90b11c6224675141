"""The page a person reads after cleaning: why rows left, what changed, and how close the decisions were."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from instructwild.clean.damage import DAMAGE
from instructwild.clean.judge_words import FLAGS, KEEP, NOT_JUDGED
from instructwild.clean.rules import RULES
from instructwild.report import figures
from instructwild.report.page import Page, Pair, Pairs, Prose, Sample, Samples, Stats, Table
from instructwild.text.quantity import quantity

EACH, SOURCES, LONGEST, BRIEF, LISTED = 4, 12, 600, 80, 200
Notes = Mapping[str, Mapping[str, Any]]

MEANING = {
    "malformed": "could not be read", "language": "in a language that is not kept", "rule": "a quality rule saw a defect",
    "exact_duplicate": "the same prompt came before",
    "near_duplicate": "an earlier prompt says the same in almost the same words",
    "contaminated": "an evaluation set holds it", "pii": "holds personal data",
    "edited": "a person dropped it",
}


class Totals(NamedTuple):
    """Counts of all rows, where figures and samples are drawn from some of them.

    Attributes:
        kept, dropped, flagged: rows.
        languages: different languages of the kept rows.
        reasons: dropped rows by reason.
        every: of how many rows one is drawn.
    """

    kept: int
    dropped: int
    flagged: int
    languages: int
    reasons: dict[str, int]
    every: int = 1

    @classmethod
    def of(cls, after: pl.DataFrame, dropped: pl.DataFrame) -> "Totals":
        """The counts of the rows themselves."""
        flags = pl.col("labels").struct.field("flags").list
        return cls(after.height, dropped.height, after.select((flags.len() > 0).sum()).item() or 0,
                   after["language"].n_unique(), _counts(dropped["reason"]))


def page(before: pl.DataFrame, after: pl.DataFrame, dropped: pl.DataFrame, notes: Notes,
         totals: Totals | None = None) -> Page:
    """The report.

    Args:
        before, after: rows as `clean.rows.opened` gives them; the languages of `before` are those it came with.
        dropped: the rows that left, in the columns of `dropped.parquet`.
        notes: what each step counted, by its name.
        totals: counts of all rows, where the frames hold some of them.
    """
    totals = totals or Totals.of(after, dropped)
    total = totals.kept + totals.dropped
    kept = f"{totals.kept / total:.1%}" if total else "none"
    some = (f" Figures and samples are drawn from every {totals.every:,}th row; the counts of rows, reasons and steps are "
            "of all rows." if totals.every > 1 else "")
    shown = Page(title="Clean", lead=f"{quantity(total, 'row')} in, {totals.kept:,} kept ({kept}). Below, why the others "
                                     f"left.{some}")
    flags = after.select(pl.col("labels").struct.field("flags").list.explode(keep_nulls=False, empty_as_null=False))
    counts = _counts(flags.to_series().alias("flag"))
    shown.add("", Stats([("rows in", total), ("kept", totals.kept), ("dropped", totals.dropped), ("flagged", totals.flagged),
                         ("languages", totals.languages)]))
    _reasons(shown, dropped, totals.reasons)
    shown.add("Step by step", Table(["step", "rows in", "dropped", "seconds"],
                                    [[name, note["in"], note["dropped"], note["seconds"]] for name, note in notes.items()]))
    _distributions(shown, before, after, dropped)
    if counts:
        shown.add("What was flagged and kept", figures.bars(counts), _meanings(counts))
    mended = [Pair(left, right, "as it was", "as it is", badges=[kind])
              for kind, listed in notes.get("repair", {}).get("samples", {}).items() for left, right in listed[:EACH]]
    if mended:
        shown.add("What was mended", Pairs(mended))
    _samples(shown, after, dropped)
    if "near" in notes:
        _near(shown, notes["near"])
    _absorbed(shown, after, dropped)
    if "judge" in notes:
        _judge(shown, notes["judge"])
    if listed := notes.get("exact", {}).get("conflict_samples"):
        shown.add("One prompt, different answers", Prose(
            f"{quantity(notes['exact']['conflicts'], 'prompt')} came with more than one answer. The first stays; the "
            "others are in dropped.parquet with same_answer: false."),
                  Samples([Sample(row["prompt"], badges=[f"{quantity(row['answers'], 'answer')}"],
                                  replies=[("kept" if not index else "dropped", answer)
                                           for index, answer in enumerate(row["some"])]) for row in listed]))
    return shown


def _counts(values: pl.Series) -> dict[str, int]:
    return {str(name): count for name, count in values.value_counts(sort=True).iter_rows()}


def _reasons(shown: Page, dropped: pl.DataFrame, reasons: Mapping[str, int]) -> None:
    if not reasons:
        shown.add("Why rows left", Prose("No row left."))
        return
    shown.add("Why rows left", figures.bars(reasons),
              Table(["reason", "what it means"], [[name, MEANING.get(name, "")] for name in reasons]))
    left = dropped.select(why="reason", by_language=pl.col("row").str.extract(r'"language":"([^"]*)"').fill_null("unread"),
                          by_source=pl.col("row").str.extract(r'"source":"((?:[^"\\]|\\.)*)"').fill_null("unread"))
    for column in ("language", "source"):
        counted = [(pl.col("why") == name).sum().alias(name) for name in reasons]
        groups = left.group_by(f"by_{column}").agg(pl.len(), *counted)
        groups = groups.sort("len", f"by_{column}", descending=[True, False])
        shown.add(f"Why rows left, by {column}",
                  Table([column, "rows", *reasons], [list(row) for row in groups.iter_rows()], most=SOURCES * 2))


def _distributions(shown: Page, before: pl.DataFrame, after: pl.DataFrame, dropped: pl.DataFrame) -> None:
    read = dropped.filter(pl.col("step") != "read")
    languages = {"kept": _counts(after["language"]),
                 "dropped": _counts(read["row"].str.extract(r'"language":"([^"]*)"').fill_null("und"))}
    frames = {"before": before, "after": after}
    sources = {name: _counts(frame["origin"].list.first().struct.field("source").fill_null("unknown"))
               for name, frame in frames.items()}
    types = {name: _counts(frame["labels"].struct.field("type").drop_nulls()) for name, frame in frames.items()}
    shown.add("Languages", figures.stacked({language: {"kept": languages["kept"].get(language, 0),
                                                       "dropped": languages["dropped"].get(language, 0)}
                                            for language in list({**languages["kept"], **languages["dropped"]})[:SOURCES]}))
    for title, groups in (("Sources", sources), ("Types of instruction", types)):
        if groups["before"]:
            names = list(groups["before"])[:SOURCES]
            shown.add(title, figures.grouped_bars({name: {when: groups[when].get(name, 0) for when in groups}
                                                   for name in names}))
    for title, column in (("Length of prompts", "prompt"), ("Length of answers", "answer")):
        lengths = {name: frame[column].drop_nulls().str.len_chars() for name, frame in frames.items()}
        if len(lengths["before"]):
            most = float(lengths["before"].quantile(0.99) or 1)
            shown.add(title, figures.histogram(
                {name: values.filter(values <= most).to_numpy() for name, values in lengths.items()},
                label="characters", caption="The longest hundredth is left out."))


def _meanings(flags: Mapping[str, int]) -> Table:
    described = {**{name: rule.meaning for name, rule in RULES.items()},
            **{name: f"may be damaged: {damage.meaning}" for name, damage in DAMAGE.items()},
            **{f"repaired_{name}": f"mended: {damage.meaning}" for name, damage in DAMAGE.items()}, **FLAGS}
    return Table(["flag", "what it means"], [[name, described.get(name, "")] for name in flags])


def _samples(shown: Page, after: pl.DataFrame, dropped: pl.DataFrame) -> None:
    kept = after.select(twin="id", stays="prompt").unique("twin", keep="first")
    for (reason,), rows in dropped.group_by("reason", maintain_order=True):
        few = rows.gather_every(max(1, rows.height // EACH)).head(EACH).with_columns(
            twin=pl.col("evidence").str.json_path_match("$.twin"), f=pl.col("evidence").str.json_path_match("$.f"))
        described = list(few.join(kept, on="twin", how="left", maintain_order="left").iter_rows(named=True))
        pairs = [_pair(row) for row in described if row["f"] is not None and row["stays"] is not None]
        others = [_sample(row) for row in described if row["f"] is None or row["stays"] is None]
        shown.add(f"Samples: {reason}", *([Pairs(pairs)] if pairs else []), *([Samples(others)] if others else []))


def _pair(dropped: Mapping[str, str]) -> Pair:
    """A near-duplicate beside the row that stays."""
    row = json.loads(dropped["row"])
    return Pair(dropped["stays"][:LONGEST], _prompt(row)[:LONGEST], "stays", "left", row["language"],
                badges=[dropped["step"], f"F {float(dropped['f']):.3f}"])


def _sample(dropped: Mapping[str, str]) -> Sample:
    row, evidence = json.loads(dropped["row"]), json.loads(dropped["evidence"])
    described = evidence if isinstance(evidence, str) else ", ".join(
        f"{name} {value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)}"
        for name, value in evidence.items() if value is not None)
    if not isinstance(row, dict) or "messages" not in row:
        return Sample(str(row.get("value") or row.get("problem"))[:LONGEST], note=f"{described}: {row.get('problem')}")
    last = row["messages"][-1]
    answer = last["content"] if last["role"] == "assistant" else None
    return Sample(_prompt(row)[:LONGEST], language=row["language"], id=row["id"], badges=[dropped["step"]], note=described,
                  reply=answer and answer[:LONGEST])


def _near(shown: Page, note: Mapping[str, Any]) -> None:
    if "cosine" in note:
        shown.add("Near-duplicates", Prose(
            f"Of pairs with an F above {note['threshold']:g} those are merged that ask for the same, by their words or by "
            f"embeddings with a cosine of {note['cosine']:g} or more."))
        return
    few = note["decided_anew"]
    covered = "all" if few == note["in"] else f"the first {few:,} of the"
    shown.add("At other thresholds", Prose(
        f"Decided anew at each threshold for {covered} {quantity(note['in'], 'row')} that reached this step"
        + ("" if few == note["in"] else ", because each line takes about as long as the step itself")
        + ". F is ROUGE-L's F1 over words, and over single Chinese characters."),
              Table(["rows are dropped when F is above", "rows dropped", "share"],
                    [[at + (" (this run)" if float(at) == note["threshold"] else ""), count, f"{count / max(few, 1):.1%}"]
                     for at, count in note["dropped_at"].items()]))
    for title, key, kind in (("Just dropped", "just_dropped", "dropped"), ("Just kept", "just_kept", "kept")):
        if note[key]:
            shown.add(title, Prose(f"Of all {quantity(note['in'], 'row')}, the {kind} ones whose F with an earlier kept "
                                   f"row is the closest to {note['threshold']:g}; what differs is marked."),
                      Pairs([Pair(pair["left"][:LONGEST], pair["right"][:LONGEST], "earlier row", "this row",
                                  badges=[f"F {pair['f']:.3f}"]) for pair in note[key]]))


def _judge(shown: Page, note: Mapping[str, Any]) -> None:
    """What a model said of the rows, and what that cost."""
    from instructwild.llm.charges import in_words

    counts = note["by_language"]
    verdicts = [KEEP, *note["named"], *([NOT_JUDGED] if any(NOT_JUDGED in each for each in counts.values()) else [])]
    missed = sum(note["not_judged"].values())
    why = ", ".join(f"{name} {count:,}" for name, count in note["not_judged"].items())
    shown.add("What a model says", Prose(
        f"{note['model']} judged {quantity(note['judged'], 'row')} in {quantity(note.get('requests', 0), 'request')}: what "
        "it names is as right as the model is. judgements.parquet holds every reading with the model's words."
        + (f" Not judged: {missed:,} ({why}); they stay." if missed else "")
        + in_words(note.get("usd", 0.0), note.get("possibly_charged", 0.0))),
              Table(["language", "rows", *verdicts],
                    [[language, sum(each.values()), *(each.get(verdict, 0) for verdict in verdicts)]
                     for language, each in sorted(counts.items(), key=lambda item: -sum(item[1].values()))]))


def absorbed(after: pl.DataFrame, dropped: pl.DataFrame) -> pl.DataFrame:
    """Kept rows with the duplicates they stand for, those of most first.

    A row whose exact twin became a near-duplicate of another in its turn is counted with that one.

    Returns columns id, prompt, language, rows (how many), and lists of up to `EACH` each: texts, and how they resemble it.
    """
    twins = dropped.filter(pl.col("reason").is_in(["exact_duplicate", "near_duplicate"])).select(
        "id", "reason", twin=pl.col("evidence").str.json_path_match("$.twin"),
        f=pl.col("evidence").str.json_path_match("$.f"),
        row="row")
    onward = twins.filter(pl.col("reason") == "near_duplicate").select(twin="id", last="twin").unique("twin", keep="first")
    like = (pl.when(pl.col("f").is_not_null()).then(pl.format("F {}", pl.col("f")))
            .when(pl.col("last").is_null()).then(pl.lit("the same")).otherwise(pl.lit("the same as such a row")))
    groups = (twins.join(onward, on="twin", how="left", maintain_order="left")
              .group_by(pl.coalesce("last", "twin").alias("id"), maintain_order=True)
              .agg(pl.len().alias("rows"), pl.col("row").head(EACH), like.head(EACH).alias("like")))
    kept = after.select("id", "prompt", "language").unique("id", keep="first", maintain_order=True)
    return groups.join(kept, on="id", how="inner", maintain_order="left").sort("rows", descending=True, maintain_order=True)


def _absorbed(shown: Page, after: pl.DataFrame, dropped: pl.DataFrame) -> None:
    groups = absorbed(after, dropped)
    if groups.is_empty():
        return
    texts = [[_prompt(json.loads(row)) for row in rows] for rows in groups["row"].head(LISTED)]
    most = [Sample(row["prompt"][:LONGEST], id=row["id"], language=row["language"], badges=[f"stands for {row['rows']:,}"],
                   replies=[(like, text[:LONGEST]) for like, text in zip(row["like"], texts[index], strict=True)])
            for index, row in enumerate(groups.head(EACH).iter_rows(named=True))]
    shown.add("What kept rows stand for", Prose(
        f"{groups.height:,} kept rows stand for {groups['rows'].sum():,} duplicates that left; those that stand for most "
        "are here, each with the first of its duplicates. dropped.parquet names for every one the row that stands for it."),
              Samples(most))
    shown.add_last("Each kept row with what it absorbed", Table(
        ["stands for", "kept row", "duplicates"],
        [[row["rows"], row["prompt"][:BRIEF], " ⏎ ".join(text[:BRIEF] for text in texts[index])]
         for index, row in enumerate(groups.head(LISTED).iter_rows(named=True))],
        caption=f"The first {min(LISTED, groups.height):,} of {groups.height:,}, with up to {EACH} duplicates each."))


def _prompt(row: Mapping[str, Any]) -> str:
    messages = row["messages"]
    return "\n".join(turn["content"] for turn in (messages[:-1] if messages[-1]["role"] == "assistant" else messages))
