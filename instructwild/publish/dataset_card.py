"""Dataset cards, written from the manifests of the stages that made the data and from the rows themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from instructwild.publish.licence import UNSTATED, Together, together
from instructwild.publish.markdown import SECTION, document, pictures, plain, table
from instructwild.report import figures
from instructwild.report.counts import WORDS, by_language, by_type, duration, flat, lengths, money
from instructwild.report.standalone import standalone
from instructwild.report.template import shown, visible

if TYPE_CHECKING:
    import polars as pl

    from instructwild.stage import Manifest

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))
KINDS = {"person": "people", "model": "a model", "scripted": "a script"}
UNTOLD = ("salt", "forgotten")
"""Settings that say nothing to a reader of the card."""
DUPLICATES = ("exact_duplicate", "near_duplicate")


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
    sections = [_holdings(configs), _use(configs, repo_id or title), ("Figures", pictures((drawn or {}).items())),
                made(manifests), _models(configs), _licences(configs, licence, unstated),
                dropped(manifests), _annotation(configs, manifests), _privacy(manifests, masked or {}),
                _gaps(configs, manifests)]
    lead = f"{shown(rows)} rows made by InstructWild" + (f", version {version}" if version else "") + \
        ". Every figure below is taken from the manifests of the stages that made the data."
    return document(data.to_yaml(), title, lead, sections)


def _holdings(configs: Sequence[Contents]) -> SECTION:
    lines = table(["config", "rows", "languages"], [[config.name, config.rows, _shares(config.languages, config.rows)]
                                                     for config in configs])
    types = next((config.types for config in configs if config.types), {})
    if types:
        lines += ["", f"Instruction types, where they are known: {_shares(types, sum(types.values()))}."]
    return "What it holds", lines


COLUMNS = {
    "sft": "`messages` (the prompt and its answer), `id`, `response_id`, `language`, `origin` (kind, source, url, licence, "
           "day), `parents` (rows it was made from), `made_by` (model, prompt template and its hash), `labels`, `scores`",
    "prompts": "as `sft`, without answers",
    "ranking": "`messages`, `candidates` (id, text, model), `rankings` (annotator, ranks: 1 is best, equal is a tie)",
    "preference": "`prompt`, `chosen`, `rejected` as TRL reads them, `annotator` (people, a model or a script), `agreement` "
                  "(share of the rankings that say so)",
}


def _use(configs: Sequence[Contents], name: str) -> SECTION:
    if not configs:
        return "Use", []
    return "Use", ["```python", "from datasets import load_dataset", "",
                   f'rows = load_dataset("{name}", "{configs[0].name}", split="train")', "```", "",
                   *(f"- `{config.name}`: {COLUMNS[config.name]}." for config in configs if config.name in COLUMNS)]


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


def made(manifests: Sequence["Manifest"]) -> SECTION:
    """The stages one by one: rows, time, cost and settings."""
    rows = [[m.stage, m.rows.in_, m.rows.kept, m.rows.dropped, duration(m.seconds), money(m.usd), m.version, _settings(m)]
            for m in manifests]
    total = sum(manifest.usd for manifest in manifests)
    tokens = sum(manifest.tokens.prompt + manifest.tokens.completion for manifest in manifests)
    return "How it was made", [*table(["stage", "in", "kept", "dropped", "time", "cost", "version", "settings"], rows), "",
                               f"Cost in all: {money(total)}, {shown(tokens)} tokens."] if rows else []


def _models(configs: Sequence[Contents]) -> SECTION:
    made: Counter[tuple[str, str, str]] = Counter()
    for config in configs:
        for key, count in config.models.items():
            made[key] = max(made[key], count)
    rows = [[model, template or "–", hashed or "–", count] for (model, template, hashed), count in made.most_common()]
    note = "The terms of a model's provider may limit what its outputs can be used for."
    return "Models and prompts", [*table(["model", "prompt template", "its hash", "rows or answers"], rows), "", note] \
        if rows else []


def _licences(configs: Sequence[Contents], licence: Together, unstated: str | None) -> SECTION:
    sources: Counter[tuple[str, str, str]] = Counter()
    for config in configs:
        for key, count in config.sources.items():
            sources[key] = max(sources[key], count)
    rows = [[f"{kind} {source}".strip(), count, license if license != UNSTATED or not unstated
             else f"{unstated} (stated by the publisher)"] for (kind, source, license), count in sources.most_common()]
    return "Licences", [*table(["source", "rows", "licence"], rows), "",
                        f"The whole: **{plain(licence.id)}**, because {plain(licence.why)}."]


def dropped(manifests: Sequence["Manifest"]) -> SECTION:
    """Rows that left, by stage and reason."""
    rows = [[manifest.stage, reason, count] for manifest in manifests for reason, count in manifest.reasons.items()]
    if not rows:
        return "What was dropped", []
    twins = sum(count for _, reason, count in rows if reason in DUPLICATES)
    return "What was dropped", [*table(["stage", "reason", "rows"], rows), "",
                                f"Duplicates among them, exact and near: {shown(twins)}."]


def _annotation(configs: Sequence[Contents], manifests: Sequence["Manifest"]) -> SECTION:
    counted: Counter[str] = Counter()
    for config in configs:
        for kind, count in config.annotators.items():
            counted[kind] = max(counted[kind], count)
    return annotated(counted, manifests)


def annotated(annotators: Mapping[str, int], manifests: Sequence["Manifest"]) -> SECTION:
    """Who ranked, how far they agree, and by what rule a script did.

    Args:
        annotators: kind of annotator -> rankings.
        manifests: of the stages behind them.
    """
    if not annotators:
        return "Who ranked", []
    lines = table(["ranked by", "rankings"], [[KINDS.get(kind, kind), count] for kind, count in annotators.items()])
    for manifest in (each for each in manifests if each.stage == "annotate"):
        for key, label in (("agreement", "Agreement of annotators"), ("alpha", "Krippendorff's alpha")):
            if isinstance(manifest.metrics.get(key), int | float):
                lines += ["", f"{label} ({plain(manifest.stage)}): {shown(manifest.metrics[key])}."]
    if annotators.get("scripted"):
        lines += ["", f"**{shown(annotators['scripted'])} of these rankings are `scripted:`** – made by a fixed rule, not "
                      "by people or a model. They judge form and know nothing of truth or help."]
        rules = dict.fromkeys(str(manifest.metrics.get("scripted_rule") or "") for manifest in manifests)
        lines += [f"The rule: {plain(rule)}" for rule in rules if rule]
    return "Who ranked", lines


def _privacy(manifests: Sequence["Manifest"], masked_at_last: Mapping[str, int]) -> SECTION:
    lines = []
    for manifest in manifests:
        masked = manifest.metrics.get("masked")
        if isinstance(masked, dict) and masked:
            pieces = ", ".join(f"{plain(kind)} {shown(count)}" for kind, count in masked.items())
            lines.append(f"- {plain(manifest.stage)} replaced personal data by typed placeholders: {pieces}.")
        steps = manifest.metrics.get("steps")
        if (isinstance(steps, dict) and "pii" in steps) or "pii" in manifest.reasons:
            lines.append(f"- {plain(manifest.stage)} ran a step against personal data and secrets; "
                         f"{shown(manifest.reasons.get('pii', 0))} rows left for it.")
    if masked_at_last:
        pieces = ", ".join(f"{plain(kind)} {shown(count)}" for kind, count in masked_at_last.items())
        lines.append(f"- publish replaced personal data in answers by typed placeholders: {pieces}.")
    lines.append("- Authors are not in it, not even as hashes; annotators are numbered. The address of a post stays where "
                 "it was kept, to credit its author.")
    lines.append("- Who asks to be forgotten is removed with all that came from their posts (`instructwild forget`).")
    return "Personal data", lines


def _gaps(configs: Sequence[Contents], manifests: Sequence["Manifest"]) -> SECTION:
    lines: list[str] = []
    for config in configs:
        small = [tag for tag, count in config.languages.items() if tag != "und" and count < 0.05 * config.rows]
        if small:
            lines.append(f"- `{config.name}`: hardly any rows in {', '.join(map(plain, small))}.")
        if config.languages.get("und"):
            lines.append(f"- `{config.name}`: the language of {shown(config.languages['und'])} rows is not known.")
        if config.answered is not None and config.answered < config.rows:
            lines.append(f"- `{config.name}`: {shown(config.rows - config.answered)} rows have no answer.")
        if config.rows and not config.multi_turn:
            lines.append(f"- `{config.name}`: single-turn only.")
        if config.annotators and "person" not in config.annotators:
            lines.append(f"- `{config.name}`: no person ranked anything.")
    if not any(manifest.config.get("against") for manifest in manifests):
        lines.append("- It was not checked against any evaluation set.")
    lines.append("- Answers may be wrong: nobody has verified them, unless a section above says so.")
    return "Known gaps", lines


def _settings(manifest: "Manifest") -> str:
    if any(record.path == "model" for record in manifest.outputs):
        return "see below"
    return ", ".join(f"{key} {value}" for key, value in flat(manifest.config)
                     if value not in ("–", "", "no") and key not in UNTOLD)


def _shares(counts: Mapping[str, int], total: int) -> str:
    return ", ".join(f"{plain(name)} {shown(count)} ({100 * count / total:.1f}%)" for name, count in counts.items()) \
        if total else "–"


def _size(rows: int) -> str:
    return next((name for limit, name in SIZES if rows < limit), "n>10M")
