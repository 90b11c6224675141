"""What a model is called: by the user, in rows, and where its answers are kept."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from instructwild.errors import ConfigError
from instructwild.llm.address import is_loopback

OPENAI = "https://api.openai.com/v1"
OWN = ("smollm2", "tiny", "scripted")

Place = Literal["endpoint", "local", "scripted"]


@dataclass(frozen=True)
class ModelName:
    """What the user called a model, understood.

    Args:
        name: the model's own name: at the endpoint, in a folder, on the Hub.
        place: where it runs.
        url: the endpoint's address, empty for a model that runs here.
        content: the hash of its folder, where that is known; its answers are kept by it.
        alike: another model in the same command has the same label.
    """

    name: str
    place: Place
    url: str = ""
    content: str = ""
    alike: bool = False

    @property
    def loopback(self) -> bool:
        """Whether nothing leaves this machine."""
        return self.place != "endpoint" or is_loopback(self.url)

    @property
    def label(self) -> str:
        """The name that is noted in rows: no path of this machine, no address."""
        path = Path(self.name)
        if self.place == "local" and path.is_dir():
            full = path.resolve()
            own = full.parent.name if full.name == "model" else full.name
            return f"{own}@{self.content[:8]}" if self.alike else own
        return self.name

    @property
    def key(self) -> str:
        """The name that its answers are kept by in a ledger."""
        return f"{self.label} {self.content}".strip()


def understand(given: str) -> ModelName:
    """`URL#NAME`, `smollm2`, `tiny`, `scripted`, a folder, a Hub id (OWNER/NAME), else the name of an OpenAI model.

    Raises:
        ConfigError: an address without a model's name.
    """
    if given.startswith(("http://", "https://")):
        url, _, name = given.partition("#")
        if not name:
            raise ConfigError("is an address without a model's name", where=given,
                              remedy=f"write {url.rstrip('/')}#NAME; GET {url.rstrip('/')}/models lists the names")
        return ModelName(name, "endpoint", url.rstrip("/"))
    if given == "scripted":
        return ModelName(given, "scripted")
    if given in OWN or "/" in given or given.startswith((".", "~")) or Path(given).is_dir():
        return ModelName(given, "local")
    return ModelName(given, "endpoint", os.environ.get("OPENAI_BASE_URL", OPENAI).rstrip("/"))
