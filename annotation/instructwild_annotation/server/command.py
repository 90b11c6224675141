"""`instructwild annotate serve` and `instructwild annotate invite`."""

import base64
import signal
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from instructwild.console.options import Columns
from instructwild.errors import ConfigError
from instructwild.text.quantity import quantity
from instructwild.web.loopback import is_loopback_host


def serve(
    candidates: Annotated[Path | None, typer.Argument(help="A respond stage, or a file of rows with answers, to push "
                                                            "first.", show_default=False)] = None,
    invite: Annotated[list[str] | None, typer.Option(help="Invite an annotator by name. Repeatable.",
                                                     show_default=False)] = None,
    overlap: Annotated[int, typer.Option(min=1, help="How many annotators should rank each prompt.")] = 1,
    host: Annotated[str, typer.Option(help="Where to listen. Only this machine can connect unless you say otherwise.")]
        = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 6900,
    public_url: Annotated[str | None, typer.Option(help="The address that people use, such as that of an HTTPS proxy; "
                                                        "invitations carry it.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The server's folder: database and secrets.", show_default=False)] = None,
    columns: Columns = None,
    prepare: Annotated[bool, typer.Option("--prepare", help="Only make Argilla's environment, and stop.")] = False,
) -> None:
    """Run Argilla here: its web pages on SQLite alone, without Docker, Elasticsearch or Redis.

    The first call makes Argilla's own environment. Everything is kept in --home and found again at the next start.
    Ctrl-C stops it.
    """
    from rich.text import Text

    from instructwild.console.terminal import console
    from instructwild.read.names import parse_map
    from instructwild_annotation.server import environment
    from instructwild_annotation.server.process import Home, running

    mapping = parse_map(columns or ())
    server_home = Home(home) if home else Home.default()
    with console.status("starting Argilla") as status:
        if not environment.is_ready(environment.location()):
            console.print(f"making Argilla's own environment: once, about {environment.SECONDS} s and "
                          f"{environment.MEGABYTES} MB", highlight=False)
        python = environment.ensure(lambda line: status.update(Text(line)))
        if prepare:
            console.print("Argilla's environment is ready")
            return
        status.update("starting Argilla")
        with running(server_home, python, host, port) as (url, process):
            try:
                status.stop()
                console.print(Text.assemble(("Argilla is ready at ", "bold"), (url, "bold cyan")))
                if not is_loopback_host(host):
                    console.print("whoever can reach this machine can try to sign in, and without HTTPS passwords can be "
                                  "read on the way: use a trusted network", style="yellow")
                if host in ("0.0.0.0", "::") and public_url is None:
                    console.print("the invitations carry this machine's own address: give --public-url with the one others "
                                  "reach", style="yellow")
                _first_steps(url, home, candidates, invite or [], overlap, public_url, mapping)
                # SIGTERM is a service manager's Ctrl-C. polars' own handler of SIGINT would let the wait below go on.
                for stop in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(stop, signal.default_int_handler)
                console.print("Ctrl-C stops it", style="dim")
                process.wait()
                raise ConfigError("Argilla stopped by itself", where=url, remedy=f"read {server_home.path / 'server.log'}")
            except KeyboardInterrupt:
                console.print("stopping; everything is kept")


def invite(
    names: Annotated[list[str], typer.Argument(help="Whom to invite.", show_default=False)],
    language: Annotated[str, typer.Option(help="Language of the invitation: en or zh.")] = "en",
    new_password: Annotated[bool, typer.Option("--new-password", help="Invite someone again, with a new password; the old "
                                               "one and its sessions are locked out.")] = False,
    lock: Annotated[bool, typer.Option("--lock", help="Lock these people out instead: their password, sessions and keys "
                                                      "end; what they ranked stays.")] = False,
    public_url: Annotated[str | None, typer.Option(help="The address that people use, where it is not the server's own.",
                                                   show_default=False)] = None,
    url: Annotated[str | None, typer.Option(help="The server; by default the one here.", show_default=False)] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace to invite to, made where it is missing. People see "
                                                       "the sets of their own workspaces only.", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="The embedded server's folder.", show_default=False)] = None,
) -> None:
    """Make an account for each annotator, and print the link and password to send them.

    The link signs in by itself: send it only to the one it is for.
    """
    from instructwild.console.terminal import console
    from instructwild_annotation.connection import Connection

    if not language.casefold().startswith(("en", "zh")):
        raise ConfigError(f"there is no invitation in {language!r}", where="--language", remedy="choose en or zh")
    with Connection(url, workspace, home) as connection:
        for name in names:
            if lock:
                lock_out(connection, name)
                console.print(f"{name} is locked out; what they ranked stays", markup=False)
            elif account := make_account(connection, name, new_password, public_url=public_url):
                typer.echo(invitation(account, language))
            else:
                console.print(f"{name} has an account already, and sees the workspace {connection.workspace} from now on",
                              markup=False)


