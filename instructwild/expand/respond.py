"""The stage: prompts in, answers out. One answer a prompt makes an instruction stage, several make candidates to rank."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instructwild import stage
from instructwild.errors import ConfigError
from instructwild.expand.judges import JUDGEMENTS, SORTED_OVER, Verdicts, described, judged, judgements, judges_of
from instructwild.expand.parse import refused
from instructwild.expand.run import run_name
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits, check, open_model
from instructwild.llm.request import Reply, Request, Sampling
from instructwild.llm.session import Session
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.read import read
from instructwild.schema import Candidate, Dropped, Instruction, MadeBy, RankingRow, Reason, response_id
from instructwild.schema.columns import instruction_to_columns
from instructwild.stage.frames import instruction_frame, instructions, ranking_frame

STEP = "respond"
SENTENCE_END = re.compile(r"(?:[.!?…](?=[\"')\]]*(?:\s|$))|[。！？；]|```\s*$|\n)[\"'”’)\]]*")
TRUNCATED = ("trim", "drop", "keep")


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each prompt.

    Args:
        k: how many answers; 1 keeps an instruction stage, more make rows to be ranked.
        tries: how often one answer is asked for before it is given up.
        truncated: what becomes of an answer cut off at its limit: `trim` ends it at its last whole sentence.
        keep_refusals: let answers that decline count as answers.
        keep_answer: with k above 1, the answer a row has already is one of the candidates.
        overwrite: with k 1, answer again what has an answer already.
        limit: answer at most so many prompts, spread evenly over the input; the others are not read.
    """

    k: int = 1
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=512, temperature=0.7, top_p=0.95))
    tries: int = 3
    truncated: str = "trim"
    keep_refusals: bool = False
    keep_answer: bool = False
    overwrite: bool = False
    seed: int = 0
    limit: int | None = None


@dataclass
class Open:
    """One prompt on its way to its answers."""

    row: Instruction
    given: tuple[Candidate, ...] = ()
    candidates: list[Candidate] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    evidence: str = ""

    def take(self, reply: Reply, model: str, wanted: Wanted) -> bool:
        """Judge a reply; whether it became a candidate."""
        text, reason = answer_of(reply, wanted)
        if reason is None:
            name = response_id([*((m.role, m.content) for m in self.row.prompt), ("assistant", text)])
            if any(candidate.id == name for candidate in self.candidates):
                reason = Reason.EXACT_DUPLICATE
            else:
                self.candidates.append(Candidate(id=name or "", text=text, model=model))
                self.replies.append(reply)
                return True
        self.reasons.append(reason)
        self.evidence = (reply.problem or reply.text)[:300]
        return False


def answer_of(reply: Reply, wanted: Wanted) -> tuple[str, Reason | None]:
    """The answer in a reply, and why it is none."""
    text = reply.text.strip()
    if reply.finish == "failed":
        return text, Reason.FAILED
    if not wanted.keep_refusals and (reply.finish == "refused" or refused(text)):
        return text, Reason.REFUSED
    if reply.finish == "length" and wanted.truncated != "keep":
        text = trimmed(text) if wanted.truncated == "trim" else ""
        if not text:
            return text, Reason.TRUNCATED
    return (text, None) if text else (text, Reason.EMPTY)


def trimmed(text: str) -> str:
    """The text up to the end of its last whole sentence; nothing where that would be less than a third of it."""
    ends = [found.end() for found in SENTENCE_END.finditer(text)]
    return text[: ends[-1]].strip() if ends and 3 * ends[-1] >= len(text) else ""


