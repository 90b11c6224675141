"""`instructwild evaluate bench`."""

from pathlib import Path
from typing import Annotated

import typer

from instructwild.console.model_options import Batch, Budget, Concurrency, ListPrice, LocalOnly, Timeout, limits_of
from instructwild.console.options import DryRun, Force, Json, Out, announce


def bench(
        model: Annotated[str, typer.Argument(help="A stage folder, a model folder, a Hub id, smollm2, or URL#NAME.",
                                             show_default=False)],
        out: Out,
        suite: Annotated[str, typer.Option(help="quick: GSM8K, IFBench and CMMLU from --data; bilingual: checkable "
                                                "instructions in English and Chinese; a file; or tasks of "
                                                "lm-evaluation-harness, such as gsm8k,mmlu.")] = "bilingual",
        data: Annotated[Path | None, typer.Option(help="The folder with the files of `quick`, or of tasks of "
                                                       "lm-evaluation-harness.", show_default=False)] = None,
        harness: Annotated[bool, typer.Option(
            "--harness/--no-harness", help="Let lm-evaluation-harness measure quick, bilingual and files too.")] = False,
        fewshot: Annotated[int | None, typer.Option(help="Examples in the prompts of its tasks; else what each says.",
                                                    min=0, max=100, show_default=False)] = None,
        chat: Annotated[bool, typer.Option("--chat/--no-chat", help="Ask its tasks that are answered in words as a chat, or "
                                                                    "as a text to continue.")] = True,
        against: Annotated[list[str] | None, typer.Option(
            help="A model, or a stage of this command, to compare with on the same items; repeatable.")] = None,
        trained_on: Annotated[list[str] | None, typer.Option(
            "--trained-on", help="Stage folders or files that the model was trained on, to count items in; "
                                 "else what the manifests of its stages name.")] = None,
        limit: Annotated[int | None, typer.Option(help="At most so many items of each task.", min=1)] = None,
        max_tokens: Annotated[int | None, typer.Option(
            help="Shorten responses to so many tokens; else each item says how long it may be.", min=1)] = None,
        budget: Budget = None, price: ListPrice = "", concurrency: Concurrency = 0, timeout: Timeout = 120.0,
        batch: Batch = 16, local_only: LocalOnly = False,
        dry_run: DryRun = False, force: Force = False, as_json: Json = False) -> None:
    """A model's score on a benchmark, with intervals, beside others on the same items."""
    from instructwild_trainer.evaluate.bench.run import BenchPlan
    from instructwild_trainer.evaluate.bench.run import bench as measure
    from instructwild_trainer.evaluate.printing import print_result

    plan = BenchPlan(suite, data, tuple(against or ()), tuple(trained_on or ()), limit, harness, fewshot, chat,
                     max_tokens)
    limits = limits_of(price, budget=budget, concurrency=concurrency, timeout=timeout, batch=batch, local_only=local_only)
    made = measure(model, out, plan, limits=limits, force=force, dry_run=dry_run)
    if made is None:
        return
    if not as_json:
        print_result(made.manifest)
    announce(made, as_json)
