"""The stage: prompts in, answers out. One answer a prompt makes an instruction stage, several make candidates to rank."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild import stage
from instructwild.clean.ray_workers import workers_of
from instructwild.errors import ConfigError
from instructwild.expand.answered_rows import STEP, kept_and_dropped
from instructwild.expand.judges import JudgeVerdicts, described, judged, judgements, judges_of
from instructwild.expand.replies import OpenPrompt, ResponsePlan
from instructwild.expand.run import thinking_config
from instructwild.llm.batches.record import batches_in, name_abandoned
from instructwild.llm.charges import Charges, charges
from instructwild.llm.chat_template import check_template, template_named
from instructwild.llm.generation.vllm_decoder import need_vllm
from instructwild.llm.ledger import CALLS, Ledger, run_name
from instructwild.llm.name import ModelName
from instructwild.llm.open import SORTED_OVER, Limits, check, check_endpoints, open_model
from instructwild.llm.request import Reply, Request
from instructwild.llm.session import Session
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.read.instructions import read
from instructwild.schema import Candidate, Dropped, Instruction
from instructwild.stage.folder import JUDGEMENTS, SCRATCH
from instructwild.stage.frames import instruction_frame, instructions, ranking_frame
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild.console.model_options import Engine

TRUNCATED = ("trim", "drop", "keep")


def respond(sources: Sequence[str | Path], out: str | Path, models: Sequence[str], plan: ResponsePlan, *,
            judges: Sequence[str] = (), limits: Limits | None = None, cache: Path | None = None,
            columns: Mapping[str, str] | None = None, encoding: str | None = None, force: bool = False,
            engine: "Engine" = "local", shards: int | None = None) -> stage.Stage:
    """Answer prompts.

    Args:
        sources: stage folders or plain files with prompts.
        out: the stage folder to write.
        models: one or several; candidate j of a prompt comes from model j modulo their number.
        plan: how many answers, and which count.
        columns: NAME -> COLUMN of plain files, as `--map` names them.
        judges: models, and reward models as `reward:PATH`, that rank the candidates.
        engine: what answers for models that run here: this process, those of Ray, or vLLM. The answers are the same in
            Ray's processes where their processors and numbers of threads are; vLLM draws its own random numbers. Requests to
            endpoints go out from this process either way.
        shards: write the rows in so many files; `data.parquet` is a folder then.

    Raises:
        MissingExtraError: Ray or vLLM is named and not installed.
        InputError: a source cannot be read.
        ConfigError: the plan or the limits do not fit; Ray or vLLM is named and every model is behind an endpoint.
        ModelError, EndpointError: a model cannot be loaded or does not answer.
    """
    limits = limits or Limits()
    if plan.truncated not in TRUNCATED:
        raise ConfigError(f"should be one of {', '.join(TRUNCATED)}, not {plan.truncated!r}", where="--truncated",
                          remedy="--truncated trim")
    if judges and plan.k < 2:
        raise ConfigError("has nothing to rank where each prompt gets one answer", where="--judge",
                          remedy="ask for more: -k 4")
    names = models_asked(models)
    template = check_models(names, plan, limits)
    if engine != "local" and all(name.location == "endpoint" for name in names):
        raise ConfigError("runs models that are no endpoint, and an endpoint answers by itself", where=f"--engine {engine}",
                          remedy="leave it out; --concurrency, or several --endpoint URL=WEIGHT, send more requests at once")
    if engine == "vllm":
        need_vllm()
    jury = judges_of(judges, limits)
    check_endpoints([*names, *(each.model for each in jury if each.folder is None)], limits)
    table = read(sources, encoding, columns)
    config = {"models": [name.label for name in names], "k": plan.k, "sampling": plan.sampling.plain(),
              "attempts": plan.attempts, "truncated": plan.truncated, "keep_refusals": plan.keep_refusals,
              "keep_answer": plan.keep_answer, "overwrite": plan.overwrite, "seed": plan.seed, "budget": limits.budget,
              "limit": plan.limit, **thinking_config(plan.sampling.thinking, plan.keep_thoughts),
              **({"chat_template": sha256(template.encode()).hexdigest()} if template else {}),
              **({"judges": described(jury)} if jury else {}), **({"engine": engine} if engine == "vllm" else {})}
    inputs = [*table.inputs, *model_inputs(models), *(record for each in jury for record in each.inputs)]
    before = batches_in(Path(out) / SCRATCH / CALLS)
    with stage.start(out, STEP, config=config, inputs=inputs, force=force, shards=shards) as run:
        if run.finished:
            return run.finished
        name_abandoned(before, run.scratch / CALLS)
        rows = spread(list(instructions(table.frame)), plan.limit)
        work = open_prompts(rows, plan)
        if len(work) < len(rows):
            note_answered(len(rows) - len(work))
        sessions = []
        with closing(Ledger(cache or run.scratch / CALLS, run_name(run.scratch))) as ledger, ExitStack() as stack:
            each = stack.enter_context(workers_of(engine, 0)).map if engine == "ray" else None
            for offset, name in enumerate(names):
                missing = [(prompt, slot) for prompt in work.values() if prompt.row.prompt
                           for slot in range(offset, plan.k - len(prompt.own), len(names))]
                if missing:
                    sessions.append(open_model(name, limits, ledger, sort=SORTED_OVER, each=each,
                                               vllm=engine == "vllm", chat_template=template))
                    asyncio.run(fill(sessions[-1], missing, plan))
            kept, dropped = kept_and_dropped(rows, work, plan)
            verdicts: list[JudgeVerdicts] = []
            if jury:
                kept, verdicts = judged(kept, jury, limits, ledger, plan.seed)
            cost = charges([*sessions, *(verdict.session for verdict in verdicts)], ledger)
        faults = Counter(reason.value for prompt in work.values() for reason in prompt.reasons)
        return finish(run, kept, [*table.malformed, *dropped], sessions, verdicts, cost, k=plan.k, faults=faults)


def check_models(names: Sequence[ModelName], plan: ResponsePlan, limits: Limits) -> str:
    """Whether the models may be used and can answer; returns the template of those that have none, empty if none is named.

    Raises:
        ConfigError, ModelError, InputError: see `check`, `check_template` and `template_named`.
    """
    template = template_named(plan.chat_template) if plan.chat_template else ""
    for name in names:
        check(name, limits)
        check_template(name, template)
    return template


def spread(rows: list[Instruction], limit: int | None) -> list[Instruction]:
    """At most `limit` rows, evenly spaced."""
    if limit is None or limit >= len(rows):
        return rows
    return [rows[index * len(rows) // limit] for index in range(limit)]


def open_prompts(rows: Sequence[Instruction], plan: ResponsePlan) -> dict[int, OpenPrompt]:
    """The rows that need an answer, by their index; a row that has its answer needs none."""
    work = {}
    for index, row in enumerate(rows):
        answer = row.answer
        if plan.k == 1 and answer and not plan.overwrite:
            continue
        prompt = OpenPrompt(row)
        if plan.k > 1 and plan.keep_answer and answer:
            model = row.made_by.model if row.made_by else None
            prompt.own = (Candidate(id=row.response_id or "", text=answer.content, model=model, tool_calls=answer.tool_calls,
                                    reasoning_content=answer.reasoning_content if plan.keep_thoughts else None),)
            prompt.candidates += prompt.own
        work[index] = prompt
    return work


def note_answered(count: int) -> None:
    """Say how many rows are not asked about, and how they would be."""
    from instructwild.console.terminal import console

    console.print(f"{quantity(count, 'row has an answer already and keeps', 'rows have an answer already and keep')} it: "
                  "--overwrite answers them again, -k 2 makes candidates", highlight=False, markup=False)


async def fill(session: Session, missing: list[tuple[OpenPrompt, int]], plan: ResponsePlan,
               on_reply: Callable[[Request, Reply], None] | None = None) -> None:
    """Request of one model its share of the candidates of every prompt, and again for those that came to nothing."""
    from instructwild.console.terminal import progress

    label = session.name.label
    with progress() as shown:
        task, taken = shown.add_task(f"respond {label}", total=len(missing), note=""), 0

        def show(_: int = 0) -> None:
            tokens, usd = quantity(session.usage.completion_tokens, "token"), session.usage.usd
            shown.update(task, completed=taken + session.ahead, note=tokens + (f", US$ {usd:.4f}" if usd else ""))

        session.on_known = show
        async with session:
            for attempt in range(plan.attempts):
                remaining = iter(missing)
                in_flight: list[tuple[OpenPrompt, int]] = []
                again: list[tuple[OpenPrompt, int]] = []

                def next_request(remaining: Iterator[tuple[OpenPrompt, int]] = remaining,
                                 in_flight: list[tuple[OpenPrompt, int]] = in_flight,
                                 attempt: int = attempt) -> Request | None:
                    following = next(remaining, None)
                    if following is None:
                        return None
                    in_flight.append(following)
                    return _request(following[0].row, following[1], attempt, plan)

                number = 0
                async for request, reply in session.stream(next_request):
                    if on_reply is not None:
                        on_reply(request, reply)
                    prompt, slot = in_flight[number]
                    number += 1
                    if prompt.take(reply, label, plan):
                        taken += 1
                    elif not (reply.thoughts_cut_off or reply.charged_for_nothing):
                        again.append((prompt, slot))
                    show()
                missing = again
                if session.stopped is not None or not missing:
                    break


def _request(row: Instruction, slot: int, attempt: int, plan: ResponsePlan) -> Request:
    rng = random.Random(f"{plan.seed} {row.id} {slot} {attempt}")
    return Request(messages=row.context, sampling=plan.sampling, seed=rng.getrandbits(48))


def finish(run: stage.Run, kept: Sequence[Any], dropped: Sequence[Dropped], sessions: Sequence[Session],
           verdicts: Sequence[JudgeVerdicts], cost: Charges, *, k: int,
           faults: Mapping[str, int] | None = None) -> stage.Stage:
    """Write the stage: answers or candidates, with what judges said of them."""
    from instructwild.console.terminal import console
    from instructwild.expand.respond_page import page

    used = [*sessions, *(verdict.session for verdict in verdicts)]
    for session in used:
        if session.stopped is not None:
            console.print(f"[bold yellow]--budget[/] {session.stopped.what}: stopped with what is there.")
    usage = [session.usage for session in used]
    metrics: dict[str, Any] = {
        "requests": sum(u.requests for u in usage), "failed_requests": sum(u.failed for u in usage),
        "cached_requests": sum(u.cached for u in usage), "answers_not_taken": dict(Counter(faults or {}).most_common()),
        "stopped": "budget" if any(session.stopped for session in used) else None, **cost.metrics()}
    if verdicts:
        metrics["judges"] = [verdict.plain() for verdict in verdicts]
        run.save(JUDGEMENTS, judgements(verdicts))
    frame = ranking_frame(kept) if k > 1 else instruction_frame(kept)
    return run.finish(data=frame, dropped=dropped, usd=cost.rounded, metrics=metrics, tokens=cost.tokens,
                      report=page(kept, dropped, metrics, k, cost.usd))
