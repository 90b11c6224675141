"""How a model is best prompted: a small one continues a text, one that follows instructions gets messages."""

from pathlib import Path

from instructwild.llm.chat_template import template_in
from instructwild.llm.name import ModelName

SMALL_BYTES = 2_500_000_000
"""Smaller weights, about a billion parameters, belong to models that continue a list rather than follow an instruction."""


def style_for(name: ModelName) -> str:
    """`base` for a model that continues a text, `chat` for one that answers messages."""
    if name.location != "local":
        return "chat"
    folder = _folder(name)
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return "chat" if template_in(folder) and size > SMALL_BYTES else "base"


def _folder(name: ModelName) -> Path:
    """The model's folder; one of the Hub that is on this machine is not looked for there again."""
    from instructwild.llm.models import cached_from_hub, resolve

    return (cached_from_hub(name.name) if name.on_hub else None) or resolve(name.name)
