"""The salt that authors' names are hashed with: one secret per user, never written to a stage."""

import os
import secrets
from pathlib import Path

from instructwild.errors import OutputError

VARIABLE = "INSTRUCTWILD_SALT"


def salt_file() -> Path:
    """Where the salt of this user lies: below XDG_CONFIG_HOME, by default ~/.config."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "instructwild" / "salt"


def user_salt() -> str:
    """The salt from INSTRUCTWILD_SALT, or from this user's salt file, which is made when it is not there.

    Raises:
        OutputError: the file can be neither read nor made.
    """
    if given := os.environ.get(VARIABLE):
        return given
    path = salt_file()
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write(secrets.token_hex(32))
        return path.read_text().strip()
    except FileExistsError:  # another process made it between the two lines above
        return path.read_text().strip()
    except OSError as error:
        raise OutputError(f"the salt cannot be kept ({error.strerror})", where=str(path),
                          remedy=f"set {VARIABLE} to a long random text of your own") from None
