"""`instructwild publish`."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from instructwild.publish.hub import Repository


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A stage folder, or the folder of a whole chain.",
                                           show_default=False)],
    repo_id: Annotated[str, typer.Argument(metavar="REPO_ID", help="owner/name on the Hub.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Where the folder is written first; else NAME-hub.")] = None,
    title: Annotated[str | None, typer.Option(help="The name for people; else the repository's.")] = None,
    tag: Annotated[str | None, typer.Option(help="The version; else v1, v2, …")] = None,
    public: Annotated[bool, typer.Option("--public", help="For everybody; else private.")] = False,
    unstated_license: Annotated[str | None, typer.Option(help="Licence (SPDX id) of rows whose source has none.")] = None,
    license: Annotated[str | None, typer.Option(help="Licence of a model.")] = None,
    accept: Annotated[list[str] | None, typer.Option(help="Let a type of personal data pass: EMAIL, …")] = None,
    mask: Annotated[bool, typer.Option("--mask", help="Replace personal data in answers by placeholders first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before replacing a version.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write the exact folder and send nothing.")] = False,
) -> None:
    """Publish a dataset (configs sft, ranking, preference) or a model to the Hub, with a card, private by default.

    Refused where a licence forbids it, personal data or secrets are found, or a gate failed. HF_TOKEN gives access.
    """
    from instructwild.console.terminal import console
    from instructwild.publish.hub import Repository, require_token
    from instructwild.publish.prepare import prepare

    if missing := next((name for name in ("datasets", "huggingface_hub") if find_spec(name) is None), None):
        raise MissingExtraError.named("datasets", missing)

    target = out or Path(f"{repo_id.rpartition('/')[2]}-hub")
    name = title or repo_id.rpartition("/")[2]
    options: dict[str, Any] = {"unstated": unstated_license, "license": license, "accept": accept or (),
                               "repo_id": repo_id, "mask": mask}
    Repository(repo_id, "dataset")                # refuses what is no name of one
    if dry_run:
        for line in prepare(folder, target, name, version=tag or "", **options).lines():
            console.print(line, markup=False, highlight=False)
        print(target)
        return
    require_token(repo_id)
    ready = prepare(folder, target, name, version=tag or "", **options)
    for line in ready.lines():
        console.print(line, markup=False, highlight=False)
    repository = Repository(repo_id, ready.kind)
    print(_send(repository, target, tag, private=not public, yes=yes))


def _send(repository: "Repository", folder: Path, tag: str | None, *, private: bool, yes: bool) -> str:
    """Upload what differs, asked for first where it replaces something; the address of the tag."""
    import sys

    from instructwild.console.terminal import console

    gone: list[str] = []
    version = tag or "v1"
    if repository.exists():
        tags = repository.tags()
        difference = repository.difference(folder)
        if tag in tags and difference:
            raise InputError(f"the tag {tag} is taken", where=repository.url, remedy="give another --tag, or none")
        if not difference:
            head = repository.head()
            named = [name for name, commit in tags.items() if commit == head]
            if not named:
                repository.tag(version := tag or repository.next_tag(), f"Version {version}")
                named = [version]
            console.print(f"nothing to send: {repository.id} holds exactly this as {named[0]}")
            return f"{repository.url}/tree/{named[0]}"
        version = tag or repository.next_tag()
        console.print(f"{repository.id} is there; {version} would change")
        for line in difference.lines():
            console.print(line, markup=False, highlight=False)
        if not yes:
            if not sys.stdin.isatty():
                raise InputError("wants a yes before it replaces what is there", where=repository.url, remedy="--yes")
            if not typer.confirm("Publish?"):
                raise typer.Exit(1)
        gone = difference.gone
    repository.upload(folder, version, private=private, message=f"Version {version}", gone=gone)
    return f"{repository.url}/tree/{version}"
