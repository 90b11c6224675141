"""Prompt templates: files that say how a model is asked, named in every row by their content."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from instructwild.errors import ConfigError
from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message

Style = Literal["base", "chat"]
Form = Literal["list", "pairs", "talks"]
SHIPPED = ("en", "zh")


@dataclass(frozen=True)
class Template:
    """One way of asking in one language.

    Args:
        name: language and file name, such as en/chat.
        digest: twelve hex digits of the file's sha256: its version.
        style: `base` is continued as plain text, `chat` is sent as a message.
        form: what comes back: a `list` of instructions, `pairs` of instruction and answer, or `talks` of several turns.
        examples: how many examples people wrote, at least.
        made: how many examples the model made, once there are enough.
        longest: characters of an example; longer rows are not shown as examples.
        count: how many new instructions one request asks for.
    """

    name: str
    digest: str
    style: Style
    text: str
    sampling: Sampling
    examples: int = 3
    made: int = 0
    longest: int = 500
    count: int = 1
    form: Form = "list"

    def request(self, seed: int, **values: Any) -> Request:
        """The request for these values."""
        text = _compiled(self.text).render(count=self.count, **values).strip()
        if self.style == "base":
            return Request(text=text, sampling=self.sampling, seed=seed)
        return Request(messages=(Message(role="user", content=text),), sampling=self.sampling, seed=seed)


@cache
def _compiled(text: str) -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
    return environment.from_string(text)


def template(language: str, name: str) -> Template:
    """A shipped template, or a file of the user's own.

    Args:
        language: en or zh.
        name: the file's name without its ending, or a path that ends in .yaml.

    Raises:
        ConfigError: there is none, or it cannot be understood.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name.replace("{language}", language))
        try:
            return read_template(path.read_bytes(), path.name, str(path))
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", where=str(path), remedy="check the path") from None
    if language not in SHIPPED:
        raise ConfigError(f"there is no template for the language {language!r}", where="--languages",
                          remedy=f"choose among {', '.join(SHIPPED)}, or give a file of your own: --template FILE.yaml")
    shipped = files("instructwild.expand").joinpath("prompts", language, f"{name}.yaml")
    if not shipped.is_file():
        raise ConfigError(f"there is no template {name!r} for {language}", where="--template", remedy="see expand/prompts")
    return read_template(shipped.read_bytes(), f"{language}/{name}", f"{language}/{name}.yaml")


@dataclass(frozen=True)
class InstructionKind:
    """A kind of instruction that can be asked for by name.

    Args:
        label: the type noted in the row, one of InstructionWild's nine.
        asks: what the model is told of it.
        form: the form of template it needs, where that is not the plan's.
    """

    name: str
    label: str
    asks: str = ""
    form: str = ""


@cache
def kinds(language: str) -> dict[str, InstructionKind]:
    """The kinds that can be asked for in a language, by name."""
    import yaml

    file = files("instructwild.expand").joinpath("prompts", language, "kinds.yaml")
    read = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {name: InstructionKind(name, **fields) for name, fields in read.items()}


def read_template(content: bytes, name: str, where: str) -> Template:
    """A template from the bytes of its file.

    Raises:
        ConfigError: it is no YAML mapping, lacks a text, or has an unknown key.
    """
    import yaml
    from jinja2 import TemplateError

    try:
        read = yaml.safe_load(content.decode("utf-8"))
        sampling = read.pop("sampling", {})
        sampling["stop"] = tuple(sampling.get("stop", ()))
        made = Template(name=name, digest=hashlib.sha256(content).hexdigest()[:12], sampling=Sampling(**sampling), **read)
        _compiled(made.text)
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, AttributeError, ValueError, TemplateError) as error:
        raise ConfigError(f"is no template ({str(error).splitlines()[0]})", where=where,
                          remedy="compare it with the shipped ones") from None
    if made.style not in ("base", "chat") or made.form not in ("list", "pairs", "talks"):
        raise ConfigError(f"has an unknown style or form: {made.style!r}, {made.form!r}", where=where,
                          remedy="style: base or chat; form: list, pairs or talks")
    return made
