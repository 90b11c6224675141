"""`instructwild annotate page`."""

import socket
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instructwild.console.options import Columns
from instructwild.errors import ConfigError, MissingExtraError, OutputError
from instructwild.text.quantity import quantity
from instructwild.web.loopback import is_loopback_host

if TYPE_CHECKING:
    from instructwild_annotation.page.store import Store

LEAD = "lead"
PACKAGES = ("starlette", "uvicorn", "markdown_it", "mdit_py_plugins", "nh3", "latex2mathml")
"""What the page needs beside the base install."""


def page(
    candidates: Annotated[list[Path] | None, typer.Argument(help="Respond stages to push first.",
                                                            show_default=False)] = None,
    invite: Annotated[list[str] | None, typer.Option(help="Invite an annotator by name and print their link. "
                                                          "Repeatable.", show_default=False)] = None,
    languages: Annotated[str, typer.Option(help="Languages that the people invited now read, such as en,zh; by default "
                                                "all.")]
        = "",
    lead: Annotated[bool, typer.Option("--lead", help="Print a new link to the lead's overview; an older one is locked "
                                                      "out.")] = False,
    new_link: Annotated[bool, typer.Option("--new-link", help="Give people who have a link a new one; the old one and its "
                                                              "sessions are locked out.")] = False,
    revoke: Annotated[list[str] | None, typer.Option(help="Lock a person out; what they ranked stays. Repeatable.",
                                                     show_default=False)] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Remove a person and everything they ranked. Repeatable.",
                                                     show_default=False)] = None,
    forget: Annotated[Path | None, typer.Option(help="Remove the prompts that the forget list in this folder names, and "
                                                     "what people ranked of them.", show_default=False)] = None,
    backup: Annotated[Path | None, typer.Option(help="Copy the database to this file, also while the page runs, and stop.",
                                                show_default=False)] = None,
    restore: Annotated[Path | None, typer.Option(help="Put a backup in the place of the database, and stop; what was there "
                                                      "stays beside it. The page must not be running.",
                                                 show_default=False)] = None,
    overlap: Annotated[int, typer.Option(min=1, help="How many annotators should rank each prompt.")] = 1,
    name: Annotated[str, typer.Option(help="The name of the set, by which it is pulled.")] = "rankings",
    ask: Annotated[str, typer.Option(help="Optional questions beside the ranking: rating, safety, correction; or none.")]
        = "rating,safety,correction",
    gold: Annotated[list[Path] | None, typer.Option(help="Prompts whose ranking is known, such as a merge stage: people "
                                                         "meet them without knowing.", show_default=False)] = None,
    gold_bar: Annotated[float, typer.Option(min=0, max=1, help="Share of gold pairs below which a person's work is set "
                                                               "aside.")] = 0.6,
    host: Annotated[str, typer.Option(help="Where to listen. Only this machine can connect unless you say otherwise.")]
        = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 6901,
    public_url: Annotated[str | None, typer.Option(help="The address that people use, such as that of an HTTPS proxy; links "
                                                        "carry it.", show_default=False)] = None,
    columns: Columns = None,
    home: Annotated[Path | None, typer.Option(help="The page's folder; one for each project.", show_default=False)] = None,
) -> None:
    """Run our own ranking page here: one process, one SQLite file, no other host, English and Chinese.

    Links are printed once and kept as hashes only. While the page runs, the same command from another terminal invites,
    revokes, removes, pushes and backs up. Ctrl-C stops the page; everything is kept.
    """
    from filelock import FileLock, Timeout

    from instructwild.console.terminal import console
    from instructwild.privacy.salt import user_salt
    from instructwild.read.names import parse_map
    from instructwild.web.listener import listen
    from instructwild_annotation.page import backup as copies
    from instructwild_annotation.page.store import GOLD, Store, default_home

    mapping = parse_map(columns or ())
    if restore is not None:
        kept = copies.restore(home or default_home(), restore)
        console.print(f"restored from {restore}" + (f"; what was there is in {kept}" if kept else ""), markup=False)
        return
    if backup is None and (missing := next((name for name in PACKAGES if find_spec(name) is None), None)):
        raise MissingExtraError.named("annotate", missing)     # before anything is sent, and a link made
    tags = tuple(dict.fromkeys(tag.strip().partition("-")[0].casefold() for tag in languages.split(",") if tag.strip()))
    optional = optional_questions(ask)
    if public_url is not None and not public_url.startswith(("http://", "https://")):
        raise ConfigError(f"{public_url!r} is no address", where="--public-url", remedy="give one like https://rank.example.org")
    user_salt()     # the overview and `pull` need it: what is wrong with it is better known now
    with Store(home) as store:
        if backup is not None:
            copies.back_up(store, backup)
            console.print(f"copied to {backup}", markup=False)
            return
        if candidates:
            console.print(push_stages(store, candidates, name, overlap, optional, columns=mapping), markup=False)
        if gold:
            console.print("gold: " + push_stages(store, gold, name + GOLD, 0, optional, gold=True, columns=mapping),
                          markup=False)
        _take_away(store, revoke or [], remove or [], forget)
        lock = FileLock(store.home / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            address = _address(store)
            if not (invite or lead or revoke or remove or candidates or gold or forget):
                raise OutputError("a page is running from this folder", where=str(store.home),
                                  remedy=f"use it at {address}, or choose another --home") from None
            _print_links(store, public_url or address, invite or [], tags, lead=lead, renew=new_link)
            return
        try:
            with listen(host, port) as listener:
                url = (public_url or f"http://{_bracketed(host)}:{port}").rstrip("/")
                (store.home / "address").write_text(url, encoding="utf-8")
                _print_links(store, url, invite or [], tags, lead=lead, renew=new_link)
                if not is_loopback_host(host) and not url.startswith("https://"):
                    console.print("plain HTTP: whoever is on the network can read links on the way; put a proxy with HTTPS "
                                  "before it (docs/annotators.md) and give --public-url", style="yellow")
                if host in ("0.0.0.0", "::") and public_url is None:
                    console.print("the links carry this machine's own address: give --public-url with the one others reach",
                                  style="yellow")
                _serve(store, listener, secure=url.startswith("https://"), gold_bar=gold_bar, name=name)
        finally:
            lock.release()


def _take_away(store: "Store", revoke: list[str], remove: list[str], forget: Path | None) -> None:
    from instructwild.console.terminal import console
    from instructwild_annotation.page.exchange import forget_prompts

    for who in revoke:
        store.revoke(who)
        console.print(f"{who} is locked out; what they ranked stays", markup=False)
    for who in remove:
        console.print(f"{who} is removed, and {quantity(store.remove(who), 'ranking')} with them", markup=False)
    if forget is not None:
        console.print(f"{quantity(forget_prompts(store, forget), 'prompt')} on the forget list removed", markup=False)


def optional_questions(ask: str) -> list[str]:
    """The optional questions of `--ask`.

    Raises:
        ConfigError: there is no such question.
    """
    from instructwild_annotation.settings import OPTIONAL

    names = [part.strip() for part in ask.split(",") if part.strip() not in ("", "none")]
    if not set(names) <= set(OPTIONAL):
        raise ConfigError(f"{ask!r} is not understood", where="--ask", remedy=f"give some of {','.join(OPTIONAL)}, or none")
    return names


def push_stages(store: "Store", sources: list[Path], name: str, overlap: int, ask: list[str], *, gold: bool = False,
                columns: dict[str, str] | None = None) -> str:
    """Push stages or files; a sentence on what became of the rows."""
    from instructwild_annotation.page.exchange import push_rows
    from instructwild_annotation.rows import rankable, read_all

    table = read_all(sources, columns)
    rows, dropped = rankable(table)
    sent, there = push_rows(store, rows, name, overlap=overlap, ask=ask, gold=gold, types=table.types)
    left_out = f", {len(dropped):,} left out" if dropped else ""
    return f"{quantity(sent, 'prompt')} sent, {quantity(there, 'was', 'were')} there already{left_out}"


def _address(store: "Store") -> str:
    try:
        return (store.home / "address").read_text(encoding="utf-8")
    except OSError:
        return "its address"


def _bracketed(host: str) -> str:
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return f"[{host}]" if ":" in host else host


def _print_links(store: "Store", url: str, names: list[str], languages: tuple[str, ...], *, lead: bool, renew: bool) -> None:
    """The links, on stdout: each is a secret of the one it is for."""
    from instructwild.console.terminal import console

    for who in names:
        token = store.invite(who, languages=languages, renew=renew)
        if token is None:
            console.print(f"{who} has a link already; --new-link makes another and locks the old one out", markup=False)
        else:
            typer.echo(f"{who}  {url}/#{token}")
    if lead:
        typer.echo(f"{LEAD}  {url}/#{store.invite(LEAD, role=LEAD, renew=True)}")
    sys.stdout.flush()


def _serve(store: "Store", listener: socket.socket, *, secure: bool, gold_bar: float, name: str) -> None:
    import uvicorn

    from instructwild.console.terminal import console
    from instructwild_annotation.page.app import application

    app = application(store, secure=secure, gold_bar=gold_bar, name=name)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off",
                                           timeout_graceful_shutdown=5, timeout_keep_alive=75,
                                           h11_max_incomplete_event_size=32 * 1024))
    console.print(f"the page is ready at {_address(store)}; Ctrl-C stops it", markup=False)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    console.print("stopped; everything is kept")
