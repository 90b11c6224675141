"""Dataset cards, written from the manifests of the stages that made the data and from the rows themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from instructwild.publish.card import render, shares
from instructwild.publish.licence import UNSTATED, Together, together
from instructwild.report import figures
from instructwild.report.counts import WORDS, by_language, by_type, lengths
from instructwild.report.standalone import standalone
from instructwild.report.template import visible

if TYPE_CHECKING:
    import polars as pl

    from instructwild.stage import Manifest

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


@dataclass(frozen=True)
class Contents:
    """What one config of a dataset holds.

    Args:
        models: (model, prompt template, its hash) -> rows it made.
        sources: (kind, source, licence) -> origins.
        annotators: kind of annotator -> rankings.
    """

    name: str
    rows: int
    languages: Mapping[str, int]
    types: Mapping[str, int] = field(default_factory=dict)
    models: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    sources: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    annotators: Mapping[str, int] = field(default_factory=dict)
    answered: int | None = None
    multi_turn: int = 0

    @property
    def sparse(self) -> list[str]:
        """Languages of fewer than one row in twenty."""
        return [tag for tag, count in self.languages.items() if tag != "und" and count < 0.05 * self.rows]


def contents(name: str, frame: "pl.DataFrame") -> Contents:
    """Count what a frame of instructions, rankings or preference pairs holds."""
    models: Counter[tuple[str, str, str]] = Counter()
    sources: Counter[tuple[str, str, str]] = Counter()
    annotators: Counter[str] = Counter()
    answered, multi_turn = 0, 0
    columns = [c for c in ("messages", "origin", "made_by", "candidates", "rankings") if c in frame.columns]
    for row in frame.select(columns).iter_rows(named=True):
        for origin in row.get("origin") or ():
            sources[origin["kind"] or "", origin["source"] or "", origin["license"] or UNSTATED] += 1
        if made := row.get("made_by"):
            models[made["model"] or "", made["template"] or "", made["template_hash"] or ""] += 1
        for candidate in row.get("candidates") or ():
            models[candidate["model"] or "unknown", "", ""] += 1
        for ranking in row.get("rankings") or ():
            if ranking["status"] == "submitted":
                annotators[ranking["annotator"].partition(":")[0]] += 1
        messages = row.get("messages") or ()
        answered += bool(messages) and messages[-1]["role"] == "assistant"
        multi_turn += sum(message["role"] == "user" for message in messages) > 1
    return Contents(name, frame.height, by_language(frame), by_type(frame), dict(models.most_common()),
                    dict(sources.most_common()), dict(annotators.most_common()),
                    answered if "messages" in frame.columns and "candidates" not in frame.columns else None, multi_turn)


def licence_of(configs: Iterable[Contents], unstated: str | None = None) -> Together:
    """The licence of a dataset; `unstated` is the licence of the rows whose source names none."""
    licenses = {license if license != UNSTATED else unstated or UNSTATED
             for config in configs for _, _, license in config.sources}
    return together(licenses or {unstated or UNSTATED})


def dataset_card(title: str, configs: Sequence[Contents], manifests: Sequence["Manifest"], *,
                 files: Mapping[str, str] | None = None, licence: Together | None = None, unstated: str | None = None,
                 version: str = "", repo_id: str = "", drawn: Mapping[str, str] | None = None,
                 masked: Mapping[str, int] | None = None) -> str:
    """The README.md of a dataset on the Hub.

    Args:
        title: the dataset's name for people.
        configs: what each config holds, the default one first.
        manifests: of every stage behind the data, in order.
        files: config -> pattern of its Parquet files.
        licence: of the whole; by default what follows from the sources of the configs.
        unstated: licence of the rows whose source names none.
        version: the tag this card belongs to.
        repo_id: where it will be, for the example of its use.
        drawn: pictures that lie beside the card, path -> what it shows; see `lengths_of`.
        masked: type of personal data -> pieces that were replaced in answers when the dataset was published.
    """
    from huggingface_hub import DatasetCardData

    licence = licence or licence_of(configs, unstated)
    rows = configs[0].rows if configs else 0
    tags = sorted({tag.split("-")[0] for config in configs for tag in config.languages} - {"und"})
    people = any("person" in config.annotators for config in configs)
    machine = any(config.models for config in configs)
    data = DatasetCardData(
        language=tags or None, license=licence.id, pretty_name=visible(title), size_categories=_size(rows),
        task_categories=["text-generation"], multilinguality="multilingual" if len(tags) > 1 else "monolingual",
        language_creators=["found", *(["machine-generated"] if machine else [])],
        annotations_creators=["crowdsourced"] if people else ["machine-generated"],
        tags=["instruction-tuning", "instructwild"],
        configs=[{"config_name": config.name, "data_files": [{"split": "train", "path": pattern}],
                  **({"default": True} if config is configs[0] else {})}
                 for config in configs if (pattern := (files or {}).get(config.name))] or None,
        **({"license_name": "see-below"} if licence.id == "other" else {}))
    return render("dataset_card.md.j2", front=data.to_yaml(), title=title, configs=configs, version=version,
                  name=repo_id or title, manifests=manifests, drawn=drawn or {}, masked=masked or {}, licence=licence,
                  holdings=[[config.name, config.rows, shares(config.languages, config.rows)] for config in configs],
                  types=next((config.types for config in configs if config.types), {}),
                  models=[[model, template or "–", hashed or "–", count]
                          for (model, template, hashed), count in _most(config.models for config in configs)],
                  sources=_sources(configs, unstated), annotators=dict(_most(config.annotators for config in configs)))


def lengths_of(frame: "pl.DataFrame") -> dict[str, tuple[str, str]]:
    """How long prompts and answers are, by language, as pictures: path -> (what it shows, SVG)."""
    import polars as pl

    drawn = {}
    short = frame.with_columns(tag=pl.col("language").str.split("-").list.first())
    tags = [tag for (tag,) in short["tag"].value_counts(sort=True).select("tag").head(2).iter_rows()]
    for role, what in (("user", "prompts"), ("assistant", "answers")):
        series = {str(tag): lengths(short.filter(pl.col("tag") == tag), role) for tag in sorted(tags)}
        series = {tag: values for tag, values in series.items() if values}
        if series:
            title = f"Length of {what}"
            drawn[f"figures/{what}.svg"] = (f"{title}, in {WORDS}", standalone(
                figures.histogram(series, label=WORDS, title=title)))
    return drawn


def _most(counts: Iterable[Mapping[Any, int]]) -> list[tuple[Any, int]]:
    """The largest count of each key: configs hold the same rows in part, and sums would count them twice."""
    most: Counter[Any] = Counter()
    for each in counts:
        for key, count in each.items():
            most[key] = max(most[key], count)
    return most.most_common()


def _sources(configs: Sequence[Contents], unstated: str | None) -> list[list[Any]]:
    return [[f"{kind} {source}".strip(), count,
             license if license != UNSTATED or not unstated else f"{unstated} (stated by the publisher)"]
            for (kind, source, license), count in _most(config.sources for config in configs)]


def _size(rows: int) -> str:
    return next((name for limit, name in SIZES if rows < limit), "n>10M")
