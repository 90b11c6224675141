"""Who ranked: a person appears in the data as a salted hash, never by name."""

import os
import secrets
from pathlib import Path

from instructwild.errors import OutputError
from instructwild.schema import salted_hash

SALT_VARIABLE = "INSTRUCTWILD_SALT"


def home() -> Path:
    """Where annotation keeps what must outlive a run: the salt, the embedded server and its database."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "instructwild"


def secret_file(path: Path) -> str:
    """The secret kept in a file that only its owner can read; made at the first call.

    Raises:
        OutputError: the file can be neither read nor made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise OutputError(f"cannot keep a secret there ({error.strerror})", where=str(path),
                          remedy="check its permissions, or set XDG_DATA_HOME to a folder you can write") from None


def person(name: str) -> str:
    """The annotator string of a person: `person:` and a salted hash of the name.

    The salt is INSTRUCTWILD_SALT where it is set, else a random one of this user's, kept on this machine.
    """
    salt = os.environ.get(SALT_VARIABLE) or secret_file(home() / "salt")
    return f"person:{salted_hash(salt, name)}"
