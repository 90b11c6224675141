"""Start Argilla on SQLite alone: migrate, make its owner and workspace, and serve until told to stop.

Run by `instructwild annotate serve` with the Python of Argilla's own environment:
`python launcher.py --home DIR --host HOST --port PORT --workspace NAME`. It stops when its standard input closes, so that
it never outlives the command that started it.
"""

import argparse
import asyncio
import gc
import importlib
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

INDEXES = (
    "CREATE INDEX IF NOT EXISTS iw_records_added ON records (dataset_id, inserted_at, id)",
    "CREATE INDEX IF NOT EXISTS iw_records_status ON records (dataset_id, status)",
    "CREATE INDEX IF NOT EXISTS iw_responses_user ON responses (user_id, status, record_id)",
)
RECOUNT = """UPDATE records SET status = CASE WHEN
    (SELECT count(*) FROM responses WHERE responses.record_id = records.id AND responses.status = 'submitted')
    >= (SELECT json_extract(distribution, '$.min_submitted') FROM datasets WHERE datasets.id = records.dataset_id)
    THEN 'completed' ELSE 'pending' END
    WHERE id IN (SELECT record_id FROM responses) OR status = 'completed'"""


def main() -> None:
    """Read the options, prepare the database and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6900)
    parser.add_argument("--workspace", default="instructwild")
    options = parser.parse_args()
    os.umask(0o077)                     # the database holds keys: nobody else reads it
    for kept in options.home.glob("argilla.db*"):
        kept.chmod(0o600)
    _environment(options.home)

    import job_thread

    job_thread.replace_redis()
    _database()

    import upstream

    importlib.import_module("sqlite_search")        # registers the engine

    if not upstream.apply():
        print("this Argilla is not the version whose slow places are known; it runs unpatched", file=sys.stderr)
    import blind
    import sessions

    blind.remember_annotators()
    sessions.bind_to_passwords()
    asyncio.run(_people(json.loads((options.home / "owner.json").read_text()), options.workspace))
    job_thread.start()
    _serve(options.host, options.port)


def _environment(home: Path) -> None:
    """Everything Argilla reads from the environment when it is imported."""
    temporary = home / "tmp"            # Argilla copies its pages to a new temporary folder at every start
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    tempfile.tempdir = str(temporary)
    os.environ.update(
        ARGILLA_HOME_PATH=str(home), ARGILLA_DATABASE_URL=f"sqlite+aiosqlite:///{home / 'argilla.db'}",
        ARGILLA_DATABASE_SQLITE_TIMEOUT="60", ARGILLA_SEARCH_ENGINE="sqlite", ARGILLA_CORS_ORIGINS="[]",
        ARGILLA_AUTH_SECRET_KEY=(home / "secret").read_text().strip(), ARGILLA_AUTH_OAUTH_CFG=str(home / "no-oauth.yaml"),
        HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_OFFLINE="1")


def _database() -> None:
    """Write-ahead log for every connection, migrations, indexes, and record states that match their answers."""
    import alembic.command
    from alembic.config import Config
    from argilla_server.database import ALEMBIC_CONFIG_FILE, sync_engine
    from conditions import fold
    from sqlalchemy import event, text
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()
        connection.create_function("fold", 1, fold, deterministic=True)

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config(ALEMBIC_CONFIG_FILE)
    config.attributes["configure_logger"] = False
    alembic.command.upgrade(config, "head")
    with sync_engine.begin() as connection:
        for statement in (*INDEXES, RECOUNT):
            connection.execute(text(statement))
    sync_engine.dispose()


async def _people(owner: dict[str, str], workspace: str) -> None:
    """Make the owner and the workspace where they are missing, and give the owner the key from the file."""
    from argilla_server.contexts import accounts
    from argilla_server.database import AsyncSessionLocal, async_engine
    from argilla_server.enums import UserRole
    from argilla_server.models import User, Workspace

    async with AsyncSessionLocal() as db:
        if await Workspace.get_by(db, name=workspace) is None:
            await accounts.create_workspace(db, {"name": workspace})
        user = await User.get_by(db, username=owner["username"])
        if user is None:
            await User.create(db, first_name=owner["username"], username=owner["username"], role=UserRole.owner,
                              password_hash=accounts.hash_password(owner["password"]), api_key=owner["api_key"])
        elif user.api_key != owner["api_key"]:
            await user.update(db, api_key=owner["api_key"], password_hash=accounts.hash_password(owner["password"]))
    await async_engine.dispose()


def _serve(host: str, port: int) -> None:
    import uvicorn
    from argilla_server import app
    from blind import blind
    from headers import with_headers

    # What has been loaded stays: looking through all of it for garbage took longer than finding a page of the queue.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(with_headers(blind(app)), host=host, port=port, access_log=False, log_level="warning",
                            timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)

    def stop_with_parent() -> None:
        while sys.stdin.buffer.read(1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop_with_parent, daemon=True).start()
    server.run()


if __name__ == "__main__":
    main()
