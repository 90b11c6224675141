"""`instructwild expand`."""

from typing import Annotated

import typer

from instructwild.console.model_options import Batch, Budget, Cache, ListPrice, LocalOnly, Rpm, Tpm, Window
from instructwild.console.options import Columns, DryRun, Encoding, Force, Json, Out, announce


def expand(
    seeds: Annotated[list[str], typer.Argument(help="Stage folders or files with seeds.", show_default=False)],
    out: Out,
    model: Annotated[str, typer.Option(help="smollm2, a folder, a Hub id, URL#NAME, or an OpenAI model.",
                                       show_default=False)],
    target: Annotated[int, typer.Option(help="New rows wanted, split evenly over the languages.", min=1)] = 1000,
    languages: Annotated[str, typer.Option(help="Languages to write, from seeds of the same language.")] = "en,zh",
    way: Annotated[str, typer.Option(help="instructionwild (answers in a second pass: respond) or alpaca (in one call).")
                   ] = "instructionwild",
    quota: Annotated[list[str] | None, typer.Option(help="Rows of a kind: summarization=0.1 or zh:role_play=50; repeatable.",
                                                    show_default=False)] = None,
    style: Annotated[str, typer.Option(help="How to ask: base (continue a list), chat, or auto by the model.")] = "auto",
    template: Annotated[str, typer.Option(help="A template of your own: FILE.yaml; {language} is filled in.")] = "",
    budget: Budget = None,
    price: ListPrice = "",
    rpm: Rpm = None,
    tpm: Tpm = None,
    window: Window = 0,
    batch: Batch = 32,
    local_only: LocalOnly = False,
    patience: Annotated[int, typer.Option(help="Give a language up after so many requests without a new row.", min=1)] = 40,
    seed: Annotated[int, typer.Option(help="Decides which examples are drawn.")] = 0,
    cache: Cache = None,
    columns: Columns = None,
    encoding: Encoding = None,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make new instructions from seeds with a model: self-instruct, each language from its own seeds.

    The output holds the machine-made rows only, each with the ids of the examples it came from; clean it together with the
    seeds. Run again after an interruption, it goes on and pays for nothing twice.
    """
    from instructwild.expand.plan import Plan, parse_quota
    from instructwild.expand.run import expand as run
    from instructwild.llm.open import Limits
    from instructwild.llm.price import parse_price
    from instructwild.read.names import parse_map

    chosen = tuple(dict.fromkeys(part.strip() for part in languages.split(",") if part.strip()))
    plan = Plan(target=target, languages=chosen, way=way, style=style, template=template, seed=seed, patience=patience,
                quotas=tuple(parse_quota(one) for one in quota or ()))
    limits = Limits(budget=budget, price=parse_price(price) if price else None, rpm=rpm, tpm=tpm, window=window, batch=batch,
                    local_only=local_only)
    mapping = parse_map(columns or ())
    if dry_run:
        from instructwild.expand.forecast import forecast_expand
        from instructwild.expand.run import planned
        from instructwild.llm.name import understand
        from instructwild.llm.open import check, price_of, window_of

        name = understand(model)
        check(name, limits)
        growth, _ = planned(seeds, model, plan, encoding, columns=mapping)
        forecast_expand(growth, name.label, price_of(name, limits), window_of(name, limits)).show(as_json)
        return
    announce(run(seeds, out, model, plan, limits=limits, cache=cache, columns=mapping, encoding=encoding, force=force),
             as_json)