def respond(sources: Sequence[str | Path], out: str | Path, models: Sequence[str], wanted: Wanted, *,
            judges: Sequence[str] = (), limits: Limits | None = None, cache: Path | None = None,
            columns: Mapping[str, str] | None = None, encoding: str | None = None, force: bool = False) -> stage.Stage:
    """Answer prompts.

    Args:
        sources: stage folders or plain files with prompts.
        out: the stage folder to write.
        models: one or several; candidate j of a prompt comes from model j modulo their number.
        wanted: how many answers, and which count.
        columns: NAME -> COLUMN of plain files, as `--map` names them.
        judges: models, and reward models as `reward:PATH`, that rank the candidates.

    Raises:
        InputError, ConfigError, ModelError, EndpointError: see there.
    """
    limits = limits or Limits()
    if wanted.truncated not in TRUNCATED:
        raise ConfigError(f"should be one of {', '.join(TRUNCATED)}, found {wanted.truncated!r}", where="--truncated")
    if judges and wanted.k < 2:
        raise ConfigError("has nothing to rank where each prompt gets one answer", where="--judge",
                          remedy="ask for more: -k 4")
    names = models_asked(models)
    for name in names:
        check(name, limits)
    jury = judges_of(judges, limits)
    table = read(sources, encoding, columns)
    config = {"models": [name.label for name in names], "k": wanted.k, "sampling": wanted.sampling.plain(),
              "tries": wanted.tries, "truncated": wanted.truncated, "keep_refusals": wanted.keep_refusals,
              "keep_answer": wanted.keep_answer, "overwrite": wanted.overwrite, "seed": wanted.seed, "budget": limits.budget,
              "limit": wanted.limit, **({"judges": described(jury)} if jury else {})}
    inputs = [*table.inputs, *model_inputs(models), *(record for one in jury for record in one.inputs)]
    with stage.start(out, STEP, config=config, inputs=inputs, force=force) as run:
        if run.finished:
            return run.finished
        rows = spread(list(instructions(table.frame)), wanted.limit)
        work = opened(rows, wanted)
        sessions = []
        with closing(Ledger(cache or run.scratch / "calls.sqlite", run_name(run.scratch))) as ledger:
            for place, name in enumerate(names):
                missing = [(open_, slot) for open_ in work.values() if open_.row.prompt
                           for slot in range(place, wanted.k - len(open_.given), len(names))]
                if missing:
                    sessions.append(open_model(name, limits, ledger, sort=SORTED_OVER))
                    asyncio.run(fill(sessions[-1], missing, wanted))
            kept, dropped = _told_apart(rows, work, wanted)
            verdicts: list[Verdicts] = []
            if jury:
                kept, verdicts = judged(kept, jury, limits, ledger, wanted.seed)
        faults = Counter(reason.value for open_ in work.values() for reason in open_.reasons)
        return finish(run, kept, [*table.malformed, *dropped], sessions, verdicts, k=wanted.k, faults=faults)


