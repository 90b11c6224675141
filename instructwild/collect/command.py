"""`instructwild collect`."""

from typing import Annotated

import typer

from instructwild.report.command import Encoding, Force, Json, Out, announce


def collect(
    kind: Annotated[str, typer.Argument(help="What the sources are: x, discord, jsonl, ... (docs/sources.md).",
                                        show_default=False)],
    sources: Annotated[list[str], typer.Argument(help="Exports: files, folders, zips; or queries, where a kind can be "
                                                      "asked live.", show_default=False)],
    out: Out,
    license: Annotated[str | None, typer.Option(help="Licence of posts whose source names none, an SPDX id.")] = None,
    as_is: Annotated[bool, typer.Option("--as-is", help="Take every post as a prompt, whole; judge nothing.")] = False,
    private: Annotated[bool, typer.Option("--private", help="Take direct messages and closed chats too: only where all who "
                                                            "wrote there agreed.")] = False,
    keep_raw: Annotated[bool, typer.Option("--keep-raw", help="Leave dropped posts unmasked in dropped.parquet.")] = False,
    limit: Annotated[int, typer.Option(help="Posts per live query.", min=1)] = 1000,
    root: Annotated[str, typer.Option(help="Where the forget list lies.")] = ".",
    encoding: Encoding = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Collect prompts from social-media exports: pulled out of posts, judged, people masked, licence and address kept.

    Authors are kept as hashes, salted with INSTRUCTWILD_SALT or with a secret of this user's own.
    """
    from instructwild.collect.kinds import kind_named
    from instructwild.collect.pipeline import collect as run
    from instructwild.report.terminal import progress

    kind_named(kind)
    with progress() as shown:
        task = shown.add_task("posts", total=None, note="")
        stage = run(kind, sources, out, license=license, as_is=as_is, private=private, keep_raw=keep_raw, root=root,
                    encoding=encoding, limit=limit, force=force, told=lambda posts: shown.update(task, completed=posts))
    announce(stage, as_json)
