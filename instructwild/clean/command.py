"""`instructwild clean`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from instructwild.console.allocator import keep_freed_memory
from instructwild.console.collector import loading
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
    Timeout,
    Tpm,
    as_switch,
    limits_of,
)
from instructwild.console.old_names import old_names
from instructwild.console.options import Columns, DryRun, Encoding, Engine, Force, Json, Shards, announce
from instructwild.errors import ConfigError


@old_names({"--rules": "--rule-file"})
def clean(
    inputs: Annotated[list[str], typer.Argument(help="Stage folders, files (.json .jsonl .csv .parquet, .gz .zst), folders "
                                                     "of files, URLs of any of these, or -.",
                                                show_default=False)],
    out: Annotated[str, typer.Option("--out", help="The stage folder to write, or the URL of one (s3://, hf://).",
                                     show_default=False)],
    steps: Annotated[list[str] | None, typer.Option(
        help="Steps in the order they run, such as repair,language,exact. All: repair, language, rules, own_rules, pii, "
             "contamination, exact, near, judge.", show_default="repair,language,rules,exact,near")] = None,
    languages: Annotated[list[str] | None, typer.Option(
        help="Keep only these, such as en,zh, and what shows no language (und); en,zh,-und leaves that out too.",
        show_default="all")] = None,
    backend: Annotated[str, typer.Option(help="Model for languages: fasttext, or langdetect (slow).")] = "fasttext",
    rule: Annotated[list[str] | None, typer.Option(
        help="What a rule does: NAME=off, flag, drop, or repair. An unknown NAME lists all. Repeatable.")] = None,
    strict: Annotated[bool, typer.Option(
        help="Drop rows seen by any rule whose measured precision is 0.9 or more; "
             "--rule decides where it is given.")] = False,
    rules: Annotated[list[Path] | None, typer.Option(
        "--rule-file", help="Your own rules: a .py file with `def seen(prompt, answer)`, or a .yaml file with "
             "`rules: {NAME: {seen: pl.col(\"prompt\")…, action: flag}}`. Repeatable.")] = None,
    mask: Annotated[str | None, typer.Option(help="Mask personal data: values, names or all.",
                                             show_default="nothing is masked")] = None,
    pii: Annotated[str | None, typer.Option(help="Personal data is not masked: flag or drop its rows.",
                                            show_default="not looked for")] = None,
    keep_raw: Annotated[bool, typer.Option(help="Do not mask personal data in dropped.parquet.")] = False,
    against: Annotated[list[str] | None, typer.Option(help="Drop rows that this evaluation set holds. Repeatable.")] = None,
    threshold: Annotated[float, typer.Option(help="Rows resemble each other where ROUGE-L F of what they ask is above this; "
                                                  "near-duplicates ask for the same too.", min=0, max=1)] = 0.7,
    plain: Annotated[bool, typer.Option(
        "--plain", help="Drop every row that resembles an earlier one, even if it asks for something else (Self-Instruct's "
                        "rule).")] = False,
    embedding: Annotated[bool, typer.Option(
        "--embedding", help="An embedding model decides too which near-duplicates ask for the same: more are found, "
                            "slowly.")] = False,
    guard: Annotated[bool, typer.Option("--guard", hidden=True)] = False,
    model: Annotated[str | None, typer.Option(
        help="A model that reads each row the other steps keep and flags wrong facts, results and code, answers to "
             "something else and lost context (--rule judged=drop drops them): a folder, Hub id, URL#NAME, an OpenAI model. "
             "--dry-run tells the cost.", show_default=False)] = None,
    thinking: Thinking = None,
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
    cache: Cache = None,
    edits: Annotated[Path | None, typer.Option(help="Apply the edits that people made in `instructwild view`: rows dropped, "
                                                    "restored, mended, labelled.", show_default=False)] = None,
    workers: Annotated[int, typer.Option(help="Processes to use, 0 for one per core; the output is identical.",
                                         min=0)] = 1,
    shards: Shards = None,
    on_disk: Annotated[bool | None, typer.Option(
        "--on-disk/--in-memory", help="Keep the rows on disk while they are cleaned, in bounded memory, or all in memory; "
                                      "the output is identical.",
        show_default="on disk from 1 GiB of inputs")] = None,
    engine: Engine = "local",
    columns: Columns = None,
    encoding: Encoding = None,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Clean instruction data: mend, name the language, judge by rules, drop duplicates; every dropped row says why.

    instructwild clean my.json --out clean/ --languages en,zh --rule refusal=drop --mask all --against eval.jsonl
    """
    keep_freed_memory()
    with loading():
        from instructwild.clean.damage import DAMAGE
        from instructwild.clean.judge_words import ALL, JUDGED
        from instructwild.clean.pipeline import DEFAULT, STEPS, made
        from instructwild.clean.pipeline import clean as run
        from instructwild.clean.rules import RULES
        from instructwild.clean.rules import strict as strict_rules
        from instructwild.read.names import parse_map

    if guard:
        from instructwild.console.terminal import console

        console.print("--guard is the default now and does nothing: near-duplicates that ask for something else stay")
    actions = dict(_setting(value) for value in rule or ())
    of_judge = {name: actions.pop(name) for name in (ALL, *JUDGED) if name in actions}
    for name in actions:
        if name not in {*DAMAGE, *RULES}:
            raise ConfigError(f"there is no rule {name!r}", where="--rule",
                              remedy=f"one of: {', '.join(dict.fromkeys([*DAMAGE, *RULES, ALL, *JUDGED]))}")
    if of_judge and not model:
        raise ConfigError("is what a model says, and none was named", where=f"--rule {next(iter(of_judge))}",
                          remedy="name one: --model M")
    options: dict[str, dict[str, Any]] = {
        "repair": {"rules": {name: action for name, action in actions.items()
                             if name in DAMAGE and (name not in RULES or action == "repair")}},
        "rules": {"rules": (strict_rules() if strict else {})
                  | {name: action for name, action in actions.items() if name in RULES and action != "repair"}},
        "language": {"keep": tuple(_listed(languages)), "backend": backend},
        "pii": _personal_data(mask, pii),
        "contamination": {"against": tuple(against or ())},
        "near": {"threshold": threshold, "plain": plain, "embedding": embedding},
        "judge": {"model": model or "", "rules": of_judge, "thinking": as_switch(thinking), "cache": cache},
    }
    if model:
        options["judge"]["limits"] = limits_of(
            price, endpoint, budget=budget, rpm=rpm, tpm=tpm, concurrency=concurrency, timeout=timeout, batch=batch,
            local_only=local_only, provider_batch=provider_batch)
    if rules:
        from instructwild.clean.own_rules import from_files

        options["own_rules"] = {"rules": from_files(rules).rules}
    requested = {name for name, option in (("own_rules", rules), ("pii", mask or pii), ("contamination", against),
                                           ("judge", model)) if option}
    names = _listed(steps) or [name for name in STEPS if name in {*DEFAULT, *requested}]
    names += [name for name in STEPS if name in requested and name not in names]
    with loading():                                # the steps are loaded here
        chosen = [made(name, **options.get(name, {})) for name in names]
    if dry_run:
        from instructwild.clean.dry_run import dry_run as rehearse

        rehearse(inputs, chosen, columns=parse_map(columns or ()), encoding=encoding, edits=edits, workers=workers,
                 on_disk=on_disk, engine=engine).show(as_json)
        return
    announce(run(inputs, out, chosen, columns=parse_map(columns or ()), encoding=encoding, force=force, keep_raw=keep_raw,
                 edits=edits, workers=workers, shards=shards, on_disk=on_disk, engine=engine),
             as_json)


def _personal_data(mask: str | None, action: str | None) -> dict[str, Any]:
    """The options of the step `pii`; `--pii mask` is the old name of `--mask all`."""
    if mask and action and action != "mask":
        raise ConfigError(f"rows are masked or they are {action}ped" if action == "drop" else "rows are masked or flagged",
                          where="--mask, --pii", remedy="give one of the two")
    if action == "mask":
        typer.echo("--pii mask is --mask all now; the old name goes with the next version", err=True)
    return {"action": action or "mask", "mask": mask or "all"}


def _listed(value: list[str] | None) -> list[str]:
    """An option that may be repeated, list with commas, or both."""
    return [name.strip() for part in value or () for name in part.split(",") if name.strip()]


def _setting(value: str) -> tuple[str, str]:
    name, equals, action = value.partition("=")
    if not equals:
        raise ConfigError(f"{value!r} says not what the rule does", where="--rule", remedy="write NAME=flag, for example")
    return name.strip(), action.strip()