def spread(rows: list[Instruction], limit: int | None) -> list[Instruction]:
    """At most `limit` rows, evenly spaced."""
    if limit is None or limit >= len(rows):
        return rows
    return [rows[place * len(rows) // limit] for place in range(limit)]


def opened(rows: Sequence[Instruction], wanted: Wanted) -> dict[int, Open]:
    """The rows that need an answer, by their place; one that has its answer needs none."""
    work = {}
    for place, row in enumerate(rows):
        if wanted.k == 1 and row.response and not wanted.overwrite:
            continue
        open_ = Open(row)
        if wanted.k > 1 and wanted.keep_answer and row.response:
            model = row.made_by.model if row.made_by else None
            open_.given = (Candidate(id=row.response_id or "", text=row.response, model=model),)
            open_.candidates += open_.given
        work[place] = open_
    return work


async def fill(session: Session, missing: list[tuple[Open, int]], wanted: Wanted,
               on_reply: Callable[[Request, Reply], None] | None = None) -> None:
    """Ask one model for its share of the candidates of every prompt, and again for those that came to nothing."""
    from instructwild.console.terminal import progress

    label = session.name.label
    with progress() as shown:
        task = shown.add_task(f"respond {label}", total=len(missing), note="")
        async with session:
            for attempt in range(wanted.tries):
                asked = iter(missing)
                flying: list[tuple[Open, int]] = []
                again: list[tuple[Open, int]] = []

                def ask(asked: Iterator[tuple[Open, int]] = asked, flying: list[tuple[Open, int]] = flying,
                        attempt: int = attempt) -> Request | None:
                    following = next(asked, None)
                    if following is None:
                        return None
                    flying.append(following)
                    return _request(following[0].row, following[1], attempt, wanted)

                number = 0
                async for request, reply in session.stream(ask):
                    if on_reply is not None:
                        on_reply(request, reply)
                    open_, slot = flying[number]
                    number += 1
                    if open_.take(reply, label, wanted):
                        shown.advance(task)
                    else:
                        again.append((open_, slot))
                    shown.update(task, note=f"{session.usage.completion_tokens:,} tokens"
                                            + (f", US$ {session.usage.usd:.4f}" if session.usage.usd else ""))
                missing = again
                if session.stopped is not None or not missing:
                    break


def _request(row: Instruction, slot: int, attempt: int, wanted: Wanted) -> Request:
    dice = random.Random(f"{wanted.seed} {row.id} {slot} {attempt}")
    return Request(messages=row.prompt, sampling=wanted.sampling, seed=dice.getrandbits(48))


def _told_apart(rows: Sequence[Instruction], work: dict[int, Open], wanted: Wanted) -> tuple[list[Any], list[Dropped]]:
    """The rows that have what is wanted, and those that leave."""
    kept: list[Any] = []
    dropped: list[Dropped] = []
    for place, row in enumerate(rows):
        open_ = work.get(place)
        least = 2 if wanted.k > 1 else 1
        if open_ is None:
            kept.append(row)
        elif len(open_.candidates) < least:
            dropped.append(_dropped(open_, least))
        elif wanted.k > 1:
            kept.append(RankingRow(id=row.id, messages=row.prompt, language=row.language,
                                   candidates=_shuffled(open_, wanted.seed)))
        else:
            kept.append(_answered(open_, wanted))
    return kept, dropped


def finish(run: stage.Run, kept: Sequence[Any], dropped: Sequence[Dropped], sessions: Sequence[Session],
           verdicts: Sequence[Verdicts], *, k: int, faults: Mapping[str, int] | None = None) -> stage.Stage:
    """Write the stage: answers or candidates, with what judges said of them."""
    from instructwild.console.terminal import console
    from instructwild.expand.respond_page import page

    asked = [*sessions, *(one.session for one in verdicts)]
    for session in asked:
        if session.stopped is not None:
            console.print(f"[bold yellow]--budget[/] {session.stopped.what}: stopped with what is there.")
    usage = [session.usage for session in asked]
    metrics: dict[str, Any] = {
        "requests": sum(u.requests for u in usage), "failed_requests": sum(u.failed for u in usage),
        "cached_requests": sum(u.cached for u in usage), "answers_not_taken": dict(Counter(faults or {}).most_common()),
        "stopped": "budget" if any(session.stopped for session in asked) else None}
    if verdicts:
        metrics["judges"] = [one.plain() for one in verdicts]
        run.save(JUDGEMENTS, judgements(verdicts))
    usd = round(sum(u.usd for u in usage), 6)
    frame = ranking_frame(kept) if k > 1 else instruction_frame(kept)
    tokens = stage.Tokens(prompt=sum(u.prompt_tokens for u in usage), completion=sum(u.completion_tokens for u in usage))
    return run.finish(data=frame, dropped=dropped, usd=usd, metrics=metrics, tokens=tokens,
                      report=page(kept, dropped, metrics, k, usd))


def _dropped(open_: Open, least: int) -> Dropped:
    row = instruction_to_columns(open_.row)
    if open_.candidates:
        return Dropped(id=open_.row.id, step=STEP, reason=Reason.TOO_FEW_CANDIDATES, row=row,
                       evidence={"candidates": len(open_.candidates), "least": least,
                                 "others": [reason.value for reason in open_.reasons]})
    reason = open_.reasons[-1] if open_.reasons else Reason.NO_ANSWER
    return Dropped(id=open_.row.id, step=STEP, reason=reason, evidence=open_.evidence or None, row=row)


def _shuffled(open_: Open, seed: int) -> tuple[Candidate, ...]:
    """The candidates in an order that says nothing of their makers."""
    shuffled = list(open_.candidates)
    random.Random(f"{seed} {open_.row.id} order").shuffle(shuffled)
    return tuple(shuffled)


def _answered(open_: Open, wanted: Wanted) -> Instruction:
    row, reply, candidate = open_.row, open_.replies[0], open_.candidates[0]
    sampling = wanted.sampling.plain()
    if row.made_by is None:
        made_by = MadeBy(model=candidate.model or "", template=STEP, sampling=sampling, request_id=reply.request_id,
                         usd=reply.usd)
    else:
        answer = {"model": candidate.model, "sampling": sampling, "request_id": reply.request_id, "usd": reply.usd}
        made_by = row.made_by.model_copy(update={"sampling": {**row.made_by.sampling, "answer": answer}})
    return row.answered(candidate.text, made_by=made_by)
