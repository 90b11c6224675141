"""The gate that closes every export: the written folder, loaded afresh, against the model it was made from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instructwild.llm.local import load
from instructwild_trainer.export.measure import (
    Held,
    agreement,
    greedy,
    linear_bytes,
    perplexities,
    repetition,
    rounded,
    weight_bytes,
)

MAX_PERPLEXITY_RATIO = 1.35
"""Of the 4-bit model's perplexity to its source's; GPTQ on LLaMA-7B stays below 1.08, models of 0.1B lose more."""
LOOPING, FRESH = 0.6, 0.4
"""An answer loops when more than 60% of its runs occurred before in it; it did so at the source below 40%."""
MIN_AGREEMENT_MERGED = 0.99
QUESTIONS = ("What is the capital of France?", "Give three tips for staying healthy.", "用一句话解释什么是光合作用。",
             "给我三条保持健康的建议。")
ANSWER_TOKENS = 64


@dataclass
class Verdict:
    """What the gate measured, and every bound that was broken."""

    perplexity: dict[str, dict[str, float]]
    agreement: float
    size: dict[str, int]
    answers: list[dict[str, str]]
    failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether the export may be built on."""
        return not self.failures

    @property
    def gap_closed(self) -> float | None:
        """How much of the distance from the better round-to-nearest to full precision the export closes, in perplexity."""
        if "rtn symmetric" not in self.perplexity:
            return None
        nearest = min(self.perplexity["rtn symmetric"]["all"], self.perplexity["rtn asymmetric"]["all"])
        whole = nearest - self.perplexity["source"]["all"]
        return (nearest - self.perplexity["export"]["all"]) / whole if whole > 0 else None

    def metrics(self) -> dict[str, Any]:
        """For the manifest."""
        return {"perplexity": self.perplexity, "gap_closed": self.gap_closed, "agreement": self.agreement,
                "size_bytes": self.size, "failures": self.failures}


def judge(source: Path, export: Path, held: Held, *, bits: int | None, group: int | None,
          questions: Sequence[str] = QUESTIONS) -> Verdict:
    """Measure the export against its source.

    Args:
        source: the full-precision model folder.
        export: the written folder.
        held: held-out rows by language, as token ids.
        bits, group: the grid of a quantized export; None for a merged one.
        questions: asked of both, greedily.
    """
    before, tokenizer = load(source)
    after, its_tokenizer = load(export)
    figures = {"source": perplexities(before, held), "export": perplexities(after, held)}
    if bits is not None and group is not None:
        for name, symmetric in (("rtn symmetric", True), ("rtn asymmetric", False)):
            figures[name] = perplexities(rounded(before, bits, group, symmetric), held)
    said = [greedy(model, words, questions, ANSWER_TOKENS) for model, words in ((before, tokenizer), (after, its_tokenizer))]
    verdict = Verdict(
        perplexity=figures, agreement=agreement(before, after, held),
        size={"source": weight_bytes(source), "export": weight_bytes(export), "linear_at_16_bits": linear_bytes(before)},
        answers=[{"question": question, "source": first, "export": second}
                 for question, first, second in zip(questions, *said, strict=True)])
    verdict.failures = [*_numbers(verdict, quantized=bits is not None), *_loops(verdict),
                        *_template(tokenizer, its_tokenizer)]
    return verdict


def _numbers(verdict: Verdict, quantized: bool) -> list[str]:
    broken = []
    for language, before in verdict.perplexity["source"].items():
        after = verdict.perplexity["export"][language]
        if not after < MAX_PERPLEXITY_RATIO * before:
            broken.append(f"perplexity on held-out {language} rows is {after:.2f}, more than {MAX_PERPLEXITY_RATIO} times "
                          f"the source's {before:.2f}")
    if not quantized and verdict.agreement < MIN_AGREEMENT_MERGED:
        broken.append(f"the merged model agrees with its source on {verdict.agreement:.1%} of tokens, "
                      f"less than {MIN_AGREEMENT_MERGED:.0%}")
    return broken


def _loops(verdict: Verdict) -> list[str]:
    """Broken when half of the answers, or more, loop where the source's did not. One may: small models loop now and then."""
    looping = [answer for answer in verdict.answers
               if repetition(answer["export"]) > LOOPING and repetition(answer["source"]) < FRESH]
    if not looping or 2 * len(looping) < len(verdict.answers):
        return []
    return [f"the answer to {answer['question']!r} repeats itself: {answer['export'][-60:]!r}" for answer in looping]


def _template(before: Any, after: Any) -> list[str]:
    turns = [{"role": role, "content": text} for role, text in (("user", "1+1=?"), ("assistant", "2"), ("user", "谢谢"))]
    first, second = (tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
                     for tokenizer in (before, after))
    return [] if first == second else ["the chat template renders another text than the source's"]
