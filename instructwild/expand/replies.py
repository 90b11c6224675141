"""Which replies count as answers to a prompt."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from instructwild.expand.parse import refused
from instructwild.llm.answer import without_blank_edges
from instructwild.llm.request import Reply, Sampling
from instructwild.schema import Candidate, Instruction, Reason, response_id

if TYPE_CHECKING:
    pass

SENTENCE_END = re.compile(r"(?:[.!?…](?=[\"')\]]*(?:\s|$))|[。！？；]|```\s*$|\n)[\"'”’)\]]*")


@dataclass(frozen=True)
class ResponsePlan:
    """What to make of each prompt.

    Args:
        k: how many answers; 1 keeps an instruction stage, more make rows to be ranked.
        attempts: how often one answer is requested before it is given up.
        truncated: what becomes of an answer cut off at its limit: `trim` ends it at its last whole sentence.
        keep_refusals: let answers that decline count as answers.
        keep_answer: with k above 1, the answer a row has already is one of the candidates.
        overwrite: with k 1, answer again what has an answer already.
        limit: answer at most so many prompts, spread evenly over the input; the others are not read.
        keep_thoughts: keep what a model thought beside its answer, as `reasoning_content`.
        chat_template: a Jinja file, or a model whose template it is, for models that run here and have none.
    """

    k: int = 1
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=512, temperature=0.7, top_p=0.95))
    attempts: int = 3
    truncated: str = "trim"
    keep_refusals: bool = False
    keep_answer: bool = False
    overwrite: bool = False
    seed: int = 0
    limit: int | None = None
    keep_thoughts: bool = True
    chat_template: str = ""


@dataclass
class OpenPrompt:
    """One prompt on its way to its answers; `own` holds the answer that its row brought."""

    row: Instruction
    own: tuple[Candidate, ...] = ()
    candidates: list[Candidate] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    evidence: str = ""

    def take(self, reply: Reply, model: str, plan: ResponsePlan) -> bool:
        """Judge a reply; whether it became a candidate."""
        text, reason = answer_of(reply, plan)
        if reason is None:
            name = response_id([*(message.turn for message in self.row.context), ("assistant", text)])
            if any(candidate.id == name for candidate in self.candidates):
                reason = Reason.EXACT_DUPLICATE
            else:
                thoughts = reply.reasoning if plan.keep_thoughts else None
                self.candidates.append(Candidate(id=name or "", text=text, model=model, reasoning_content=thoughts))
                self.replies.append(reply)
                return True
        self.reasons.append(reason)
        self.evidence = (reply.problem or reply.text)[:300]
        return False


def answer_of(reply: Reply, plan: ResponsePlan) -> tuple[str, Reason | None]:
    """The answer in a reply, and why it is none. The indentation of its first line stays, for it may be code."""
    text = without_blank_edges(reply.text)
    if reply.finish == "failed":
        return text, Reason.FAILED
    if reply.thoughts_cut_off:
        return text, Reason.TRUNCATED
    if not plan.keep_refusals and (reply.finish == "refused" or refused(text)):
        return text, Reason.REFUSED
    if reply.finish == "length" and plan.truncated != "keep":
        text = trimmed(text) if plan.truncated == "trim" else ""
        if not text:
            return text, Reason.TRUNCATED
    return (text, None) if text else (text, Reason.EMPTY)


def trimmed(text: str) -> str:
    """The text up to the end of its last whole sentence; nothing where that would be less than a third of it."""
    ends = [sentence.end() for sentence in SENTENCE_END.finditer(text)]
    return text[: ends[-1]].rstrip() if ends and 3 * ends[-1] >= len(text) else ""