def _first_steps(url: str, home: Path | None, candidates: Path | None, names: list[str], overlap: int,
                 public_url: str | None, columns: dict[str, str]) -> None:
    from instructwild.console.terminal import console
    from instructwild_annotation.connection import Connection

    with Connection(url, server_home=home) as connection:
        if candidates is not None:
            from instructwild_annotation.push import push_rows
            from instructwild_annotation.rows import rankable, read_rows, with_languages

            table = read_rows(candidates, columns)
            ranked, dropped = rankable(table)
            rows = with_languages(ranked)
            if dropped:
                console.print(f"{quantity(len(dropped), 'row')} left out: "
                              + ", ".join(f"{count:,} {reason}" for reason, count in
                                          Counter(row.reason.value for row in dropped).most_common()), highlight=False)
            console.print(push_rows(connection, rows, overlap=overlap, kinds=table.types).summary)
        for name in names:
            if (account := make_account(connection, name, missing_ok=True, public_url=public_url)) is not None:
                typer.echo(invitation(account, "en"))
    if not names:
        console.print("invite somebody, in another terminal: [bold]instructwild annotate invite anna[/]")


def make_account(connection: Any, name: str, new_password: bool = False, missing_ok: bool = False,
                 public_url: str | None = None) -> dict[str, str] | None:
    """Make an annotator's account in the workspace; `public_url` is the address that people use, where it is another.

    Returns:
        name, username, password and link; None where the account is there already and `missing_ok`, or where it only had
        to be let into this workspace.

    Raises:
        ConfigError: the name is taken, or is the owner's.
    """
    import secrets

    if not name.strip():
        raise ConfigError("an annotator needs a name", where="invite", remedy="give one")
    username = username_of(name)
    users = {user["username"]: user for user in connection.get("/users")["items"]}
    workspace = connection.workspace_id(create=True)
    password = secrets.token_urlsafe(9)
    if username in users:
        let_in = users[username]["role"] == "annotator" and _let_in(connection, workspace, users[username]["id"])
        if not new_password and (missing_ok or let_in):
            return None
        if not new_password or users[username]["role"] != "annotator":
            raise ConfigError(f"{name!r} has an account already", where=connection.url,
                              remedy="give another name, or --new-password for a new password")
        connection.ask("PATCH", f"/users/{users[username]['id']}", json={"password": password})
    else:
        made = connection.ask("POST", "/users", json={"first_name": name, "username": username, "password": password,
                                                      "role": "annotator"})
        _let_in(connection, workspace, made["id"])
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    address = (public_url or connection.url).rstrip("/")
    return {"name": name, "username": username, "password": password, "link": f"{address}/sign-in?auth={token}"}


def username_of(name: str) -> str:
    """The user name of a person; a sign-in link is read as Latin-1, so some names get one of their own."""
    from instructwild.schema import salted_hash

    plain = name.isascii() and name.isprintable() and ":" not in name
    return name if plain else f"annotator-{salted_hash('', name)[:6]}"


def _let_in(connection: Any, workspace: str, user: str) -> bool:
    """Let a user into a workspace; False where they were in it."""
    if any(member["id"] == user for member in connection.get(f"/workspaces/{workspace}/users")["items"]):
        return False
    connection.ask("POST", f"/workspaces/{workspace}/users", json={"user_id": user})
    return True


def lock_out(connection: Any, name: str) -> None:
    """Give a person's account a password that nobody knows; the embedded server ends its sessions and keys with it.

    Raises:
        ConfigError: there is no annotator of that name.
    """
    import secrets

    users = {user["username"]: user for user in connection.get("/users")["items"] if user["role"] == "annotator"}
    user = users.get(username_of(name))
    if user is None:
        raise ConfigError(f"there is no annotator called {name!r}", where=connection.url,
                          remedy=f"choose one of: {', '.join(sorted(users)) or '-'}")
    connection.ask("PATCH", f"/users/{user['id']}", json={"password": secrets.token_urlsafe(24)})


def invitation(account: dict[str, str] | None, language: str) -> str:
    """The text to send to an annotator."""
    if account is None:
        return ""
    if language.casefold().startswith("zh"):
        return (f"{account['name']}，您好！请打开这个链接，为回答排序：\n  {account['link']}\n"
                f"也可以手动登录：用户名 {account['username']}，密码 {account['password']}\n")
    return (f"Hello {account['name']}, please open this link and rank some answers:\n  {account['link']}\n"
            f"or sign in as {account['username']} with the password {account['password']}\n")
