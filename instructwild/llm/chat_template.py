"""Whether a model has a chat template, and which one stands in: a base is asked by that of what was trained from it."""

from pathlib import Path
from typing import Any

from instructwild.errors import InputError, ModelError
from instructwild.llm.model_files import read_json
from instructwild.llm.models import base_of, cached_from_hub, is_adapter, resolve
from instructwild.llm.name import ModelName

FILE = "chat_template.jinja"
CONFIG = "tokenizer_config.json"


def template_in(folder: Path) -> str:
    """The chat template in a model's folder, of an adapter else that of its base; empty where there is none. Of several
    named ones it is the default.

    Raises:
        ModelError: the folder has no tokenizer, or one whose configuration is not valid JSON.
    """
    if is_adapter(folder) and not (folder / CONFIG).is_file() and not (folder / FILE).is_file():
        return template_in(resolve(base_of(folder)))
    if (folder / FILE).is_file():
        return (folder / FILE).read_text(encoding="utf-8")
    if not (folder / CONFIG).is_file():
        raise ModelError("has no tokenizer", where=str(folder), remedy="save the tokenizer beside the model")
    try:
        template = read_json(folder / CONFIG).get("chat_template") or ""
    except ModelError:
        raise ModelError(f"{CONFIG} is not valid JSON", where=str(folder), remedy="save the tokenizer again") from None
    if isinstance(template, list):
        named = {str(each.get("name")): str(each.get("template") or "") for each in template if isinstance(each, dict)}
        return named.get("default") or next(iter(named.values()), "")
    return str(template)


def check_template(name: ModelName, chat_template: str) -> None:
    """Whether a model that runs here can answer messages, before it is loaded; one that the Hub would send is not fetched.

    Args:
        name: the model.
        chat_template: what it is asked by where it has none.

    Raises:
        ModelError: it has none, and none was named.
    """
    if name.location != "local" or chat_template:
        return
    folder = cached_from_hub(name.name) if name.on_hub else resolve(name.name)
    if folder is not None and not template_in(folder):
        raise without_template(name.name)


def without_template(where: str) -> ModelError:
    """The error of a model that cannot answer messages."""
    return ModelError("has no chat template, so it cannot answer messages", where=where,
                      remedy="choose a chat model, or save a template as chat_template.jinja in its folder; `respond` takes "
                             "one (--chat-template), `expand` can do without: --prompt-style base")


def with_template(tokenizer: Any, chat_template: str) -> Any:
    """The tokenizer, with this chat template where it has none."""
    tokenizer.chat_template = tokenizer.chat_template or chat_template or None
    return tokenizer


def template_named(name: str) -> str:
    """The template in a Jinja file, or that of a model: a stage folder, a model's folder, a Hub id.

    Raises:
        InputError: the file cannot be read.
        ModelError: it is no model, or one without a template.
    """
    path = Path(name).expanduser()
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read ({error})", where=name, remedy="give a Jinja file in UTF-8") from None
    template = template_in(resolve(name))
    if not template:
        raise ModelError("has no chat template", where=name, remedy="give a Jinja file, or a model that has one")
    return template
