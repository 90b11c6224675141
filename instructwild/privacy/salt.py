"""Secrets of this user, in files that nobody else can read; the salt that people's names are hashed with is one."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from instructwild.errors import ConfigError, OutputError
from instructwild.stage.content import is_pipe_or_device
from instructwild.text.quantity import quantity

SALT = "INSTRUCTWILD_SALT"
LEAST = 16
"""Characters that the salt in a file must have: it is made by this program, and fewer are the rest of a write cut short."""
LEAST_DISTINCT = 4
"""Different characters that a salt must have."""
LEAST_OF_YOUR_OWN = 8
"""Characters that a salt in the environment must have."""


def salt_file() -> Path:
    """Where the salt of this user lies: below XDG_CONFIG_HOME, by default ~/.config."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "instructwild" / "salt"


def user_salt() -> str:
    """The salt from INSTRUCTWILD_SALT, or from this user's salt file, which is made when it is not there.

    It is never written to a stage, and one for all commands: who is forgotten by it, or ranks under it, is one person.

    Raises:
        ConfigError: the one in the environment is too short to hide anybody.
        OutputError: the file can be neither read nor made, or holds too little.
    """
    if salt := os.environ.get(SALT):
        if len(salt.strip()) < LEAST_OF_YOUR_OWN or len(set(salt)) < LEAST_DISTINCT:
            raise ConfigError(f"is {quantity(len(salt), 'character')} long, {len(set(salt))} of them different, which hides "
                              "nobody", where=SALT,
                              remedy=f"set it to a random text of {LEAST} characters or more, or unset it")
        return salt
    return secret_file(salt_file(), f"set {SALT} to a long random text of your own")


def secret_file(path: Path, remedy: str = "check its permissions") -> str:
    """The secret kept in a file that only its owner can read; made at the first call, aside and then renamed.

    Raises:
        OutputError: the file can be neither read nor made, or holds too little to be a secret.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _write(path)
        if is_pipe_or_device(path):
            raise OSError("no regular file")
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"a secret cannot be kept there ({getattr(error, 'strerror', None) or error})", where=str(path),
                          remedy=remedy) from None
    if len(secret) < LEAST or len(set(secret)) < LEAST_DISTINCT:
        raise OutputError(f"holds {quantity(len(secret), 'character')}, {len(set(secret))} of them different, too few for a "
                          "secret: a write was cut short", where=str(path),
                          remedy="put back the old file from a backup; or where there is none, remove it and a new one is"
                                 " made "
                                 "(names hashed before will not match)")
    return secret


def _write(path: Path) -> None:
    """A new secret, whole or not at all; where two processes make one at once, the first stays."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        os.unlink(aside)
