"""How a model is best asked: a small one continues a text, one that follows orders is asked in a conversation."""

from instructwild.errors import ModelError
from instructwild.llm.name import ModelName

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


def has_chat_template(given: str) -> bool:
    """Whether a model that runs here was made for conversations.

    Raises:
        ModelError: the model cannot be found.
    """
    from instructwild.llm.models import resolve

    folder = resolve(given)
    if (folder / "chat_template.jinja").is_file():
        return True
    try:
        return "chat_template" in (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    except OSError:
        raise ModelError("has no tokenizer", where=str(folder), remedy="save the tokenizer beside the model") from None
