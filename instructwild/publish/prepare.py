"""From stage folders to the exact folder that goes to the Hub, refused where something speaks against it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild.publish import folder as files
from instructwild.publish.gather import Gathered, frames, gather, licences, texts, unanswered
from instructwild.publish.hub import RepoType
from instructwild.publish.licence import together
from instructwild.publish.masking import mask_answers
from instructwild.publish.refusal import licence, personal_data
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    import polars as pl

LICENCES = {"smollm2": "apache-2.0", "smollm": "apache-2.0", "qwen3": "apache-2.0", "qwen2.5": "apache-2.0"}
"""Licences of base models that the toolkit knows by name."""


@dataclass(frozen=True)
class Ready:
    """A folder that is ready to be sent."""

    folder: Path
    kind: RepoType
    licence: str
    rows: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    """Type of personal data -> rows that hold some and were let pass."""
    masked: dict[str, int] = field(default_factory=dict)
    """Type of personal data -> pieces that were replaced in answers."""
    unanswered: int = 0
    """Rows without an answer, which stay behind."""

    def lines(self) -> list[str]:
        """What there is, for people."""
        text = [f"{self.kind} in {self.folder}, licence {self.licence}"]
        text += [f"  {config}: {quantity(count, 'row')}" for config, count in self.rows.items()]
        text += [f"  masked in answers: {count:,} of {kind}" for kind, count in self.masked.items()]
        if self.unanswered:
            text.append(f"  {quantity(self.unanswered, 'row has no answer and stays', 'rows have no answer and stay')} "
                        "behind")
        text += [f"  let pass: {kind} in {quantity(count, 'row')}" for kind, count in self.accepted.items()]
        return text


def prepare(source: str | Path, out: Path, title: str, *, version: str = "", unstated: str | None = None,
            license: str | None = None, accept: Sequence[str] = (), repo_id: str = "",
            mask: bool = False) -> Ready:
    """Write the folder.

    Args:
        source: a stage folder, or the folder of a chain.
        out: where to write.
        title: the name for people.
        version: the tag that the card names.
        unstated: licence of rows whose source states none.
        license: of a model.
        accept: types of personal data to let pass.
        repo_id: where it will be, for the card's example.
        mask: replace personal data in answers by placeholders first.

    Raises:
        InputError: nothing to publish, or a licence, personal data or secrets speak against it.
        GateError: the gate of a stage behind it failed.
        OutputError: `out` cannot be written.
    """
    gathered = gather(source)
    if gathered.model is not None:
        return _model(gathered, out, title, license, unstated, repo_id)
    return _dataset(gathered, out, title, version, unstated, accept, repo_id, mask)


def _dataset(gathered: Gathered, out: Path, title: str, version: str, unstated: str | None, accept: Sequence[str],
             repo_id: str, mask: bool) -> Ready:
    from instructwild.publish.dataset_card import contents, dataset_card, lengths_of

    allowed = licence(licences(gathered), unstated)
    masked: Counter[str] = Counter()

    def change(rows: "pl.DataFrame") -> "pl.DataFrame":
        changed, counts = mask_answers(rows)
        masked.update(counts)
        return changed

    configs = frames(gathered, change) if mask else frames(gathered)
    accepted = _searched(configs, accept)
    files.prepare(out)
    patterns = files.write_rows(out, configs)
    manifests = [node.manifest for node in gathered.chain]
    files.write_lineage(out, manifests)
    drawn = files.write_pictures(out, lengths_of(next(iter(configs.values()))) if configs else {})
    files.write_card(out, dataset_card(title, [contents(name, frame) for name, frame in configs.items()], manifests,
                                       files=patterns, licence=allowed, unstated=unstated, version=version, repo_id=repo_id,
                                       drawn=drawn, masked=masked))
    return Ready(out, "dataset", allowed.id, {name: frame.height for name, frame in configs.items()}, accepted,
                 dict(masked), unanswered(gathered))


def _searched(configs: dict[str, "pl.DataFrame"], accept: Sequence[str]) -> dict[str, int]:
    """Every text searched for personal data, with progress: a large dataset takes a minute."""
    import polars as pl

    from instructwild.console.terminal import progress

    rows = pl.concat([frame.select("id") for name, frame in configs.items() if name != "preference"]).n_unique() \
        if configs else 0
    with progress() as shown:
        task = shown.add_task("personal data", total=None, note=f"{quantity(rows, 'row')}")

        def watched() -> Iterator[tuple[str, str, str, str]]:
            for text in texts(configs):
                shown.advance(task)
                yield text

        return personal_data(watched(), accept)


def _model(gathered: Gathered, out: Path, title: str, license: str | None, unstated: str | None, repo_id: str) -> Ready:
    from instructwild.publish.model_card import curves_of, model_card

    assert gathered.model is not None
    base = _base(gathered)
    named = next((known for name, known in LICENCES.items() if base and name in base.lower()), None)
    result = license or together({named, *(stated or unstated for _, stated in licences(gathered))} - {None}).id
    files.prepare(out)
    files.link_model(out, gathered.model.folder / "model")
    manifests = [node.manifest for node in gathered.chain]
    measured = [node.manifest for node in gathered.evaluations]
    files.write_lineage(out, [*manifests, *measured])
    files.write_card(out, model_card(title, manifests, base=base, license=result, annotators=_annotators(gathered),
                                     languages=_languages(gathered), evaluations=measured, repo_id=repo_id,
                                     drawn=files.write_pictures(out, curves_of(manifests))))
    return Ready(out, "model", result)


def _base(gathered: Gathered) -> str | None:
    """The name of the model that the first training began with."""
    for node in gathered.chain:
        base = node.manifest.metrics.get("base")
        if isinstance(base, dict) and isinstance(base.get("name"), str):
            return str(base["name"])
    return None


def _annotators(gathered: Gathered) -> dict[str, int]:
    """Kind of annotator -> rankings, in the last stage of rankings behind the model."""
    from instructwild.stage.frames import rankings

    ranked = [node for node in gathered.chain if "rankings" in node.columns]
    counted: dict[str, int] = {}
    for row in rankings(ranked[-1].rows.collect()) if ranked else ():
        kind, counting = row.submitted()
        if kind:
            counted[kind] = counted.get(kind, 0) + len(counting)
    return counted


def _languages(gathered: Gathered) -> list[str]:
    tags: set[str] = set()
    for node in gathered.chain:
        if "language" in node.columns:
            tags |= set(node.rows.select("language").unique().collect()["language"])
    return sorted(tags - {"und"})
