"""The gate that closes every export: the written folder, loaded afresh in a new process, against its source."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instructwild.errors import ModelError
from instructwild.text.quantity import quantity
from instructwild_trainer.export.child import ChildError
from instructwild_trainer.export.figures import Interval, agreement, closed, likelihood_change, perplexities, worse
from instructwild_trainer.export.probe import ROUNDED, Held, Probe, linear_bytes, probe
from instructwild_trainer.export.questions import QUESTIONS
from instructwild_trainer.export.size import linear_share

MAX_PERPLEXITY_RATIO, MAX_PERPLEXITY_RATIO_MERGED = 1.35, 1.01
"""Of the export's perplexity to its source's; GPTQ on LLaMA-7B stays below 1.08, models of 0.1B lose more."""
MIN_AGREEMENT_MERGED = 0.99
MAX_LINEAR_SHARE = 0.28
"""Of the linear weights' 16-bit size; groups below 64 and very narrow layers are held to what they must take."""
LOOPING, FRESH = 0.6, 0.4
"""An answer loops when more than 60% of its runs occurred before in it; it did not at the source below 40%."""


@dataclass
class GateVerdict:
    """What the gate measured of both models, and every bound that was broken."""

    before: Probe
    after: Probe
    size: Mapping[str, int]
    questions: Sequence[str] = QUESTIONS
    failures: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Figures that only one format has, by their names."""

    @property
    def passed(self) -> bool:
        """Whether the export may be built on."""
        return not self.failures

    @property
    def perplexity(self) -> dict[str, dict[str, float]]:
        """Of source, export and both roundings, by language and over `all`."""
        rounded = {name: self.before.losses[name] for name in ROUNDED if name in self.before.losses}
        result = {"source": self.before.losses["as it is"], "export": self.after.losses["as it is"], **rounded}
        return {name: perplexities(losses) for name, losses in result.items()}

    @property
    def nearest(self) -> str | None:
        """The better of the two roundings, by perplexity over all languages."""
        measured = [name for name in ROUNDED if self.perplexity.get(name)]
        return min(measured, key=lambda name: self.perplexity[name]["all"], default=None)

    @property
    def gap_closed(self) -> dict[str, Interval]:
        """By language, how much of the gap in perplexity from the better rounding to full precision the export closes."""
        if self.nearest is None or not self.after.likeliest:
            return {}
        return closed(self.before.losses["as it is"], self.after.losses["as it is"], self.before.losses[self.nearest])

    @property
    def agreement(self) -> float | None:
        """The share of measured places at which both models think the same next token likeliest; None where none was."""
        return agreement(self.before.likeliest, self.after.likeliest) if self.after.likeliest else None

    @property
    def looping(self) -> list[tuple[str, str]]:
        """Question and answer of the export, where it repeats itself and the source does not."""
        return [(question, after) for question, before, after
                in zip(self.questions, self.before.answers, self.after.answers, strict=True)
                if repetition(after) > LOOPING and repetition(before) < FRESH]

    def metrics(self) -> dict[str, Any]:
        """For the manifest and the model card."""
        return {
            "perplexity": {name: {key: round(value, 4) for key, value in result.items()}
                           for name, result in self.perplexity.items()},
            "gap_closed": {language: result.rounded() for language, result in self.gap_closed.items()},
            "agreement": None if self.agreement is None else round(self.agreement, 4),
            "likelihood_change": round(likelihood_change(self.before.losses["as it is"], self.after.losses["as it is"]), 4)
            if self.after.likeliest else None,
            "size_bytes": dict(self.size), "linear_bytes": {"source": self.before.linear, "export": self.after.linear},
            "peak_bytes": {"source": self.before.peak, "export": self.after.peak},
            "answers_that_loop": {"export": sum(repetition(text) > LOOPING for text in self.after.answers),
                                  "source": sum(repetition(text) > LOOPING for text in self.before.answers),
                                  "of": len(self.questions)},
            "template": "same" if self.before.rendered == self.after.rendered else "differs",
            "stops": {"source": self.before.stops, "export": self.after.stops},
            "failures": self.failures}


def judge(source: Path, export: Path, held: Held, scratch: Path, *, template: str, stops: Sequence[int] = (),
          grid: tuple[int, int] | None = None, questions: Sequence[str] = QUESTIONS) -> GateVerdict:
    """Measure the export against its source, each in a process of its own.

    Args:
        source: the full-precision model folder.
        export: the written folder.
        held: held-out rows by language, as token ids.
        scratch: where the processes may write.
        template: the chat template that the export must have when its source has none.
        stops: the ids that end an answer by the chat template; the export must stop at these and at the source's own.
        grid: bits and group size of a quantized export; None for a merged one.
        questions: asked of both, greedily.

    Raises:
        ModelError: the source itself cannot be measured.
    """
    size = {"source": weight_bytes(source), "export": weight_bytes(export)}
    try:
        before = probe(source, held, scratch / "source", label="measuring the source", template=template, grid=grid,
                       questions=questions)
    except ChildError as error:
        raise ModelError(f"cannot be measured ({error})", where=str(source), remedy=f"read {scratch / 'source' / 'log'}") \
            from None
    try:
        after = probe(export, held, scratch / "export", label="measuring the export", template=template, questions=questions)
    except ChildError as error:
        nothing = Probe({"as it is": {}}, {}, [""] * len(questions), None, [], 0, linear_bytes(export))
        return GateVerdict(before, nothing, size, questions,
                           [f"the written folder cannot be loaded and run afresh ({error})"])
    share = linear_share(export, *grid) if grid else None
    return compare(before, after, size, template=template, stops=stops, share=share, questions=questions)


def compare(before: Probe, after: Probe, size: Mapping[str, int], *, template: str, stops: Sequence[int] = (),
            share: tuple[int, float] | None = None, questions: Sequence[str] = QUESTIONS,
            worst_ratio: float | None = None) -> GateVerdict:
    """Hold what was measured of an export against what was measured of its source.

    Args:
        before, after: the source and the export.
        size: bytes of both folders' weight files.
        template, stops, questions: see `judge`.
        share: of a 4-bit export the bytes of its linear weights at 16 bits, and the share of them that it should take.
        worst_ratio: of the export's perplexity to its source's, where the format has a bound of its own: rounding to
            nearest is then shown and not held against it, for its blocks and what they cover differ.
    """
    verdict = GateVerdict(before, after, size, questions)
    verdict.failures = [*(_perplexity(verdict, share is not None) if worst_ratio is None else _ratio(verdict, worst_ratio)),
                        *_linear(after, share),
                        *_loops(verdict), *_template(before, after, template), *_stops(after, {*before.stops, *stops})]
    return verdict


def _ratio(verdict: GateVerdict, most: float) -> list[str]:
    return [f"perplexity on held-out {language} rows is {after:.2f}, more than {quantity(most, 'time')} the source's "
            f"{before:.2f}"
            for language, before in verdict.perplexity["source"].items()
            if not (after := verdict.perplexity["export"][language]) <= most * before]


def _perplexity(verdict: GateVerdict, quantized: bool) -> list[str]:
    broken = _ratio(verdict, MAX_PERPLEXITY_RATIO if quantized else MAX_PERPLEXITY_RATIO_MERGED)
    if not quantized and verdict.agreement is not None and verdict.agreement < MIN_AGREEMENT_MERGED:
        broken.append(f"the merged model agrees with its source on {verdict.agreement:.1%} of tokens, less than "
                      f"{MIN_AGREEMENT_MERGED:.0%}")
    if verdict.nearest and worse(verdict.after.losses["as it is"], verdict.before.losses[verdict.nearest]):
        broken.append(f"it is worse than rounding to nearest ({verdict.nearest.removeprefix('rtn ')}): perplexity "
                      f"{verdict.perplexity['export']['all']:.2f} against {verdict.perplexity[verdict.nearest]['all']:.2f}, "
                      "more than chance would have it; calibrate on more rows")
    return broken


def _linear(after: Probe, share: tuple[int, float] | None) -> list[str]:
    if share is None:
        return []
    at_16, expected = share
    result, most = after.linear / at_16, max(MAX_LINEAR_SHARE, 1.01 * expected)
    return [] if result <= most else [f"the linear weights take {result:.3f} of their 16-bit size, more than {most:.3f}"]


def _loops(verdict: GateVerdict) -> list[str]:
    """Broken when half of the answers, or more, loop where the source's did not. One may: small models loop now and then."""
    result = verdict.looping
    if not result or 2 * len(result) < len(verdict.questions):
        return []
    return [f"the answer to {question!r} repeats itself: {answer[-60:]!r}" for question, answer in result]


