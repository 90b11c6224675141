"""The rows that have their answers or candidates, and those that leave without."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from instructwild.expand.replies import OpenPrompt, ResponsePlan
from instructwild.schema import Candidate, Dropped, Instruction, MadeBy, RankingRow, Reason
from instructwild.schema.columns import instruction_to_columns

if TYPE_CHECKING:
    pass

STEP = "respond"


def kept_and_dropped(rows: Sequence[Instruction], work: dict[int, OpenPrompt], plan: ResponsePlan,
                      ) -> tuple[list[Any], list[Dropped]]:
    """The rows that have their answers, and those that leave."""
    kept: list[Any] = []
    dropped: list[Dropped] = []
    for index, row in enumerate(rows):
        prompt = work.get(index)
        least = 2 if plan.k > 1 else 1
        if prompt is None:
            kept.append(row)
        elif len(prompt.candidates) < least:
            dropped.append(_dropped(prompt, least))
        elif plan.k > 1:
            kept.append(RankingRow(id=row.id, messages=row.context, language=row.language,
                                   candidates=_shuffled(prompt, plan.seed), tools=row.tools))
        else:
            kept.append(_answered(prompt, plan))
    return kept, dropped


def _dropped(prompt: OpenPrompt, least: int) -> Dropped:
    row = instruction_to_columns(prompt.row)
    if prompt.candidates:
        return Dropped(id=prompt.row.id, step=STEP, reason=Reason.TOO_FEW_CANDIDATES, row=row,
                       evidence={"candidates": len(prompt.candidates), "least": least,
                                 "others": [reason.value for reason in prompt.reasons]})
    reason = prompt.reasons[-1] if prompt.reasons else Reason.NO_ANSWER
    return Dropped(id=prompt.row.id, step=STEP, reason=reason, evidence=prompt.evidence or None, row=row)


def _shuffled(prompt: OpenPrompt, seed: int) -> tuple[Candidate, ...]:
    """The candidates in an order that says nothing of their makers."""
    shuffled = list(prompt.candidates)
    random.Random(f"{seed} {prompt.row.id} order").shuffle(shuffled)
    return tuple(shuffled)


def _answered(prompt: OpenPrompt, plan: ResponsePlan) -> Instruction:
    row, reply, candidate = prompt.row, prompt.replies[0], prompt.candidates[0]
    sampling = plan.sampling.plain()
    if row.made_by is None:
        made_by = MadeBy(model=candidate.model or "", template=STEP, sampling=sampling, request_id=reply.request_id,
                         usd=reply.usd)
    else:
        made = {"model": candidate.model, "sampling": sampling, "request_id": reply.request_id, "usd": reply.usd}
        made_by = row.made_by.model_copy(update={"sampling": {**row.made_by.sampling, "answer": made}})
    answered = row.answered(candidate.text, made_by=made_by)
    if candidate.reasoning_content is None:
        return answered
    answer = answered.messages[-1].model_copy(update={"reasoning_content": candidate.reasoning_content})
    return answered.model_copy(update={"messages": (*answered.messages[:-1], answer)})
