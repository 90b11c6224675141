"""`instructwild expand`."""

from typing import Annotated

import typer

from instructwild.console.model_options import (
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


@old_names({"--way": "--method", "--style": "--prompt-style", "--window": "--concurrency",
            "--patience": "--max-empty-requests"})
def expand(
    seeds: Annotated[list[str], typer.Argument(help="Stage folders or files with seeds.", show_default=False)],
    out: Out,
    model: Annotated[str, typer.Option(help="smollm2, a folder, a Hub id, URL#NAME, or an OpenAI model.",
                                       show_default=False)],
    target: Annotated[int, typer.Option(help="Number of new rows, split evenly over the languages.", min=1)] = 1000,
    languages: Annotated[str, typer.Option(help="Languages to write, comma-separated, each from seeds of that language.")
                         ] = "en,zh",
    method: Annotated[str, typer.Option(help="instructionwild (answers in a second pass: respond) or alpaca (in one call).")
                      ] = "instructionwild",
    quota: Annotated[list[str] | None, typer.Option(help="Rows of a kind: summarization=0.1 or zh:role_play=50; repeatable.",
                                                    show_default=False)] = None,
    prompt_style: Annotated[str, typer.Option(help="base (the model continues a list), chat, or auto: by the model.")
                            ] = "auto",
    template: Annotated[str, typer.Option(help="Your own prompt template: FILE.yaml; {language} is filled in.")] = "",
    thinking: Thinking = None,
    thoughts: Annotated[ThoughtsKept, typer.Option(help="Keep the reasoning of each reply in thoughts.parquet, or drop it.")
                        ] = "drop",
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
    max_empty_requests: Annotated[int, typer.Option(help="Give a language up after so many requests without a new row.",
                                                    min=1)] = 40,
    plain: Annotated[bool, typer.Option(
        "--plain", help="Drop every row that resembles an earlier one, even if it asks for something else (Self-Instruct's "
                        "rule).")] = False,
    seed: Annotated[int, typer.Option(help="Random seed of the examples shown.")] = 0,
    cache: Cache = None,
    columns: Columns = None,
    encoding: Encoding = None,
    shards: Shards = None,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make new instructions from seeds with a model: self-instruct, each language from its own seeds.

    The output holds the machine-made rows only, each with the ids of the examples it came from; clean it together with the
    seeds. Run again after an interruption, it goes on and pays for nothing twice.
    """
    from instructwild.expand.plan import ExpandPlan, parse_quota
    from instructwild.expand.run import expand as run
    from instructwild.read.names import parse_map

    chosen = tuple(dict.fromkeys(part.strip() for part in languages.split(",") if part.strip()))
    plan = ExpandPlan(target=target, languages=chosen, method=method, prompt_style=prompt_style, template=template,
                      seed=seed, max_empty=max_empty_requests, quotas=tuple(parse_quota(text) for text in quota or ()),
                      thinking=as_switch(thinking), keep_thoughts=thoughts == "keep", plain=plain)
    limits = limits_of(price, endpoint, budget=budget, rpm=rpm, tpm=tpm, concurrency=concurrency, timeout=timeout,
                       batch=batch, local_only=local_only, provider_batch=provider_batch)
    mapping = parse_map(columns or ())
    if dry_run:
        from instructwild.expand.forecast import forecast_expand
        from instructwild.expand.run import planned
        from instructwild.llm.name import understand
        from instructwild.llm.open import check, price_of, window_of

        name = understand(model)
        check(name, limits)
        pool, _ = planned(seeds, model, plan, encoding, columns=mapping)
        forecast_expand(pool, name.label, price_of(name, limits), window_of(name, limits)).show(as_json)
        return
    announce(run(seeds, out, model, plan, limits=limits, cache=cache, columns=mapping, encoding=encoding, force=force,
                 shards=shards),
             as_json)
