"""The templates of the pages: everything that is put into them is escaped, and no character can act on its surroundings."""

import marshal
import re
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from instructwild.stage.atomic import write_atomic

FOLDER = Path(__file__).parent / "templates"
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

_ACTING = (*(code for code in range(0x20) if chr(code) not in "\t\n"), *range(0x7F, 0xA0), *range(0x202A, 0x202F),
           *range(0x2066, 0x206A), 0xFFFE, 0xFFFF)
_VISIBLE = {code: f"⟨U+{code:04X}⟩" for code in _ACTING}
_SURROGATES = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with its control characters, bidirectional overrides and lone surrogates shown instead of obeyed."""
    return _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").translate(_VISIBLE))


def shown(value: Any) -> str:
    """A value as a reader likes it: thousands marked, four significant digits, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return decimal(value)
    return str(value)


def decimal(value: float) -> str:
    """A float in four significant digits, without trailing zeros."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 1e-4:
        return f"{value:.4g}"
    return f"{value:.2e}"


def language_tag(value: Any) -> str | None:
    """The value where it is a language tag that HTML can carry; None otherwise, and for `und`."""
    return value if isinstance(value, str) and value != "und" and LANGUAGE_TAG.fullmatch(value) else None


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) else visible(shown(value))


class CompiledTemplates(BytecodeCache):
    """Templates compiled once and kept beside them, as Python keeps its modules; where nothing can be written, none is.

    A kept template is one of the same text, made by the same Python and Jinja and by this file as it is.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the kept code of a template."""
        with suppress(OSError, EOFError, ValueError, TypeError):
            kept, made_of = _kept(bucket).read_bytes(), _made_of(bucket)
            if kept.startswith(made_of):
                bucket.code = marshal.loads(kept[len(made_of):])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                write_atomic(_kept(bucket), _made_of(bucket) + marshal.dumps(bucket.code))


def _kept(bucket: Bucket) -> Path:
    return FOLDER / "__pycache__" / f"{bucket.key}.{sys.implementation.cache_tag}.template"


def _made_of(bucket: Bucket) -> bytes:
    own = Path(__file__).stat()
    return f"{bucket.checksum} {sys.version} {jinja2.__version__} {own.st_mtime_ns} {own.st_size}\n".encode()


@cache
def environment() -> Environment:
    """The one Jinja environment: autoescape always on, unknown names an error."""
    made = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, finalize=_finalize,
                       trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False,
                       bytecode_cache=CompiledTemplates())
    made.filters["lang"] = language_tag
    return made


def render(template: str, **values: Any) -> Markup:
    """One template filled in; safe to be put into another."""
    return Markup(environment().get_template(template).render(**values))