def _template(before: Probe, after: Probe, template: str) -> list[str]:
    if after.rendered is None:
        return ["the export has no chat template"] if template else []
    same = before.rendered in (None, after.rendered)
    return [] if same else [f"the chat template writes {after.rendered[-60:]!r} where the source's writes "
                            f"{(before.rendered or '')[-60:]!r}"]


def _stops(after: Probe, expected: set[int]) -> list[str]:
    return [] if set(after.stops) == expected else [
        f"answers end with token {', '.join(map(str, after.stops)) or '(none)'}, and with the source "
        f"{', '.join(map(str, sorted(expected)))}: generation_config.json or the tokenizer's eos_token is not the source's"]


def repetition(text: str) -> float:
    """The share of a text's runs that occurred before in it: 0 fresh, near 1 a loop.

    Runs are of 4 words or of 8 characters, whichever repeats more ("1.1.1.1.1.1" is one word); where there are other
    letters than ASCII, of 4 characters.
    """
    return max(_repeated(text.split(), 4), _repeated(text, 8)) if text.isascii() else _repeated(text, 4)


def _repeated(parts: Sequence[str], width: int) -> float:
    runs = Counter(tuple(parts[i:i + width]) for i in range(len(parts) - width + 1))
    total = sum(runs.values())
    return 1 - len(runs) / total if total else 0.0


def weight_bytes(folder: Path) -> int:
    """Bytes of a folder's weight files."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))
