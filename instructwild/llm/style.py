"""How a model is best asked: a small one continues a text, one that follows orders is asked in a conversation."""

from instructwild.llm.open import ModelName, has_chat_template

SMALL_BYTES = 2_500_000_000
"""Smaller weights, about a billion parameters, belong to models that continue a list rather than follow an order."""


def style_for(name: ModelName) -> str:
    """`base` for a model that continues, `chat` for one that is asked."""
    if name.place != "local":
        return "chat"
    from instructwild.llm.models import resolve

    folder = resolve(name.name)
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return "chat" if has_chat_template(name.name) and size > SMALL_BYTES else "base"
