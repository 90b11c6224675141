"""`instructwild collect`."""

from typing import Annotated

import typer

from instructwild.collect.choices import Mask, Recall
from instructwild.collect.kinds import KINDS
from instructwild.console.model_options import Budget, ListPrice, LocalOnly, Timeout, limits_of
from instructwild.console.options import DryRun, Encoding, Force, Json, Out, Shards, announce
from instructwild.errors import ConfigError


def collect(
    kind: Annotated[str, typer.Argument(help=f"What the sources are: {', '.join(KINDS)} (docs/sources.md).",
                                        show_default=False)],
    out: Out,
    sources: Annotated[list[str] | None, typer.Argument(help="Exports, at least one: files, folders, zips; or queries, "
                                                             "where a kind can be asked live.", show_default=False)] = None,
    license: Annotated[str | None, typer.Option(help="Licence of posts whose source names none, an SPDX id.")] = None,
    as_is: Annotated[bool, typer.Option("--as-is", help="Take every post as a prompt, whole; judge nothing.")] = False,
    private: Annotated[bool, typer.Option("--private", help="Take direct messages and closed chats too: only where all who "
                                                            "wrote there agreed.")] = False,
    keep_raw: Annotated[bool, typer.Option("--keep-raw", help="Leave dropped posts unmasked in dropped.parquet.")] = False,
    mask: Annotated[Mask | None, typer.Option(help="Mask rows that hold an answer too, whose text is left as it is "
                                                   "otherwise: values (mails, numbers, keys, ...), names, or all. Posts "
                                                   "are always masked.")] = None,
    recall: Annotated[Recall, typer.Option(help="Which posts that nothing marks as a prompt to take: default, those with "
                                                "strong evidence; high, all that may be prompts, for whoever reads them.")] =
    "default",
    threshold: Annotated[float, typer.Option(help="The least score of such a post that is kept, from 0 to 1: higher keeps "
                                                  "fewer, and more of them are prompts.", min=0, max=1)] = 0.83,
    limit: Annotated[int, typer.Option(help="Posts per live query.", min=1)] = 1000,
    root: Annotated[str, typer.Option(help="Folder of the forget list.")] = ".",
    model: Annotated[str | None, typer.Option(help="A model that decides on posts near the threshold and names each "
                                                   "prompt's type and risks: smollm2, a folder, Hub id, URL#NAME, an OpenAI "
                                                   "model. --dry-run tells the cost.")] = None,
    budget: Budget = None,
    price: ListPrice = "",
    timeout: Timeout = 120.0,
    local_only: LocalOnly = False,
    encoding: Encoding = None,
    shards: Shards = None,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Collect prompts from social-media exports: pulled out of posts, judged, people masked, licence and address kept.

    Authors are kept as hashes, salted with INSTRUCTWILD_SALT or with a secret of this user's own.
    """
    from instructwild.collect.kinds import kind_named
    from instructwild.collect.pipeline import Labeller
    from instructwild.collect.pipeline import collect as run
    from instructwild.collect.plan import plan
    from instructwild.console.terminal import progress

    kind_named(kind)
    if not sources:                            # not required by typer, so that a forgotten kind is named as what is missing
        raise ConfigError("no export is named", where=f"collect {kind}",
                          remedy="name files, folders or zips behind the kind")
    limits = limits_of(price, budget=budget, timeout=timeout, local_only=local_only)
    labeller = Labeller(model, limits) if model else None
    if dry_run:
        print(plan(kind, sources, labeller, as_is=as_is, private=private, recall=recall, threshold=threshold,
                   encoding=encoding))
        return
    with progress() as shown:
        task = shown.add_task("posts", total=None, note="")
        stage = run(kind, sources, out, license=license, as_is=as_is, private=private, keep_raw=keep_raw, mask=mask,
                    recall=recall, threshold=threshold, root=root, encoding=encoding, limit=limit, labeller=labeller,
                    force=force, shards=shards,
                    on_progress=lambda posts: shown.update(task, completed=posts))
    announce(stage, as_json)
