"""`instructwild respond`."""

from typing import TYPE_CHECKING, Annotated

import typer

from instructwild.console.model_options import (
    AnswerEngine,
    Batch,
    Budget,
    Cache,
    Concurrency,
    Endpoints,
    ListPrice,
    LocalOnly,
    ProviderBatch,
    Rpm,
    Thinking,
    ThoughtsKept,
    Timeout,
    Tpm,
    as_switch,
    limits_of,
)
from instructwild.console.old_names import old_names
from instructwild.console.options import Columns, DryRun, Encoding, Force, Json, Out, Shards, announce

if TYPE_CHECKING:
    from instructwild.expand.forecast import Forecast
    from instructwild.expand.replies import ResponsePlan
    from instructwild.llm.open import Limits


@old_names({"--window": "--concurrency", "--tries": "--attempts"})
def respond(
    prompts: Annotated[list[str], typer.Argument(help="Stage folders or files with prompts.", show_default=False)],
    out: Out,
    model: Annotated[list[str] | None, typer.Option(help="smollm2, a folder, a Hub id, URL#NAME, or an OpenAI model; "
                                                    "repeatable.", show_default=False)] = None,
    k: Annotated[int, typer.Option("-k", "--candidates", help="Answers to each prompt; 2 or more are to be ranked.",
                                   min=1, max=16)] = 1,
    judge: Annotated[list[str] | None, typer.Option(help="A model, or reward:FOLDER, that ranks the candidates; repeatable. "
                                                    "Without --model it ranks those of PROMPTS.",
                                                    show_default=False)] = None,
    max_tokens: Annotated[int, typer.Option(help="Max tokens of an answer, reasoning included.", min=1)] = 512,
    temperature: Annotated[float, typer.Option(help="Sampling temperature; 0 is greedy.", min=0, max=2)] = 0.7,
    top_p: Annotated[float, typer.Option(help="Nucleus sampling (top-p).", min=0.01, max=1)] = 0.95,
    truncated: Annotated[str, typer.Option(help="Answers cut off at --max-tokens: trim to whole sentences, drop, or keep.")
                         ] = "trim",
    keep_refusals: Annotated[bool, typer.Option("--keep-refusals", help="Answers that decline count as answers.")] = False,
    keep_answer: Annotated[bool, typer.Option("--keep-answer", help="A row's own answer is one of the candidates.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Answer again what has an answer.")] = False,
    attempts: Annotated[int, typer.Option(help="Max attempts for an answer that is refused, empty or cut off.", min=1)] = 3,
    chat_template: Annotated[str, typer.Option(help="For a model that runs here and has no chat template: a Jinja file, or "
                                               "a model whose template it is.", show_default=False)] = "",
    thinking: Thinking = None,
    thoughts: Annotated[ThoughtsKept, typer.Option(help="Keep a model's reasoning beside its answer (reasoning_content), or "
                                                   "drop it.")] = "keep",
    budget: Budget = None,
    price: ListPrice = "",
    rpm: Rpm = None,
    tpm: Tpm = None,
    concurrency: Concurrency = 0,
    timeout: Timeout = 120.0,
    provider_batch: ProviderBatch = False,
    endpoint: Endpoints = None,
    batch: Batch = 32,
    local_only: LocalOnly = False,
    seed: Annotated[int, typer.Option(help="Random seed of sampling.")] = 0,
    limit: Annotated[int | None, typer.Option(help="Answer only so many prompts, spread over the input.", min=1)] = None,
    cache: Cache = None,
    engine: AnswerEngine = "local",
    columns: Columns = None,
    encoding: Encoding = None,
    shards: Shards = None,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Answer prompts: one answer each, or K candidates to be ranked by people, or by judges right away.

    Refused, empty and cut-off answers are requested again; a prompt that gets none leaves with the reason. A judge reads the
    candidates twice, in opposite orders, and what the two readings do not agree on is a tie. Run again after an
    interruption, it goes on and pays for nothing twice.
    """
    from instructwild.errors import ConfigError
    from instructwild.expand.replies import ResponsePlan
    from instructwild.expand.respond import respond as run
    from instructwild.llm.request import Sampling
    from instructwild.read.names import parse_map

    sampling = Sampling(max_tokens=max_tokens, temperature=temperature, top_p=top_p, thinking=as_switch(thinking))
    plan = ResponsePlan(k=k, sampling=sampling, attempts=attempts, truncated=truncated, keep_refusals=keep_refusals,
                        keep_answer=keep_answer, overwrite=overwrite, seed=seed, limit=limit,
                        keep_thoughts=thoughts == "keep", chat_template=chat_template)
    limits = limits_of(price, endpoint, budget=budget, rpm=rpm, tpm=tpm, concurrency=concurrency, timeout=timeout,
                       batch=batch, local_only=local_only, provider_batch=provider_batch)
    models, judges, mapping = model or [], judge or [], parse_map(columns or ())
    if not models and not judges:
        raise ConfigError("no model was named", where="--model", remedy="give smollm2, a folder, a Hub id, URL#NAME or an "
                          "OpenAI model; or --judge for candidates that are there")
    if dry_run:
        _plan(prompts, models, judges, plan, limits, encoding, mapping).show(as_json)
        return
    if not models:
        from instructwild.expand.judge_stage import judge_candidates

        announce(judge_candidates(prompts, out, judges, limits=limits, cache=cache, seed=seed, force=force,
                                  shards=shards), as_json)
        return
    announce(run(prompts, out, models, plan, judges=judges, limits=limits, cache=cache, columns=mapping, encoding=encoding,
                 force=force, engine=engine, shards=shards), as_json)


def _plan(prompts: "list[str]", models: "list[str]", judges: "list[str]", plan: "ResponsePlan", limits: "Limits",
          encoding: str | None, columns: "dict[str, str]") -> "Forecast":
    from dataclasses import replace

    from instructwild.expand.forecast import forecast_judge, forecast_respond
    from instructwild.expand.judge_stage import candidate_rows
    from instructwild.expand.judges import judges_of
    from instructwild.expand.respond import check_models, note_answered, open_prompts, spread
    from instructwild.llm.name import understand
    from instructwild.llm.open import price_of, window_of
    from instructwild.llm.price import Price
    from instructwild.read.instructions import read
    from instructwild.stage.frames import instructions

    jury = [(judge, Price() if judge.folder else price_of(judge.model, limits)) for judge in judges_of(judges, limits)]
    if not models:
        candidates = [row for source in prompts for row in candidate_rows(source)[0]]
        first, *others = [forecast_judge(candidates, 1.0, *judge) for judge in jury]
        return replace(first, judges=tuple(others))
    rows = spread(list(instructions(read(prompts, encoding, columns).frame)), plan.limit)
    check_models([understand(name) for name in models], plan, limits)
    if answered := len(rows) - len(open_prompts(rows, plan)):
        note_answered(answered)
    name = understand(models[0])
    return forecast_respond(rows, ", ".join(models), plan, price_of(name, limits), window_of(name, limits), jury)
