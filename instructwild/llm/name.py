"""What a model is called: by the user, in rows, and where its answers are kept."""

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from instructwild.errors import ConfigError, ModelError
from instructwild.llm.address import is_loopback, shown_address

OPENAI = "https://api.openai.com/v1"
OWN = ("smollm2", "tiny", "scripted")

Location = Literal["endpoint", "local", "scripted"]
SCHEME = re.compile(r"https?://", re.IGNORECASE)
NOT_IN_AN_ADDRESS = re.compile(r"[\s\\\x00-\x1f\x7f]")
"""Programs disagree about which host such an address names."""


@dataclass(frozen=True)
class ModelName:
    """What the user called a model, understood.

    Args:
        name: the model's own name: at the endpoint, in a folder, on the Hub.
        location: where it runs.
        url: the endpoint's address, empty for a model that runs here.
        content: the hash of its folder, where that is known; its answers are kept by it.
        alike: another model in the same command has the same label.
    """

    name: str
    location: Location
    url: str = ""
    content: str = ""
    alike: bool = False

    @property
    def loopback(self) -> bool:
        """Whether nothing leaves this machine."""
        return self.location != "endpoint" or is_loopback(self.url)

    @property
    def on_hub(self) -> bool:
        """Whether it would be fetched from the Hub."""
        return self.location == "local" and self.name not in OWN and not Path(self.name).expanduser().exists()

    @property
    def label(self) -> str:
        """The name that is noted in rows: no path of this machine, no address."""
        path = Path(self.name)
        if self.location == "local" and path.is_dir():
            full = path.resolve()
            own = full.parent.name if full.name == "model" else full.name
            return f"{own}@{self.content[:8]}" if self.alike else own
        return self.name

    @property
    def key(self) -> str:
        """The name that its answers are kept by in a ledger."""
        return f"{self.label} {self.content}".strip()


def understand(text: str) -> ModelName:
    """Parse `URL#NAME`, `smollm2`, `tiny`, `scripted`, a folder, a Hub id (OWNER/NAME), else the name of an OpenAI model.

    Raises:
        ConfigError: an address without a model's name, or one that cannot be read in one way only; a misspelt name of an own
            model, which would be sent to OpenAI.
    """
    if SCHEME.match(text.strip()):
        url, _, name = text.strip().partition("#")
        scheme, _, rest = url.rstrip("/").partition("://")
        url = f"{scheme.lower()}://{rest}"
        if NOT_IN_AN_ADDRESS.search(url):
            raise ConfigError(f"is no address: {url!r}", where="--model", remedy="write http://HOST:PORT/v1#NAME")
        if not name:
            raise ConfigError("is an address without a model's name", where=shown_address(url),
                              remedy=f"write {shown_address(url)}#NAME; GET {shown_address(url)}/models lists the names")
        return ModelName(name, "endpoint", url)
    if text == "scripted":
        return ModelName(text, "scripted")
    if text in OWN or "/" in text or text.startswith((".", "~")) or Path(text).is_dir():
        return ModelName(text, "local")
    base = os.environ.get("OPENAI_BASE_URL")
    if base is None and (near := get_close_matches(text.lower(), OWN, n=1, cutoff=0.85)):
        raise ConfigError(f"{text!r} is neither a folder nor one of {', '.join(OWN)}, nor a model of OpenAI's",
                          where="--model", remedy=f"--model {near[0]}; a server's model of that name is URL#{text}")
    return ModelName(text, "endpoint", (base or OPENAI).rstrip("/"))


def check_path(name: str) -> None:
    """Refuse a name that is spelled as a path and leads nowhere: the Hub has no model of such a name.

    Raises:
        ModelError: it does not exist.
    """
    spelled_as_path = name.startswith((".", "/", "~")) or name.endswith("/") or name.count("/") > 1
    if spelled_as_path and not Path(name).expanduser().exists():
        raise ModelError("does not exist", where=name, remedy="check the path")
