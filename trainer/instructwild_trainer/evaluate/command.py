"""`instructwild evaluate`: perplexity, pairwise, reward."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instructwild.console.lazy_group import lazy_group
from instructwild.console.model_options import (
    Batch,
    Budget,
    Cache,
    Concurrency,
    ListPrice,
    LocalOnly,
    ProviderBatch,
    Timeout,
    limits_of,
)
from instructwild.console.old_names import old_names
from instructwild.console.options import Columns, DryRun, Encoding, Force, Json, Out, announce

if TYPE_CHECKING:
    from instructwild.stage import Stage

COMMANDS = {
    "perplexity": "instructwild_trainer.evaluate.command:perplexity",
    "reward": "instructwild_trainer.evaluate.command:reward",
    "pairwise": "instructwild_trainer.evaluate.command:pairwise",
    "bench": "instructwild_trainer.evaluate.bench.command:bench",
}
evaluate = typer.Typer(cls=lazy_group(COMMANDS), no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@evaluate.callback()
def _evaluate() -> None:
    """Measure a model: perplexity of answers, a reward model's scores, pairwise comparisons, benchmarks."""


Data = Annotated[list[str], typer.Argument(help="Stage folders or files with answered rows.", show_default=False)]
MaxLength = Annotated[int, typer.Option(help="The longest conversation, in tokens.", min=8)]


def perplexity(
        data: Data, out: Out,
        model: Annotated[list[str], typer.Option(help="A stage folder, a model folder, a Hub id, or smollm2; repeat it to "
                                                      "compare with the first.", show_default=False)],
        held_out: Annotated[float, typer.Option(help="Measure only the prompts that a training with this share held out did "
                                                     "not see; 1 takes all.", min=0.001, max=1)] = 1.0,
        max_length: MaxLength = 1024,
        dtype: Annotated[str, typer.Option(help="dtype of weights: auto, float32, bfloat16.")] = "auto",
        columns: Columns = None, encoding: Encoding = None, dry_run: DryRun = False, force: Force = False,
        as_json: Json = False) -> None:
    """Perplexity of the answers, in each language, with intervals; several models on the same rows."""
    from instructwild.read.names import parse_map
    from instructwild_trainer.evaluate.perplexity import measure

    _announce(measure(data, model, out, held_out=held_out, max_length=max_length, dtype=dtype, encoding=encoding,
                      columns=parse_map(columns or ()), force=force, dry_run=dry_run), as_json)


def reward(
        data: Data, out: Out,
        model: Annotated[str, typer.Option(help="The folder of a `train reward` stage.", show_default=False)],
        max_length: MaxLength = 1024,
        columns: Columns = None, encoding: Encoding = None, dry_run: DryRun = False, force: Force = False,
        as_json: Json = False) -> None:
    """A reward model's scores of answers, in each language; further sets are compared with the first."""
    from instructwild.read.names import parse_map
    from instructwild_trainer.evaluate.rewards import score

    _announce(score(data, model, out, max_length=max_length, encoding=encoding, columns=parse_map(columns or ()),
                    force=force, dry_run=dry_run), as_json)


@old_names({"--window": "--concurrency"})
def pairwise(
        first: Annotated[str, typer.Argument(help="A model, or a stage folder or file with its answers.")],
        second: Annotated[str, typer.Argument(help="The other one.")],
        out: Out,
        judge: Annotated[str, typer.Option(help="Who judges: a model, or reward:PATH of a `train reward` stage.",
                                           show_default=False)],
        prompts: Annotated[list[str] | None, typer.Option(
            help="Stage folders or files with prompts; else those of the answers, or 40 that ship, en and zh.")] = None,
        rubric: Annotated[list[Path] | None, typer.Option(
            help="What the judge looks at: JSON in ColossalChat's evaluation_prompt or battle_prompt layout; one a "
                 "language.")] = None,
        name: Annotated[list[str] | None, typer.Option(help="What to call the two, in their order.")] = None,
        max_tokens: Annotated[int, typer.Option(help="Max tokens of an answer.", min=1)] = 256,
        judge_tokens: Annotated[int, typer.Option(help="Max tokens of a verdict.", min=1)] = 300,
        temperature: Annotated[float, typer.Option(help="Sampling temperature; 0 is greedy.", min=0, max=2)] = 0.0,
        limit: Annotated[int | None, typer.Option(help="At most so many prompts, categories in turn.", min=1)] = None,
        budget: Budget = None, price: ListPrice = "", concurrency: Concurrency = 0, timeout: Timeout = 120.0,
        batch: Batch = 16, provider_batch: ProviderBatch = False, local_only: LocalOnly = False, cache: Cache = None,
        columns: Columns = None,
        encoding: Encoding = None, dry_run: DryRun = False, force: Force = False, as_json: Json = False) -> None:
    """Two models on the same prompts before a judge: both orders, ties, win rate by language and category."""
    from instructwild.errors import ConfigError
    from instructwild.llm.request import Sampling
    from instructwild.read.names import parse_map
    from instructwild_trainer.evaluate.comparison import PairwisePlan
    from instructwild_trainer.evaluate.pairwise import compare

    if name and len(set(name)) != 2:
        raise ConfigError(f"should be two different names, found {', '.join(name)}", where="--name")
    plan = PairwisePlan(judge, tuple(prompts or ()), tuple(map(str, rubric or ())), tuple(name or ()),
                Sampling(max_tokens=max_tokens, temperature=temperature), Sampling(max_tokens=judge_tokens, temperature=0.0),
                limit)
    limits = limits_of(price, budget=budget, concurrency=concurrency, timeout=timeout, batch=batch, local_only=local_only,
                       provider_batch=provider_batch)
    _announce(compare([first, second], out, plan, limits=limits, cache=cache, encoding=encoding,
                      columns=parse_map(columns or ()), force=force, dry_run=dry_run), as_json)


def _announce(stage: "Stage | None", as_json: bool) -> None:
    if stage is None:
        return
    if not as_json:
        from instructwild_trainer.evaluate.printing import print_result

        print_result(stage.manifest)
    announce(stage, as_json)
