"""`instructwild evaluate`: perplexity, pairwise, reward."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instructwild.console.options import Columns, DryRun, Encoding, Force, Json, Out, announce

if TYPE_CHECKING:
    from instructwild.stage import Stage

evaluate = typer.Typer(no_args_is_help=True, add_completion=False,
                       help="Measure a model: how likely it finds answers, what a reward model thinks of its own, and a "
                            "pairwise comparison with another one.")
Data = Annotated[list[str], typer.Argument(help="Stage folders or files with answered rows.", show_default=False)]
MaxLength = Annotated[int, typer.Option(help="The longest conversation, in tokens.", min=8)]


@evaluate.command()
def perplexity(
        data: Data, out: Out,
        model: Annotated[list[str], typer.Option(help="A stage folder, a model folder, a Hub id, or smollm2; repeat it to "
                                                      "compare with the first.", show_default=False)],
        held_out: Annotated[float, typer.Option(help="Only prompts that a training which holds out this share does not see; "
                                                     "1 takes all.", min=0.001, max=1)] = 1.0,
        max_length: MaxLength = 1024,
        dtype: Annotated[str, typer.Option(help="Of the weights: auto, float32 or bfloat16.")] = "auto",
        columns: Columns = None, encoding: Encoding = None, dry_run: DryRun = False, force: Force = False,
        as_json: Json = False) -> None:
    """Perplexity of the answers, in each language, with intervals; several models on the same rows."""
    from instructwild.read.names import parse_map
    from instructwild_trainer.evaluate.perplexity import measure

    _announce(measure(data, model, out, held_out=held_out, max_length=max_length, dtype=dtype, encoding=encoding,
                      columns=parse_map(columns or ()), force=force, dry_run=dry_run), as_json)


@evaluate.command()
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


@evaluate.command()
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
        max_tokens: Annotated[int, typer.Option(help="Tokens of an answer, at most.", min=1)] = 256,
        judge_tokens: Annotated[int, typer.Option(help="Tokens of a verdict, at most.", min=1)] = 300,
        temperature: Annotated[float, typer.Option(help="Of answers; 0 takes the likeliest token.", min=0, max=2)] = 0.0,
        limit: Annotated[int | None, typer.Option(help="At most so many prompts, categories in turn.", min=1)] = None,
        budget: Annotated[float | None, typer.Option(help="US$ that are never exceeded.", min=0)] = None,
        price: Annotated[str, typer.Option(help="US$ for a million tokens sent,received; known for most models.")] = "",
        window: Annotated[int, typer.Option(help="Max concurrent requests; 0: 128, or one batch here.", min=0)] = 0,
        batch: Annotated[int, typer.Option(help="Requests a model in this process answers at once.", min=1)] = 16,
        local_only: Annotated[bool, typer.Option("--local-only", help="Refuse endpoints elsewhere.")] = False,
        cache: Annotated[Path | None, typer.Option(help="A file of paid verdicts that several runs share.")] = None,
        columns: Columns = None, encoding: Encoding = None, dry_run: DryRun = False, force: Force = False,
        as_json: Json = False) -> None:
    """Two models on the same prompts before a judge: both orders, ties, win rate by language and category."""
    from instructwild.errors import ConfigError
    from instructwild.llm.open import Limits
    from instructwild.llm.price import parse_price
    from instructwild.llm.request import Sampling
    from instructwild.read.names import parse_map
    from instructwild_trainer.evaluate.comparison import PairwisePlan
    from instructwild_trainer.evaluate.pairwise import compare

    if name and len(set(name)) != 2:
        raise ConfigError(f"should be two different names, found {', '.join(name)}", where="--name")
    plan = PairwisePlan(judge, tuple(prompts or ()), tuple(map(str, rubric or ())), tuple(name or ()),
                Sampling(max_tokens=max_tokens, temperature=temperature), Sampling(max_tokens=judge_tokens, temperature=0.0),
                limit)
    limits = Limits(budget=budget, price=parse_price(price) if price else None, concurrency=window, batch=batch,
                    local_only=local_only)
    _announce(compare([first, second], out, plan, limits=limits, cache=cache, encoding=encoding,
                      columns=parse_map(columns or ()), force=force, dry_run=dry_run), as_json)


def _announce(stage: "Stage | None", as_json: bool) -> None:
    if stage is None:
        return
    if not as_json:
        from instructwild_trainer.evaluate.printing import print_result

        print_result(stage.manifest)
    announce(stage, as_json)
