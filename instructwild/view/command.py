"""`instructwild view`."""

import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instructwild.console.options import Columns, Encoding
from instructwild.errors import EndpointError, MissingExtraError

if TYPE_CHECKING:
    from instructwild.view.desk import ViewDesk

HOST = "127.0.0.1"


def view(
    sources: Annotated[list[Path], typer.Argument(metavar="STAGE", help="Stage folders or files to look at.",
                                                  show_default=False)],
    edits: Annotated[Path | None, typer.Option(help="The file (.jsonl) that edits are kept in, for `clean --edits`.",
                                               show_default="beside the first STAGE")] = None,
    root: Annotated[Path | None, typer.Option(help="The folder that all stage folders lie in, to show what became of a row.",
                                              show_default="the working folder, or the folder of the first STAGE")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on this machine; 0 takes any that is free.")] = 6910,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    columns: Columns = None,
    encoding: Encoding = None,
) -> None:
    """Look at rows on a local page: search, filter, compare stages, and edit what `clean --edits` then applies.

    Kept and dropped rows side by side, a row's twins, where it came from and what became of it. Only this machine can
    connect, by the link that is printed. Ctrl-C stops the page; edits are kept.
    """
    from instructwild.console.terminal import console
    from instructwild.read.names import parse_map

    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtraError.named("view", error.name or "starlette") from None
    from instructwild.view.desk import ViewDesk
    from instructwild.view.edit_log import EditLog, edits_beside
    from instructwild.view.index import ViewIndex
    from instructwild.view.source import ViewSource

    opened = [ViewSource.open(source, encoding, parse_map(columns or ())) for source in sources]
    log = EditLog(edits or edits_beside(sources[0]))
    with _bound(port) as listener:
        desk = ViewDesk([ViewIndex(source) for source in opened], log, root or _root_of(sources[0]))
        try:
            _serve(desk, listener, open_browser=open_browser)
        finally:
            desk.close()
    console.print(f"stopped; edits are in {log.path}" if log.path.exists() else "stopped", markup=False)


def _root_of(source: Path) -> Path:
    """The working folder where the source lies in it, else the folder that the source lies in."""
    resolved = source.resolve()
    return Path() if resolved.is_relative_to(Path.cwd()) and resolved != Path.cwd() else resolved.parent


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise EndpointError(f"cannot be listened on ({error.strerror})", where=f"{HOST}:{port}",
                            remedy="choose another --port (0 takes any that is free)") from None
    return listener


def _serve(desk: "ViewDesk", listener: socket.socket, *, open_browser: bool) -> None:
    import uvicorn

    from instructwild.console.terminal import console
    from instructwild.view.app import ViewApplication
    from instructwild.view.guard import ViewSession

    port = listener.getsockname()[1]
    session = ViewSession(port)
    link = f"http://{HOST}:{port}/#{session.token}"
    server = uvicorn.Server(uvicorn.Config(ViewApplication(desk, session).app(), log_level="warning", access_log=False,
                                           server_header=False, lifespan="off", ws="none", timeout_graceful_shutdown=2,
                                           h11_max_incomplete_event_size=32 * 1024))
    typer.echo(link)
    sys.stdout.flush()
    console.print("the link opens the page for whoever has it, on this machine only; Ctrl-C stops it", markup=False)
    if open_browser:
        import webbrowser

        webbrowser.open(link)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
