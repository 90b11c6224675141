"""Secrets of this user, in files that nobody else can read; the salt that people's names are hashed with is one."""

import os
import secrets
from pathlib import Path

from instructwild.errors import OutputError

SALT = "INSTRUCTWILD_SALT"


def salt_file() -> Path:
    """Where the salt of this user lies: below XDG_CONFIG_HOME, by default ~/.config."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "instructwild" / "salt"


def user_salt() -> str:
    """The salt from INSTRUCTWILD_SALT, or from this user's salt file, which is made when it is not there.

    It is never written to a stage, and one for all commands: who is forgotten by it, or ranks under it, is one person.

    Raises:
        OutputError: the file can be neither read nor made.
    """
    return os.environ.get(SALT) or secret_file(salt_file(), f"set {SALT} to a long random text of your own")


def secret_file(path: Path, remedy: str = "check its permissions") -> str:
    """The secret kept in a file that only its owner can read; made at the first call.

    Raises:
        OutputError: the file can be neither read nor made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return path.read_text(encoding="utf-8").strip()
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32))
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OutputError(f"a secret cannot be kept there ({error.strerror})", where=str(path), remedy=remedy) from None
